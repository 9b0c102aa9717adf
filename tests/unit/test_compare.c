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

static void
assert_text(const struct sock_addr *addr, const char *text)
{
	char buf[SOCK_ADDR_TEXT_MAX];

	assert_string_equal(sock_addr_text(addr, buf, sizeof buf), text);
}

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "tcp:192.0.2.1:80", "192.0.2.1:http", true },
	{ "tcp:[::ffff:192.0.2.1]:80", "tcp:192.0.2.1:80", true },
	{ "tcp:[2001:DB8:0::1]:80", "tcp:[2001:db8::1]:80", true },
	{ "unix:/a", "/a", true },
	{ "unix:/%61", "/a", true },
	{ "unix:@a", "@a", true },
	{ "tcp:*:80", "tcp::80", true },
	{ "tcp:[fe80::1%1]:80", "tcp:[fe80::1%lo]:80", true },
	{ "tcp:192.0.2.1:80", "tls:192.0.2.1:80", false },
	{ "tcp:192.0.2.1:80", "tcp:192.0.2.1:81", false },
	{ "tcp:192.0.2.1:80", "tcp:192.0.2.2:80", false },
	{ "tcp:[::1]:80", "tcp:127.0.0.1:80", false },
	{ "tcp:[::192.0.2.1]:80", "tcp:192.0.2.1:80", false },
	{ "tcp:[fe80::1]:80", "tcp:[fe80::1%lo]:80", false },
	{ "tcp:*:80", "tcp:[::]:80", false },
	{ "unix:/a", "unixgram:/a", false },
	{ "unix:/a", "unix:@/a", false },
	{ "unix:/a", "unix:/a/", false },
	{ "unix:@a", "unix:@a%00", false },
	{ "unix:@%00", "unix:@%00%00", false },
	{ "unix:/a", "tcp:192.0.2.1:80", false },
};

static void
equal_addresses_are_equal(void **state)
{
	static const struct sock_addr zero;
	struct sock_addr a, b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		if (sock_addr_parse(&a, pairs[i].a) != 0 ||
		    sock_addr_parse(&b, pairs[i].b) != 0)
			fail_msg("%s", sock_errmsg());
		if (sock_addr_equal(&a, &b) != pairs[i].equal ||
		    sock_addr_equal(&b, &a) != pairs[i].equal)
			fail_msg("\"%s\", \"%s\"", pairs[i].a, pairs[i].b);
		assert_true(sock_addr_equal(&a, &a));
		assert_false(sock_addr_equal(&a, &zero));
		assert_false(sock_addr_equal(&zero, &a));
	}
	assert_true(sock_addr_equal(&zero, &zero));
	a = zero;
	a.scheme = SOCK_SCHEME_UNIX;
	b = a;
	b.length = sizeof(sa_family_t);
	b.u.sa.sa_family = AF_UNIX;
	assert_false(sock_addr_equal(&a, &b));
	assert_true(sock_addr_equal(&b, &b));
}

/* Made by hand, in a form that no text and no system call gives. */
static void
what_means_nothing_does_not_count(void **state)
{
	struct sock_addr a, b;

	(void)state;
	assert_int_equal(sock_addr_parse(&a, "tcp:[2001:db8::1]:80"), 0);
	b = a;
	b.u.in6.sin6_scope_id = 5;
	b.u.in6.sin6_flowinfo = 5;
	b.reserved_[0] = 1;
	assert_true(sock_addr_equal(&a, &b));
	assert_text(&b, "tcp:[2001:db8::1]:80");

	assert_int_equal(sock_addr_parse(&a, "tcp:192.0.2.1:80"), 0);
	memset(&b.u.in6.sin6_addr, 0, 16);
	memcpy((char *)&b.u.in6.sin6_addr + 10, "\xff\xff\xc0\0\2\1", 6);
	assert_true(sock_addr_equal(&a, &b));
	assert_text(&b, "tcp:192.0.2.1:80");

	assert_int_equal(sock_addr_parse(&a, "unix:/a"), 0);
	b = a;
	b.u.un.sun_path[5] = 'x';
	b.length = UINT32_MAX;
	assert_true(sock_addr_equal(&a, &b));
	assert_text(&b, "unix:/a");
}

