/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "under.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
port_of(sock_t s)
{
	struct sock_addr addr;

	assert_int_equal(sock_local(s, &addr), 0);
	return sock_addr_port(&addr);
}

/* host and the port of the listener, which is s's own or another's. */
static void
check_local(sock_t s, const char *host, int port)
{
	char text[SOCK_ADDR_TEXT_MAX], want[64];
	struct sock_addr addr;

	assert_int_equal(sock_local(s, &addr), 0);
	assert_string_equal(sock_addr_text(&addr, text, sizeof text),
	    dialing_at(want, sizeof want, host, port));
}

/* A connection of a family arrives, and each end knows the other. */
static void
check_arrives(sock_t l, int family, int port)
{
	const char *host = family == AF_INET ? "tcp:127.0.0.1:" : "tcp:[::1]:";
	const int fd = plain_connect(family, port);
	char text[SOCK_ADDR_TEXT_MAX], want[64];
	struct sock_addr addr;
	sock_t c;

	assert_true(fd >= 0);
	c = sock_accept(l, SOON);
	assert_true(c > 0);
	assert_int_equal(sock_peer(c, &addr), 0);
	assert_int_equal(addr.u.sa.sa_family, family);
	assert_string_equal(sock_addr_text(&addr, text, sizeof text),
	    dialing_at(want, sizeof want, host, plain_port(fd)));
	check_local(c, host, port);
	close(fd);
	assert_int_equal(sock_close(c), 0);
}

static void
a_star_takes_both_families(void **state)
{
	sock_t l;
	int port;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	l = sock_listen("tcp:*:0");
	port = port_of(l);
	assert_int_not_equal(port, 0);
	check_local(l, "tcp:*:", port);
	check_arrives(l, AF_INET, port);
	check_arrives(l, AF_INET6, port);
	sock_close(l);
}

static void
a_family_may_be_asked_for(void **state)
{
	sock_t four, six;
	int port;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	four = sock_listen("*:0", .family = AF_INET);
	port = port_of(four);
	check_local(four, "tcp:0.0.0.0:", port);
	check_arrives(four, AF_INET, port);
	assert_true(plain_connect(AF_INET6, port) < 0);
	sock_close(four);

	six = sock_listen("*:0", .family = AF_INET6);
	port = port_of(six);
	check_local(six, "tcp:[::]:", port);
	check_arrives(six, AF_INET6, port);
	assert_true(plain_connect(AF_INET, port) < 0);
	sock_close(six);

	six = sock_listen("localhost:0", .family = AF_INET6);
	port = port_of(six);
	check_arrives(six, AF_INET6, port);
	assert_true(plain_connect(AF_INET, port) < 0);
	sock_close(six);
}

/* A port that is free in one family may be somebody's in the other. */
#define PORT_TRIES 16

static const struct {
	const char *six, *four;
	int family6, family4;
} siblings[] = { { "tcp:[::]:", "tcp:0.0.0.0:", 0, 0 },
	{ "tcp:*:", "tcp:*:", AF_INET6, AF_INET },
	{ "tcp:[::1]:", "tcp:127.0.0.1:", 0, 0 } };

static void
the_two_families_may_be_siblings_on_one_port(void **state)
{
	char text[64];
	sock_t four, six;
	size_t i;
	int port, tries;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	for (i = 0; i < COUNT(siblings); i++) {
		four = -EADDRINUSE;
		for (tries = 0; four < 0 && tries < PORT_TRIES; tries++) {
			dialing_at(text, sizeof text, siblings[i].six, 0);
			six = sock_listen(text, .family = siblings[i].family6);
			port = port_of(six);
			dialing_at(text, sizeof text, siblings[i].four, port);
			four = sock_listen(text, .family = siblings[i].family4);
			if (four < 0)
				sock_close(six);
		}
		assert_true(four > 0);
		check_arrives(six, AF_INET6, port);
		check_arrives(four, AF_INET, port);
		sock_close(six);
		sock_close(four);
	}
}

