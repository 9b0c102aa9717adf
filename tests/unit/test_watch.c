/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
two_of_a_kind_wait_for_one_descriptor(void **state)
{
	const bool fiber = **(bool **)state;
	int peer, other;

	/* The second one in the same place, or in the other. */
	for (other = 0; other < 2; other++) {
		struct socki_watch *w = waiting_pair(&peer);
		struct waiting_once a = { w, SOCKI_READ, SOCK_FOREVER, 1 };
		struct waiting_once b = a;
		const bool second = other ? !fiber : fiber;
		struct waiting_run r, s;

		waiting_start(&r, fiber, waiting_once, &a);
		waiting_parked(w, fiber, 1);
		waiting_start(&s, second, waiting_once, &b);
		waiting_parked(w, second,
		    second == fiber || !SOCKI_SWITCH ? 2 : 1);
		EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
		waiting_join(&r);
		waiting_join(&s);
		EXPECT_INT(a.rc, 0);
		EXPECT_INT(b.rc, 0);
		EXPECT_INT(w->crowd, 0);
		waiting_drop(w);
		socki_sys_close(peer);
	}
	assert_aside();
}

static void
wait_until_it_reads(void *arg)
{
	struct waiting_once *o = arg;
	char c;

	waiting_pin(o->watch);
	for (;;) {
		const uint32_t seen = socki_watch_seen(o->watch, SOCKI_READ);

		o->rc = (int)socki_sys_recv(o->watch->fd, &c, 1, 0);
		if (o->rc != -EAGAIN)
			break;
		EXPECT_INT(socki_watch_park(o->watch, SOCKI_READ, seen,
			       SOCK_FOREVER),
		    0);
	}
	socki_handle_unpin(o->watch->handle);
}

static void
wait_until_it_writes(void *arg)
{
	struct waiting_once *o = arg;

	waiting_pin(o->watch);
	for (;;) {
		const uint32_t seen = socki_watch_seen(o->watch, SOCKI_WRITE);

		o->rc = (int)socki_sys_send(o->watch->fd, "y", 1, 0);
		if (o->rc != -EAGAIN)
			break;
		EXPECT_INT(socki_watch_park(o->watch, SOCKI_WRITE, seen,
			       SOCK_FOREVER),
		    0);
	}
	socki_handle_unpin(o->watch->handle);
}

static void
a_reader_and_a_writer_wait_at_once(void **state)
{
	const bool fiber = **(bool **)state;
	int order;

	for (order = 0; order < 2; order++) {
		int peer;
		struct socki_watch *w = waiting_pair(&peer);
		struct waiting_once read = { w, SOCKI_READ, 0, 0 };
		struct waiting_once write = { w, SOCKI_WRITE, 0, 0 };
		struct waiting_run r, s;

		waiting_fill(w->fd);
		waiting_start(&r, fiber, wait_until_it_reads, &read);
		waiting_start(&s, fiber, wait_until_it_writes, &write);
		waiting_parked(w, fiber, 2);
		if (order == 0) {
			EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
			waiting_join(&r);
			waiting_drain(peer);
			waiting_join(&s);
		} else {
			waiting_drain(peer);
			waiting_join(&s);
			EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
			waiting_join(&r);
		}
		EXPECT_INT(read.rc, 1);
		EXPECT_INT(write.rc, 1);
		waiting_drop(w);
		socki_sys_close(peer);
	}
	assert_aside();
}

static void
nudges_for_nothing_wake_nobody_for_good(void **state)
{
	const bool fiber = **(bool **)state;
	int peer, i;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once once = { w, SOCKI_READ, 0, 0 };
	struct waiting_run r;

	waiting_start(&r, fiber, wait_until_it_reads, &once);
	waiting_parked(w, fiber, 1);
	for (i = 0; i < 200; i++) {
		waiting_pin(w);
		socki_watch_nudge(w, i % 2 ? SOCKI_READ : SOCKI_WRITE);
		socki_handle_unpin(w->handle);
	}
	waiting_parked(w, fiber, 1);
	EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
	waiting_join(&r);
	assert_int_equal(once.rc, 1);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
the_end_of_the_peer_wakes_both_directions(void **state)
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
	socki_sys_close(peer);
	waiting_join(&r);
	waiting_join(&s);
	assert_int_equal(read.rc, 0);
	assert_int_equal(write.rc, 0);
	waiting_drop(w);
	assert_aside();
}

static void
the_end_of_a_reader_wakes_who_writes_into_a_full_pipe(void **state)
{
	const bool fiber = **(bool **)state;
	int fd[2];
	struct waiting_once once = { NULL, SOCKI_WRITE, SOCK_FOREVER, 1 };
	struct waiting_run r;

	/* The kernel tells of an error, and not of room. */
	assert_int_equal(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(fd[1], "x", 1) == 1)
		;
	once.watch = waiting_new(fd[1]);
	waiting_start(&r, fiber, waiting_once, &once);
	waiting_parked(once.watch, fiber, 1);
	close(fd[0]);
	waiting_join(&r);
	assert_int_equal(once.rc, 0);
	waiting_drop(once.watch);
	assert_aside();
}

static void
a_regular_file_is_always_ready(void **state)
{
	const bool fiber = **(bool **)state;
	const unsigned wants[] = { SOCKI_READ, SOCKI_WRITE };
	size_t i;

	for (i = 0; i < COUNT(wants); i++) {
		struct socki_watch *w =
		    waiting_new(socki_sys_open("/proc/self/exe", O_RDONLY, 0));
		struct waiting_once once = { w, wants[i], SOCK_FOREVER, 1 };
		struct waiting_run r;

		waiting_start(&r, fiber, waiting_once, &once);
		waiting_join(&r);
		EXPECT_INT(once.rc, 0);
		waiting_drop(w);
	}
	assert_aside();
}

static void
a_descriptor_beyond_select_is_waited_for(void **state)
{
	const bool fiber = **(bool **)state;
	struct rlimit limit;
	int low, high, peer;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once once = { NULL, SOCKI_READ, SOCK_FOREVER, 1 };
	struct waiting_run r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 5001 && limit.rlim_max >= 5001) {
		limit.rlim_cur = 5001;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	if (limit.rlim_cur < 5001) {
		print_message("SKIP: no more than %u descriptors here\n",
		    (unsigned)limit.rlim_cur);
		skip();
	}
	low = w->fd;
	high = fcntl(low, F_DUPFD_CLOEXEC, 5000);
	assert_true(high >= 5000);
	waiting_drop(w);
	once.watch = w = waiting_new(high);
	waiting_start(&r, fiber, waiting_once, &once);
	waiting_parked(w, fiber, 1);
	EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
	waiting_join(&r);
	assert_int_equal(once.rc, 0);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_BOTH(two_of_a_kind_wait_for_one_descriptor),
		IN_BOTH(a_reader_and_a_writer_wait_at_once),
		IN_BOTH(nudges_for_nothing_wake_nobody_for_good),
		IN_BOTH(the_end_of_the_peer_wakes_both_directions),
		IN_BOTH(the_end_of_a_reader_wakes_who_writes_into_a_full_pipe),
		IN_BOTH(a_regular_file_is_always_ready),
		IN_BOTH(a_descriptor_beyond_select_is_waited_for),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
