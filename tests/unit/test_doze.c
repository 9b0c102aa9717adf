/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <sock/sync.h>
#include <sock/wait.h>

#include "aside.h"

/* A thread that waits to be woken by others, and for no descriptor. */

static void
no_signal(int number)
{
	(void)number;
}

static void
sleep_a_while(void *done)
{
	const sock_time until = sock_in(20);

	EXPECT_INT(sock_sleep(until), 0);
	EXPECT(sock_now() >= until);
	atomic_store((_Atomic bool *)done, true);
}

static void
a_signal_does_not_end_a_sleep(void **state)
{
	const struct sigaction act = { .sa_handler = no_signal };
	_Atomic bool done = false;
	struct aside_call call = { sleep_a_while, &done };
	pthread_t thread;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, aside_call, &call), 0);
	while (!atomic_load(&done)) {
		EXPECT_INT(pthread_kill(thread, SIGUSR1), 0);
		sched_yield();
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)signal(SIGUSR1, SIG_DFL);
	assert_aside();
}

static void
wait_for_others(void *arg)
{
	struct sock_channel *c = sock_channel_new(1, 0);
	struct sock_mutex *m = arg;
	struct rlimit was, now;

	EXPECT_INT(getrlimit(RLIMIT_NOFILE, &was), 0);
	now = (struct rlimit){ 3, was.rlim_max };
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	EXPECT_INT(sock_wait(NULL, 0, sock_in(1)), -ETIMEDOUT);
	EXPECT_INT(sock_mutex_lock(m, sock_in(1)), -ETIMEDOUT);
	EXPECT_INT(sock_channel_receive(c, NULL, sock_in(1)), -ETIMEDOUT);
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &was), 0);
	sock_channel_free(c);
}

static void
to_wait_for_others_a_thread_needs_no_descriptor(void **state)
{
	struct sock_mutex *m = sock_mutex_new();
	int open;

	(void)state;
	assert_int_equal(sock_mutex_lock(m, SOCK_NOWAIT), 0);
	open = aside_open();
	aside_thread(wait_for_others, m);
	assert_int_equal(aside_open(), open);
	assert_int_equal(sock_mutex_unlock(m), 0);
	sock_mutex_free(m);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_does_not_end_a_sleep),
		cmocka_unit_test(
		    to_wait_for_others_a_thread_needs_no_descriptor),
	};

	return cmocka_run_group_tests_name("doze", tests, NULL, NULL);
}