static void
a_star_is_refused_where_either_family_is_taken(void **state)
{
	static const char *const takers[] = { "0.0.0.0:0", "[::]:0", "*:0" };
	char text[64], want[96];
	size_t i;
	sock_t l;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	for (i = 0; i < COUNT(takers); i++) {
		l = sock_listen(takers[i]);
		dialing_at(text, sizeof text, "tcp:*:", port_of(l));
		assert_int_equal(sock_listen(text), -EADDRINUSE);
		(void)snprintf(want, sizeof want, "listen %s: address in use",
		    text);
		assert_string_equal(sock_errmsg(), want);
		assert_true(sock_last_error()->retry);
		sock_close(l);
	}
}

static void
localhost_is_both_families_on_one_port(void **state)
{
	int families[2] = { 0, 0 }, fd[4], i, port;
	struct sock_addr peer;
	sock_t l, c;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	l = sock_listen("tcp:localhost:0");
	port = port_of(l);
	assert_int_not_equal(port, 0);
	check_arrives(l, AF_INET, port);
	check_arrives(l, AF_INET6, port);

	/* With both queues full each has its turn. */
	for (i = 0; i < 4; i++)
		fd[i] = plain_connect(i < 2 ? AF_INET : AF_INET6, port);
	for (i = 0; i < 4; i++) {
		c = sock_accept(l, SOON);
		assert_int_equal(sock_peer(c, &peer), 0);
		families[peer.u.sa.sa_family == AF_INET6]++;
		if (i == 1)
			assert_int_equal(families[0], 1);
		sock_close(c);
		close(fd[i]);
	}
	assert_int_equal(families[1], 2);
	assert_int_equal(sock_accept(l, SOCK_NOWAIT), -EAGAIN);
	sock_close(l);
}

static void
localhost_is_both_families_or_neither(void **state)
{
	char text[64], want[96];
	int fd[2], i, port;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	for (i = 0; i < 2; i++) {
		assert_true(plain_bind_both(fd, 1, 1));
		port = plain_port(fd[0]);
		close(fd[i]);
		dialing_at(text, sizeof text, "localhost:", port);
		assert_int_equal(sock_listen(text), -EADDRINUSE);
		(void)snprintf(want, sizeof want, "listen %s: address in use",
		    text);
		assert_string_equal(sock_errmsg(), want);
		/* Nothing of it is left: that family is free again. */
		fd[i] = plain_bind(i == 0 ? AF_INET6 : AF_INET, port, 1);
		assert_true(fd[i] >= 0);
		close(fd[0]);
		close(fd[1]);
	}
}

static void
a_restart_is_not_kept_waiting(void **state)
{
	char text[64], byte;
	int i, fd, plain, port = 0;
	sock_t l, c;

	(void)state;
	for (i = 0; i < 100; i++) {
		dialing_at(text, sizeof text, "127.0.0.1:", port);
		l = sock_listen(text);
		if (l < 0)
			fail_msg("restart %d: %s", i, sock_errmsg());
		port = port_of(l);
		fd = plain_connect(AF_INET, port);
		c = sock_accept(l, SOON);
		/* Who closes first keeps the connection in TIME-WAIT. */
		sock_close(c);
		assert_int_equal(read(fd, &byte, 1), 0);
		close(fd);
		sock_close(l);
	}
	plain = plain_bind(AF_INET, port, 1);
	assert_true(plain < 0);
	assert_int_equal(errno, EADDRINUSE);
}

static const struct {
	const char *address, *text;
} privileged[] = {
	{ "tcp:*:80",
	    "listen tcp:*:80: permission denied: 80 is a well-known port and "
	    "this process lacks CAP_NET_BIND_SERVICE" },
	{ "tcp:127.0.0.1:1",
	    "listen tcp:127.0.0.1:1: permission denied: 1 is a well-known "
	    "port and this process lacks CAP_NET_BIND_SERVICE" },
	{ "tcp:localhost:1023",
	    "listen tcp:localhost:1023: permission denied: 1023 is a "
	    "well-known port and this process lacks CAP_NET_BIND_SERVICE" },
	{ "tcp:*:https",
	    "listen tcp:*:https: permission denied: 443 is a well-known port "
	    "and this process lacks CAP_NET_BIND_SERVICE" },
};

