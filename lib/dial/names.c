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
	const struct socki_names *n =
	    ((struct socki_names_host *)(void *)lookup)->names;

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
	n->last = &n->first;
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
	struct socki_names_host *h, *before;

	if (n == NULL)
		return;
	for (h = n->last; h != NULL; h = before) {
		before = h->before;
		socki_lookup_end(&h->lookup);
		if (h != &n->first)
			socki_free(h);
	}
	socki_free(n->targets);
	socki_free(n);
}

static int
ask(struct socki_names *n, const char *host, size_t length, int port,
    unsigned questions, struct socki_why *why)
{
	struct socki_names_host *h = n->last;
	int rc;

	socki_lookup_end(&h->lookup);
	h->lookup.told = told;
	h->names = n;
	h->port = port;
	rc = socki_lookup_begin(&h->lookup, host, length, questions, why);
	h->open = rc == 0 ? questions : 0;
	return rc;
}

int
socki_names_ask(struct socki_names *n, const struct socki_target *to,
    struct socki_why *why)
{
	n->scheme = to->scheme;
	return ask(n, to->host, to->host_len, to->port,
	    to->kind == SOCKI_TARGET_SERVICE ? SOCKI_ASK_SRV : n->questions,
	    why);
}

/* Whose turn is first, of two families. */
static void
choose_family(struct socki_lookup *lookup, struct socki_race *race)
{
	const int leader = socki_lookup_leader(lookup);
	const struct socki_racer *six = socki_race_best(race, AF_INET6);
	const struct socki_racer *four = socki_race_best(race, AF_INET);
	struct sock_addr both[2];

	if (six == NULL || four == NULL || race->begun)
		return;
	both[0] = six->addr;
	both[1] = four->addr;
	if (leader == AF_UNSPEC)
		socki_resolve_sort(both, 2);
	race->turn = leader == AF_UNSPEC ? both[0].u.sa.sa_family : leader;
}

static int
take_addresses(struct socki_names_host *h, struct socki_race *race,
    unsigned question)
{
	struct sock_addr *addrs =
	    socki_alloc(SOCKI_ADDRESSES_MAX * sizeof *addrs);
	int count;

	if (addrs == NULL)
		return -ENOMEM;
	count = socki_lookup_addresses(&h->lookup, question, h->names->scheme,
	    h->port, addrs, SOCKI_ADDRESSES_MAX);
	if (count > 0)
		count = socki_race_add(race, addrs, count);
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
	count = socki_lookup_services(&n->first.lookup, n->targets,
	    SOCKI_SERVICES_MAX);
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
take_answers(struct socki_names_host *h, struct socki_race *race)
{
	const unsigned come = socki_lookup_answered(&h->lookup) & h->open;
	unsigned bit;
	int rc;

	for (bit = 1; bit <= SOCKI_ASK_SRV; bit <<= 1) {
		if ((come & bit) == 0)
			continue;
		h->open &= ~bit;
		rc = bit == SOCKI_ASK_SRV ? take_services(h->names) :
					    take_addresses(h, race, bit);
		if (rc < 0)
			note(h->names, rc);
	}
	if (come != 0)
		choose_family(&h->lookup, race);
}

static void
add_loopback(struct socki_names *n, struct socki_race *race, int port)
{
	struct sock_addr addr;
	int family, rc = 0;

	for (family = AF_INET6; family != 0;
	     family = family == AF_INET6 ? AF_INET : 0) {
		if (n->questions &
		    (family == AF_INET6 ? SOCKI_ASK_AAAA : SOCKI_ASK_A)) {
			socki_addr_loopback(&addr, n->scheme, family, port);
			rc = socki_race_add(race, &addr, 1);
		}
		if (rc < 0)
			note(n, rc);
	}
}

/* A place for the next target, where the last one is still looked up. */
static int
make_place(struct socki_names *n)
{
	struct socki_names_host *h;

	if (n->last->open == 0)
		return 0;
	h = socki_zalloc(sizeof *h);
	if (h == NULL)
		return -ENOMEM;
	h->before = n->last;
	n->last = h;
	return 0;
}

/* The next target of a service has its turn. */
static void
next_target(struct socki_names *n, struct socki_race *race, sock_time now)
{
	const struct socki_srv *t = &n->targets[n->at++];
	const size_t length = strlen(t->target);
	struct socki_why why;
	int rc = make_place(n);

	n->next_at = n->at < n->count ?
	    socki_clock_add(now, SOCKI_NAMES_TARGET_MS) :
	    SOCK_FOREVER;
	if (rc == 0 && socki_host_is_local(t->target, length))
		add_loopback(n, race, t->port);
	else if (rc == 0)
		rc = ask(n, t->target, length, t->port, n->questions, &why);
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
	    (n->last->open == 0 && race->waiting == 0 && race->flying == 0);
}

void
socki_names_gather(struct socki_names *n, struct socki_race *race,
    sock_time now)
{
	struct socki_names_host *h;
	unsigned awaited;

	for (h = n->last; h != NULL; h = h->before) {
		if (h->open != 0 && now >= h->lookup.due) {
			socki_lookup_split(&h->lookup);
			/* The rest of it: the first part has passed. */
			race->aaaa_ms =
			    SOCKI_RACE_AAAA_MS - SOCKI_LOOKUP_SPLIT_MS;
		}
		if (h->open != 0)
			take_answers(h, race);
	}
	while (is_next(n, race, now))
		next_target(n, race, now);
	/* An AAAA that was silent for seconds holds nobody up. */
	awaited = n->last->open | (n->at < n->count ? SOCKI_ASK_SRV : 0);
	for (h = n->last->before; h != NULL; h = h->before)
		awaited |= h->open != 0 ? SOCKI_ASK_SRV : 0;
	socki_race_await(race, awaited, now);
}

sock_time
socki_names_due(const struct socki_names *n)
{
	const struct socki_names_host *h;
	sock_time due = n->at < n->count ? n->next_at : SOCK_FOREVER;

	for (h = n->last; h != NULL; h = h->before) {
		/* In a child after fork() nobody has told. */
		if ((socki_lookup_answered(&h->lookup) & h->open) != 0)
			return sock_now();
		if (h->open != 0 && h->lookup.due < due)
			due = h->lookup.due;
	}
	return due;
}
