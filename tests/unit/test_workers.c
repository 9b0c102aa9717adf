/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "base/clock.h"
#include "workers.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
static int
distinct(const pthread_t *threads, int count)
{
	int i, k, found = 0;

	for (i = 0; i < count; i++) {
		for (k = 0; k < i && !pthread_equal(threads[i], threads[k]);
		     k++)
			;
		found += k == i;
	}
	return found;
}

static void
spread_twelve(void *arg)
{
	struct crowd c = { .group = sock_group_new() };
	int i;

	(void)arg;
	use_four();
	for (i = 0; i < 3 * WORKERS; i++) {
		EXPECT_INT(sock_go_spread(c.group, arrive, &c), 0);
		EXPECT_INT(stats().workers, i < WORKERS ? i + 1 : WORKERS);
	}
	until_arrived(&c, 3 * WORKERS);
	EXPECT_INT(stats().fibers, 3 * WORKERS);
	if (SOCKI_SWITCH)
		EXPECT_INT(distinct(c.threads, 3 * WORKERS), WORKERS);
	for (i = 0; i < WORKERS; i++)
		EXPECT_INT(socki_worker_load(socki_worker_at((unsigned)i, &i)),
		    3);
	disperse(&c);
	until_fibers(0);
}

static void
fibers_are_spread_evenly_over_all_workers(void **state)
{
	(void)state;
	run_in_child(spread_twelve);
}

static void
spread_one_after_another(void *arg)
{
	struct sock_group *g = sock_group_new();
	int i;

	(void)arg;
	use_four();
	for (i = 0; i < 5; i++) {
		EXPECT_INT(sock_go_spread(g, aside_nothing, NULL), 0);
		EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
		until_fibers(0);
	}
	EXPECT_INT(stats().workers, 1);
	sock_group_free(g);
}

static void
a_worker_without_fibers_is_used_before_another_is_started(void **state)
{
	(void)state;
	run_in_child(spread_one_after_another);
}

static void
start_three_here(void *arg)
{
	struct crowd *c = arg;
	int i;

	c->threads[atomic_fetch_add(&c->arrived, 1)] = pthread_self();
	for (i = 0; i < 3; i++)
		EXPECT_INT(sock_go(c->group, arrive, c), 0);
}

static void
go_from_fibers_and_threads(void *arg)
{
	struct crowd first = { .group = sock_group_new() };
	struct crowd spread = { .group = sock_group_new() };

	(void)arg;
	use_four();
	EXPECT_INT(sock_go(first.group, start_three_here, &first), 0);
	EXPECT_INT(sock_go(first.group, start_three_here, &first), 0);
	until_arrived(&first, 8);
	EXPECT_INT(sock_go_spread(spread.group, start_three_here, &spread), 0);
	until_arrived(&spread, 4);
	if (SOCKI_SWITCH) {
		EXPECT_INT(distinct(first.threads, 8), 1);
		EXPECT_INT(distinct(spread.threads, 4), 1);
		EXPECT(!pthread_equal(first.threads[0], spread.threads[0]));
	}
	disperse(&first);
	disperse(&spread);
}

static void
a_fiber_starts_others_beside_it_and_threads_share_the_first(void **state)
{
	(void)state;
	run_in_child(go_from_fibers_and_threads);
}

static const struct {
	const char *what;
	struct sock_runtime_options o;
	int rc;
} options[] = {
	{ "nothing chosen", { .size = sizeof options[0].o }, 0 },
	{ "no size", { .workers = 1 }, SOCK_EUSAGE },
	{ "a worker", { .size = sizeof options[0].o, .workers = 1 }, 0 },
	{ "many", { .size = sizeof options[0].o, .workers = 1024 }, 0 },
	{ "too many", { .size = sizeof options[0].o, .workers = 1025 },
	    SOCK_EUSAGE },
	{ "fewer than none", { .size = sizeof options[0].o, .workers = -1 },
	    SOCK_EUSAGE },
	{ "a small stack", { .size = sizeof options[0].o, .stack = 16 << 10 },
	    0 },
	{ "too small a stack",
	    { .size = sizeof options[0].o, .stack = (16 << 10) - 1 },
	    SOCK_EUSAGE },
	{ "a large stack", { .size = sizeof options[0].o, .stack = 1 << 30 },
	    0 },
	{ "too large a stack",
	    { .size = sizeof options[0].o, .stack = (1 << 30) + 1 },
	    SOCK_EUSAGE },
};

static void
choose_until_too_late(void *arg)
{
	size_t i;

	(void)arg;
	EXPECT_INT(sock_runtime(NULL), SOCK_EUSAGE);
	EXPECT_INT(sock_runtime_stats(NULL), SOCK_EUSAGE);
	for (i = 0; i < COUNT(options); i++)
		if (sock_runtime(&options[i].o) != options[i].rc)
			aside_failed(__FILE__, __LINE__, options[i].what, 0,
			    options[i].rc);
	EXPECT_INT(stats().workers, 0);
	use_four();
	aside_fiber(aside_nothing, NULL);
	EXPECT_INT(sock_runtime(&options[0].o), -EBUSY);
	EXPECT_INT(sock_runtime(&options[1].o), SOCK_EUSAGE);
	EXPECT_INT(socki_worker_count(), WORKERS);
}

static void
options_are_taken_until_the_first_fiber(void **state)
{
	(void)state;
	run_in_child(choose_until_too_late);
}

