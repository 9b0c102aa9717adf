/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "child.h"
#include "dialing.h"
#include "namespace.h"
#include "plain.h"
#include "where.h"

/* Hosts with hardly a port to give. */

/* The kernel connects a socket to itself, if source and destination agree. */
static void
connect_to_itself(int port)
{
	struct sockaddr_storage sa;
	const socklen_t len = plain_loopback(&sa, AF_INET, port);
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	const struct linger reset = { 1, 0 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
	CHECK(bind(fd, (struct sockaddr *)&sa, len) == 0);
	CHECK(connect(fd, (struct sockaddr *)&sa, len) == 0);
	close(fd);
}

static void
dial_oneself(void *arg)
{
	static const char *const hosts[] = { "127.0.0.1:", "0.0.0.0:",
		"localhost:", "[::1]:" };
	char text[64];
	struct dialing d = DIALING(text, .any_address = true, .deadline = SOON);
	int port, where;
	size_t i;

	(void)arg;
	namespace_enter();
	namespace_set("ipv4/ip_local_port_range", "40000 40001");
	connect_to_itself(40000);
	for (i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		for (where = 0; where < WHERE_COUNT; where++)
			for (port = 40000; port <= 40001; port++) {
				dialing_at(text, sizeof text, hosts[i], port);
				if (dialing_run(&d, where) != -ECONNREFUSED)
					child_fail(__FILE__, __LINE__,
					    "%s in a %s: %lld, %s", text,
					    where_names[where],
					    (long long)d.got, d.text);
			}
}

static void
a_connection_to_oneself_is_none(void **state)
{
	(void)state;
	child_run(dial_oneself, NULL);
}

static void
dial_from_the_port_it_goes_to(void *arg)
{
	struct dialing d = DIALING("127.0.0.1:40000",
	    .local = "127.0.0.1:40000", .deadline = SOON);
	const int before = where_descriptors();
	sock_t s;

	(void)arg;
	namespace_enter();
	CHECK_INT(dialing_run(&d, IN_THREAD), -ECONNREFUSED);
	CHECK_INT(where_descriptors(), before);
	d.options.address = "127.0.0.1:40001";
	d.options.local = "127.0.0.1:40001";
	s = sock_dial_start_with(&d.options);
	CHECK_INT(sock_connected(s, SOON), -ECONNREFUSED);
	sock_close(s);
	CHECK_INT(where_descriptors(), before);
}

static void
nor_is_one_from_a_port_that_was_asked_for(void **state)
{
	(void)state;
	child_run(dial_from_the_port_it_goes_to, NULL);
}

#define PORTS 32

static int
dial_until_none_is_left(const struct dialing *like, sock_t *held)
{
	int n = 0, where;

	for (;;) {
		struct dialing d = *like;

		CHECK(n <= PORTS);
		if (dialing_run(&d, n % WHERE_COUNT) < 0)
			break;
		held[n++] = d.got;
	}
	for (where = 0; where < WHERE_COUNT; where++) {
		struct dialing d = *like;

		CHECK_INT(dialing_run(&d, where), -EADDRNOTAVAIL);
		CHECK(strstr(d.text, "address not available") != NULL);
	}
	return n;
}

static void
dial_until_ports_are_gone(void *arg)
{
	const char *local = arg;
	sock_t held[2][PORTS + 1];
	char text[64];
	struct dialing d = DIALING(text, .local = local, .deadline = SOON);
	int i, n;

	namespace_enter();
	namespace_set("ipv4/ip_local_port_range", "40000 40031");
	for (i = 0; i < 2; i++) {
		CHECK(plain_bind(AF_INET, 50000 + i, 2 * PORTS) >= 0);
		dialing_at(text, sizeof text, "127.0.0.1:", 50000 + i);
		n = dial_until_none_is_left(&d, held[i]);
		CHECK(n >= PORTS - 2);
	}
	/* A port that comes free is used. */
	sock_abort(held[1][0]);
	CHECK(dialing_run(&d, IN_THREAD) > 0);
}

static void
without_a_port_left_a_dial_fails_at_once(void **state)
{
	(void)state;
	child_run(dial_until_ports_are_gone, NULL);
}

static void
a_local_address_does_not_use_ports_up(void **state)
{
	char local[] = "127.0.0.1";

	(void)state;
	child_run(dial_until_ports_are_gone, local);
}

static void
drop_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	CHECK(syscall(SYS_capset, &header, none) == 0);
}

static void
listen_on_a_registered_port(void *arg)
{
	(void)arg;
	namespace_enter();
	namespace_set("ipv4/ip_unprivileged_port_start", "2000");
	CHECK_INT(sock_close(sock_listen("tcp:*:1500")), 0);
	drop_capabilities();
	CHECK_INT(sock_listen("tcp:*:1500"), -EACCES);
	CHECK_TEXT(sock_errmsg(),
	    "listen tcp:*:1500: permission denied: 1500 is a registered port "
	    "and this process lacks CAP_NET_BIND_SERVICE");
	CHECK_INT(sock_close(sock_listen("tcp:*:2000")), 0);
}

static void
what_is_privileged_is_the_kernels_to_say(void **state)
{
	(void)state;
	child_run(listen_on_a_registered_port, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_connection_to_oneself_is_none),
		where_test(nor_is_one_from_a_port_that_was_asked_for),
		where_test(without_a_port_left_a_dial_fails_at_once),
		where_test(a_local_address_does_not_use_ports_up),
		where_test(what_is_privileged_is_the_kernels_to_say),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
