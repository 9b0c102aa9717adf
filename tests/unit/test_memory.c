/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "aside.h"
#include "base/memory.h"
#include "engine/timer.h"
#include "engine/watch.h"
#include "sys/sys.h"

/* The nth allocation from now fails; with sticky all after it too. */
static _Atomic int nth, asked;
static _Atomic bool sticky;
static _Atomic size_t last_size;

static int
may(size_t n)
{
	const int count = atomic_fetch_add(&asked, 1) + 1;

	atomic_store(&last_size, n);
	return atomic_load(&sticky) ? count < atomic_load(&nth) :
				      count != atomic_load(&nth);
}

static void
fail_at(int n, bool and_after)
{
	atomic_store(&asked, 0);
	atomic_store(&nth, n);
	atomic_store(&sticky, and_after);
}

static int
begin(void **state)
{
	(void)state;
	fail_at(0, false);
	socki_memory_hook(may);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	socki_memory_hook(NULL);
	return 0;
}

static void
the_hook_is_asked_about_every_allocation(void **state)
{
	char *p;

	(void)state;
	p = socki_alloc(17);
	assert_non_null(p);
	assert_int_equal(last_size, 17);
	p = socki_realloc(p, 1700);
	assert_non_null(p);
	assert_int_equal(last_size, 1700);
	socki_free(p);
	p = socki_zalloc(99);
	assert_non_null(p);
	assert_int_equal(last_size, 99);
	assert_int_equal(asked, 3);
	socki_free(p);
	socki_free(NULL);
	assert_int_equal(asked, 3);

	fail_at(2, false);
	p = socki_alloc(1);
	assert_non_null(p);
	assert_null(socki_alloc(1));
	socki_free(p);
	fail_at(1, true);
	assert_null(socki_zalloc(1));
	assert_null(socki_alloc(1));
	assert_null(socki_realloc(NULL, 1));
}

static void
memory_asked_for_as_zero_is_zero(void **state)
{
	char *p;
	size_t i, round;

	(void)state;
	for (round = 0; round < 8; round++) {
		p = socki_alloc(512);
		assert_non_null(p);
		memset(p, 0xa5, 512);
		socki_free(p);
		p = socki_zalloc(512);
		assert_non_null(p);
		for (i = 0; i < 512; i++)
			assert_int_equal(p[i], 0);
		socki_free(p);
	}
}

static void
a_block_that_cannot_grow_is_as_it_was(void **state)
{
	char *p = socki_alloc(4);

	(void)state;
	assert_non_null(p);
	memcpy(p, "abc", 4);
	fail_at(1, false);
	assert_null(socki_realloc(p, 1 << 20));
	assert_string_equal(p, "abc");
	socki_free(p);
}

static void
a_heap_of_timers_that_cannot_grow_is_as_it_was(void **state)
{
	enum {
		FULL = 64
	};
	struct socki_timers heap = { NULL, 0, 0 };
	struct socki_timer timers[FULL + 1] = { { 0 } };
	int i;

	(void)state;
	fail_at(1, false);
	assert_int_equal(socki_timer_start(&heap, &timers[0], 5), -ENOMEM);
	assert_int_equal(timers[0].place, 0);
	assert_true(socki_timer_first(&heap) == SOCK_FOREVER);
	for (i = 0; i < FULL; i++)
		assert_int_equal(socki_timer_start(&heap, &timers[i], 1000 - i),
		    0);
	fail_at(1, false);
	assert_int_equal(socki_timer_start(&heap, &timers[FULL], 1), -ENOMEM);
	assert_int_equal(timers[FULL].place, 0);
	assert_true(socki_timer_first(&heap) == 1000 - FULL + 1);
	assert_int_equal(socki_timer_start(&heap, &timers[FULL], 1), 0);
	assert_true(socki_timer_first(&heap) == 1);
	socki_free(heap.nodes);
}

struct end_of_pair {
	struct socki_watch watch; /* first */
};

