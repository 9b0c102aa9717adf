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
#include "filter.h"
#include "namespace.h"
#include "plain.h"
#include "where.h"

/* A host without IPv6, of the two kinds there are. */
enum off {
	BY_SYSCTL,
	BY_FILTER,
	OFF_COUNT
};

static void
turn_ipv6_off(const int *off)
{
	namespace_enter();
	if (*off == BY_SYSCTL)
		namespace_set("ipv6/conf/all/disable_ipv6", "1");
	else
		filter_deny(SYS_socket, AF_INET6, EAFNOSUPPORT);
	CHECK(!plain_has_ipv6());
}

static int
port_of(sock_t l)
{
	struct sock_addr addr;

	CHECK_INT(sock_local(l, &addr), 0);
	return sock_addr_port(&addr);
}

static void
check_arrives(sock_t l)
{
	const int fd = plain_connect(AF_INET, port_of(l));
	struct sock_addr peer;
	sock_t c;

	CHECK(fd >= 0);
	c = sock_accept(l, SOON);
	CHECK(c > 0);
	CHECK_INT(sock_peer(c, &peer), 0);
	CHECK_INT(peer.u.sa.sa_family, AF_INET);
	close(fd);
	sock_close(c);
}

static void
run_both(void (*part)(void *arg))
{
	int kind;

	for (kind = 0; kind < OFF_COUNT; kind++)
		child_run(part, &kind);
}

static void
dial_localhost(void *arg)
{
	char text[64], want[128];
	struct dialing d = DIALING(text, .deadline = SOON);
	int fd, port, where;

	turn_ipv6_off(arg);
	fd = plain_bind(AF_INET, 0, 4);
	port = plain_port(fd);
	dialing_at(text, sizeof text, "localhost:", port);
	for (where = 0; where < WHERE_COUNT; where++) {
		CHECK(dialing_run(&d, where) > 0);
		sock_close(d.got);
	}
	close(fd);

	/* The error speaks of the address that there is. */
	(void)snprintf(want, sizeof want,
	    "dial localhost:%d: 127.0.0.1:%d: connection refused", port, port);
	for (where = 0; where < WHERE_COUNT; where++) {
		CHECK_INT(dialing_run(&d, where), -ECONNREFUSED);
		CHECK_TEXT(d.text, want);
	}
}

static void
localhost_is_dialed_by_ipv4_alone(void **state)
{
	(void)state;
	run_both(dial_localhost);
}

static void
dial_ipv6(void *arg)
{
	struct dialing d = DIALING("[::1]:9", .deadline = SOON);
	const int off = *(const int *)arg;

	turn_ipv6_off(arg);
	CHECK_INT(dialing_run(&d, IN_THREAD),
	    off == BY_SYSCTL ? -EADDRNOTAVAIL : -EAFNOSUPPORT);
	CHECK_TEXT(d.text,
	    off == BY_SYSCTL ? "dial [::1]:9: address not available" :
			       "dial [::1]:9: address family not supported");
}

static void
an_ipv6_address_says_what_is_missing(void **state)
{
	(void)state;
	run_both(dial_ipv6);
}

static void
listen_on_all(void *arg)
{
	const int off = *(const int *)arg;
	struct sock_addr addr;
	char text[SOCK_ADDR_TEXT_MAX];
	sock_t l;

	turn_ipv6_off(arg);
	l = sock_listen("tcp:*:0");
	CHECK(l > 0);
	check_arrives(l);
	CHECK_INT(sock_local(l, &addr), 0);
	sock_addr_text(&addr, text, sizeof text);
	/* By sysctl there is no IPv6 address, but its sockets work. */
	if (off == BY_FILTER)
		CHECK(strncmp(text, "tcp:0.0.0.0:", 12) == 0);
	sock_close(l);
	if (off == BY_FILTER)
		CHECK_INT(sock_listen("tcp:*:0", .family = AF_INET6),
		    -EAFNOSUPPORT);
}

static void
listen_on_localhost(void *arg)
{
	struct sock_addr addr;
	sock_t l;

	turn_ipv6_off(arg);
	l = sock_listen("localhost:0");
	if (l < 0)
		child_fail(__FILE__, __LINE__, "%s", sock_errmsg());
	check_arrives(l);
	CHECK_INT(sock_local(l, &addr), 0);
	CHECK_INT(addr.u.sa.sa_family, AF_INET);
	CHECK_INT(sock_close(l), 0);
}

static void
a_star_is_what_there_is(void **state)
{
	(void)state;
	run_both(listen_on_all);
}

static void
localhost_is_what_there_is(void **state)
{
	(void)state;
	run_both(listen_on_localhost);
}

/* The caller asked for what is not there; nothing else is tried. */
static void
insist(void *arg)
{
	const int off = *(const int *)arg;
	const int code = off == BY_SYSCTL ? -EADDRNOTAVAIL : -EAFNOSUPPORT;

	turn_ipv6_off(arg);
	CHECK_INT(sock_listen("localhost:0", .family = AF_INET6), code);
	CHECK_INT(sock_listen("[::1]:0"), code);
	CHECK_INT(sock_dial("localhost:9", .family = AF_INET6), code);
}

static void
a_family_that_is_asked_for_is_not_replaced(void **state)
{
	(void)state;
	run_both(insist);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(localhost_is_dialed_by_ipv4_alone),
		where_test(an_ipv6_address_says_what_is_missing),
		where_test(a_star_is_what_there_is),
		where_test(localhost_is_what_there_is),
		where_test(a_family_that_is_asked_for_is_not_replaced),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
