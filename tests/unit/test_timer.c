/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/timer.h"

#define SEED 20240917u

static uint32_t
next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A timer and what it was set to, which the heap keeps for itself. */
struct alarm {
	struct socki_timer timer; /* first */
	sock_time at;
};

static struct alarm *
due(struct socki_timers *heap, sock_time now)
{
	return (struct alarm *)(void *)socki_timer_due(heap, now);
}

static void
no_timers_are_due_for_ever(void **state)
{
	struct socki_timers heap = { NULL, 0, 0 };
	struct socki_timer timer = { 0 };

	(void)state;
	assert_true(socki_timer_first(&heap) == SOCK_FOREVER);
	assert_null(socki_timer_due(&heap, SOCK_FOREVER));
	socki_timer_stop(&heap, &timer);
	assert_int_equal(timer.place, 0);
}

static void
a_timer_is_due_from_its_time_on_and_once(void **state)
{
	static const sock_time times[] = { 1, 1000,
		INT64_C(49) * 86400 * 1000000000, SOCK_FOREVER - 1,
		SOCK_FOREVER };
	struct socki_timers heap = { NULL, 0, 0 };
	struct socki_timer timer = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof times / sizeof times[0]; i++) {
		assert_int_equal(socki_timer_start(&heap, &timer, times[i]), 0);
		assert_true(socki_timer_first(&heap) == times[i]);
		assert_null(socki_timer_due(&heap, times[i] - 1));
		assert_ptr_equal(socki_timer_due(&heap, times[i]), &timer);
		assert_int_equal(timer.place, 0);
		assert_null(socki_timer_due(&heap, SOCK_FOREVER));
		socki_timer_stop(&heap, &timer);
	}
	socki_free(heap.nodes);
}

static void
equal_times_are_all_due(void **state)
{
	enum {
		MANY = 100
	};
	struct socki_timers heap = { NULL, 0, 0 };
	struct alarm alarms[MANY];
	struct alarm *a;
	int i, seen = 0;

	(void)state;
	memset(alarms, 0, sizeof alarms);
	for (i = 0; i < MANY; i++)
		assert_int_equal(socki_timer_start(&heap, &alarms[i].timer, 7),
		    0);
	while ((a = due(&heap, 7)) != NULL) {
		assert_int_equal(a->at, 0);
		a->at = 1;
		seen++;
	}
	assert_int_equal(seen, MANY);
	socki_free(heap.nodes);
}

static int
by_time(const void *a, const void *b)
{
	const sock_time x = *(const sock_time *)a, y = *(const sock_time *)b;

	return (x > y) - (x < y);
}

static void
a_hundred_thousand_come_in_order_but_for_the_stopped(void **state)
{
	enum {
		MANY = 100000
	};
	struct socki_timers heap = { NULL, 0, 0 };
	struct alarm *alarms = calloc(MANY, sizeof *alarms), *a;
	sock_time *sorted = calloc(MANY, sizeof *sorted);
	uint32_t random = SEED;
	size_t i, left = 0;

	(void)state;
	assert_non_null(alarms);
	assert_non_null(sorted);
	for (i = 0; i < MANY; i++) {
		alarms[i].at = 1 + next(&random) % (MANY * 2);
		assert_int_equal(socki_timer_start(&heap, &alarms[i].timer,
				     alarms[i].at),
		    0);
	}
	for (i = 0; i < MANY; i++)
		if (next(&random) % 3 == 0) {
			socki_timer_stop(&heap, &alarms[i].timer);
			assert_int_equal(alarms[i].timer.place, 0);
		} else {
			sorted[left++] = alarms[i].at;
		}
	qsort(sorted, left, sizeof *sorted, by_time);
	for (i = 0; i < left; i++) {
		assert_true(socki_timer_first(&heap) == sorted[i]);
		assert_null(socki_timer_due(&heap, sorted[i] - 1));
		a = due(&heap, SOCK_FOREVER);
		assert_non_null(a);
		assert_true(a->at == sorted[i]);
		assert_int_equal(a->timer.place, 0);
	}
	assert_null(due(&heap, SOCK_FOREVER));
	socki_free(heap.nodes);
	free(alarms);
	free(sorted);
}

#define FEW 200

static sock_time
earliest(const struct alarm *alarms)
{
	sock_time first = SOCK_FOREVER;
	int i;

	for (i = 0; i < FEW; i++)
		if (alarms[i].at != 0 && alarms[i].at < first)
			first = alarms[i].at;
	return first;
}

static void
random_starts_stops_and_ends_agree_with_a_list(void **state)
{
	enum {
		STEPS = 100000
	};
	struct socki_timers heap = { NULL, 0, 0 };
	struct alarm alarms[FEW], *a;
	uint32_t random = SEED;
	sock_time now = 1;
	int step;

	(void)state;
	memset(alarms, 0, sizeof alarms);
	for (step = 0; step < STEPS; step++) {
		a = &alarms[next(&random) % FEW];
		if (a->at != 0) {
			socki_timer_stop(&heap, &a->timer);
			a->at = 0;
		} else {
			a->at = now + next(&random) % 1000;
			assert_int_equal(socki_timer_start(&heap, &a->timer,
					     a->at),
			    0);
		}
		now += next(&random) % 4;
		while ((a = due(&heap, now)) != NULL) {
			assert_true(a->at <= now && a->at == earliest(alarms));
			a->at = 0;
		}
		if (socki_timer_first(&heap) != earliest(alarms))
			fail_msg("step %d: the first is another", step);
	}
	socki_free(heap.nodes);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_timers_are_due_for_ever),
		cmocka_unit_test(a_timer_is_due_from_its_time_on_and_once),
		cmocka_unit_test(equal_times_are_all_due),
		cmocka_unit_test(
		    a_hundred_thousand_come_in_order_but_for_the_stopped),
		cmocka_unit_test(
		    random_starts_stops_and_ends_agree_with_a_list),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
