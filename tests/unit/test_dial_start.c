/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

/*
 * A loop that is not ours: it sleeps in poll(2) as long as the handle says,
 * and gives up when nothing has come of it for so long.
 */
#define LOOP_MS 20000

static int
until_due(sock_t s)
{
	const sock_time due = sock_due(s), now = sock_now();

	if (due == SOCK_FOREVER || due > sock_in(LOOP_MS))
		return LOOP_MS;
	return due <= now ? 0 : (int)((due - now + 999999) / 1000000);
}

/* The answer of sock_connected(), or -EINPROGRESS: the loop slept for ever. */
static int
foreign_loop(sock_t s)
{
	for (;;) {
		struct pollfd p = { sock_fd(s), POLLIN | POLLOUT, 0 };
		const int ms = until_due(s);
		int rc;

		if (poll(&p, 1, ms) == 0 && ms == LOOP_MS)
			return -EINPROGRESS;
		rc = sock_connected(s, SOCK_NOWAIT);
		if (rc != -EAGAIN)
			return rc;
	}
}

static void
check_reached(const char *address, int family)
{
	const sock_t s = sock_dial_start(address);
	struct sock_addr peer;

	assert_true(s > 0);
	assert_int_equal(foreign_loop(s), 0);
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), 0);
	assert_true(sock_due(s) == SOCK_FOREVER);
	assert_int_equal(sock_peer(s, &peer), 0);
	assert_int_equal(peer.u.sa.sa_family, family);
	assert_int_equal(sock_close(s), 0);
}

static void
a_foreign_loop_dials_by_polling_one_descriptor(void **state)
{
	char text[96], dir[] = "/tmp/sock-start-XXXXXX";
	const int fd = plain_bind(AF_INET, 0, 4);
	sock_t l;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	check_reached(text, AF_INET);
	close(fd);

	assert_non_null(mkdtemp(dir));
	(void)snprintf(text, sizeof text, "unix:%s/s", dir);
	l = sock_listen(text);
	check_reached(text, AF_UNIX);
	sock_close(l);
	assert_int_equal(rmdir(dir), 0);
}

static void
a_foreign_loop_gets_past_a_dead_family(void **state)
{
	char text[64];
	int fd[2], six;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	for (six = 0; six < 2; six++) {
		assert_true(plain_bind_both(fd, six ? 4 : -1, six ? -1 : 4));
		dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
		check_reached(text, six ? AF_INET6 : AF_INET);
		close(fd[0]);
		close(fd[1]);
	}
}

static void
what_fails_at_once_does_not_leave_the_loop_asleep(void **state)
{
	char text[64], want[128];
	const int fd = plain_bind(AF_INET, 0, -1);
	sock_t s;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	(void)snprintf(want, sizeof want, "dial %s: connection refused", text);
	s = sock_dial_start(text);
	assert_true(s > 0);
	assert_int_equal(foreign_loop(s), -ECONNREFUSED);
	assert_string_equal(sock_errmsg(), want);
	/* It stays failed, and says so as often as it is asked. */
	assert_int_equal(sock_connected(s, SOCK_FOREVER), -ECONNREFUSED);
	assert_string_equal(sock_errmsg(), want);
	assert_int_equal(foreign_loop(s), -ECONNREFUSED);
	assert_int_equal(sock_close(s), 0);
	close(fd);
}

static void
a_dialing_handle_is_no_stream_yet(void **state)
{
	char text[64], byte;
	struct plain_hole hole;
	struct sock_addr addr;
	sock_t s;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	s = sock_dial_start(text);
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), -EAGAIN);
	assert_true(sock_fd(s) >= 0);
	assert_true(sock_due(s) == SOCK_FOREVER);
	assert_int_equal(sock_read(s, &byte, 1, SOCK_NOWAIT), -ENOTCONN);
	assert_int_equal(sock_write(s, "x", 1, SOON), -ENOTCONN);
	assert_int_equal(sock_peer(s, &addr), -ENOTCONN);
	assert_int_equal(sock_local(s, &addr), -ENOTCONN);
	assert_int_equal(sock_detach(s), SOCK_EUSAGE);
	assert_int_equal(sock_accept(s, SOCK_NOWAIT), SOCK_EUSAGE);
	assert_int_equal(sock_close(s), 0);
	plain_hole_close(&hole);
}

