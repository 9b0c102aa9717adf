/* SPDX-License-Identifier: MIT */
#include "resolve/srv.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdbool.h>
#include <string.h>

#include <sock/base.h>

#include "addr/ip.h"
#include "resolve/resolve.h"

/* RFC 1035, 4.1.1 and 4.1.3; RFC 2782, "Format". */
#define HEADER 12
#define QUESTION_TAIL 4
#define RECORD_HEAD 10
#define SRV_HEAD 6

/* A message, read from its beginning. */
struct reading {
	const uint8_t *message, *at, *end;
};

static unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static bool
skip(struct reading *r, size_t n)
{
	if ((size_t)(r->end - r->at) < n)
		return false;
	r->at += n;
	return true;
}

static bool
skip_name(struct reading *r)
{
	const int n = dn_skipname(r->at, r->end);

	return n > 0 && skip(r, (size_t)n);
}

static bool
is_host(const char *name)
{
	const size_t n = strlen(name);
	struct socki_ip_slip slip;

	return n <= SOCKI_HOST_MAX && socki_host_check(name, n, &slip) == 0 &&
	    !socki_ip_looks_numeric(name, n);
}

/*
 * Whether a label of a name that dn_expand(3) took holds a dot, which musl does
 * not escape: "a.b" of one label would look like two.
 */
static bool
has_inner_dot(const uint8_t *message, const uint8_t *at)
{
	while (*at != 0) {
		if (*at >= NS_CMPRSFLGS) {
			at = message + ((at[0] & ~NS_CMPRSFLGS) << 8 | at[1]);
			continue;
		}
		if (memchr(at + 1, '.', *at) != NULL)
			return true;
		at += 1 + *at;
	}
	return false;
}

/*
 * The data of an SRV record, to which r->end belongs too.  1; 0: of no use;
 * SOCK_ENOSERVICE: "."; SOCK_ERESOLVE.
 */
static int
read_srv(const struct reading *r, const uint8_t *data, struct socki_srv *out)
{
	char target[NS_MAXDNAME];
	int used;

	if (r->at - data <= SRV_HEAD)
		return SOCK_ERESOLVE;
	used = dn_expand(r->message, r->end, data + SRV_HEAD, target,
	    sizeof target);
	if (used < 0 || data + SRV_HEAD + used != r->at)
		return SOCK_ERESOLVE;
	if (target[0] == '\0')
		return SOCK_ENOSERVICE;
	out->priority = (uint16_t)get16(data);
	out->weight = (uint16_t)get16(data + 2);
	out->port = (uint16_t)get16(data + 4);
	if (out->port == 0 || !is_host(target) ||
	    has_inner_dot(r->message, data + SRV_HEAD))
		return 0;
	memcpy(out->target, target, strlen(target) + 1);
	return 1;
}

/* As read_srv(); 0 too: of another type. */
static int
read_record(struct reading *r, struct socki_srv *out)
{
	const uint8_t *head, *data;

	if (!skip_name(r))
		return SOCK_ERESOLVE;
	head = r->at;
	if (!skip(r, RECORD_HEAD))
		return SOCK_ERESOLVE;
	data = r->at;
	if (!skip(r, get16(head + 8)))
		return SOCK_ERESOLVE;
	if (get16(head) != ns_t_srv || get16(head + 2) != ns_c_in)
		return 0;
	return read_srv(r, data, out);
}

int
socki_srv_parse(const uint8_t *message, size_t n, struct socki_srv *out,
    int max)
{
	struct reading r = { message, message, message + n };
	unsigned questions, answers;
	int rc, count = 0, none = SOCK_ENOHOST;

	if (!skip(&r, HEADER))
		return SOCK_ERESOLVE;
	answers = get16(message + 6);
	for (questions = get16(message + 4); questions > 0; questions--)
		if (!skip_name(&r) || !skip(&r, QUESTION_TAIL))
			return SOCK_ERESOLVE;
	for (; answers > 0 && count < max; answers--) {
		rc = read_record(&r, &out[count]);
		if (rc == SOCK_ERESOLVE)
			return rc;
		if (rc == SOCK_ENOSERVICE)
			none = rc;
		count += rc == 1;
	}
	return count > 0 ? count : none;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Whether a stands before b while lots are drawn: those of weight 0 do. */
static bool
stands_before(const struct socki_srv *a, const struct socki_srv *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight == 0 && b->weight != 0;
}

/* Of count records of one priority: which one is drawn. */
static int
draw(const uint8_t *order, const struct socki_srv *all, int count,
    uint64_t *state)
{
	uint32_t sum = 0, mark;
	int i;

	for (i = 0; i < count; i++)
		sum += all[order[i]].weight;
	if (sum == 0)
		return (int)(next_random(state) % (unsigned)count);
	mark = (uint32_t)(next_random(state) % (sum + UINT64_C(1)));
	sum = 0;
	for (i = 0; i < count - 1; i++) {
		sum += all[order[i]].weight;
		if (sum >= mark)
			break;
	}
	return i;
}

void
socki_srv_order(uint8_t *order, const struct socki_srv *all, int count,
    uint64_t seed)
{
	uint8_t drawn;
	int i, j, like;

	for (i = 0; i < count; i++) {
		for (j = i; j > 0 && stands_before(&all[i], &all[order[j - 1]]);
		     j--)
			order[j] = order[j - 1];
		order[j] = (uint8_t)i;
	}
	for (i = 0; i < count; i++) {
		for (like = 1; i + like < count &&
		     all[order[i + like]].priority == all[order[i]].priority;
		     like++)
			;
		j = i + draw(order + i, all, like, &seed);
		drawn = order[j];
		memmove(order + i + 1, order + i, (size_t)(j - i));
		order[i] = drawn;
	}
}
