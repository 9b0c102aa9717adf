/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sock/base.h>

#include "base/clock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MS INT64_C(1000000)
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static sock_time fake;

static sock_time
fake_now(void)
{
	return fake;
}

static int
stop_the_clock(void **state)
{
	(void)state;
	socki_clock_source(fake_now);
	return 0;
}

static int
ask_the_kernel(void **state)
{
	(void)state;
	socki_clock_source(NULL);
	return 0;
}

static void
the_kernels_time_is_positive_and_never_goes_back(void **state)
{
	sock_time before = sock_now();
	int i;

	(void)state;
	assert_true(before > 0);
	for (i = 0; i < 1000; i++) {
		const sock_time now = sock_now();

		assert_true(now >= before);
		before = now;
	}
	assert_true(sock_in(0) >= before);
	assert_true(sock_in(DAY_MS) >= before + DAY_MS * MS);
}

static void
a_time_from_now_saturates(void **state)
{
	static const sock_time most = SOCK_FOREVER;
	static const struct {
		sock_time now;
		int64_t ms;
		sock_time want;
	} rows[] = {
		{ 5 * MS, 0, 5 * MS },
		{ 5 * MS, 1, 6 * MS },
		{ 5 * MS, -1, 4 * MS },
		{ 5 * MS, -4, 1 * MS },
		/* Never 0, which is "default", nor -1, which is "nowait". */
		{ 5 * MS, -5, 1 },
		{ 5 * MS, -6, 1 },
		{ 5 * MS + 7, -5, 1 },
		{ 1, -1, 1 },
		{ 1, 0, 1 },
		{ 5 * MS, INT64_MIN, 1 },
		{ 5 * MS, INT64_MIN + 1, 1 },
		/* 32 bits of milliseconds are 49 days. */
		{ 5 * MS, 49 * DAY_MS, 5 * MS + 49 * DAY_MS * MS },
		{ 5 * MS, INT64_C(1) << 32, 5 * MS + (INT64_C(1) << 32) * MS },
		{ 5 * MS, 36500 * DAY_MS, 5 * MS + 36500 * DAY_MS * MS },
		{ 5 * MS, INT64_MAX, most },
		{ 5 * MS, INT64_MAX - 1, most },
		{ 5 * MS, INT64_MAX / MS, most },
		{ 5 * MS, INT64_MAX / MS - 5, INT64_MAX / MS * MS },
		{ 5 * MS, INT64_MAX / MS - 4, most },
		{ INT64_MAX - MS, 1, most },
		{ INT64_MAX - MS, 2, most },
		{ INT64_MAX - MS, 0, INT64_MAX - MS },
		{ INT64_MAX - 1, 1, most },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		fake = rows[i].now;
		if (sock_in(rows[i].ms) != rows[i].want)
			fail_msg("%lld ms from %lld: %lld",
			    (long long)rows[i].ms, (long long)fake,
			    (long long)sock_in(rows[i].ms));
		assert_true(socki_clock_add(fake, rows[i].ms) == rows[i].want);
	}
}

static void
a_deadline_has_passed_from_its_instant_on(void **state)
{
	static const struct {
		sock_time deadline;
		bool passed;
	} rows[] = {
		{ 1, true },
		{ 99, true },
		{ 100, true },
		{ 101, false },
		{ SOCK_NOWAIT, true },
		{ SOCK_FOREVER - 1, false },
		{ SOCK_FOREVER, false },
	};
	size_t i;

	(void)state;
	fake = 100;
	for (i = 0; i < COUNT(rows); i++)
		if (socki_clock_passed(rows[i].deadline) != rows[i].passed)
			fail_msg("%lld", (long long)rows[i].deadline);
	fake = SOCK_FOREVER;
	assert_false(socki_clock_passed(SOCK_FOREVER));
}

static void
an_injected_clock_is_the_only_one(void **state)
{
	(void)state;
	fake = 42;
	assert_true(sock_now() == 42);
	fake = 43;
	assert_true(sock_now() == 43);
	socki_clock_source(NULL);
	assert_true(sock_now() > 43);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_kernels_time_is_positive_and_never_goes_back),
		cmocka_unit_test_setup_teardown(a_time_from_now_saturates,
		    stop_the_clock, ask_the_kernel),
		cmocka_unit_test_setup_teardown(
		    a_deadline_has_passed_from_its_instant_on, stop_the_clock,
		    ask_the_kernel),
		cmocka_unit_test_setup_teardown(
		    an_injected_clock_is_the_only_one, stop_the_clock,
		    ask_the_kernel),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
