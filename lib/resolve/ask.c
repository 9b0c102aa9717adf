/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "base/memory.h"
#include "resolve/question.h"
#include "resolve/srv.h"

#define BOTH (SOCKI_ASK_A | SOCKI_ASK_AAAA)

static bool
is_known(const struct sock_addr *addrs, int count, const struct sock_addr *addr)
{
	int i;

	for (i = 0; i < count; i++)
		if (sock_addr_equal(&addrs[i], addr))
			return true;
	return false;
}

/* In place; family may be AF_UNSPEC.  How many are left. */
static int
tidy(struct sock_addr *addrs, int count, int family)
{
	int i, kept = 0;

	for (i = 0; i < count; i++) {
		struct sock_addr addr;
		struct socki_ip ip;

		if (!socki_addr_ip(&addrs[i], &ip))
			continue;
		socki_addr_from_ip(&addr, SOCK_SCHEME_NONE, &ip, 0);
		if ((family == AF_UNSPEC || family == addr.u.sa.sa_family) &&
		    !is_known(addrs, kept, &addr))
			addrs[kept++] = addr;
	}
	return kept > 0 ? kept : SOCK_ENOHOST;
}

/* Room for the longest answer to a question, of count pieces. */
static void *
room_for(unsigned what, size_t *size, int *count)
{
	*count = what == BOTH ? 2 * SOCKI_ADDRESSES_MAX : SOCKI_ADDRESSES_MAX;
	*size = sizeof(struct sock_addr);
	if (what == SOCKI_ASK_SRV) {
		*count = SOCKI_SERVICES_MAX;
		*size = sizeof(struct socki_srv);
	} else if (what == SOCKI_ASK_NAME) {
		*count = SOCKI_HOST_MAX + 2;
		*size = 1;
	}
	return socki_alloc(*size * (size_t)*count);
}

/* A name of somebody else's choice, on its way to a terminal or a log. */
static int
check_name(char *host)
{
	struct socki_ip_slip slip;
	size_t n = strlen(host);

	if (n > 0 && host[n - 1] == '.')
		host[--n] = '\0';
	if (n == 0 || socki_host_check(host, n, &slip) < 0 ||
	    socki_ip_looks_numeric(host, n))
		return SOCK_ENOHOST;
	return (int)n + 1;
}

static int
ask(const struct socki_question *q, const struct socki_resolver *r, void *room,
    int max)
{
	int family = AF_UNSPEC, rc;

	switch (q->what) {
	case SOCKI_ASK_SRV:
		return r->services(q->host, room, max);
	case SOCKI_ASK_NAME:
		rc = r->name_of(&q->addr, room, (size_t)max);
		return rc < 0 ? rc : check_name(room);
	case BOTH:
		rc = r->both(q->host, room, max);
		break;
	default:
		family = q->what == SOCKI_ASK_A ? AF_INET : AF_INET6;
		rc = r->addresses(q->host, family, room, max);
	}
	if (rc > 0)
		rc = tidy(room, rc, family);
	if (rc > 1 && !r->sorts)
		socki_resolve_sort(room, rc);
	return rc;
}

void
socki_question_ask(struct socki_question *q, const struct socki_resolver *r)
{
	size_t size;
	int max;
	void *room = room_for(q->what, &size, &max);

	q->result = room == NULL ? -ENOMEM : ask(q, r, room, max);
	if (q->result > 0) {
		q->answer = socki_alloc(size * (size_t)q->result);
		if (q->answer == NULL)
			q->result = -ENOMEM;
		else
			memcpy(q->answer, room, size * (size_t)q->result);
	} else if (q->result == 0) {
		q->result = SOCK_ENOHOST;
	}
	socki_free(room);
}

int
socki_lookup_leader(struct socki_lookup *l)
{
	const struct socki_question *q = socki_lookup_question(l, BOTH);
	const struct sock_addr *first;

	if (q == NULL || q->what != BOTH || q->result < 0)
		return AF_UNSPEC;
	first = q->answer;
	return first->u.sa.sa_family;
}

int
socki_lookup_addresses(struct socki_lookup *l, unsigned question, int scheme,
    int port, struct sock_addr *out, int max)
{
	const struct socki_question *q = socki_lookup_question(l, question);
	const int family = question == SOCKI_ASK_A ? AF_INET :
	    question == SOCKI_ASK_AAAA             ? AF_INET6 :
						     AF_UNSPEC;
	int i, count = 0;

	if (q->result < 0)
		return q->result;
	for (i = 0; i < q->result && count < max; i++) {
		const struct sock_addr *addr =
		    (const struct sock_addr *)q->answer + i;

		if (family != AF_UNSPEC && addr->u.sa.sa_family != family)
			continue;
		out[count] = *addr;
		out[count].scheme = (uint8_t)scheme;
		socki_addr_set_port(&out[count++], port);
	}
	return count > 0 ? count : SOCK_ENOHOST;
}

int
socki_lookup_services(struct socki_lookup *l, struct socki_srv *out, int max)
{
	static _Atomic uint64_t turn;
	const struct socki_question *q =
	    socki_lookup_question(l, SOCKI_ASK_SRV);
	const struct socki_srv *all;
	uint8_t order[SOCKI_SERVICES_MAX];
	int i;

	if (q->result < 0)
		return q->result;
	all = q->answer;
	/* To spread load; nobody gains by guessing it. */
	socki_srv_order(order, all, q->result,
	    (uint64_t)sock_now() + atomic_fetch_add(&turn, 1));
	for (i = 0; i < q->result && i < max; i++)
		out[i] = all[order[i]];
	return i;
}

int
socki_lookup_name(struct socki_lookup *l, char *host, size_t n)
{
	const struct socki_question *q =
	    socki_lookup_question(l, SOCKI_ASK_NAME);

	if (q->result < 0)
		return q->result;
	if ((size_t)q->result > n)
		return SOCK_ETOOBIG;
	memcpy(host, q->answer, (size_t)q->result);
	return 0;
}
