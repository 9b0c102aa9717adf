/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "child.h"
#include "dialing.h"
#include "name/address.h"
#include "plain.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is bound before dialing. */

static void
expect_family(struct dialing *d, int family)
{
	struct sock_addr addr;

	if (dialing_run(d, IN_THREAD) <= 0)
		fail_msg("from \"%s\": %s", d->options.local, d->text);
	assert_int_equal(sock_local(d->got, &addr), 0);
	assert_int_equal(addr.u.sa.sa_family, family);
	sock_close(d->got);
}

static void
all_addresses_are_those_of_the_family_that_is_dialed(void **state)
{
	static const char *const locals[] = { "*", ":0", "*:0", "tcp:*" };
	char text[64];
	struct dialing d = DIALING(text, .deadline = SOON);
	const int fd = plain_bind(AF_INET, 0, 4);
	const int fd6 = plain_bind(AF_INET6, 0, 4);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(locals); i++) {
		d.options.local = locals[i];
		dialing_at(text, sizeof text, "127.0.0.1:", plain_port(fd));
		expect_family(&d, AF_INET);
		if (fd6 < 0)
			continue;
		dialing_at(text, sizeof text, "[::1]:", plain_port(fd6));
		expect_family(&d, AF_INET6);
	}
	close(fd);
	if (fd6 >= 0)
		close(fd6);
	else
		SKIP_TEST("no IPv6 here");
}

/* [::1] is silent, and still has the port when 127.0.0.1 has its turn. */
static void
two_attempts_have_one_port_of_all_addresses(void **state)
{
	char text[64], from[64];
	struct dialing d =
	    DIALING(text, .local = from, .stagger_ms = 10, .deadline = SOON);
	struct sock_addr addr;
	int to[2], own[2], filler, port;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(to, 0, 4));
	filler = plain_connect(AF_INET6, plain_port(to[0]));
	assert_true(filler >= 0);
	assert_true(plain_bind_both(own, -1, -1));
	dialing_at(text, sizeof text, "localhost:", plain_port(to[0]));
	port = plain_port(own[0]);
	dialing_at(from, sizeof from, "*:", port);
	close(own[0]);
	close(own[1]);
	if (dialing_run(&d, IN_FIBER) <= 0)
		fail_msg("%s", d.text);
	assert_int_equal(sock_local(d.got, &addr), 0);
	assert_int_equal(addr.u.sa.sa_family, AF_INET);
	assert_int_equal(sock_addr_port(&addr), port);
	sock_close(d.got);
	close(filler);
	close(to[0]);
	close(to[1]);
}

static const struct {
	const char *to, *local;
} strangers[] = {
	{ "tcp:127.0.0.1:80", "udp:127.0.0.1" },
	{ "tcp:127.0.0.1:80", "udp:*" },
	{ "tcp:127.0.0.1:80", "tls:127.0.0.1" },
	{ "tcp:127.0.0.1:80", "unix:/x" },
	{ "tcp:example.org:80", "/x" },
	{ "udp:127.0.0.1:53", "tcp:127.0.0.1:0" },
	{ "srv:_a._udp.test", "tcp:127.0.0.1" },
	{ "unixgram:/x", "unix:/y" },
	{ "unix:/x", "127.0.0.1" },
};

static void
a_local_address_of_another_scheme_is_refused(void **state)
{
	static const char reason[] = ": the call makes no sense here: local is "
				     "of another scheme than the address";
	char text[128];
	struct dialing d;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strangers); i++) {
		(void)snprintf(text, sizeof text, "dial %s%s", strangers[i].to,
		    reason);
		d = (struct dialing)DIALING(strangers[i].to,
		    .local = strangers[i].local);
		if (dialing_run(&d, IN_THREAD) != SOCK_EUSAGE ||
		    strcmp(d.text, text) != 0)
			fail_msg("%s from %s: %lld, %s", strangers[i].to,
			    strangers[i].local, (long long)d.got, d.text);
	}
}

static const struct {
	int scheme;
	const char *text, *shown;
} unsaid[] = {
	{ SOCK_SCHEME_UDP, "[::1]", "udp:[::1]:0" },
	{ SOCK_SCHEME_UDP, "192.0.2.7:who", "udp:192.0.2.7:513" },
	{ SOCK_SCHEME_UDP, "tcp:[::1]", "tcp:[::1]:0" },
	{ SOCK_SCHEME_TLS, "*:5000", "tls:*:5000" },
	{ SOCK_SCHEME_UNIXGRAM, "/run/x", "unixgram:/run/x" },
	{ SOCK_SCHEME_UNIXPACKET, "@x", "unixpacket:@x" },
	{ SOCK_SCHEME_UNIXGRAM, "unix:/run/x", "unix:/run/x" },
	/* No address of the family: it is to be refused. */
	{ SOCK_SCHEME_UDP, "/run/x", "unix:/run/x" },
	{ SOCK_SCHEME_UNIXGRAM, "192.0.2.7", "tcp:192.0.2.7:0" },
};

static void
a_local_address_without_a_scheme_is_of_what_is_dialed(void **state)
{
	char buf[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	struct socki_why why;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(unsaid); i++) {
		rc = socki_target_local(&addr, unsaid[i].text,
		    strlen(unsaid[i].text), unsaid[i].scheme, &why);
		sock_addr_text(&addr, buf, sizeof buf);
		if (rc != 0 || strcmp(buf, unsaid[i].shown) != 0)
			fail_msg("\"%s\": %d, \"%s\"", unsaid[i].text, rc, buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(
		    all_addresses_are_those_of_the_family_that_is_dialed),
		where_test(two_attempts_have_one_port_of_all_addresses),
		where_test(a_local_address_of_another_scheme_is_refused),
		where_test(
		    a_local_address_without_a_scheme_is_of_what_is_dialed),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
