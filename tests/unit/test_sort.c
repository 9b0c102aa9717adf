/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "resolve/resolve.h"
#include "resolve/sort.h"

#include "plain.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MOST 6

/*
 * Destinations in the order wanted, each behind its source; "-": there is
 * none.  Every order of the same must come out so, unless all are alike.
 */
struct row {
	const char *rule;
	bool alike;
	struct {
		const char *to, *from;
	} wanted[MOST];
};

static const struct row rows[] = {
	{ "RFC 6724, 10.2, first: matching scope", false,
	    { { "2001:db8:1::1", "2001:db8:1::2" },
		{ "198.51.100.121", "169.254.13.78" } } },
	{ "RFC 6724, 10.2, second: matching scope", false,
	    { { "198.51.100.121", "198.51.100.117" },
		{ "2001:db8:1::1", "fe80::1" } } },
	{ "RFC 6724, 10.2, third: higher precedence", false,
	    { { "2001:db8:1::1", "2001:db8:1::2" },
		{ "10.1.2.3", "10.1.2.4" } } },
	{ "RFC 6724, 10.2, fourth: smaller scope", false,
	    { { "fe80::1", "fe80::2" },
		{ "2001:db8:1::1", "2001:db8:1::2" } } },
	{ "1: one that cannot be reached comes last", false,
	    { { "198.51.100.1", "192.0.2.1" }, { "2001:db8:1::1", "-" } } },
	{ "1: before scope", false,
	    { { "169.254.1.1", "192.0.2.1" }, { "2001:db8:1::1", "-" } } },
	{ "5: matching label: 6to4 from 6to4, not from elsewhere", false,
	    { { "2002:c000:201::1", "2002:c000:202::2" },
		{ "2001:db8:1::1", "2002:c000:202::2" } } },
	{ "5: no unique local address from a global one", false,
	    { { "2001:db8:1::1", "2001:db8:1::2" },
		{ "fd00:1::1", "2001:db8:1::2" } } },
	{ "6: IPv4 before unique local, Teredo, 6bone", false,
	    { { "2001:db8:1::1", "2001:db8:1::2" },
		{ "198.51.100.1", "192.0.2.1" },
		{ "2002:c000:201::1", "2002:c000:202::2" },
		{ "2001:0:1::1", "2001:0:1::2" }, { "fd00:1::1", "fd00:1::2" },
		{ "3ffe::1", "3ffe::2" } } },
	{ "6: loopback before all", false,
	    { { "::1", "::1" }, { "2001:db8:1::1", "2001:db8:1::2" },
		{ "127.0.0.1", "127.0.0.1" } } },
	{ "8: multicast of a smaller scope", false,
	    { { "ff02::1", "fe80::1" }, { "ff0e::1", "2001:db8::1" } } },
	{ "9: the longer common prefix", false,
	    { { "2001:db8:3ffe::1", "2001:db8:3f44::2" },
		{ "2001:db8:1::1", "2001:db8:3f44::2" } } },
	{ "9: not beyond the 64th bit", true,
	    { { "2001:db8::8:0:0:1", "2001:db8::1" },
		{ "2001:db8::1:2", "2001:db8::1" } } },
	{ "9: not for IPv4, whose servers turn their answers round", true,
	    { { "54.83.193.112", "10.2.3.4" }, { "184.72.238.214", "10.2.3.4" },
		{ "23.23.172.185", "10.2.3.4" },
		{ "75.101.148.21", "10.2.3.4" }, { "23.23.134.56", "10.2.3.4" },
		{ "23.21.50.150", "10.2.3.4" } } },
	{ "9: nor with one that shares all of it", true,
	    { { "203.0.113.9", "198.51.100.117" },
		{ "198.51.100.118", "198.51.100.117" } } },
	{ "10: none can be reached", true,
	    { { "2001:db8:1::1", "-" }, { "2001:db8:2::1", "-" } } },
};

static void
read_ip(const char *text, struct socki_ip *ip)
{
	struct socki_ip_slip slip;

	ip->size = 0;
	if (strcmp(text, "-") != 0 &&
	    socki_ip_parse(ip, text, strlen(text), &slip) < 0)
		fail_msg("\"%s\": %s", text, slip.what);
}

