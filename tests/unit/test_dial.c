/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What ends in a colon is followed by the listener's port. */
static const struct {
	const char *listen, *dial, *peer;
} kinds[] = {
	{ "tcp:127.0.0.1:0", "tcp:127.0.0.1:", "tcp:127.0.0.1:" },
	{ "127.0.0.1:0", "127.0.0.1:", "tcp:127.0.0.1:" },
	{ "tcp:127.0.0.1:0", "[::ffff:127.0.0.1]:", "tcp:127.0.0.1:" },
	{ "tcp:127.0.0.1:0", "tcp:localhost:", "tcp:127.0.0.1:" },
	{ "tcp:[::1]:0", "TCP://[::1]:", "tcp:[::1]:" },
	{ "tcp:[::1]:0", "tcp:LocalHost.:", "tcp:[::1]:" },
	{ "tcp:localhost:0", "localhost:", "tcp:[::1]:" },
	{ "tcp:a.localhost:0", "tcp:b.c.LOCALHOST:", "tcp:[::1]:" },
	{ "tcp:localhost:0", "tcp::", "tcp:[::1]:" },
	{ "tcp::0", ":", "tcp:[::1]:" },
	{ "tcp:*:0", "tcp:127.0.0.1:", "tcp:127.0.0.1:" },
	{ "unix:./s", "unix:s", "unix:s" },
	{ "unix:%73", "unix://s", "unix:s" },
};

static void
whole(char *buf, size_t n, const char *text, int port)
{
	const size_t len = strlen(text);

	if (text[len - 1] == ':')
		(void)dialing_at(buf, n, text, port);
	else
		(void)snprintf(buf, n, "%s", text);
}

