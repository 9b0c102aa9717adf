/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>

#include <sock/sync.h>

#include "aside.h"
#include "forking.h"

/*
 * A program that forks before it had a handle or a fiber.  The process of
 * the tests itself uses nothing of the library: each has a fresh one.
 */

static void
count(void *arg)
{
	++*(int *)arg;
}

static void
offload(void *arg)
{
	int ran = 0;

	(void)arg;
	EXPECT_INT(sock_offload(count, &ran, SOCK_FOREVER), 0);
	EXPECT_INT(ran, 1);
}

static void
offload_and_fork(void *arg)
{
	offload(arg);
	EXPECT_INT(aside_child(offload, arg), 0);
	offload(arg);
}

static void
a_child_has_helpers_of_its_own(void **state)
{
	(void)state;
	if (under_emulation())
		ASIDE_SKIP("no threads in children here");
	assert_int_equal(aside_child(offload_and_fork, NULL), 0);
}

static struct {
	struct sock_mutex *mutex;
	_Atomic bool has, let;
} held;

static void
hold_until_let(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_mutex_lock(held.mutex, SOCK_FOREVER), 0);
	atomic_store(&held.has, true);
	while (!atomic_load(&held.let))
		sched_yield();
	EXPECT_INT(sock_mutex_unlock(held.mutex), 0);
}

static void
lock_in_the_child(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_mutex_lock(held.mutex, SOCK_NOWAIT), 0);
	EXPECT_INT(sock_mutex_unlock(held.mutex), 0);
}

static void
hold_and_fork(void *arg)
{
	struct aside_call call = { hold_until_let, arg };
	pthread_t thread;

	held.mutex = sock_mutex_new();
	EXPECT_INT(pthread_create(&thread, NULL, aside_call, &call), 0);
	while (!atomic_load(&held.has))
		sched_yield();
	EXPECT_INT(aside_child(lock_in_the_child, arg), 0);
	atomic_store(&held.let, true);
	EXPECT_INT(pthread_join(thread, NULL), 0);
	sock_mutex_free(held.mutex);
}

static void
a_child_finds_a_mutex_free_that_another_thread_holds(void **state)
{
	(void)state;
	assert_int_equal(aside_child(hold_and_fork, NULL), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_helpers_of_its_own),
		cmocka_unit_test(
		    a_child_finds_a_mutex_free_that_another_thread_holds),
	};

	return cmocka_run_group_tests_name("fork_first", tests, NULL, NULL);
}
