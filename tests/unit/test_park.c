/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
run_in(bool fiber, void (*run)(void *), void *arg)
{
	struct waiting_run r;

	waiting_start(&r, fiber, run, arg);
	waiting_join(&r);
}

static void
what_is_ready_before_parking_does_not_wait(void **state)
{
	const bool fiber = **(bool **)state;
	static const unsigned wants[] = { SOCKI_READ, SOCKI_WRITE };
	size_t i;

	for (i = 0; i < COUNT(wants); i++) {
		int peer;
		struct socki_watch *w = waiting_pair(&peer);
		struct waiting_once once = { w, wants[i], SOCK_FOREVER, 1 };

		EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
		run_in(fiber, waiting_once, &once);
		EXPECT_INT(once.rc, 0);
		waiting_drop(w);
		socki_sys_close(peer);
	}
	assert_aside();
}

static void
what_becomes_ready_wakes_who_is_parked(void **state)
{
	static const sock_time deadlines[] = { SOCK_DEFAULT, SOCK_FOREVER,
		SOCK_FOREVER - 1 };
	const bool fiber = **(bool **)state;
	size_t i;

	for (i = 0; i < COUNT(deadlines); i++) {
		int peer;
		struct socki_watch *w = waiting_pair(&peer);
		struct waiting_once once = { w, SOCKI_READ, deadlines[i], 1 };
		struct waiting_run r;

		waiting_start(&r, fiber, waiting_once, &once);
		waiting_parked(w, fiber, 1);
		EXPECT_INT(once.rc, 1);
		EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
		waiting_join(&r);
		EXPECT_INT(once.rc, 0);
		waiting_drop(w);
		socki_sys_close(peer);
	}
	assert_aside();
}

