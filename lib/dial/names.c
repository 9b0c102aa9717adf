/* SPDX-License-Identifier: MIT */
#include "dial/names.h"

#include <errno.h>
#include <string.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/watch.h"
#include "name/address.h"
#include "name/host.h"
#include "sys/sys.h"

static void
told(struct socki_lookup *lookup)
{
	struct socki_names *n = (struct socki_names *)(void *)lookup;

	if (n->bell >= 0)
		socki_sys_eventfd_set(n->bell);
	else
		socki_watch_nudge(n->watch, SOCKI_READ);
}

struct socki_names *
socki_names_new(struct socki_watch *watch, int bell, unsigned questions)
{
	struct socki_names *n = socki_zalloc(sizeof *n);

	if (n == NULL)
		return NULL;
	n->lookup.told = told;
	n->watch = watch;
	n->bell = bell;
	n->questions = questions;
	n->next_at = SOCK_FOREVER;
	return n;
}

void
socki_names_ring(struct socki_names *n, int bell)
{
	n->bell = bell;
}

void
socki_names_free(struct socki_names *n)
{
	if (n == NULL)
		return;
	socki_lookup_end(&n->lookup);
	socki_free(n->targets);
	socki_free(n);
}

static int
ask(struct socki_names *n, const char *host, size_t length, unsigned questions,
    struct socki_why *why)
{
	int rc;

	socki_lookup_end(&n->lookup);
	rc = socki_lookup_begin(&n->lookup, host, length, questions, why);
	n->open = rc == 0 ? questions : 0;
	return rc;
}

int
socki_names_ask(struct socki_names *n, const struct socki_target *to,
    struct socki_why *why)
{
	n->scheme = to->scheme;
	n->port = to->port;
	return ask(n, to->host, to->host_len,
	    to->kind == SOCKI_TARGET_SERVICE ? SOCKI_ASK_SRV : n->questions,
	    why);
}

/* Whose turn is first, of two families that came side by side. */
static void
choose_family(struct socki_race *race)
{
	const struct socki_racer *six = socki_race_best(race, AF_INET6);
	const struct socki_racer *four = socki_race_best(race, AF_INET);
	struct sock_addr both[2];

	if (six == NULL || four == NULL || race->begun)
		return;
	both[0] = six->addr;
	both[1] = four->addr;
	socki_resolve_sort(both, 2);
	race->turn = both[0].u.sa.sa_family;
}

static int
take_addresses(struct socki_names *n, struct socki_race *race,
    unsigned question)
{
	struct sock_addr *addrs =
	    socki_alloc(SOCKI_ADDRESSES_MAX * sizeof *addrs);
	int count;

	if (addrs == NULL)
		return -ENOMEM;
	count = socki_lookup_addresses(&n->lookup, question, n->scheme, n->port,
	    addrs, SOCKI_ADDRESSES_MAX);
	if (count > 0) {
		socki_resolve_sort(addrs, count);
		count = socki_race_add(race, addrs, count);
	}
	socki_free(addrs);
	return count;
}

static int
take_services(struct socki_names *n)
{
	int count;

	n->targets = socki_alloc(SOCKI_SERVICES_MAX * sizeof *n->targets);
	if (n->targets == NULL)
		return -ENOMEM;
	count =
	    socki_lookup_services(&n->lookup, n->targets, SOCKI_SERVICES_MAX);
	if (count < 0)
		return count;
	n->count = count;
	return 0;
}

/* A temporary failure hides nothing: it says the most. */
static void
note(struct socki_names *n, int code)
{
	if (n->code == 0 || n->code == SOCK_ENOHOST)
		n->code = code;
}

static void
take_answers(struct socki_names *n, struct socki_race *race)
{
	const unsigned come = socki_lookup_answered(&n->lookup) & n->open;
	unsigned bit;
	int rc;

	for (bit = 1; bit <= SOCKI_ASK_SRV; bit <<= 1) {
		if ((come & bit) == 0)
			continue;
		n->open &= ~bit;
		rc = bit == SOCKI_ASK_SRV ? take_services(n) :
					    take_addresses(n, race, bit);
		if (rc < 0)
			note(n, rc);
	}
	if (come != 0)
		choose_family(race);
}

static void
add_loopback(struct socki_names *n, struct socki_race *race)
{
	struct sock_addr addr;
	int family, rc = 0;

	for (family = AF_INET6; family != 0;
	     family = family == AF_INET6 ? AF_INET : 0) {
		if (n->questions &
		    (family == AF_INET6 ? SOCKI_ASK_AAAA : SOCKI_ASK_A)) {
			socki_addr_loopback(&addr, n->scheme, family, n->port);
			rc = socki_race_add(race, &addr, 1);
		}
		if (rc < 0)
			note(n, rc);
	}
}

/* The next target of a service has its turn. */
static void
next_target(struct socki_names *n, struct socki_race *race, sock_time now)
{
	const struct socki_srv *t = &n->targets[n->at++];
	const size_t length = strlen(t->target);
	struct socki_why why;
	int rc = 0;

	n->next_at = n->at < n->count ?
	    socki_clock_add(now, SOCKI_NAMES_TARGET_MS) :
	    SOCK_FOREVER;
	n->port = t->port;
	n->open = 0;
	if (socki_host_is_local(t->target, length))
		add_loopback(n, race);
	else
		rc = ask(n, t->target, length, n->questions, &why);
	if (rc < 0)
		note(n, rc);
}

/* Whether the targets so far have all had their chance. */
static bool
is_next(const struct socki_names *n, const struct socki_race *race,
    sock_time now)
{
	if (n->at == n->count)
		return false;
	return now >= n->next_at ||
	    (n->open == 0 && race->waiting == 0 && race->flying == 0);
}

void
socki_names_gather(struct socki_names *n, struct socki_race *race,
    sock_time now)
{
	if (n->open != 0 && now >= n->lookup.due) {
		socki_lookup_split(&n->lookup);
		/* The rest of it: the first part has passed. */
		race->aaaa_ms = SOCKI_RACE_AAAA_MS - SOCKI_LOOKUP_SPLIT_MS;
	}
	if (n->open != 0)
		take_answers(n, race);
	while (is_next(n, race, now))
		next_target(n, race, now);
	socki_race_await(race, n->open | (n->at < n->count ? SOCKI_ASK_SRV : 0),
	    now);
}

sock_time
socki_names_due(const struct socki_names *n)
{
	const sock_time next = n->at < n->count ? n->next_at : SOCK_FOREVER;
	const sock_time split = n->open != 0 ? n->lookup.due : SOCK_FOREVER;

	/* In a child after fork() nobody has told. */
	if ((socki_lookup_answered(&n->lookup) & n->open) != 0)
		return sock_now();
	return split < next ? split : next;
}
