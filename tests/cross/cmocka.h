/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_CMOCKA_H
#define SOCK_TEST_CMOCKA_H

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What our tests use of cmocka, for machines where no package has it: for one
 * file a program, and no mocks.
 */

typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
	const char *name;
	void (*test_func)(void **state);
	CMFixtureFunction setup_func, teardown_func;
	void *initial_state;
};

static jmp_buf cmocka_out;
enum {
	CMOCKA_FAILED = 1,
	CMOCKA_SKIPPED
};

#define cmocka_unit_test(f) \
	{ \
#f, f, NULL, NULL, NULL \
	}
#define cmocka_unit_test_setup_teardown(f, s, t) \
	{ \
#f, f, s, t, NULL \
	}
#define cmocka_unit_test_setup(f, s) cmocka_unit_test_setup_teardown(f, s, NULL)
#define cmocka_unit_test_teardown(f, t) \
	cmocka_unit_test_setup_teardown(f, NULL, t)
#define cmocka_unit_test_prestate(f, p) \
	{ \
#f, f, NULL, NULL, p \
	}

static inline void
cmocka_check(int holds, const char *what, const char *file, int line)
{
	if (!holds) {
		fprintf(stderr, "%s:%d: %s\n", file, line, what);
		longjmp(cmocka_out, CMOCKA_FAILED);
	}
}

static inline void
cmocka_same(long long a, long long b, int same, const char *file, int line)
{
	if ((a == b) != same)
		fprintf(stderr, "%lld and %lld: ", a, b);
	cmocka_check((a == b) == same, "assert_int", file, line);
}

static inline void
cmocka_same_text(const char *a, const char *b, const char *file, int line)
{
	if (strcmp(a, b) != 0)
		fprintf(stderr, "\"%s\" and \"%s\": ", a, b);
	cmocka_check(strcmp(a, b) == 0, "assert_string_equal", file, line);
}

#define skip() longjmp(cmocka_out, CMOCKA_SKIPPED)
#define print_message(...) printf(__VA_ARGS__)
#define print_error(...) fprintf(stderr, __VA_ARGS__)
#define fail() cmocka_check(0, "fail", __FILE__, __LINE__)
#define fail_msg(...) \
	do { \
		fprintf(stderr, __VA_ARGS__); \
		fprintf(stderr, ": "); \
		fail(); \
	} while (0)

#define assert_true(c) cmocka_check(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c) cmocka_check(!(c), "not " #c, __FILE__, __LINE__)
#define assert_null(p) assert_true((p) == NULL)
#define assert_non_null(p) assert_true((p) != NULL)
#define assert_ptr_equal(a, b) \
	assert_true((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) \
	assert_true((const void *)(a) != (const void *)(b))
#define assert_int_equal(a, b) \
	cmocka_same((long long)(a), (long long)(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) \
	cmocka_same((long long)(a), (long long)(b), 0, __FILE__, __LINE__)
#define assert_in_range(v, low, high) assert_true((v) >= (low) && (v) <= (high))
#define assert_string_equal(a, b) cmocka_same_text(a, b, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) assert_true(strcmp(a, b) != 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)
#define assert_memory_not_equal(a, b, n) assert_true(memcmp(a, b, n) != 0)

static int
cmocka_run_one(const struct CMUnitTest *test, void **state)
{
	int how;

	*state = test->initial_state != NULL ? test->initial_state : *state;
	how = setjmp(cmocka_out);
	if (how == 0) {
		if (test->setup_func != NULL && test->setup_func(state) != 0)
			fail_msg("%s: its setup fails", test->name);
		test->test_func(state);
	}
	if (test->teardown_func != NULL && test->teardown_func(state) != 0)
		how = CMOCKA_FAILED;
	return how;
}

static int
cmocka_run(const char *group, const struct CMUnitTest *tests, size_t count,
    CMFixtureFunction setup, CMFixtureFunction teardown)
{
	static const char *const words[] = { "OK", "FAILED", "SKIPPED" };
	void *shared = NULL;
	int failed = 0;

	if (setup != NULL && setup(&shared) != 0) {
		fprintf(stderr, "%s: its setup fails\n", group);
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		void *state = shared;
		const int how = cmocka_run_one(&tests[i], &state);

		printf("%s: %s\n", tests[i].name, words[how]);
		failed += how == CMOCKA_FAILED;
	}
	if (teardown != NULL && teardown(&shared) != 0)
		failed++;
	return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown) \
	cmocka_run(#tests, tests, sizeof(tests) / sizeof(tests)[0], setup, \
	    teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	cmocka_run(name, tests, sizeof(tests) / sizeof(tests)[0], setup, \
	    teardown)

#endif
