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
#include <sys/resource.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

/* Who is asked: which addresses it was shown, and what it says to each. */
struct gate {
	int asked;
	struct sock_addr seen[8];
	bool closed[8];
};

static bool
ask(const struct sock_addr *addr, void *arg)
{
	struct gate *g = arg;
	const int i = g->asked++;

	if (i >= 8)
		return false;
	g->seen[i] = *addr;
	return !g->closed[i];
}

static void
check_seen(const struct gate *g, int i, const char *host, int port)
{
	char text[SOCK_ADDR_TEXT_MAX], want[64];

	assert_string_equal(sock_addr_text(&g->seen[i], text, sizeof text),
	    dialing_at(want, sizeof want, host, port));
}

static void
permit_is_shown_each_address(void **state)
{
	char text[64];
	struct gate gate;
	struct dialing d = DIALING(text, .permit = ask, .arg = &gate);
	struct sock_addr peer;
	int fd[2], port, where;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, -1, 2));
	port = plain_port(fd[0]);
	dialing_at(text, sizeof text, "tcp:some.localhost:", port);
	for (where = 0; where < WHERE_COUNT; where++) {
		memset(&gate, 0, sizeof gate);
		assert_true(dialing_run(&d, where) > 0);
		assert_int_equal(gate.asked, 2);
		check_seen(&gate, 0, "tcp:[::1]:", port);
		check_seen(&gate, 1, "tcp:127.0.0.1:", port);
		assert_int_equal(sock_peer(d.got, &peer), 0);
		assert_true(sock_addr_equal(&peer, &gate.seen[1]));
		sock_close(d.got);
	}
	close(fd[0]);
	close(fd[1]);
}

static void
a_refusal_moves_on_to_the_next_address(void **state)
{
	char text[64], want[160];
	struct gate gate = { .closed = { true, false } };
	struct dialing d = DIALING(text, .permit = ask, .arg = &gate);
	struct sock_addr peer;
	int fd[2], port;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, 2, 2));
	port = plain_port(fd[0]);
	dialing_at(text, sizeof text, "localhost:", port);
	assert_true(dialing_run(&d, IN_FIBER) > 0);
	assert_int_equal(sock_peer(d.got, &peer), 0);
	assert_int_equal(peer.u.sa.sa_family, AF_INET);
	sock_close(d.got);

	gate = (struct gate){ .closed = { true, true } };
	assert_int_equal(dialing_run(&d, IN_THREAD), -EACCES);
	assert_int_equal(gate.asked, 2);
	(void)snprintf(want, sizeof want,
	    "dial localhost:%d: [::1]:%d: permission denied; 127.0.0.1:%d: "
	    "permission denied",
	    port, port, port);
	assert_string_equal(d.text, want);
	close(fd[0]);
	close(fd[1]);
}

static void
what_permit_refuses_is_never_connected_to(void **state)
{
	char text[96], dir[] = "/tmp/sock-permit-XXXXXX", path[64];
	struct gate gate = { .closed = { true, true, true } };
	struct dialing d = DIALING(text, .permit = ask, .arg = &gate);
	const int fd = plain_bind(AF_INET, 0, 2);
	sock_t l, s;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	assert_int_equal(dialing_run(&d, IN_THREAD), -EACCES);
	s = sock_dial_start_with(&d.options);
	assert_int_equal(sock_connected(s, SOON), -EACCES);
	sock_close(s);
	l = sock_adopt(fd);
	assert_int_equal(sock_accept(l, SOCK_NOWAIT), -EAGAIN);
	sock_close(l);

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(text, sizeof text, "unix:%s", path);
	l = sock_listen(text);
	assert_int_equal(dialing_run(&d, IN_FIBER), -EACCES);
	assert_int_equal(sock_accept(l, SOCK_NOWAIT), -EAGAIN);
	sock_close(l);
	assert_int_equal(rmdir(dir), 0);
}

static void
a_mapped_address_is_shown_as_ipv4(void **state)
{
	char text[64];
	struct gate gate = { .closed = { true } };
	struct dialing d = DIALING(text, .permit = ask, .arg = &gate);

	(void)state;
	dialing_at(text, sizeof text, "[::ffff:127.0.0.1]:", 9);
	assert_int_equal(dialing_run(&d, IN_THREAD), -EACCES);
	check_seen(&gate, 0, "tcp:127.0.0.1:", 9);
	assert_int_equal(gate.seen[0].u.sa.sa_family, AF_INET);
}

static void
any_address_is_shown_as_what_it_is(void **state)
{
	char text[64];
	struct gate gate = { .closed = { true } };
	struct dialing d =
	    DIALING(text, .any_address = true, .permit = ask, .arg = &gate);

	(void)state;
	dialing_at(text, sizeof text, "0.0.0.0:", 9);
	assert_int_equal(dialing_run(&d, IN_THREAD), -EACCES);
	check_seen(&gate, 0, "tcp:0.0.0.0:", 9);
	assert_int_equal(sock_addr_scope(&gate.seen[0]), SOCK_SCOPE_LOOPBACK);
}

static void
dial_beyond_1024(void *arg)
{
	struct rlimit many;
	struct dialing d = DIALING(arg, .deadline = SOON);
	char c;
	int i, where;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &many), 0);
	many.rlim_cur = 6000;
	if (setrlimit(RLIMIT_NOFILE, &many) != 0)
		child_skip("RLIMIT_NOFILE cannot be 6000");
	for (i = 0; i < 5000;)
		i = dup(STDIN_FILENO);
	for (where = 0; where < WHERE_COUNT; where++) {
		sock_t l = sock_listen("localhost:0");

		CHECK(l > 0 && sock_fd(l) > 5000);
		CHECK_INT(sock_accept(l, SHORTLY), -ETIMEDOUT);
		sock_close(l);
		CHECK(dialing_run(&d, where) > 0);
		CHECK(sock_fd(d.got) > 5000);
		CHECK_INT(sock_read(d.got, &c, 1, SHORTLY), -ETIMEDOUT);
		sock_close(d.got);
	}
}

static void
descriptors_beyond_1024_are_waited_for(void **state)
{
	char text[64];
	const int fd = plain_bind(AF_INET, 0, 4);

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	child_run(dial_beyond_1024, text);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* TSan lets a child start threads if its parent had none. */
		cmocka_unit_test_teardown(
		    descriptors_beyond_1024_are_waited_for, where_warm_up),
		where_test(permit_is_shown_each_address),
		where_test(a_refusal_moves_on_to_the_next_address),
		where_test(what_permit_refuses_is_never_connected_to),
		where_test(a_mapped_address_is_shown_as_ipv4),
		where_test(any_address_is_shown_as_what_it_is),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
