/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "sys/fault.h"
#include "where.h"

/*
 * How a dial into a black hole ends: by its deadline, by a cancel of the
 * handle or of the group, by closing; signals do not end it.
 */

static void
the_deadline_ends_a_dial(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char text[64], want[128];
	struct dialing d = DIALING(text);
	struct plain_hole hole;
	int i, where;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (families[i] == AF_INET6 && !plain_has_ipv6())
			continue;
		assert_true(plain_hole_open(&hole, families[i]));
		dialing_at(text, sizeof text,
		    families[i] == AF_INET ? "tcp:127.0.0.1:" : "tcp:[::1]:",
		    hole.port);
		(void)snprintf(want, sizeof want, "dial %s: timed out", text);
		for (where = 0; where < WHERE_COUNT; where++) {
			d.options.deadline = SHORTLY;
			assert_int_equal(dialing_run(&d, where), -ETIMEDOUT);
			assert_true(sock_now() >= d.options.deadline);
			assert_string_equal(d.text, want);
			assert_true(d.retry);

			d.options.deadline = SOCK_NOWAIT;
			assert_int_equal(dialing_run(&d, where), -EAGAIN);
			d.options.deadline = sock_in(-1);
			assert_int_equal(dialing_run(&d, where), -ETIMEDOUT);
		}
		plain_hole_close(&hole);
	}
}

static void
a_cancel_of_its_group_ends_a_dial(void **state)
{
	struct sock_group *group = sock_group_new();
	char text[64];
	struct dialing d = DIALING(text);
	struct plain_hole hole;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	assert_int_equal(sock_go(group, dialing_try, &d), 0);
	assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_group_cancel(group), 0);
	assert_int_equal(sock_group_wait(group, SOON), 0);
	assert_int_equal(d.got, -ECANCELED);
	sock_group_free(group);
	plain_hole_close(&hole);
}

/* Somebody waits in sock_connected(); another thread comes in. */
struct waiting {
	sock_t s;
	int rc;
	struct sock_group *group;
	pthread_t thread;
};

static void
wait_connected(void *arg)
{
	struct waiting *w = arg;

	/* Whoever looks whether it waits may be inside just then. */
	do
		w->rc = sock_connected(w->s, SOON);
	while (w->rc == -EBUSY);
}

static void *
wait_in_thread(void *arg)
{
	wait_connected(arg);
	return NULL;
}

static void
waiter_start(struct waiting *w, enum where where)
{
	w->rc = 1;
	w->group = NULL;
	if (where == IN_THREAD) {
		assert_int_equal(pthread_create(&w->thread, NULL,
				     wait_in_thread, w),
		    0);
		return;
	}
	w->group = sock_group_new();
	assert_int_equal(sock_go(w->group, wait_connected, w), 0);
}

static void
waiter_join(struct waiting *w)
{
	if (w->group == NULL) {
		assert_int_equal(pthread_join(w->thread, NULL), 0);
		return;
	}
	assert_int_equal(sock_group_wait(w->group, SOCK_FOREVER), 0);
	sock_group_free(w->group);
}

/* Until the waiter is inside: from then on nobody else is let in. */
static void
until_busy(sock_t s)
{
	int rc;

	do {
		sched_yield();
		rc = sock_connected(s, SOCK_NOWAIT);
	} while (rc == -EAGAIN);
	assert_int_equal(rc, -EBUSY);
}

static void
one_at_a_time_waits_for_a_dial(void **state)
{
	char text[64];
	struct plain_hole hole;
	struct waiting w;
	int where;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	for (where = 0; where < WHERE_COUNT; where++) {
		w.s = sock_dial_start(text);
		waiter_start(&w, where);
		until_busy(w.s);
		assert_int_equal(sock_connected(w.s, SOCK_FOREVER), -EBUSY);
		assert_int_equal(sock_close(w.s), 0);
		waiter_join(&w);
	}
	plain_hole_close(&hole);
}

static void
cancel_and_close_wake_who_waits_for_a_dial(void **state)
{
	char text[64];
	struct plain_hole hole;
	struct waiting w;
	int where, closes;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	for (closes = 0; closes < 2; closes++)
		for (where = 0; where < WHERE_COUNT; where++) {
			w.s = sock_dial_start(text);
			waiter_start(&w, where);
			until_busy(w.s);
			if (!closes)
				assert_int_equal(sock_cancel(w.s), 0);
			else
				assert_int_equal(sock_close(w.s), 0);
			waiter_join(&w);
			assert_int_equal(w.rc,
			    closes ? SOCK_ESTALE : -ECANCELED);
			(void)sock_close(w.s);
		}
	plain_hole_close(&hole);
}