static int
read_row(const struct row *row, struct sock_addr *to, struct socki_ip *from)
{
	int i;

	for (i = 0; i < MOST && row->wanted[i].to != NULL; i++) {
		struct socki_ip ip;

		read_ip(row->wanted[i].to, &ip);
		socki_addr_from_ip(&to[i], SOCK_SCHEME_TCP, &ip, 80);
		read_ip(row->wanted[i].from, &from[i]);
	}
	return i;
}

/* Sorts them as they stand in order, and looks what came of it. */
static void
try_order(const struct row *row, const int *order)
{
	struct sock_addr wanted[MOST], got[MOST];
	struct socki_ip from[MOST], sources[MOST];
	const int count = read_row(row, wanted, from);
	char text[SOCK_ADDR_TEXT_MAX];
	int i;

	for (i = 0; i < count; i++) {
		got[i] = wanted[order[i]];
		sources[i] = from[order[i]];
	}
	socki_sort_from(got, sources, count);
	for (i = 0; i < count; i++)
		if (!sock_addr_equal(&got[i],
			&wanted[row->alike ? order[i] : i]))
			fail_msg("%s: place %d has %s", row->rule, i,
			    sock_addr_text(&got[i], text, sizeof text));
}

/* The next order of count numbers, in the order of a dictionary. */
static bool
next_order(int *order, int count)
{
	int i = count - 2, j = count - 1, swap;

	while (i >= 0 && order[i] > order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[j] < order[i])
		j--;
	swap = order[i], order[i] = order[j], order[j] = swap;
	for (i++, j = count - 1; i < j; i++, j--)
		swap = order[i], order[i] = order[j], order[j] = swap;
	return true;
}

static void
every_rule_orders_as_rfc_6724_says(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int order[MOST] = { 0, 1, 2, 3, 4, 5 }, count = 0;

		while (count < MOST && rows[i].wanted[count].to != NULL)
			count++;
		do
			try_order(&rows[i], order);
		while (next_order(order, count));
	}
}

/* On any machine: [::1] is near, and first, if there is one. */
static void
the_kernel_tells_the_sources(void **state)
{
	static const char *const texts[][2] = {
		{ "tcp:[::1]:80", "tcp:127.0.0.1:80" },
		{ "tcp:127.0.0.1:80", "tcp:[::1]:80" },
		{ "tcp:127.0.0.1:80", "tcp:127.0.0.2:80" },
		{ "tcp:127.0.0.1:80", "tcp:[fec0::1]:80" },
		{ "tcp:[fec0::1]:80", "tcp:127.0.0.1:80" },
	};
	const int wanted[] = { 0, 1, 0, 0, 1 };
	struct sock_addr addrs[2], first;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		if (i < 2 && !plain_has_ipv6())
			continue;
		for (k = 0; k < 2; k++)
			assert_int_equal(sock_addr_parse(&addrs[k],
					     texts[i][k]),
			    0);
		first = addrs[wanted[i]];
		socki_resolve_sort(addrs, 2);
		if (!sock_addr_equal(&addrs[0], &first))
			fail_msg("%s %s", texts[i][0], texts[i][1]);
	}
}

static void
more_than_both_families_can_have_stay_where_they_are(void **state)
{
	enum {
		MANY = 2 * SOCKI_ADDRESSES_MAX + 3
	};
	struct sock_addr *addrs = calloc(MANY, sizeof *addrs);
	char text[64];
	int i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof text, "tcp:127.0.1.%d:80", i);
		assert_int_equal(sock_addr_parse(&addrs[i], text), 0);
	}
	socki_resolve_sort(addrs, MANY);
	assert_string_equal(sock_addr_text(&addrs[MANY - 1], text, sizeof text),
	    "tcp:127.0.1.130:80");
	assert_string_equal(sock_addr_text(&addrs[0], text, sizeof text),
	    "tcp:127.0.1.0:80");
	free(addrs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_orders_as_rfc_6724_says),
		cmocka_unit_test(the_kernel_tells_the_sources),
		cmocka_unit_test(
		    more_than_both_families_can_have_stay_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