static void
listen_as_nobody(void *arg)
{
	struct sock_port_here here = { .size = sizeof here };
	size_t i;

	(void)arg;
	child_becomes_nobody();
	if (sock_port_here(1, &here) != 0 || !here.privileged)
		child_skip("no port is privileged here");
	for (i = 0; i < COUNT(privileged); i++) {
		CHECK_INT(sock_listen(privileged[i].address), -EACCES);
		CHECK_TEXT(sock_errmsg(), privileged[i].text);
	}
	CHECK(sock_listen("tcp:*:0") > 0);
}

static void
a_privileged_port_says_what_is_missing(void **state)
{
	(void)state;
	child_run(listen_as_nobody, NULL);
}

/* How two connections are that came in by either family. */
static void
check_inherited(sock_t l, enum sock_option option, int64_t want)
{
	const int port = port_of(l);
	const int fd[2] = { plain_connect(AF_INET6, port),
		plain_connect(AF_INET, port) };
	int64_t value;
	sock_t c;
	int i;

	for (i = 0; i < 2; i++) {
		c = sock_accept(l, SOON);
		assert_true(c > 0);
		assert_int_equal(sock_get(c, option, &value), 0);
		assert_int_equal(value, want);
		assert_int_equal(sock_close(c), 0);
	}
	close(fd[0]);
	close(fd[1]);
}

static void
an_option_of_localhost_is_one_of_both_its_sockets(void **state)
{
	const sock_t l = sock_listen("localhost:0");
	int64_t value;

	(void)state;
	if (!plain_has_ipv6()) {
		sock_close(l);
		SKIP_TEST("no IPv6 here");
	}
	assert_int_equal(sock_get(l, SOCK_OPT_NODELAY, &value), 0);
	assert_int_equal(value, 1);
	check_inherited(l, SOCK_OPT_NODELAY, 1);
	assert_int_equal(sock_set(l, SOCK_OPT_NODELAY, 0), 0);
	assert_int_equal(sock_get(l, SOCK_OPT_NODELAY, &value), 0);
	assert_int_equal(value, 0);
	check_inherited(l, SOCK_OPT_NODELAY, 0);
	assert_int_equal(sock_set(l, SOCK_OPT_KEEPALIVE_S, 75), 0);
	check_inherited(l, SOCK_OPT_KEEPALIVE_S, 75);
	assert_int_equal(sock_set(l, SOCK_OPT_TTL, 0), SOCK_EUSAGE);
	sock_close(l);
}

static void
localhost_tells_of_both_its_queues(void **state)
{
	const sock_t l = sock_listen("localhost:0", .backlog = 3);
	struct sock_info info = { .size = sizeof info };
	int port, fd[2];

	(void)state;
	assert_int_equal(sock_info(l, &info), 0);
	if (under_emulation() || !plain_has_ipv6()) {
		sock_close(l);
		SKIP_TEST("no IPv6 or no TCP_INFO here (an emulator?)");
	}
	assert_string_equal(info.state, "LISTEN");
	assert_int_equal(info.accept_backlog, 6);
	assert_int_equal(info.accept_queue, 0);
	port = port_of(l);
	fd[0] = plain_connect(AF_INET6, port);
	fd[1] = plain_connect(AF_INET, port);
	assert_int_equal(sock_info(l, &info), 0);
	assert_int_equal(info.accept_queue, 2);
	close(fd[0]);
	close(fd[1]);
	sock_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_star_takes_both_families),
		where_test(a_family_may_be_asked_for),
		where_test(the_two_families_may_be_siblings_on_one_port),
		where_test(a_star_is_refused_where_either_family_is_taken),
		where_test(localhost_is_both_families_on_one_port),
		where_test(localhost_is_both_families_or_neither),
		where_test(an_option_of_localhost_is_one_of_both_its_sockets),
		where_test(localhost_tells_of_both_its_queues),
		where_test(a_restart_is_not_kept_waiting),
		where_test(a_privileged_port_says_what_is_missing),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