static void
reach(size_t row, enum where where)
{
	char text[SOCK_ADDR_TEXT_MAX], peer[SOCK_ADDR_TEXT_MAX];
	char shown[SOCK_ADDR_TEXT_MAX], byte;
	struct dialing d = DIALING(text);
	const sock_t l = sock_listen(kinds[row].listen);
	struct sock_addr addr, seen;
	sock_t c;

	assert_int_equal(sock_local(l, &addr), 0);
	whole(text, sizeof text, kinds[row].dial, sock_addr_port(&addr));
	whole(peer, sizeof peer, kinds[row].peer, sock_addr_port(&addr));
	d.options.deadline = SOON;
	if (dialing_run(&d, where) <= 0)
		fail_msg("%s in a %s: %s", text, where_names[where], d.text);
	c = sock_accept(l, SOON);
	assert_true(c > 0);

	assert_int_equal(sock_peer(d.got, &addr), 0);
	sock_addr_text(&addr, shown, sizeof shown);
	if (strcmp(shown, peer) != 0)
		fail_msg("%s in a %s: the peer is %s", text, where_names[where],
		    shown);
	assert_int_equal(sock_local(d.got, &addr), 0);
	if (sock_peer(c, &seen) == 0 && !sock_addr_equal(&addr, &seen))
		fail_msg("%s: the two ends do not agree", text);
	assert_int_equal(sock_write(d.got, "x", 1, SOON), 0);
	assert_int_equal(sock_read_full(c, &byte, 1, SOON), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(sock_close(c), 0);
	assert_int_equal(sock_close(d.got), 0);
	assert_int_equal(sock_close(l), 0);
}

static void
every_kind_of_address_reaches_its_listener(void **state)
{
	const bool ipv6 = plain_has_ipv6();
	char dir[] = "/tmp/sock-dial-XXXXXX", here[4096];
	size_t i;

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	for (i = 0; i < COUNT(kinds); i++) {
		if (!ipv6 && strstr(kinds[i].peer, "::1") != NULL)
			continue;
		reach(i, IN_THREAD);
		reach(i, IN_FIBER);
	}
	assert_int_equal(chdir(here), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
an_abstract_name_reaches_its_listener(void **state)
{
	char text[SOCK_ADDR_TEXT_MAX], shown[SOCK_ADDR_TEXT_MAX];
	struct dialing d = DIALING(text);
	struct sock_addr addr;
	sock_t l, c;
	int where;

	(void)state;
	(void)snprintf(text, sizeof text, "unix:@sock test %d%%00%%FF",
	    (int)getpid());
	for (where = 0; where < WHERE_COUNT; where++) {
		l = sock_listen(text);
		assert_true(l > 0);
		assert_true(dialing_run(&d, where) > 0);
		c = sock_accept(l, SOON);
		assert_true(c > 0);
		assert_int_equal(sock_peer(d.got, &addr), 0);
		assert_string_equal(sock_addr_text(&addr, shown, sizeof shown),
		    text);
		sock_close(c);
		sock_close(d.got);
		sock_close(l);
	}
}

static void
a_port_without_listener_refuses_at_once(void **state)
{
	char text[64], want[128];
	struct dialing d = DIALING(text);
	const int fd = plain_bind(AF_INET, 0, -1);
	int where;

	(void)state;
	assert_true(fd >= 0);
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	(void)snprintf(want, sizeof want, "dial %s: connection refused", text);
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_int_equal(dialing_run(&d, where), -ECONNREFUSED);
		assert_string_equal(d.text, want);
		assert_string_equal(d.addr, text);
		assert_true(d.retry);
	}
	close(fd);
}

static void
localhost_goes_past_a_dead_family(void **state)
{
	char text[64];
	struct dialing d = DIALING(text);
	struct sock_addr addr;
	int fd[2], six, where;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	for (six = 0; six < 2; six++) {
		assert_true(plain_bind_both(fd, six ? 1 : -1, six ? -1 : 1));
		dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
		for (where = 0; where < WHERE_COUNT; where++) {
			assert_true(dialing_run(&d, where) > 0);
			assert_int_equal(sock_peer(d.got, &addr), 0);
			assert_int_equal(addr.u.sa.sa_family,
			    six ? AF_INET6 : AF_INET);
			sock_close(d.got);
		}
		close(fd[0]);
		close(fd[1]);
	}
}

static void
one_error_names_both_addresses(void **state)
{
	char text[64], want[160];
	struct dialing d = DIALING(text);
	int fd[2], port, where;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, -1, -1));
	port = plain_port(fd[0]);
	dialing_at(text, sizeof text, "tcp:localhost:", port);
	(void)snprintf(want, sizeof want,
	    "dial tcp:localhost:%d: [::1]:%d: connection refused; "
	    "127.0.0.1:%d: connection refused",
	    port, port, port);
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_int_equal(dialing_run(&d, where), -ECONNREFUSED);
		assert_string_equal(d.text, want);
	}
	close(fd[0]);
	close(fd[1]);
}

static void
the_caller_may_close_all_but_one_family(void **state)
{
	char text[64];
	struct dialing d = DIALING(text);
	struct sock_addr addr;
	int fd[2], i;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, 2, 2));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	for (i = 0; i < 2; i++) {
		d.options.family = i == 0 ? AF_INET : AF_INET6;
		assert_true(dialing_run(&d, IN_THREAD) > 0);
		assert_int_equal(sock_peer(d.got, &addr), 0);
		assert_int_equal(addr.u.sa.sa_family, d.options.family);
		sock_close(d.got);
	}
	close(fd[1]);
	d.options.family = AF_INET;
	assert_int_equal(dialing_run(&d, IN_THREAD), -ECONNREFUSED);
	close(fd[0]);
}

