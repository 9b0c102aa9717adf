/* SPDX-License-Identifier: MIT */
#include "resolve/resolve.h"

#include <errno.h>
#include <string.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "base/error.h"
#include "base/memory.h"
#include "name/address.h"

/* Both families of one host. */
#define HOST_MAX (2 * SOCKI_ADDRESSES_MAX)
#define BOTH (SOCKI_ASK_A | SOCKI_ASK_AAAA)

/* Where one call puts what it finds. */
struct sink {
	struct sock_addr *out;
	int max, count;
};

static void
put(struct sink *to, const struct sock_addr *addr)
{
	int i;

	for (i = 0; i < to->count; i++)
		if (sock_addr_equal(&to->out[i], addr))
			return;
	if (to->count < to->max)
		to->out[to->count++] = *addr;
}

static void
put_localhost(struct sink *to, int scheme, int port)
{
	struct sock_addr addr;

	socki_addr_loopback(&addr, scheme, AF_INET6, port);
	put(to, &addr);
	socki_addr_loopback(&addr, scheme, AF_INET, port);
	put(to, &addr);
}

/*
 * Of two failures the one that says more: one that may pass is not final, and a
 * cancel is of the whole call.
 */
static int
graver(int a, int b)
{
	return a == SOCK_ENOHOST || b == -ECANCELED ? b : a;
}

/* Each family that has been answered, sorted.  How many; *why none. */
static int
add_up(struct sock_addr *all, struct socki_lookup *l, int scheme, int port,
    int *why)
{
	int count = 0, rc = SOCK_ENOHOST;
	unsigned what;

	for (what = SOCKI_ASK_AAAA; what != 0; what >>= 1) {
		const int n = socki_lookup_answered(l) & what ?
		    socki_lookup_addresses(l, what, scheme, port, all + count,
			SOCKI_ADDRESSES_MAX) :
		    *why;

		if (n < 0)
			rc = graver(rc, n);
		else
			count += n;
	}
	socki_resolve_sort(all, count);
	*why = rc;
	return count;
}

/*
 * What has been answered so far, sorted: 0; with none, why: late, or what was
 * answered.
 */
static int
put_answers(struct sink *to, struct socki_lookup *l, int scheme, int port,
    int late)
{
	struct sock_addr *all = socki_alloc(HOST_MAX * sizeof *all);
	int i, count;

	if (all == NULL)
		return -ENOMEM;
	if (socki_lookup_leader(l) != AF_UNSPEC)
		count = socki_lookup_addresses(l, BOTH, scheme, port, all,
		    HOST_MAX);
	else
		count = add_up(all, l, scheme, port, &late);
	for (i = 0; i < count; i++)
		put(to, &all[i]);
	socki_free(all);
	return count > 0 ? 0 : late;
}

/* Waits for what was asked about a host, and ends it. */
static int
finish_host(struct sink *to, struct socki_lookup *l, int scheme, int port,
    sock_time deadline)
{
	int rc = socki_lookup_wait(l, deadline);

	/* One family that never answers does not hide the other. */
	if (rc == 0 || rc == -ETIMEDOUT)
		rc = put_answers(to, l, scheme, port, rc);
	socki_lookup_end(l);
	return rc;
}

static int
put_name(struct sink *to, const struct socki_target *t, sock_time deadline,
    struct socki_why *why)
{
	struct socki_lookup l = { .told = NULL };
	const int rc = socki_lookup_begin(&l, t->host, t->host_len, BOTH, why);

	return rc < 0 ? rc : finish_host(to, &l, t->scheme, t->port, deadline);
}

struct services {
	struct socki_srv all[SOCKI_SERVICES_MAX];
	struct socki_lookup hosts[SOCKI_SERVICES_MAX];
	int codes[SOCKI_SERVICES_MAX];
};

static int
find_services(struct services *s, const struct socki_target *t,
    sock_time deadline, struct socki_why *why)
{
	struct socki_lookup l = { .told = NULL };
	int rc =
	    socki_lookup_begin(&l, t->host, t->host_len, SOCKI_ASK_SRV, why);

	if (rc == 0)
		rc = socki_lookup_wait(&l, deadline);
	if (rc == 0)
		rc = socki_lookup_services(&l, s->all, SOCKI_SERVICES_MAX);
	socki_lookup_end(&l);
	if (rc == SOCK_ENOSERVICE)
		return socki_why(why, rc, "the domain says that it has none");
	return rc;
}

