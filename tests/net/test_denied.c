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
#include "plain.h"
#include "where.h"

/*
 * A filter forbids a call for good: what it says comes back, and nobody tries
 * again and again (the child has an alarm).
 */

struct denial {
	long call;
	const char *name;
	int first; /* its first argument, or -1 */
	int error;
};

static const int errors[] = { EPERM, EACCES };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct denial dial_calls[] = {
	{ SYS_socket, "socket", -1, 0 },
	{ SYS_connect, "connect", -1, 0 },
	{ SYS_getpeername, "getpeername", -1, 0 },
	{ SYS_getsockname, "getsockname", -1, 0 },
	{ SYS_setsockopt, "setsockopt", -1, 0 },
};

static const struct denial listen_calls[] = {
	{ SYS_socket, "socket", -1, 0 },
	{ SYS_bind, "bind", -1, 0 },
	{ SYS_listen, "listen", -1, 0 },
	{ SYS_getsockname, "getsockname", -1, 0 },
	{ SYS_setsockopt, "setsockopt", -1, 0 },
};

static char address[64];

static void
dial_denied(void *arg)
{
	const struct denial *denial = arg;
	/* With an option, so that each call is made. */
	struct dialing d = DIALING(address, .deadline = SOON, .keepalive_s = 7);
	const int before = where_descriptors();
	char want[128];
	int where;

	/* First the filter: the worker inherits it. */
	filter_deny(denial->call, denial->first, denial->error);
	(void)snprintf(want, sizeof want, "dial %s: %s", address,
	    sock_strerror(-denial->error));
	for (where = 0; where < WHERE_COUNT; where++) {
		if (dialing_run(&d, where) != -denial->error)
			child_fail(__FILE__, __LINE__, "%s: %lld, %s",
			    denial->name, (long long)d.got, d.text);
		CHECK_TEXT(d.text, want);
	}
	CHECK(where_descriptors() <= before + 3); /* the worker's */
}

static void
a_forbidden_call_ends_a_dial(void **state)
{
	const int fd = plain_bind(AF_INET, 0, 64);
	size_t i, k;

	(void)state;
	dialing_at(address, sizeof address, "tcp:127.0.0.1:", plain_port(fd));
	for (i = 0; i < COUNT(dial_calls); i++)
		for (k = 0; k < COUNT(errors); k++) {
			struct denial denial = dial_calls[i];

			denial.error = errors[k];
			child_run(dial_denied, &denial);
		}
	close(fd);
}

static void
listen_denied(void *arg)
{
	static const char *const addresses[] = { "127.0.0.1:0", "*:0",
		"localhost:0", "unix:@sock-test-denied" };
	const struct denial *denial = arg;
	const int before = where_descriptors();
	size_t i;

	filter_deny(denial->call, denial->first, denial->error);
	for (i = 0; i < COUNT(addresses); i++) {
		const sock_t l = sock_listen(addresses[i]);

		if (l > 0 && i == 3 &&
		    (denial->call == SYS_setsockopt ||
			denial->call == SYS_getsockname))
			sock_close(l); /* which needs none */
		else if (l != -denial->error)
			child_fail(__FILE__, __LINE__, "%s, %s: %lld, %s",
			    addresses[i], denial->name, (long long)l,
			    sock_errmsg());
	}
	CHECK_INT(where_descriptors(), before);
}

static void
a_forbidden_call_ends_a_listen(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(listen_calls); i++)
		for (k = 0; k < COUNT(errors); k++) {
			struct denial denial = listen_calls[i];

			denial.error = errors[k];
			child_run(listen_denied, &denial);
		}
}

struct accepting {
	sock_t l, got;
};

static void
accept_one(void *arg)
{
	struct accepting *a = arg;

	a->got = sock_accept(a->l, SOON);
}

static void
accept_denied(void *arg)
{
	const struct denial *denial = arg;
	struct accepting a = { .l = sock_listen("127.0.0.1:0") };
	struct sock_addr addr;
	int where;

	CHECK_INT(sock_local(a.l, &addr), 0);
	filter_deny(denial->call, denial->first, denial->error);
	CHECK(plain_connect(AF_INET, sock_addr_port(&addr)) >= 0);
	for (where = 0; where < WHERE_COUNT; where++) {
		CHECK(where_run(where, accept_one, &a));
		CHECK_INT(a.got, -denial->error);
	}
}

static void
a_forbidden_accept_is_told(void **state)
{
	size_t k;

	(void)state;
	for (k = 0; k < COUNT(errors); k++) {
		struct denial denial = { SYS_accept4, "accept4", -1,
			errors[k] };

		child_run(accept_denied, &denial);
	}
}

static void
unix_path_denied(void *arg)
{
	const struct denial *denial = arg;

	filter_deny(denial->call, denial->first, denial->error);
	CHECK_INT(sock_listen(address), -denial->error);
}

static void
a_forbidden_call_ends_a_listen_on_a_path(void **state)
{
	static const struct denial calls[] = {
		{ SYS_flock, "flock", -1, 0 },
		{ SYS_fchmod, "fchmod", -1, 0 },
		{ SYS_bind, "bind", -1, 0 },
		{ SYS_listen, "listen", -1, 0 },
	};
	char dir[] = "/tmp/sock-denied-XXXXXX";
	size_t i, k;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(address, sizeof address, "unix:%s/s", dir);
	for (i = 0; i < COUNT(calls); i++)
		for (k = 0; k < COUNT(errors); k++) {
			struct denial denial = calls[i];

			denial.error = errors[k];
			child_run(unix_path_denied, &denial);
		}
	/* Neither the path nor its lock is left. */
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_forbidden_call_ends_a_dial),
		where_test(a_forbidden_call_ends_a_listen),
		where_test(a_forbidden_accept_is_told),
		where_test(a_forbidden_call_ends_a_listen_on_a_path),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
