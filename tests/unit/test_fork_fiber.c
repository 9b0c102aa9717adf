/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "forking.h"
#include "waiting.h"

static _Atomic int counter;

static void
wait_and_count(void *arg)
{
	sock_t pair[2];
	char c;

	(void)arg;
	EXPECT_INT(sock_pair(pair), 0);
	aside_say(pair[0], "hi");
	aside_hear(pair[1], "hi");
	EXPECT_INT(sock_read(pair[1], &c, 1, sock_in(1)), -ETIMEDOUT);
	sock_close(pair[0]);
	sock_close(pair[1]);
	atomic_fetch_add(&counter, 1);
}

static void
start_fibers(void *arg)
{
	struct sock_group *g = sock_group_new();
	int i;

	(void)arg;
	atomic_store(&counter, 0);
	for (i = 0; i < 100; i++)
		EXPECT_INT(sock_go(g, wait_and_count, NULL), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	EXPECT_INT(counter, 100);
	sock_group_free(g);
}

static void
start_fibers_and_a_child(void *arg)
{
	start_fibers(arg);
	EXPECT_INT(aside_child(start_fibers, NULL), 0);
	start_fibers(arg);
}

static void
a_child_and_its_child_have_fibers_of_their_own(void **state)
{
	(void)state;
	if (under_emulation())
		ASIDE_SKIP("an emulated child starts no threads");
	start_fibers(NULL);
	assert_int_equal(aside_child(start_fibers_and_a_child, NULL), 0);
	start_fibers(NULL);
	assert_aside();
}

/* A fiber forks, and goes on in both processes. */
struct forked {
	pid_t parent;
	sock_t pair[2];
	int status;
};

static void
fork_in_a_fiber(void *arg)
{
	struct forked *f = arg;
	pid_t pid;

	EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	pid = fork();
	if (pid == 0) {
		alarm(50);
		atomic_store(&aside_failures, 0);
		aside_say(f->pair[1], "child");
		EXPECT_INT(sock_sleep(sock_in(1)), 0);
		start_fibers(NULL);
		if (atomic_load(&aside_failures) != 0)
			_exit(1);
		return;
	}
	EXPECT(pid > 0);
	aside_hear(f->pair[0], "child");
	EXPECT_INT(waitpid(pid, &f->status, 0), pid);
	EXPECT_INT(getpid(), f->parent);
}

static void
a_fiber_that_forks_ends_its_child_by_returning(void **state)
{
	struct forked f = { .parent = getpid(), .status = -1 };

	(void)state;
	if (under_emulation())
		ASIDE_SKIP("an emulated child starts no threads");
	assert_int_equal(sock_pair(f.pair), 0);
	aside_fiber(fork_in_a_fiber, &f);
	assert_true(WIFEXITED(f.status));
	assert_int_equal(WEXITSTATUS(f.status), 0);
	assert_int_equal(sock_close(f.pair[0]), 0);
	assert_int_equal(sock_close(f.pair[1]), 0);
	assert_aside();
}

/* A fiber looks at what has come over a handle of its worker's, and forks. */
static void
look_on_in_the_child(void *arg)
{
	sock_t *pair = arg;
	const void *view;
	int status = -1;
	pid_t pid;
	char c;

	/* Waiting made it the worker's. */
	EXPECT_INT(sock_read(pair[0], &c, 1, sock_in(1)), -ETIMEDOUT);
	aside_say(pair[1], "hello");
	EXPECT_INT(sock_peek(pair[0], &view, 5, SOCK_FOREVER), 5);
	pid = fork();
	if (pid == 0) {
		alarm(50);
		atomic_store(&aside_failures, 0);
		EXPECT(memcmp(view, "hello", 5) == 0);
		EXPECT_INT(sock_read(pair[0], &c, 1, SOCK_NOWAIT),
		    SOCKI_SWITCH ? SOCK_ESTALE : 1);
		_exit(atomic_load(&aside_failures) == 0 ? 0 : 1);
	}
	EXPECT_INT(waitpid(pid, &status, 0), pid);
	EXPECT_INT(status, 0);
	EXPECT(memcmp(view, "hello", 5) == 0);
	EXPECT_INT(sock_skip(pair[0], 5), 0);
}

static void
a_view_of_the_fiber_that_forks_stays_in_the_child(void **state)
{
	sock_t pair[2];

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	aside_fiber(look_on_in_the_child, pair);
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_close(pair[1]), 0);
	assert_aside();
}