static void
a_cancel_sticks_to_a_dial(void **state)
{
	char text[64];
	struct plain_hole hole;
	sock_t s;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	s = sock_dial_start(text);
	assert_int_equal(sock_cancel(s), 0);
	assert_int_equal(sock_connected(s, SOCK_FOREVER), -ECANCELED);
	/* A foreign loop, which never waits, is told too. */
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), -ECANCELED);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), SOCK_ESTALE);
	plain_hole_close(&hole);
}

/* Before it began to wait, after it failed, after it connected. */
static void
a_dial_may_be_closed_in_any_state(void **state)
{
	char hole_text[64], good[64], bad[64];
	const int listener = plain_bind(AF_INET, 0, 64);
	const int refusing = plain_bind(AF_INET, 0, -1);
	const char *const texts[] = { hole_text, good, bad };
	struct plain_hole hole;
	size_t i;
	int asked, cancelled;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(hole_text, sizeof hole_text, "127.0.0.1:", hole.port);
	dialing_at(good, sizeof good, "127.0.0.1:", plain_port(listener));
	dialing_at(bad, sizeof bad, "127.0.0.1:", plain_port(refusing));
	for (i = 0; i < 3; i++)
		for (asked = 0; asked < 2; asked++)
			for (cancelled = 0; cancelled < 2; cancelled++) {
				const sock_t s = sock_dial_start(texts[i]);

				assert_true(s > 0);
				if (asked)
					(void)sock_connected(s, SHORTLY);
				if (cancelled)
					assert_int_equal(sock_cancel(s), 0);
				assert_int_equal(sock_close(s), 0);
			}
	close(listener);
	close(refusing);
	plain_hole_close(&hole);
}

static volatile sig_atomic_t signals_seen;

static void
count_signal(int signal)
{
	(void)signal;
	signals_seen++;
}

static void
dial_in_a_storm(void *arg)
{
	const struct itimerval often = { { 0, 500 }, { 0, 500 } };
	const struct sigaction sa = { .sa_handler = count_signal };
	struct dialing d = DIALING(arg, .deadline = sock_in(200));

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	dialing_try(&d);
	CHECK_INT(d.got, -ETIMEDOUT);
	CHECK(sock_now() >= d.options.deadline);
	CHECK(signals_seen > 0);
}

static void
signals_do_not_end_a_dial(void **state)
{
	char text[64];
	struct plain_hole hole;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", hole.port);
	child_run(dial_in_a_storm, text);
	plain_hole_close(&hole);
}

#ifdef SOCK_FAULTS
static void
an_interrupted_connect_is_not_made_again(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .deadline = SOON);
	const int fd = plain_bind(AF_INET, 0, 4);
	int where;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_int_equal(socki_fault_set("connect:EINTR@1", 1), 0);
		assert_true(dialing_run(&d, where) > 0);
		assert_int_equal(socki_fault_count(SOCKI_CALL_connect), 1);
		assert_int_equal(socki_fault_set(NULL, 0), 0);
		sock_close(d.got);
	}
	close(fd);
}

static void
each_attempt_has_a_fresh_socket(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .deadline = SOON);
	int fd[2], where;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, -1, 4));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_int_equal(socki_fault_set(NULL, 0), 0);
		assert_true(dialing_run(&d, where) > 0);
		assert_int_equal(socki_fault_count(SOCKI_CALL_socket), 2);
		assert_int_equal(socki_fault_count(SOCKI_CALL_connect), 2);
		sock_close(d.got);
	}
	close(fd[0]);
	close(fd[1]);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(the_deadline_ends_a_dial),
		where_test(a_cancel_of_its_group_ends_a_dial),
		where_test(one_at_a_time_waits_for_a_dial),
		where_test(cancel_and_close_wake_who_waits_for_a_dial),
		where_test(a_cancel_sticks_to_a_dial),
		where_test(a_dial_may_be_closed_in_any_state),
		where_test(signals_do_not_end_a_dial),
#ifdef SOCK_FAULTS
		where_test(an_interrupted_connect_is_not_made_again),
		where_test(each_attempt_has_a_fresh_socket),
#endif
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