static const struct {
	const char *text;
	enum sock_scope scope;
} scopes[] = {
	{ "0.0.0.0:1", SOCK_SCOPE_LOOPBACK },
	{ "0.0.0.1:1", SOCK_SCOPE_GLOBAL },
	{ "9.255.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "10.0.0.0:1", SOCK_SCOPE_PRIVATE },
	{ "10.255.255.255:1", SOCK_SCOPE_PRIVATE },
	{ "11.0.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "100.63.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "100.64.0.0:1", SOCK_SCOPE_PRIVATE },
	{ "100.127.255.255:1", SOCK_SCOPE_PRIVATE },
	{ "100.128.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "126.255.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "127.0.0.0:1", SOCK_SCOPE_LOOPBACK },
	{ "127.255.255.255:1", SOCK_SCOPE_LOOPBACK },
	{ "128.0.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "169.253.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "169.254.0.0:1", SOCK_SCOPE_LINK },
	{ "169.254.169.254:1", SOCK_SCOPE_LINK },
	{ "169.255.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "172.15.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "172.16.0.0:1", SOCK_SCOPE_PRIVATE },
	{ "172.31.255.255:1", SOCK_SCOPE_PRIVATE },
	{ "172.32.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "192.167.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "192.168.0.0:1", SOCK_SCOPE_PRIVATE },
	{ "192.168.255.255:1", SOCK_SCOPE_PRIVATE },
	{ "192.169.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "223.255.255.255:1", SOCK_SCOPE_GLOBAL },
	{ "224.0.0.0:1", SOCK_SCOPE_MULTICAST },
	{ "239.255.255.255:1", SOCK_SCOPE_MULTICAST },
	{ "240.0.0.0:1", SOCK_SCOPE_GLOBAL },
	{ "255.255.255.254:1", SOCK_SCOPE_GLOBAL },
	{ "255.255.255.255:1", SOCK_SCOPE_MULTICAST },
	{ "[::]:1", SOCK_SCOPE_LOOPBACK },
	{ "*:1", SOCK_SCOPE_LOOPBACK },
	{ "[::1]:1", SOCK_SCOPE_LOOPBACK },
	{ "[::2]:1", SOCK_SCOPE_GLOBAL },
	{ "[2001:db8::1]:1", SOCK_SCOPE_GLOBAL },
	{ "[fbff::]:1", SOCK_SCOPE_GLOBAL },
	{ "[fc00::]:1", SOCK_SCOPE_PRIVATE },
	{ "[fdff::]:1", SOCK_SCOPE_PRIVATE },
	{ "[fe00::]:1", SOCK_SCOPE_GLOBAL },
	{ "[fe7f::]:1", SOCK_SCOPE_GLOBAL },
	{ "[fe80::]:1", SOCK_SCOPE_LINK },
	{ "[febf::]:1", SOCK_SCOPE_LINK },
	{ "[fec0::]:1", SOCK_SCOPE_GLOBAL },
	{ "[feff::]:1", SOCK_SCOPE_GLOBAL },
	{ "[ff00::]:1", SOCK_SCOPE_MULTICAST },
	{ "[ff02::1]:1", SOCK_SCOPE_MULTICAST },
	{ "[::ffff:10.0.0.1]:1", SOCK_SCOPE_PRIVATE },
	{ "[::ffff:127.0.0.1]:1", SOCK_SCOPE_LOOPBACK },
	{ "[::ffff:0.0.0.0]:1", SOCK_SCOPE_LOOPBACK },
	{ "[::ffff:8.8.8.8]:1", SOCK_SCOPE_GLOBAL },
	{ "[::127.0.0.1]:1", SOCK_SCOPE_GLOBAL },
	{ "unix:/run/x", SOCK_SCOPE_LOCAL },
	{ "unixgram:@x", SOCK_SCOPE_LOCAL },
};

static void
an_address_has_a_scope(void **state)
{
	static const struct sock_addr zero;
	struct sock_addr addr = { .scheme = SOCK_SCHEME_UNIX,
		.length = sizeof(sa_family_t),
		.u.un.sun_family = AF_UNIX };
	size_t i;

	(void)state;
	assert_int_equal(sock_addr_scope(&zero), SOCK_SCOPE_NONE);
	assert_int_equal(sock_addr_scope(&addr), SOCK_SCOPE_NONE);
	for (i = 0; i < COUNT(scopes); i++) {
		if (sock_addr_parse(&addr, scopes[i].text) != 0)
			fail_msg("%s", sock_errmsg());
		if (sock_addr_scope(&addr) != scopes[i].scope)
			fail_msg("\"%s\": %d", scopes[i].text,
			    (int)sock_addr_scope(&addr));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_addresses_are_equal),
		cmocka_unit_test(what_means_nothing_does_not_count),
		cmocka_unit_test(an_address_has_a_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
