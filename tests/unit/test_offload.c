/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "crew.h"
#include "forking.h"
#include "waiting.h"

#define HELPERS 64

struct call {
	pthread_t where;
	int answer;
};

static void
answer(void *arg)
{
	struct call *c = arg;
	sigset_t mask;
	int number;

	c->where = pthread_self();
	EXPECT_INT(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	for (number = 1; number < 32; number++)
		EXPECT(number == SIGKILL || number == SIGSTOP ||
		    sigismember(&mask, number));
	c->answer++;
}

static void
offload_often(void *arg)
{
	int i;

	for (i = 0; i < *(int *)arg; i++) {
		struct call c = { pthread_self(), i };

		EXPECT_INT(sock_offload(answer, &c, SOCK_DEFAULT), 0);
		EXPECT_INT(c.answer, i + 1);
		EXPECT(!pthread_equal(c.where, pthread_self()));
	}
}

static void
threads_and_fibers_offload_to_a_thread_with_all_signals_blocked(void **state)
{
	int often = aside_many(300);
	struct crew crew;

	(void)state;
	crew_start(&crew, 12, offload_often, &often);
	crew_join(&crew);
	assert_int_equal(sock_offload(NULL, NULL, SOCK_FOREVER), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "offload: the call makes no sense here: no function");
	assert_aside();
}

/* All helpers are kept busy, until they are let. */
static struct {
	struct sock_group *group;
	_Atomic int begun, let;
} busy;

static void
block(void *arg)
{
	(void)arg;
	atomic_fetch_add(&busy.begun, 1);
	while (atomic_fetch_sub(&busy.let, 1) <= 0) {
		atomic_fetch_add(&busy.let, 1);
		sched_yield();
	}
}

static void
offload_block(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_offload(block, NULL, SOCK_NOWAIT), 0);
}

static void
begin_busy(void)
{
	int i;

	busy.group = sock_group_new();
	atomic_store(&busy.begun, 0);
	atomic_store(&busy.let, 0);
	for (i = 0; i < HELPERS; i++)
		EXPECT_INT(sock_go_spread(busy.group, offload_block, NULL), 0);
	while (atomic_load(&busy.begun) < HELPERS)
		sched_yield();
}

static void
end_busy(void)
{
	atomic_fetch_add(&busy.let, HELPERS);
	EXPECT_INT(sock_group_wait(busy.group, SOCK_FOREVER), 0);
	sock_group_free(busy.group);
}

static _Atomic int ran;

static void
count_run(void *arg)
{
	(void)arg;
	atomic_fetch_add(&ran, 1);
}

static void
offload_in_vain(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_offload(count_run, NULL, SOCK_NOWAIT), -EAGAIN);
	EXPECT_INT(sock_offload(count_run, NULL, 1), -ETIMEDOUT);
	EXPECT_INT(sock_offload(count_run, NULL, sock_in(2)), -ETIMEDOUT);
}

static void
offload_until_cancelled(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_offload(count_run, NULL, SOCK_FOREVER), -ECANCELED);
	EXPECT_INT(sock_offload(count_run, NULL, SOCK_FOREVER), -ECANCELED);
}

static char order[16];
static size_t order_length;

static void
tell(void *arg)
{
	order[order_length++] = *(char *)arg;
}

static void
offload_tell(void *arg)
{
	EXPECT_INT(sock_offload(tell, arg, SOCK_FOREVER), 0);
}

static void
while_all_are_busy_a_call_queues_until_its_deadline(void **state)
{
	struct sock_group *g = sock_group_new();
	struct crew crew;

	(void)state;
	atomic_store(&ran, 0);
	begin_busy();
	crew_start(&crew, 8, offload_in_vain, NULL);
	crew_join(&crew);
	assert_int_equal(sock_go(g, offload_until_cancelled, NULL), 0);
	aside_poke();
	sock_group_free(g);
	end_busy();
	assert_int_equal(ran, 0);
	assert_int_equal(sock_offload(count_run, NULL, SOCK_NOWAIT), 0);
	assert_int_equal(ran, 1);
	assert_aside();
}

static void
those_that_queue_begin_in_order(void **state)
{
	static char names[] = "abcdefgh";
	struct sock_group *g = sock_group_new();
	int i;

	(void)state;
	memset(order, 0, sizeof order);
	order_length = 0;
	begin_busy();
	for (i = 0; i < 8; i++) {
		assert_int_equal(sock_go(g, offload_tell, &names[i]), 0);
		aside_poke();
	}
	/* One helper is free from now on, and runs them all. */
	atomic_fetch_add(&busy.let, 1);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_string_equal(order, "abcdefgh");
	sock_group_free(g);
	end_busy();
	assert_aside();
}

static void
offload_and_be_cancelled(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_offload(block, NULL, sock_in(1)), 0);
	atomic_fetch_add(&ran, 1);
	EXPECT_INT(sock_sleep(SOCK_FOREVER), -ECANCELED);
}

static void
once_begun_neither_deadline_nor_cancel_ends_it(void **state)
{
	struct sock_group *g = sock_group_new();
	int i;

	(void)state;
	atomic_store(&busy.begun, 0);
	atomic_store(&busy.let, 0);
	atomic_store(&ran, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(sock_go_spread(g, offload_and_be_cancelled,
				     NULL),
		    0);
	while (atomic_load(&busy.begun) < 4)
		sched_yield();
	assert_int_equal(sock_group_wait(g, sock_in(5)), -ETIMEDOUT);
	assert_int_equal(sock_group_cancel(g), 0);
	assert_int_equal(sock_group_wait(g, sock_in(5)), -ETIMEDOUT);
	assert_int_equal(ran, 0);
	atomic_store(&busy.let, 4);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_int_equal(ran, 4);
	sock_group_free(g);
	assert_aside();
}

static void
offload_in_child(void *arg)
{
	int often = 3;

	(void)arg;
	offload_often(&often);
	aside_fiber(offload_often, &often);
}

static void
a_child_has_helpers_of_its_own(void **state)
{
	(void)state;
	if (under_emulation())
		ASIDE_SKIP("an emulated child starts no threads");
	begin_busy();
	assert_int_equal(aside_child(offload_in_child, NULL), 0);
	end_busy();
	assert_aside();
}

static void
fork_and_return(void *arg)
{
	int *status = arg;
	const pid_t pid = fork();

	if (pid == 0)
		return;
	EXPECT_INT(waitpid(pid, status, 0), pid);
}

static void
a_call_that_forks_ends_its_child_by_returning(void **state)
{
	int status = -1;

	(void)state;
	assert_int_equal(sock_offload(fork_and_return, &status, SOCK_FOREVER),
	    0);
	assert_int_equal(status, 0);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    threads_and_fibers_offload_to_a_thread_with_all_signals_blocked),
		cmocka_unit_test(
		    while_all_are_busy_a_call_queues_until_its_deadline),
		cmocka_unit_test(those_that_queue_begin_in_order),
		cmocka_unit_test(
		    once_begun_neither_deadline_nor_cancel_ends_it),
		cmocka_unit_test(a_child_has_helpers_of_its_own),
		cmocka_unit_test(a_call_that_forks_ends_its_child_by_returning),
	};

	crew_workers();
	return cmocka_run_group_tests_name("offload", tests, NULL, NULL);
}