struct waiting {
	sock_t s;
	sock_time deadline;
	int rc;
};

static void
wait_connected(void *arg)
{
	struct waiting *w = arg;

	w->rc = sock_connected(w->s, w->deadline);
}

static void
a_deadline_that_passes_leaves_the_attempt_going(void **state)
{
	char text[64];
	struct plain_hole hole;
	struct waiting w;
	int where, fd;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_true(plain_hole_open(&hole, AF_INET));
		dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
		w.s = sock_dial_start(text, .deadline = SOCK_NOWAIT);
		w.deadline = SHORTLY;
		assert_true(where_run(where, wait_connected, &w));
		assert_int_equal(w.rc, -ETIMEDOUT);
		assert_true(sock_now() >= w.deadline);

		/* Room in the queue: the next SYN, a second later, gets in. */
		fd = accept(hole.listener, NULL, NULL);
		w.deadline = SOON;
		assert_true(where_run(where, wait_connected, &w));
		assert_int_equal(w.rc, 0);
		close(fd);
		sock_close(w.s);
		plain_hole_close(&hole);
	}
}

static void
the_deadline_of_the_options_ends_the_attempt(void **state)
{
	char text[64];
	struct plain_hole hole;
	struct waiting w;
	sock_time end;
	int where;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_true(plain_hole_open(&hole, AF_INET));
		dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
		end = SHORTLY;
		w.s = sock_dial_start(text, .deadline = end);
		assert_true(sock_due(w.s) <= end);
		w.deadline = SOON;
		assert_true(where_run(where, wait_connected, &w));
		assert_int_equal(w.rc, -ETIMEDOUT);
		assert_true(sock_now() >= end);
		/* For good: there is something to look at, and it is this. */
		assert_true(sock_due(w.s) <= sock_now());
		assert_int_equal(sock_connected(w.s, SOCK_NOWAIT), -ETIMEDOUT);
		assert_non_null(strstr(sock_errmsg(), text));
		sock_close(w.s);
		plain_hole_close(&hole);
	}
}