static void
count_processors(void *arg)
{
	cpu_set_t one;

	(void)arg;
	CPU_ZERO(&one);
	EXPECT_INT(sched_getaffinity(0, sizeof one, &one), 0);
	EXPECT_INT(socki_worker_count(), CPU_COUNT(&one));
}

static void
keep_to_one(void *arg)
{
	cpu_set_t set, one;
	int i;

	EXPECT_INT(sched_getaffinity(0, sizeof set, &set), 0);
	for (i = 0; !CPU_ISSET(i, &set); i++)
		;
	CPU_ZERO(&one);
	CPU_SET(i, &one);
	EXPECT_INT(sched_setaffinity(0, sizeof one, &one), 0);
	count_processors(arg);
	EXPECT_INT(socki_worker_count(), 1);
}

static void
there_are_as_many_workers_as_processors_to_run_on(void **state)
{
	(void)state;
	run_in_child(count_processors);
	run_in_child(keep_to_one);
}

static void
expect_one_processor(void *arg)
{
	cpu_set_t set;

	(void)arg;
	CPU_ZERO(&set);
	EXPECT_INT(sched_getaffinity(0, sizeof set, &set), 0);
	EXPECT_INT(CPU_COUNT(&set), 1);
}

/* Started by one that is pinned, which passes nothing of it on. */
static void
start_others(void *arg)
{
	const cpu_set_t *before = arg;
	cpu_set_t all;

	EXPECT_INT(sock_offload(note_processors, &all, SOCK_FOREVER), 0);
	EXPECT(CPU_EQUAL(before, &all));
	all = spread_over(WORKERS);
	EXPECT_INT(CPU_COUNT(&all),
	    CPU_COUNT(before) < WORKERS ? CPU_COUNT(before) : WORKERS);
}

static void
run_pinned(void *arg)
{
	const struct sock_runtime_options o = { .size = sizeof o,
		.workers = WORKERS,
		.pin = true };
	struct sock_group *g = sock_group_new();
	cpu_set_t before, after;
	int i;

	(void)arg;
	EXPECT_INT(sched_getaffinity(0, sizeof before, &before), 0);
	EXPECT_INT(sock_runtime(&o), 0);
	EXPECT_INT(sock_go(g, start_others, &before), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	for (i = 0; i < 10; i++)
		EXPECT_INT(sock_go_spread(g, expect_one_processor, NULL), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	EXPECT_INT(sched_getaffinity(0, sizeof after, &after), 0);
	EXPECT(CPU_EQUAL(&before, &after));
}

static void
a_pinned_worker_has_one_processor(void **state)
{
	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here, which are not pinned");
	run_in_child(run_pinned);
}

static void
fill_three_quarters(void *arg)
{
	volatile char here[768 << 10];
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof here; i += 1024)
		here[i] = 1;
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	for (i = 0; i < sizeof here; i += 1024)
		EXPECT_INT(here[i], 1);
}

static void
use_large_stacks(void *arg)
{
	const struct sock_runtime_options large = { .size = sizeof large,
		.stack = 1 << 20 };

	(void)arg;
	EXPECT_INT(sock_runtime(&large), 0);
	aside_fiber(fill_three_quarters, NULL);
}

/* The child's stacks are larger than what its parent had, and gave back. */
static void
use_large_ones_after_small_ones(void *arg)
{
	const struct sock_runtime_options small = { .size = sizeof small,
		.stack = (16 << 10) + 1 };

	EXPECT_INT(sock_runtime(&small), 0);
	aside_fiber(aside_nothing, NULL);
	EXPECT_INT(aside_child(use_large_stacks, arg), 0);
}

static void
stacks_are_as_large_as_wished(void **state)
{
	(void)state;
	run_in_child(use_large_stacks);
	run_in_child(use_large_ones_after_small_ones);
}

static _Atomic int64_t injected;

static sock_time
injected_now(void)
{
	return 1000000000000 + atomic_load(&injected);
}

static void
hog(void *arg)
{
	atomic_fetch_add(&injected, *(int64_t *)arg);
}

static void
count_hogs(void *arg)
{
	static const struct {
		int64_t ns;
		int64_t hogs;
	} rows[] = { { 9000000, 0 }, { 11000000, 1 }, { 10000000, 1 },
		{ 3000000000, 2 } };
	size_t i;

	(void)arg;
	socki_clock_source(injected_now);
	for (i = 0; i < COUNT(rows); i++) {
		int64_t ns = rows[i].ns;

		aside_fiber(hog, &ns);
		aside_poke();
		EXPECT_INT(stats().hogs, rows[i].hogs);
	}
	socki_clock_source(NULL);
}

static void
a_fiber_that_hogs_its_worker_is_counted(void **state)
{
	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here, and keep nobody waiting");
	run_in_child(count_hogs);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fibers_are_spread_evenly_over_all_workers),
		cmocka_unit_test(
		    a_worker_without_fibers_is_used_before_another_is_started),
		cmocka_unit_test(
		    a_fiber_starts_others_beside_it_and_threads_share_the_first),
		cmocka_unit_test(options_are_taken_until_the_first_fiber),
		cmocka_unit_test(
		    there_are_as_many_workers_as_processors_to_run_on),
		cmocka_unit_test(a_pinned_worker_has_one_processor),
		cmocka_unit_test(stacks_are_as_large_as_wished),
		cmocka_unit_test(a_fiber_that_hogs_its_worker_is_counted),
	};

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
