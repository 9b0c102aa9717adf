/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A wait for many at once. */
struct many {
	struct socki_watch_wait waits[20];
	unsigned count;
	sock_time deadline;
	int rc;
};

static void
wait_for_any(void *arg)
{
	struct many *m = arg;
	unsigned i;

	for (i = 0; i < m->count; i++) {
		struct socki_watch_wait *wait = &m->waits[i];

		wait->read_seen = socki_watch_seen(wait->watch, SOCKI_READ);
		wait->write_seen = socki_watch_seen(wait->watch, SOCKI_WRITE);
		waiting_pin(wait->watch);
	}
	m->rc = socki_watch_park_any(m->waits, m->count, m->deadline);
	for (i = 0; i < m->count; i++)
		socki_handle_unpin(m->waits[i].watch->handle);
}

enum what {
	READY,
	STOPPED,
	NUDGED,
	LATE,
	NEVER,
	WHATS
};

static const int outcomes[] = { 0, -EPROTO, 0, -ETIMEDOUT, -EAGAIN };

static void
happen(enum what what, struct socki_watch *w, int peer)
{
	switch (what) {
	case READY:
		EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
		break;
	case STOPPED:
		waiting_pin(w);
		socki_watch_stop(w, -EPROTO);
		socki_handle_unpin(w->handle);
		break;
	case NUDGED:
		waiting_pin(w);
		socki_watch_nudge(w, SOCKI_READ);
		socki_handle_unpin(w->handle);
		break;
	default:
		break;
	}
}

static void
wait_for_count(bool fiber, unsigned count, unsigned which, enum what what)
{
	struct many m = { .count = count, .deadline = SOCK_FOREVER, .rc = 1 };
	struct waiting_run r;
	int peers[20];
	unsigned i;

	for (i = 0; i < count; i++) {
		m.waits[i].watch = waiting_pair(&peers[i]);
		m.waits[i].want = SOCKI_READ | (i % 2 ? SOCKI_WRITE : 0);
		waiting_fill(m.waits[i].watch->fd);
	}
	if (what == LATE)
		m.deadline = sock_in(2);
	else if (what == NEVER)
		m.deadline = SOCK_NOWAIT;
	waiting_start(&r, fiber, wait_for_any, &m);
	if (what < LATE)
		waiting_parked(m.waits[count - 1].watch, fiber, 1);
	happen(what, m.waits[which].watch, peers[which]);
	waiting_join(&r);
	EXPECT_INT(m.rc, outcomes[what]);
	for (i = 0; i < count; i++) {
		EXPECT_INT(m.waits[i].watch->crowd, 0);
		EXPECT(m.waits[i].watch->waiting.first == NULL);
		waiting_drop(m.waits[i].watch);
		socki_sys_close(peers[i]);
	}
}

static void
any_one_of_several_wakes_who_waits_for_all(void **state)
{
	static const unsigned counts[] = { 1, 3, 8, 9, 20 };
	const bool fiber = **(bool **)state;
	int what, before;
	size_t i;

	/* This thread has its wake-up from now on, and the worker is there. */
	assert_int_equal(socki_task_arm(socki_task()), 0);
	socki_task_disarm(socki_task());
	wait_for_count(fiber, 1, 0, READY);
	before = aside_open();
	for (what = READY; what < WHATS; what++)
		for (i = 0; i < COUNT(counts); i++) {
			const unsigned n = counts[i];

			wait_for_count(fiber, n, 0, (enum what)what);
			wait_for_count(fiber, n, n - 1, (enum what)what);
			wait_for_count(fiber, n, n / 2, (enum what)what);
		}
	assert_int_equal(aside_open(), before);
	assert_aside();
}

static void
looking_tells_what_each_is_ready_for(void **state)
{
	struct socki_watch_wait waits[12];
	unsigned got[12], i;
	int peers[12];

	(void)state;
	memset(waits, 0, sizeof waits);
	for (i = 0; i < 12; i++) {
		waits[i].watch = waiting_pair(&peers[i]);
		waits[i].want = SOCKI_READ | SOCKI_WRITE;
		if (i % 4 < 2)
			waiting_fill(waits[i].watch->fd);
		if (i % 4 > 0)
			EXPECT_INT(socki_sys_send(peers[i], "x", 1, 0), 1);
		if (i % 4 == 3)
			socki_sys_close(peers[i]);
	}
	assert_int_equal(socki_watch_look(waits, 12, got), 9);
	for (i = 0; i < 12; i++) {
		const unsigned want[] = { 0, SOCKI_READ,
			SOCKI_READ | SOCKI_WRITE,
			SOCKI_READ | SOCKI_WRITE | SOCKI_HANGUP };

		assert_int_equal(got[i], want[i % 4]);
		waiting_drop(waits[i].watch);
		if (i % 4 != 3)
			socki_sys_close(peers[i]);
	}
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_BOTH(any_one_of_several_wakes_who_waits_for_all),
		cmocka_unit_test(looking_tells_what_each_is_ready_for),
	};

	return cmocka_run_group_tests_name("watch_any", tests, NULL, NULL);
}