/* A child that takes all out of what it polls for a dial of its parent's. */
static void
empty_what_is_polled(void *arg)
{
	const int ep = sock_fd(*(sock_t *)arg);
	struct pollfd p = { ep, POLLIN, 0 };
	int fd;

	assert_true(ep >= 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	for (fd = 0; fd < 100; fd++)
		(void)epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
	assert_int_equal(sock_close(*(sock_t *)arg), 0);
}

static void
a_child_leaves_its_parents_dial_alone(void **state)
{
	struct plain_hole hole;
	struct pollfd p;
	char text[64];
	sock_t s;
	int fd;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	s = sock_dial_start(text);
	p = (struct pollfd){ sock_fd(s), POLLIN, 0 };
	child_run(empty_what_is_polled, &s);
	/* Room in the queue: the next SYN, a second later, gets in. */
	fd = accept(hole.listener, NULL, NULL);
	assert_int_equal(poll(&p, 1, LOOP_MS), 1);
	assert_int_equal(sock_connected(s, SOON), 0);
	close(fd);
	sock_close(s);
	plain_hole_close(&hole);
}

/* One gets through, one hangs, one fails: each shows as soon as it is so. */
static void
dials_are_waited_for_like_streams(void **state)
{
	char good[64], silent[64], bad[64];
	const int listener = plain_bind(AF_INET, 0, 4);
	const int refusing = plain_bind(AF_INET, 0, -1);
	struct plain_hole hole;
	struct sock_event e[3];

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(good, sizeof good, "127.0.0.1:", plain_port(listener));
	dialing_at(silent, sizeof silent, "127.0.0.1:", hole.port);
	dialing_at(bad, sizeof bad, "127.0.0.1:", plain_port(refusing));
	e[0] = (struct sock_event){ .sock = sock_dial_start(silent),
		.want = SOCK_WRITABLE };
	e[1] = (struct sock_event){ .sock = sock_dial_start(good),
		.want = SOCK_WRITABLE };
	e[2] = (struct sock_event){ .sock = sock_dial_start(bad),
		.want = SOCK_WRITABLE };
	assert_int_equal(sock_wait(&e[0], 1, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_wait(&e[0], 2, SOON), 1);
	assert_int_equal(e[1].got & SOCK_WRITABLE, SOCK_WRITABLE);
	assert_int_equal(sock_connected(e[1].sock, SOCK_NOWAIT), 0);
	assert_int_equal(sock_close(e[1].sock), 0);
	e[1].sock = 0;
	assert_int_equal(sock_wait(e, 3, SOON), 1);
	assert_int_equal(e[2].got & SOCK_WRITABLE, SOCK_WRITABLE);
	assert_int_equal(sock_connected(e[2].sock, SOCK_NOWAIT), -ECONNREFUSED);
	sock_close(e[0].sock);
	sock_close(e[2].sock);
	close(listener);
	close(refusing);
	plain_hole_close(&hole);
}

static void
others_are_no_dials(void **state)
{
	const sock_t l = sock_listen("127.0.0.1:0");
	sock_t pair[2];

	(void)state;
	assert_int_equal(sock_connected(l, SOCK_FOREVER), SOCK_EUSAGE);
	assert_true(sock_due(l) == SOCK_FOREVER);
	assert_int_equal(sock_pair(pair), 0);
	assert_int_equal(sock_connected(pair[0], SOCK_NOWAIT), 0);
	assert_true(sock_due(pair[0]) == SOCK_FOREVER);
	sock_close(pair[0]);
	sock_close(pair[1]);
	assert_int_equal(sock_connected(pair[0], SOCK_NOWAIT), SOCK_ESTALE);
	assert_true(sock_due(pair[0]) == SOCK_ESTALE);
	assert_int_equal(sock_connected(-EMFILE, SOCK_NOWAIT), -EMFILE);
	assert_true(sock_due(-EMFILE) == -EMFILE);
	sock_close(l);
}

/* None of several sockets is its own yet, and their kinds may differ. */
static void
options_of_the_kernel_wait_until_it_is_open(void **state)
{
	struct plain_hole hole;
	char text[64];
	int64_t value;
	sock_t s;
	int o;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	s = sock_dial_start(text);
	assert_true(s > 0);
	for (o = 1; o <= SOCK_OPT_PACING_BPS; o++) {
		const bool time = o == SOCK_OPT_READ_TIMEOUT_MS ||
		    o == SOCK_OPT_WRITE_TIMEOUT_MS;
		const int want = time ? 0 : -ENOTCONN;

		if (sock_set(s, o, 1) != want ||
		    sock_get(s, o, &value) != want || value != time)
			fail_msg("option %d: %s", o, sock_errmsg());
	}
	assert_int_equal(sock_get(s, o, &value), SOCK_EUSAGE);
	assert_int_equal(sock_set(s, SOCK_OPT_TTL, 256), SOCK_EUSAGE);
	sock_close(s);
	plain_hole_close(&hole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_foreign_loop_dials_by_polling_one_descriptor),
		where_test(a_foreign_loop_gets_past_a_dead_family),
		where_test(what_fails_at_once_does_not_leave_the_loop_asleep),
		where_test(a_dialing_handle_is_no_stream_yet),
		where_test(a_deadline_that_passes_leaves_the_attempt_going),
		where_test(the_deadline_of_the_options_ends_the_attempt),
		cmocka_unit_test(a_child_leaves_its_parents_dial_alone),
		where_test(dials_are_waited_for_like_streams),
		where_test(options_of_the_kernel_wait_until_it_is_open),
		where_test(others_are_no_dials),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
