/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <sock/addr.h>
#include <sock/base.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *addr, *block;
	bool within;
} blocks[] = {
	{ "10.1.2.3:1", "10.0.0.0/8", true },
	{ "11.0.0.0:1", "10.0.0.0/8", false },
	{ "172.31.255.255:1", "172.16.0.0/12", true },
	{ "172.32.0.0:1", "172.16.0.0/12", false },
	{ "192.0.2.7:1", "192.0.2.7", true },
	{ "192.0.2.7:1", "192.0.2.7/32", true },
	{ "192.0.2.7:1", "192.0.2.6/31", true },
	{ "192.0.2.8:1", "192.0.2.7/32", false },
	{ "192.0.2.7:1", "0.0.0.0/0", true },
	{ "255.255.255.255:1", "0.0.0.0/0", true },
	{ "[2001:db8::7]:1", "2001:db8::/32", true },
	{ "[2001:db9::7]:1", "2001:db8::/32", false },
	{ "[2001:db8::7]:1", "2001:db8::7", true },
	{ "[2001:db8::7]:1", "2001:db8::6/127", true },
	{ "[2001:db8::7]:1", "::/0", true },
	{ "[fe80::1%lo]:1", "fe80::/10", true },
	/* A /0 is all of its own family. */
	{ "[2001:db8::7]:1", "0.0.0.0/0", false },
	{ "192.0.2.7:1", "::/0", false },
	/* IPv4 inside IPv6 counts as IPv4, on both sides. */
	{ "[::ffff:10.1.2.3]:1", "10.0.0.0/8", true },
	{ "[::ffff:10.1.2.3]:1", "::/0", false },
	{ "10.1.2.3:1", "::ffff:10.0.0.0/104", true },
	{ "10.1.2.3:1", "::ffff:10.1.2.3", true },
	{ "11.1.2.3:1", "::ffff:10.0.0.0/104", false },
	{ "11.1.2.3:1", "::ffff:0:0/96", true },
	{ "[::10.1.2.3]:1", "10.0.0.0/8", false },
	/* Connecting to the unspecified address leads to loopback. */
	{ "0.0.0.0:1", "127.0.0.0/8", true },
	{ "0.0.0.0:1", "127.0.0.1", true },
	{ "0.0.0.0:1", "0.0.0.0/8", true },
	{ "0.0.0.0:1", "127.0.0.2", false },
	{ "0.0.0.0:1", "10.0.0.0/8", false },
	{ "[::]:1", "::1", true },
	{ "[::]:1", "::1/128", true },
	{ "[::]:1", "::", true },
	{ "[::]:1", "fc00::/7", false },
	{ "[::ffff:0.0.0.0]:1", "127.0.0.0/8", true },
	{ "*:1", "::1", true },
};

static void
an_address_lies_in_a_block(void **state)
{
	struct sock_addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(blocks); i++) {
		if (sock_addr_parse(&addr, blocks[i].addr) != 0)
			fail_msg("%s", sock_errmsg());
		if (sock_addr_within(&addr, blocks[i].block) !=
		    blocks[i].within)
			fail_msg("%s in %s", blocks[i].addr, blocks[i].block);
	}
}

static const struct {
	const char *block;
	int at;
} bad[] = {
	{ "", 0 },
	{ "/8", 0 },
	{ "x", 0 },
	{ "*", 0 },
	{ "10/8", 2 },
	{ "10.0/16", 4 },
	{ "010.0.0.0/8", 0 },
	{ "10.0.0.0/", 9 },
	{ "10.0.0.0/33", 9 },
	{ "10.0.0.0/-0", 9 },
	{ "10.0.0.0/+8", 9 },
	{ "10.0.0.0/ 8", 9 },
	{ "10.0.0.0/08", 9 },
	{ "10.0.0.0/00", 9 },
	{ "10.0.0.0/0x8", 10 },
	{ "10.0.0.0/8 ", 10 },
	{ "10.0.0.0/8/8", 10 },
	{ "10.0.0.0 /8", 8 },
	{ " 10.0.0.0/8", 0 },
	{ "10.0.0.0/255.0.0.0", 9 },
	{ "10.0.0.0/4294967304", 9 },
	{ "10.0.0.0/18446744073709551624", 9 },
	{ "10.0.0.1/8", 8 },
	{ "0.0.0.1/0", 7 },
	{ "255.255.255.255/31", 15 },
	{ "2001:db8::/129", 11 },
	{ "2001:db8::1/32", 11 },
	{ "::1/0", 3 },
	{ "::ffff:10.0.0.0/8", 15 },
	{ "::ffff:0:0/95", 10 },
	{ "[2001:db8::]/32", 0 },
	{ "fe80::%lo/10", 6 },
	{ "fe80::/10%lo", 9 },
	{ "10.0.0.0:80", 8 },
	{ "tcp:10.0.0.0/8", 0 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/1280", 50 },
};

static void
what_is_no_block_holds_nothing(void **state)
{
	struct sock_addr addr;
	char end[32];
	size_t i;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, "10.0.0.0:1"), 0);
	for (i = 0; i < COUNT(bad); i++) {
		(void)sock_addr_port(&(struct sock_addr){ .length = 0 });
		if (sock_addr_within(&addr, bad[i].block))
			fail_msg("\"%s\"", bad[i].block);
		snprintf(end, sizeof end, ", at byte %d", bad[i].at);
		if (sock_last_error()->code != SOCK_EADDR ||
		    strcmp(sock_last_error()->op, "within") != 0 ||
		    strstr(sock_errmsg(), end) == NULL)
			fail_msg("\"%s\": %s", bad[i].block, sock_errmsg());
	}
}

static void
a_unix_name_lies_in_no_block(void **state)
{
	struct sock_addr addr;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, "unix:/run/x"), 0);
	assert_false(sock_addr_within(&addr, "0.0.0.0/0"));
	assert_int_equal(sock_last_error()->code, SOCK_EUSAGE);
	assert_false(sock_addr_within(&addr, "::/0"));
	assert_false(sock_addr_within(&addr, "nonsense"));
	assert_int_equal(sock_last_error()->code, SOCK_EADDR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_lies_in_a_block),
		cmocka_unit_test(what_is_no_block_holds_nothing),
		cmocka_unit_test(a_unix_name_lies_in_no_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
