/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fenv.h>
#include <signal.h>
#include <string.h>

#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static _Atomic int counter;

static void
sleep_a_moment(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	atomic_fetch_add(&counter, 1);
}

static void
ten_thousand_fibers_sleep_and_end(void **state)
{
	const int many = aside_many(10000);
	struct sock_group *g = sock_group_new();
	int i;

	(void)state;
	atomic_store(&counter, 0);
	for (i = 0; i < many; i++)
		assert_int_equal(sock_go(g, sleep_a_moment, NULL), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_int_equal(counter, many);
	sock_group_free(g);
	assert_aside();
}

struct place {
	pthread_t thread;
	int ran;
};

static void
tell_the_thread(void *arg)
{
	struct place *p = arg;
	sigset_t mask, all;
	int number;

	p->thread = pthread_self();
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	EXPECT(pthread_equal(p->thread, pthread_self()));
	sigfillset(&all);
	EXPECT_INT(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	for (number = 1; number < 32; number++)
		EXPECT(number == SIGKILL || number == SIGSTOP ||
		    sigismember(&mask, number) == sigismember(&all, number));
	p->ran = 1;
}

static void
a_fiber_stays_on_its_thread_and_that_blocks_all_signals(void **state)
{
	struct place places[10];
	struct sock_group *g = sock_group_new();
	sigset_t before, after;
	size_t i;

	(void)state;
	memset(places, 0, sizeof places);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
	for (i = 0; i < COUNT(places); i++)
		assert_int_equal(sock_go(g, tell_the_thread, &places[i]), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	for (i = 0; i < COUNT(places); i++) {
		assert_int_equal(places[i].ran, 1);
		assert_false(pthread_equal(places[i].thread, pthread_self()));
	}
	assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
	for (i = 1; i < 32; i++)
		assert_int_equal(sigismember(&before, (int)i),
		    sigismember(&after, (int)i));
	sock_group_free(g);
	assert_aside();
}

/* In which order fibers came by. */
static char order[64];
static size_t order_length;

static void
come_by_thrice(void *arg)
{
	int i;

	for (i = 0; i < 3; i++) {
		order[order_length++] = *(char *)arg;
		EXPECT_INT(sock_sleep(i == 1 ? 1 : SOCK_NOWAIT), 0);
	}
}

static void
start_three(void *arg)
{
	static char names[] = "abc";
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_INT(sock_go(arg, come_by_thrice, &names[i]), 0);
	/* A fiber that starts others goes on first. */
	order[order_length++] = '0';
}

static void
fibers_that_yield_take_turns(void **state)
{
	struct sock_group *g;

	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here, and take no turns");
	g = sock_group_new();
	memset(order, 0, sizeof order);
	order_length = 0;
	assert_int_equal(sock_go(g, start_three, g), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_string_equal(order, "0abcabcabc");
	sock_group_free(g);
	assert_aside();
}

static _Atomic bool enough;

static void
yield_for_ever(void *arg)
{
	(void)arg;
	while (!atomic_load(&enough))
		EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
}

static void
events_timers_and_wakes_come_through_though_fibers_yield_for_ever(void **state)
{
	struct sock_group *g = sock_group_new();
	int peer;
	struct socki_watch *w = waiting_pair(&peer);
	struct waiting_once once = { w, SOCKI_READ, SOCK_FOREVER, 1 };
	struct waiting_run r;

	(void)state;
	atomic_store(&enough, false);
	assert_int_equal(sock_go(g, yield_for_ever, NULL), 0);
	assert_int_equal(sock_go(g, yield_for_ever, NULL), 0);
	waiting_start(&r, true, waiting_once, &once);
	waiting_parked(w, true, 1);
	EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
	waiting_join(&r);
	assert_int_equal(once.rc, 0);
	aside_fiber(sleep_a_moment, NULL);
	atomic_store(&enough, true);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
keep_errno(void *arg)
{
	const int mine = *(int *)arg;
	int i;

	for (i = 0; i < 5; i++) {
		errno = mine + i;
		EXPECT_INT(sock_sleep(i % 2 ? SOCK_NOWAIT : sock_in(1)), 0);
		EXPECT_INT(errno, mine + i);
	}
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	errno = 0;
}

static void
errno_is_each_fibers_own(void **state)
{
	static int values[] = { 1000, 2000, 3000, 4000 };
	struct sock_group *g = sock_group_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++)
		assert_int_equal(sock_go(g, keep_errno, &values[i]), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	assert_aside();
}

#if defined(FE_UPWARD) && defined(FE_DOWNWARD) && defined(FE_TOWARDZERO)

static volatile double one = 1, three = 3;

static void
keep_rounding(void *arg)
{
	const int mode = *(int *)arg;
	double third;
	int i;

	/* As it was where this fiber was started. */
	EXPECT_INT(fegetround(), FE_UPWARD);
	EXPECT_INT(fesetround(mode), 0);
	third = one / three;
	for (i = 0; i < 5; i++) {
		EXPECT_INT(sock_sleep(i % 2 ? SOCK_NOWAIT : sock_in(1)), 0);
		EXPECT_INT(fegetround(), mode);
		EXPECT(one / three == third);
	}
}

static void
the_rounding_mode_is_each_fibers_own(void **state)
{
	static int modes[] = { FE_DOWNWARD, FE_TONEAREST, FE_UPWARD,
		FE_TOWARDZERO };
	struct sock_group *g;
	size_t i;

	(void)state;
	if (RUNNING_ON_VALGRIND)
		ASIDE_SKIP("valgrind rounds to nearest, always");
	g = sock_group_new();
	assert_int_equal(fesetround(FE_UPWARD), 0);
	for (i = 0; i < COUNT(modes); i++)
		assert_int_equal(sock_go(g, keep_rounding, &modes[i]), 0);
	assert_int_equal(fegetround(), FE_UPWARD);
	assert_int_equal(fesetround(FE_TONEAREST), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	assert_aside();
}

#else

static void
the_rounding_mode_is_each_fibers_own(void **state)
{
	(void)state;
	ASIDE_SKIP("this machine has no rounding modes");
}

#endif

/* Many wait at a gate; threads open it for one after the other. */
static struct {
	pthread_mutex_t lock;
	struct socki_queue waiting;
	int arrived, open;
} gate;

static void
pass_the_gate(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&gate.lock);
	gate.arrived++;
	while (gate.open == 0)
		EXPECT_INT(socki_queue_wait(&gate.waiting, &gate.lock, 1,
			       SOCK_FOREVER),
		    0);
	gate.open--;
	pthread_mutex_unlock(&gate.lock);
}

static void
open_the_gate(void *arg)
{
	int left = *(int *)arg;

	while (left > 0) {
		pthread_mutex_lock(&gate.lock);
		if (gate.open == 0) {
			gate.open = 1;
			left--;
			(void)socki_queue_wake(&gate.waiting, 1);
		}
		pthread_mutex_unlock(&gate.lock);
		sched_yield();
	}
}

static void
threads_wake_a_thousand_parked_fibers(void **state)
{
	int each = aside_many(1000) / 4, i, arrived = 0;
	struct sock_group *g = sock_group_new();
	struct waiting_run openers[4];

	(void)state;
	pthread_mutex_init(&gate.lock, NULL);
	socki_queue_init(&gate.waiting);
	gate.arrived = gate.open = 0;
	for (i = 0; i < each * 4; i++)
		assert_int_equal(sock_go(g, pass_the_gate, NULL), 0);
	while (arrived < each * 4) {
		pthread_mutex_lock(&gate.lock);
		arrived = gate.arrived;
		pthread_mutex_unlock(&gate.lock);
		sched_yield();
	}
	for (i = 0; i < 4; i++)
		waiting_start(&openers[i], false, open_the_gate, &each);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	for (i = 0; i < 4; i++)
		waiting_join(&openers[i]);
	assert_null(gate.waiting.first);
	pthread_mutex_destroy(&gate.lock);
	sock_group_free(g);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_fibers_sleep_and_end),
		cmocka_unit_test(
		    a_fiber_stays_on_its_thread_and_that_blocks_all_signals),
		cmocka_unit_test(fibers_that_yield_take_turns),
		cmocka_unit_test(
		    events_timers_and_wakes_come_through_though_fibers_yield_for_ever),
		cmocka_unit_test(errno_is_each_fibers_own),
		cmocka_unit_test(the_rounding_mode_is_each_fibers_own),
		cmocka_unit_test(threads_wake_a_thousand_parked_fibers),
	};

	return cmocka_run_group_tests_name("fiber", tests, NULL, NULL);
}