static void
a_deadline_ends_the_wait(void **state)
{
	const bool fiber = **(bool **)state;
	int peer;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once once = { w, SOCKI_READ, sock_in(2), 1 };

	run_in(fiber, waiting_once, &once);
	assert_int_equal(once.rc, -ETIMEDOUT);
	assert_true(sock_now() >= once.deadline);
	/* And leaves nothing behind that would end the next one. */
	once.deadline = sock_in(2);
	run_in(fiber, waiting_once, &once);
	assert_int_equal(once.rc, -ETIMEDOUT);
	assert_true(sock_now() >= once.deadline);
	assert_int_equal(w->crowd, 0);
	assert_null(w->alone);
	assert_null(w->waiting.first);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
a_deadline_that_has_passed_does_not_wait(void **state)
{
	static const struct {
		sock_time deadline;
		int rc;
	} rows[] = {
		{ SOCK_NOWAIT, -EAGAIN },
		{ 1, -ETIMEDOUT },
		{ -2, -ETIMEDOUT },
		{ INT64_MIN, -ETIMEDOUT },
	};
	const bool fiber = **(bool **)state;
	int peer;
	struct socki_watch *w = waiting_pair(&peer);
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct waiting_once once = { w, SOCKI_READ, rows[i].deadline,
			1 };

		run_in(fiber, waiting_once, &once);
		if (once.rc != rows[i].rc)
			fail_msg("%lld: %d", (long long)rows[i].deadline,
			    once.rc);
		assert_null(w->waiting.first);
	}
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
nudge_and_park(void *arg)
{
	struct waiting_once *o = arg;
	const uint32_t seen = socki_watch_seen(o->watch, o->want);

	waiting_pin(o->watch);
	/* Something has come since this caller's last try. */
	socki_watch_nudge(o->watch, o->want);
	EXPECT(socki_watch_seen(o->watch, o->want) != seen);
	o->rc = socki_watch_park(o->watch, o->want, seen, SOCK_FOREVER);
	socki_handle_unpin(o->watch->handle);
}

static void
what_came_since_the_last_try_is_not_waited_for(void **state)
{
	static const unsigned wants[] = { SOCKI_READ, SOCKI_WRITE };
	const bool fiber = **(bool **)state;
	int peer;
	struct socki_watch *w = waiting_pair(&peer);
	size_t i;

	waiting_fill(w->fd);
	for (i = 0; i < COUNT(wants); i++) {
		struct waiting_once once = { w, wants[i], 0, 1 };

		run_in(fiber, nudge_and_park, &once);
		assert_int_equal(once.rc, 0);
	}
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

/* A condition, as a channel or a group has one. */
struct gate {
	pthread_mutex_t lock;
	struct socki_queue waiting;
	_Atomic int step;
	int rc, again;
};

static void
arm_then_park(void *arg)
{
	struct gate *g = arg;
	struct socki_task *task = socki_task();
	struct socki_waiter waiter = { .task = task, .want = 1 };
	struct pollfd fds[1];

	pthread_mutex_lock(&g->lock);
	EXPECT_INT(socki_task_arm(task), 0);
	socki_queue_add(&g->waiting, &waiter);
	pthread_mutex_unlock(&g->lock);
	atomic_store(&g->step, 1);
	while (atomic_load(&g->step) == 1)
		sched_yield();
	g->rc = socki_task_park(task, fds, 0, SOCK_FOREVER);
	pthread_mutex_lock(&g->lock);
	socki_queue_remove(&g->waiting, &waiter);
	pthread_mutex_unlock(&g->lock);
}

static void
arm_then_disarm(void *arg)
{
	struct gate *g = arg;
	struct socki_task *task = socki_task();
	struct socki_waiter waiter = { .task = task, .want = 1 };
	struct pollfd fds[1];

	pthread_mutex_lock(&g->lock);
	EXPECT_INT(socki_task_arm(task), 0);
	socki_queue_add(&g->waiting, &waiter);
	pthread_mutex_unlock(&g->lock);
	atomic_store(&g->step, 1);
	while (atomic_load(&g->step) == 1)
		sched_yield();
	socki_task_disarm(task);
	pthread_mutex_lock(&g->lock);
	socki_queue_remove(&g->waiting, &waiter);
	pthread_mutex_unlock(&g->lock);
	/* What woke it then must not end the next wait. */
	EXPECT_INT(socki_task_arm(task), 0);
	g->rc = socki_task_park(task, fds, 0, sock_in(2));
}

static void
wake_in_between(struct gate *g, bool fiber, void (*run)(void *))
{
	struct waiting_run r;

	pthread_mutex_init(&g->lock, NULL);
	socki_queue_init(&g->waiting);
	atomic_store(&g->step, 0);
	waiting_start(&r, fiber, run, g);
	while (atomic_load(&g->step) != 1)
		sched_yield();
	pthread_mutex_lock(&g->lock);
	EXPECT_INT(socki_queue_wake(&g->waiting, 1), 1);
	EXPECT_INT(socki_queue_wake(&g->waiting, 1), 0);
	pthread_mutex_unlock(&g->lock);
	atomic_store(&g->step, 2);
	waiting_join(&r);
	pthread_mutex_destroy(&g->lock);
}

static void
a_wake_between_arming_and_parking_is_not_lost(void **state)
{
	struct gate g = { .rc = 1 };

	wake_in_between(&g, **(bool **)state, arm_then_park);
	assert_int_equal(g.rc, 0);
	assert_aside();
}

static void
a_wake_before_disarming_does_not_end_a_later_wait(void **state)
{
	struct gate g = { .rc = 1 };

	wake_in_between(&g, **(bool **)state, arm_then_disarm);
	assert_int_equal(g.rc, -ETIMEDOUT);
	assert_aside();
}

static void
a_stop_wakes_and_sticks_and_the_first_code_stays(void **state)
{
	const bool fiber = **(bool **)state;
	int peer;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once read = { w, SOCKI_READ, SOCK_FOREVER, 1 };
	struct waiting_once write = { w, SOCKI_WRITE, SOCK_FOREVER, 1 };
	struct waiting_run r, s;

	waiting_fill(w->fd);
	waiting_start(&r, fiber, waiting_once, &read);
	waiting_start(&s, fiber, waiting_once, &write);
	waiting_parked(w, fiber, 2);
	socki_watch_stop(w, -ECANCELED);
	waiting_join(&r);
	waiting_join(&s);
	assert_int_equal(read.rc, -ECANCELED);
	assert_int_equal(write.rc, -ECANCELED);
	socki_watch_stop(w, -EPROTO);
	EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
	run_in(fiber, waiting_once, &read);
	assert_int_equal(read.rc, -ECANCELED);
	run_in(fiber, waiting_once, &write);
	assert_int_equal(write.rc, -ECANCELED);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
no_signal(int number)
{
	(void)number;
}

static void
a_signal_does_not_end_a_wait(void **state)
{
	const struct sigaction act = { .sa_handler = no_signal };
	int peer, i;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once once = { w, SOCKI_READ, SOCK_FOREVER, 1 };
	struct waiting_run r;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	waiting_start(&r, false, waiting_once, &once);
	waiting_parked(w, false, 1);
	for (i = 0; i < 100; i++) {
		EXPECT_INT(pthread_kill(r.thread, SIGUSR1), 0);
		sched_yield();
	}
	waiting_parked(w, false, 1);
	EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
	waiting_join(&r);
	assert_int_equal(once.rc, 0);
	(void)signal(SIGUSR1, SIG_DFL);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
wait_without_descriptors(void *arg)
{
	struct waiting_once *o = arg;
	struct rlimit was, now;

	EXPECT_INT(getrlimit(RLIMIT_NOFILE, &was), 0);
	now = (struct rlimit){ 3, was.rlim_max };
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
	waiting_once(o);
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &was), 0);
	EXPECT_INT(o->rc, -EMFILE);
	EXPECT(o->watch->waiting.first == NULL);
	/* With room for its wake-up it can. */
	waiting_once(o);
	EXPECT_INT(o->rc, -ETIMEDOUT);
}

static void
a_thread_that_cannot_be_woken_does_not_wait(void **state)
{
	int peer;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once once = { w, SOCKI_READ, sock_in(1), 1 };

	(void)state;
	aside_thread(wait_without_descriptors, &once);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_BOTH(what_is_ready_before_parking_does_not_wait),
		IN_BOTH(what_becomes_ready_wakes_who_is_parked),
		IN_BOTH(a_deadline_ends_the_wait),
		IN_BOTH(a_deadline_that_has_passed_does_not_wait),
		IN_BOTH(what_came_since_the_last_try_is_not_waited_for),
		IN_BOTH(a_wake_between_arming_and_parking_is_not_lost),
		IN_BOTH(a_wake_before_disarming_does_not_end_a_later_wait),
		IN_BOTH(a_stop_wakes_and_sticks_and_the_first_code_stays),
		cmocka_unit_test(a_signal_does_not_end_a_wait),
		cmocka_unit_test(a_thread_that_cannot_be_woken_does_not_wait),
	};

	return cmocka_run_group_tests_name("park", tests, NULL, NULL);
}