/* 1: it is localhost; 0: asked for; an error. */
static int
ask_for(struct socki_lookup *l, const char *host)
{
	const size_t n = strlen(host);
	struct socki_why unsaid;

	return socki_host_is_local(host, n) ?
	    1 :
	    socki_lookup_begin(l, host, n, SOCKI_ASK_A | SOCKI_ASK_AAAA,
		&unsaid);
}

static int
put_services(struct sink *to, struct services *s, int count, int scheme,
    sock_time deadline)
{
	int i, rc = SOCK_ENOHOST;

	for (i = 0; i < count; i++)
		s->codes[i] = ask_for(&s->hosts[i], s->all[i].target);
	for (i = 0; i < count; i++) {
		const int port = s->all[i].port;
		int code = s->codes[i];

		if (code > 0)
			put_localhost(to, scheme, port);
		else if (code == 0)
			code = finish_host(to, &s->hosts[i], scheme, port,
			    deadline);
		if (code < 0)
			rc = graver(rc, code);
	}
	return to->count > 0 && rc != -ECANCELED ? 0 : rc;
}

static int
put_service(struct sink *to, const struct socki_target *t, sock_time deadline,
    struct socki_why *why)
{
	struct services *s = socki_zalloc(sizeof *s);
	int rc;

	if (s == NULL)
		return -ENOMEM;
	rc = find_services(s, t, deadline, why);
	if (rc > 0)
		rc = put_services(to, s, rc, t->scheme, deadline);
	socki_free(s);
	return rc;
}

static int
put_target(struct sink *to, const struct socki_target *t, sock_time deadline,
    struct socki_why *why)
{
	switch (t->kind) {
	case SOCKI_TARGET_LOCALHOST:
		put_localhost(to, t->scheme, t->port);
		return 0;
	case SOCKI_TARGET_NAME:
	case SOCKI_TARGET_SERVICE:
		if (deadline == SOCK_NOWAIT)
			return -EAGAIN;
		return t->kind == SOCKI_TARGET_NAME ?
		    put_name(to, t, deadline, why) :
		    put_service(to, t, deadline, why);
	default:
		put(to, &t->addr);
		return 0;
	}
}

int
sock_resolve(const char *address, struct sock_addr *out, int max,
    sock_time deadline)
{
	struct socki_why why = { .text = "" };
	struct sink to = { out, max, 0 };
	struct socki_target target;
	int rc = 0;

	if (address == NULL || max < 1)
		rc = socki_why(&why, SOCK_EUSAGE, "no address, or no room");
	if (rc == 0)
		rc = socki_target_parse(&target, address,
		    strnlen(address, SOCK_ADDR_TEXT_MAX), false, &why);
	if (rc == 0)
		rc = put_target(&to, &target, deadline, &why);
	return rc < 0 ? socki_error(rc, "resolve", address, &why) : to.count;
}

static int
find_name(const struct sock_addr *addr, char *host, size_t n,
    sock_time deadline, struct socki_why *why)
{
	struct socki_lookup l = { .told = NULL };
	int rc = socki_lookup_begin_name(&l, addr, why);

	if (rc == 0)
		rc = socki_lookup_wait(&l, deadline);
	if (rc == 0)
		rc = socki_lookup_name(&l, host, n);
	socki_lookup_end(&l);
	return rc;
}

int
sock_reverse(const struct sock_addr *addr, char *host, size_t n,
    sock_time deadline)
{
	struct socki_why why;
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr plain;
	struct socki_ip ip;
	int rc = socki_why(&why, SOCK_EUSAGE, "no IP address");

	if (n > 0)
		host[0] = '\0';
	if (socki_addr_ip(addr, &ip)) {
		socki_why_none(&why);
		socki_addr_from_ip(&plain, SOCK_SCHEME_TCP, &ip, 0);
		rc = deadline == SOCK_NOWAIT ?
		    -EAGAIN :
		    find_name(&plain, host, n, deadline, &why);
	}
	return rc < 0 ? socki_error(rc, "reverse",
			    sock_addr_text(addr, text, sizeof text), &why) :
			0;
}