static void
a_fresh_stream_has_the_options_asked_for(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .keepalive_s = 7,
	    .user_timeout_ms = 4321, .rcvbuf = 30000, .sndbuf = 20000);
	static const struct {
		enum sock_option option;
		int64_t least, most;
	} rows[] = { { SOCK_OPT_NODELAY, 1, 1 }, { SOCK_OPT_KEEPALIVE_S, 7, 7 },
		{ SOCK_OPT_USER_TIMEOUT_MS, 4321, 4321 },
		{ SOCK_OPT_RCVBUF, 60000, 60000 },
		{ SOCK_OPT_SNDBUF, 40000, 40000 } };
	const int fd = plain_bind(AF_INET, 0, 4);
	int64_t value;
	size_t i;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	assert_true(dialing_run(&d, IN_THREAD) > 0);
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(sock_get(d.got, rows[i].option, &value), 0);
		if (value < rows[i].least || value > rows[i].most)
			fail_msg("option %d is %lld", rows[i].option,
			    (long long)value);
	}
	sock_close(d.got);

	d.options.delay = true;
	d.options.keepalive_s = 0;
	assert_true(dialing_run(&d, IN_THREAD) > 0);
	assert_int_equal(sock_get(d.got, SOCK_OPT_NODELAY, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(sock_get(d.got, SOCK_OPT_KEEPALIVE_S, &value), 0);
	assert_int_equal(value, 0);
	sock_close(d.got);
	close(fd);
}

/* Some fail inside connect(2), some before it, some after it. */
static void
dials_that_fail_leave_no_descriptor(void **state)
{
	char text[64];
	struct dialing rows[] = { DIALING(text), DIALING("unix:/none/s"),
		DIALING("127.0.0.1:9", .local = "192.0.2.7") };
	static const int codes[] = { -ECONNREFUSED, -ENOENT, -EADDRNOTAVAIL };
	int fd[2], i, where;
	size_t row;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, -1, -1));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	for (row = 0; row < COUNT(rows); row++)
		for (where = 0; where < WHERE_COUNT; where++)
			for (i = 0; i < 1000; i++)
				assert_int_equal(dialing_run(&rows[row], where),
				    codes[row]);
	close(fd[0]);
	close(fd[1]);
}

static void
errno_stays_as_it_was(void **state)
{
	char text[64];
	const int fd = plain_bind(AF_INET, 0, -1);

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	errno = EXDEV;
	assert_int_equal(sock_dial(text), -ECONNREFUSED);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(sock_dial("tcp:"), SOCK_EADDR);
	assert_int_equal(errno, EXDEV);
	close(fd);
}

static void
a_link_local_address_without_its_zone_is_told_so(void **state)
{
	sock_t s = sock_dial("tcp:[fe80::1]:80");

	(void)state;
	if (s == -EAFNOSUPPORT || s == -EADDRNOTAVAIL || s == -ENETUNREACH) {
		print_message("SKIP: there is no IPv6 here\n");
		skip();
	}
	assert_int_equal(s, -EINVAL);
	assert_string_equal(sock_errmsg(),
	    "dial tcp:[fe80::1]:80: invalid argument: a link-local address "
	    "wants its zone, as in [fe80::1%eth0]");
	assert_int_equal(sock_dial("udp:[ff02::fb]:5353"), -EINVAL);
	assert_string_equal(sock_errmsg(),
	    "dial udp:[ff02::fb]:5353: invalid argument: a link-local address "
	    "wants its zone, as in [ff02::fb%eth0]");
	s = sock_dial("udp:[::1]:9", .local = "[fe80::7]");
	assert_int_equal(s, -EINVAL);
	assert_string_equal(sock_errmsg(),
	    "dial udp:[::1]:9: invalid argument: a link-local address wants "
	    "its zone, as in [fe80::7%eth0]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(every_kind_of_address_reaches_its_listener),
		where_test(an_abstract_name_reaches_its_listener),
		where_test(a_port_without_listener_refuses_at_once),
		where_test(localhost_goes_past_a_dead_family),
		where_test(one_error_names_both_addresses),
		where_test(the_caller_may_close_all_but_one_family),
		where_test(a_fresh_stream_has_the_options_asked_for),
		where_test(dials_that_fail_leave_no_descriptor),
		where_test(errno_stays_as_it_was),
		where_test(a_link_local_address_without_its_zone_is_told_so),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