static void
leave_the_parents_group(void *arg)
{
	/* Its members did not come along, nor did whoever held its lock. */
	EXPECT_INT(sock_group_wait(arg, SOCK_FOREVER), 0);
	EXPECT_INT(sock_go(arg, wait_and_count, NULL), 0);
	EXPECT_INT(sock_group_wait(arg, SOCK_FOREVER), 0);
	sock_group_free(arg);
}

static void
sleep_until_canceled(void *arg)
{
	(void)arg;
	EXPECT(sock_sleep(SOCK_FOREVER) < 0);
}

static void
a_group_has_no_members_in_the_child(void **state)
{
	struct sock_group *g;

	(void)state;
	if (under_emulation())
		ASIDE_SKIP("an emulated child starts no threads");
	g = sock_group_new();
	assert_int_equal(sock_go(g, sleep_until_canceled, NULL), 0);
	assert_int_equal(aside_child(leave_the_parents_group, g), 0);
	assert_int_equal(sock_group_wait(g, SOCK_NOWAIT), -EAGAIN);
	sock_group_free(g);
	assert_aside();
}

/* Threads that hold every lock of the library now and then. */
static _Atomic bool enough;

static void
take_all_locks(void *arg)
{
	(void)arg;
	while (!atomic_load(&enough)) {
		struct sock_group *g = sock_group_new();
		sock_t pair[2];
		char c;

		EXPECT_INT(sock_pair(pair), 0);
		EXPECT_INT(sock_go(g, aside_nothing, NULL), 0);
		EXPECT_INT(sock_read(pair[0], &c, 1, SOCK_NOWAIT), -EAGAIN);
		sock_cancel(pair[0]);
		EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
		sock_group_free(g);
		sock_close(pair[0]);
		sock_close(pair[1]);
	}
}

static void
use_everything(void *arg)
{
	const sock_t *pair = arg;

	aside_say(pair[0], "x");
	aside_hear(pair[1], "x");
	wait_and_count(NULL);
	if (!UNDER_TSAN)
		aside_fiber(wait_and_count, NULL);
	EXPECT_INT(sock_close(pair[0]), 0);
	EXPECT_INT(sock_close(pair[1]), 0);
}

static void
a_lock_that_another_thread_holds_does_not_stop_the_child(void **state)
{
	struct waiting_run runs[3];
	sock_t pair[2];
	int i;

	(void)state;
	/*
	 * A lock of clang 14's own allocator does; and valgrind sees the memory
	 * of threads that did not come along as lost, which it is.
	 */
	if (UNDER_ASAN || RUNNING_ON_VALGRIND || under_emulation())
		ASIDE_SKIP("this tool's own locks or counts are in the way");
	assert_int_equal(sock_pair(pair), 0);
	atomic_store(&enough, false);
	for (i = 0; i < 3; i++)
		waiting_start(&runs[i], i == 2, take_all_locks, NULL);
	for (i = 0; i < 100; i++)
		if (aside_child(use_everything, pair) != 0)
			EXPECT_INT(i, -1);
	atomic_store(&enough, true);
	for (i = 0; i < 3; i++)
		waiting_join(&runs[i]);
	assert_int_equal(sock_close(pair[0]) + sock_close(pair[1]), 0);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_child_and_its_child_have_fibers_of_their_own),
		cmocka_unit_test(
		    a_fiber_that_forks_ends_its_child_by_returning),
		cmocka_unit_test(
		    a_view_of_the_fiber_that_forks_stays_in_the_child),
		cmocka_unit_test(a_group_has_no_members_in_the_child),
		cmocka_unit_test(
		    a_lock_that_another_thread_holds_does_not_stop_the_child),
	};

	return cmocka_run_group_tests_name("fork_fiber", tests, NULL, NULL);
}
