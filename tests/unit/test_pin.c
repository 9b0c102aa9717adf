/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "engine/switch.h"
#include "workers.h"

/* Pinned workers in a program that has its own mind about processors. */

static void
use_pinned(void)
{
	const struct sock_runtime_options o = { .size = sizeof o, .pin = true };

	EXPECT_INT(sock_runtime(&o), 0);
}

static void
start_workers(void)
{
	use_pinned();
	(void)spread_over(2);
}

/* The caller to the last of its processors, and where that is. */
static cpu_set_t
move_to_last(void)
{
	cpu_set_t set, one;
	int i;

	note_processors(&set);
	for (i = CPU_SETSIZE - 1; !CPU_ISSET(i, &set); i--)
		;
	CPU_ZERO(&one);
	CPU_SET(i, &one);
	EXPECT_INT(sched_setaffinity(0, sizeof one, &one), 0);
	return one;
}

static void
start_a_helper(void *arg)
{
	cpu_set_t one, its;

	(void)arg;
	start_workers();
	one = move_to_last();
	EXPECT_INT(sock_offload(note_processors, &its, SOCK_FOREVER), 0);
	EXPECT(CPU_EQUAL(&one, &its));
}

static void
start_again_where_moved(void *arg)
{
	cpu_set_t all;

	use_pinned();
	EXPECT_INT((int)socki_worker_count(), 1);
	all = spread_over(2);
	EXPECT(CPU_EQUAL((const cpu_set_t *)arg, &all));
}

static void
fork_moved(void *arg)
{
	cpu_set_t one;

	(void)arg;
	start_workers();
	one = move_to_last();
	EXPECT_INT(aside_child(start_again_where_moved, &one), 0);
}

static void
start_again_on_all(void *arg)
{
	const cpu_set_t *before = arg;
	cpu_set_t all;

	use_pinned();
	EXPECT_INT((int)socki_worker_count(), CPU_COUNT(before));
	all = spread_over(2);
	EXPECT_INT(CPU_COUNT(&all), 2);
}

static void
fork_in_fiber(void *before)
{
	EXPECT_INT(aside_child(start_again_on_all, before), 0);
}

static void
fork_pinned(void *arg)
{
	cpu_set_t before;

	(void)arg;
	note_processors(&before);
	use_pinned();
	aside_fiber(fork_in_fiber, &before);
}

static void
run_on_two(void (*test)(void *))
{
	cpu_set_t set;

	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here, which are not pinned");
	note_processors(&set);
	if (CPU_COUNT(&set) < 2)
		ASIDE_SKIP("one processor");
	run_in_child(test);
}

static void
a_thread_that_the_program_moved_starts_others_there(void **state)
{
	(void)state;
	run_on_two(start_a_helper);
}

static void
a_child_that_the_program_moved_has_its_workers_there(void **state)
{
	(void)state;
	run_on_two(fork_moved);
}

static void
a_child_of_a_pinned_worker_has_all_processors(void **state)
{
	(void)state;
	run_on_two(fork_pinned);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_thread_that_the_program_moved_starts_others_there),
		cmocka_unit_test(
		    a_child_that_the_program_moved_has_its_workers_there),
		cmocka_unit_test(a_child_of_a_pinned_worker_has_all_processors),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