static void
ends(struct socki_watch *w)
{
	socki_watch_end(w);
	socki_free(w);
}

static const struct socki_watch_kind kind = { ends, NULL };

/* 0 and a watch, which is closed by drop(). */
static int
make(struct end_of_pair **out, int fd)
{
	struct end_of_pair *e = socki_zalloc(sizeof *e);
	int rc;

	*out = e;
	if (e == NULL)
		return -ENOMEM;
	rc = socki_watch_open(&e->watch, &kind, fd);
	if (rc < 0)
		socki_free(e);
	return rc;
}

static void
drop(struct end_of_pair *e)
{
	struct socki_object *object;
	const sock_t handle = e->watch.handle;

	EXPECT_INT(socki_handle_pin(handle, &object), 0);
	EXPECT_INT(socki_handle_close(handle), 0);
	socki_handle_unpin(handle);
}

/* More than wait on the stack, so that waiting for them asks for memory. */
#define WATCHES 12

/* 0; -ENOMEM, and nothing is left behind. */
static int
wait_for_many(sock_time deadline)
{
	struct socki_watch_wait waits[WATCHES];
	struct end_of_pair *ends_made[WATCHES];
	int fds[2] = { -1, -1 }, made, rc = 0;

	memset(waits, 0, sizeof waits);
	for (made = 0; made < WATCHES && rc == 0; made += rc == 0) {
		EXPECT_INT(socki_sys_socketpair(SOCK_STREAM, fds), 0);
		socki_sys_close(fds[1]);
		rc = make(&ends_made[made], fds[0]);
		if (rc < 0)
			socki_sys_close(fds[0]);
		else
			waits[made].watch = &ends_made[made]->watch;
		waits[made].want = SOCKI_READ;
	}
	if (rc == 0)
		rc = socki_watch_park_any(waits, WATCHES, deadline);
	while (made > 0)
		drop(ends_made[--made]);
	return rc;
}

static void
wait_in_a_fiber(void *arg)
{
	int *rc = arg;

	*rc = wait_for_many(sock_in(60000));
	if (*rc == 0)
		*rc = sock_sleep(sock_in(1));
}

/* Everything the engine asks memory for; 0, or -ENOMEM. */
static int
group_of_two(void)
{
	struct sock_group *g = sock_group_new();
	int rc, first = 0, second = 0;

	if (g == NULL)
		return sock_last_error()->code;
	rc = sock_go(g, wait_in_a_fiber, &first);
	if (rc == 0)
		rc = sock_go(g, wait_in_a_fiber, &second);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	if (rc == 0)
		rc = first < 0 ? first : second;
	return rc;
}

static int
thread_and_fibers(void)
{
	const int rc = wait_for_many(sock_in(60000));

	return rc < 0 ? rc : group_of_two();
}

static void
each_allocation_may_fail_and_nothing_is_left(void **state)
{
	static const bool kinds[] = { false, true };
	int n, before, k;

	(void)state;
	assert_int_equal(thread_and_fibers(), 0);
	before = aside_open();
	for (k = 0; k < 2; k++) {
		int failures = 0, rc = -1;

		for (n = 1; rc != 0; n++) {
			fail_at(n, kinds[k]);
			rc = thread_and_fibers();
			EXPECT(rc == 0 || rc == -ENOMEM);
			failures += rc != 0;
			fail_at(0, false);
			EXPECT_INT(aside_open(), before);
			EXPECT(n < 10000);
		}
		/* 12 watches thrice, 3 poll sets, a group at the least. */
		assert_true(failures >= 3 * WATCHES + 4);
	}
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_hook_is_asked_about_every_allocation, begin, end),
		cmocka_unit_test_setup_teardown(
		    memory_asked_for_as_zero_is_zero, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_block_that_cannot_grow_is_as_it_was, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_heap_of_timers_that_cannot_grow_is_as_it_was, begin, end),
		cmocka_unit_test_setup_teardown(
		    each_allocation_may_fail_and_nothing_is_left, begin, end),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
