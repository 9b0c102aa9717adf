/* SPDX-License-Identifier: MIT */
#include "resolve/sort.h"

#include <stdbool.h>
#include <string.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "resolve/resolve.h"
#include "sys/sys.h"

/* Of both families.  What stands behind them is left there, unsorted. */
#define SORTED_MAX (2 * SOCKI_ADDRESSES_MAX)

/* RFC 6724, 2.1, the longer prefixes first. */
static const struct {
	struct socki_ip prefix;
	uint8_t bits, precedence, label;
} policies[] = {
	{ { .size = 16, .byte = { [15] = 1 } }, 128, 50, 0 },
	{ { .size = 16, .byte = { [10] = 0xff, 0xff } }, 96, 35, 4 },
	{ { .size = 16 }, 96, 1, 3 },
	{ { .size = 16, .byte = { 0x20, 0x01 } }, 32, 5, 5 },
	{ { .size = 16, .byte = { 0x20, 0x02 } }, 16, 30, 2 },
	{ { .size = 16, .byte = { 0x3f, 0xfe } }, 16, 1, 12 },
	{ { .size = 16, .byte = { 0xfe, 0xc0 } }, 10, 1, 11 },
	{ { .size = 16, .byte = { 0xfc } }, 7, 3, 13 },
	{ { .size = 16 }, 0, 40, 1 },
};

static const struct {
	struct socki_ip prefix;
	uint8_t bits, scope;
} scopes[] = {
	{ { .size = 4, .byte = { 127 } }, 8, 2 },
	{ { .size = 4, .byte = { 169, 254 } }, 16, 2 },
	{ { .size = 16, .byte = { [15] = 1 } }, 128, 2 },
	{ { .size = 16, .byte = { 0xfe, 0x80 } }, 10, 2 },
	{ { .size = 16, .byte = { 0xfe, 0xc0 } }, 10, 5 },
};
#define SCOPE_GLOBAL 14

/* RFC 6724, 3.1 and 3.2. */
static unsigned
scope_of(const struct socki_ip *ip)
{
	size_t i;

	if (ip->size == 16 && ip->byte[0] == 0xff)
		return ip->byte[1] & 15;
	for (i = 0; i < sizeof scopes / sizeof scopes[0]; i++)
		if (socki_ip_shares(ip, &scopes[i].prefix, scopes[i].bits))
			return scopes[i].scope;
	return SCOPE_GLOBAL;
}

static struct socki_ip
as_ip6(const struct socki_ip *ip)
{
	struct socki_ip wide = { .size = 16, .byte = { [10] = 0xff, 0xff } };

	if (ip->size == 16)
		return *ip;
	memcpy(wide.byte + 12, ip->byte, 4);
	return wide;
}

static unsigned
policy_of(const struct socki_ip *ip)
{
	const struct socki_ip wide = as_ip6(ip);
	unsigned i = 0;

	while (!socki_ip_shares(&wide, &policies[i].prefix, policies[i].bits))
		i++;
	return i;
}

/* Of IPv6: the half that names an interface says nothing about distance. */
static unsigned
common_bits(const struct socki_ip *a, const struct socki_ip *b)
{
	unsigned bits = 64;

	while (!socki_ip_shares(a, b, bits))
		bits--;
	return bits;
}

/*
 * Rules 1, 2, 5, 6, 8 and 9 of section 6, each a field of its own, so that the
 * greater number is to be tried first.  What is deprecated, at home or in a
 * tunnel (3, 4, 7) only the kernel knows, and it chose the source by it.
 */
#define USABLE (UINT64_C(1) << 34)
#define NEAR (UINT64_C(1) << 33)
#define ALIKE (UINT64_C(1) << 32)

static uint64_t
rank(const struct socki_ip *to, const struct socki_ip *from)
{
	uint64_t r = (uint64_t)policies[policy_of(to)].precedence << 16 |
	    (15 - scope_of(to)) << 8;

	if (from->size == 0)
		return r;
	r |= USABLE;
	if (scope_of(from) == scope_of(to))
		r |= NEAR;
	if (policies[policy_of(from)].label == policies[policy_of(to)].label)
		r |= ALIKE;
	if (to->size == 16 && from->size == 16)
		r |= common_bits(to, from);
	return r;
}

void
socki_sort_from(struct sock_addr *addrs, const struct socki_ip *sources,
    int count)
{
	uint64_t ranks[SORTED_MAX];
	int i, j;

	for (i = 0; i < count && i < SORTED_MAX; i++) {
		struct sock_addr addr = addrs[i];
		struct socki_ip ip;
		uint64_t r;

		(void)socki_addr_ip(&addr, &ip);
		r = rank(&ip, &sources[i]);
		for (j = i; j > 0 && ranks[j - 1] < r; j--) {
			ranks[j] = ranks[j - 1];
			addrs[j] = addrs[j - 1];
		}
		ranks[j] = r;
		addrs[j] = addr;
	}
}

/*
 * From where addr would be reached: nothing is sent.  *fd is a socket of the
 * family *family, or -1, and is used again: without disconnecting, its first
 * source would stay (connect(2)).
 */
static struct socki_ip
source_of(const struct sock_addr *addr, int *fd, int *family)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sock_addr own = { .scheme = addr->scheme };
	struct socki_ip ip = { .size = 0 };

	if (*fd >= 0 && *family == addr->u.sa.sa_family) {
		(void)socki_sys_connect(*fd, &none, sizeof none);
	} else {
		if (*fd >= 0)
			socki_sys_close(*fd);
		*family = addr->u.sa.sa_family;
		*fd = socki_sys_socket(*family, SOCK_DGRAM, 0);
	}
	own.length = sizeof own.u;
	if (*fd >= 0 &&
	    socki_sys_connect(*fd, &addr->u.sa, addr->length) == 0 &&
	    socki_sys_getsockname(*fd, &own.u.sa, &own.length) == 0)
		(void)socki_addr_ip(&own, &ip);
	return ip;
}

void
socki_resolve_sort(struct sock_addr *addrs, int count)
{
	struct socki_ip sources[SORTED_MAX];
	int i, fd = -1, family = AF_UNSPEC;

	if (count < 2)
		return;
	for (i = 0; i < count && i < SORTED_MAX; i++)
		sources[i] = source_of(&addrs[i], &fd, &family);
	if (fd >= 0)
		socki_sys_close(fd);
	socki_sort_from(addrs, sources, count);
}
