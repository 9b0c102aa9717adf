/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "resolving.h"
#include "sys/fault.h"

/* Rows 20 and 136: what is missing is told, and nothing is left behind. */

static const struct scripted_name names[] = {
	{ .name = "both.test", .answer = "127.0.0.1 ::1" },
	{ .name = "_s._tcp.test", .answer = " 1:1:both.test 2:2:both.test" },
	{ .name = "tcp:192.0.2.1:0", .answer = "a.example" },
	{ .name = "*", .code = SOCK_ENOHOST },
};

/* The first in this process, so that no helper is there yet. */
static void
without_a_thread_nobody_can_be_asked(void **state)
{
	struct sock_addr out[2];

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(socki_fault_set("thread:EAGAIN@1", 1), 0);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 2, SOON),
	    SOCK_ELIMIT);
	assert_string_equal(sock_errmsg(),
	    "resolve tcp:both.test:80: a limit was reached: no thread to ask "
	    "for names");
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 2, SOON), 2);
	/* One is enough. */
	assert_int_equal(socki_fault_set("thread:EAGAIN@1+", 1), 0);
	assert_int_equal(sock_resolve("srv:_s._tcp.test", out, 2, SOON), 2);
	assert_int_equal(socki_fault_set(NULL, 0), 0);
}

static int
resolve_service(void)
{
	struct sock_addr out[4];

	return sock_resolve("srv:_s._tcp.test", out, 4, SOON);
}

static int
reverse(void)
{
	struct sock_addr addr;
	char host[64];
	int rc = sock_addr_parse(&addr, "tcp:192.0.2.1:80");

	if (rc == 0)
		rc = sock_reverse(&addr, host, sizeof host, SOON);
	return rc;
}

static void
each_allocation_may_fail(void **state)
{
	static int (*const calls[])(void) = { resolve_service, reverse };
	char fault[32];
	size_t i;
	int n, rc;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 2; i++) {
		const int good = calls[i]();

		for (n = 1; n < 40; n++) {
			(void)snprintf(fault, sizeof fault, "alloc:ENOMEM@%d",
			    n);
			assert_int_equal(socki_fault_set(fault, 1), 0);
			rc = calls[i]();
			if (rc != -ENOMEM && (rc < 0 || rc > good))
				fail_msg("call %zu, allocation %d: %d", i, n,
				    rc);
		}
		assert_int_equal(socki_fault_set(NULL, 0), 0);
		assert_int_equal(calls[i](), good);
	}
}

static void
without_a_socket_the_order_stays(void **state)
{
	struct sock_addr out[2];

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(socki_fault_set("socket:EMFILE@1+", 1), 0);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 2, SOON), 2);
	assert_int_equal(socki_fault_set("getsockname:ENOBUFS@1+", 1), 0);
	assert_int_equal(sock_resolve("tcp:both.test:80", out, 2, SOON), 2);
	assert_int_equal(socki_fault_set(NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(without_a_thread_nobody_can_be_asked),
		where_test(each_allocation_may_fail),
		where_test(without_a_socket_the_order_stays),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
