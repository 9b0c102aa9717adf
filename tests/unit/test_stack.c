/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "aside.h"
#include "base/memory.h"
#include "engine/stack.h"
#include "sys/fault.h"
#include "sys/sys.h"

#if SOCKI_SWITCH

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)

/* Address space and memory in use, in bytes. */
struct usage {
	size_t mapped, resident;
};

static struct usage
usage(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct usage u = { 0, 0 };
	FILE *f = fopen("/proc/self/statm", "re");

	EXPECT(f != NULL && fscanf(f, "%zu %zu", &u.mapped, &u.resident) == 2);
	fclose(f);
	u.mapped *= page;
	u.resident *= page;
	return u;
}

/* Writes to every page of n bytes below its frame, as locals would. */
static void
touch_array(size_t n)
{
	volatile char locals[200 * 1024];
	size_t i;

	for (i = 0; i < n && i < sizeof locals; i += 1024)
		locals[sizeof locals - 1 - i] = (char)i;
	for (i = 0; i < n && i < sizeof locals; i += 1024)
		EXPECT(locals[sizeof locals - 1 - i] == (char)i);
}

static void
use_much(void *arg)
{
	(void)arg;
	touch_array(200 * KIB);
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	touch_array(200 * KIB);
}

static void
two_hundred_kibibytes_of_locals_fit(void **state)
{
	struct sock_group *g = sock_group_new();
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(sock_go(g, use_much, NULL), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	assert_aside();
}

static volatile int endless = 1;

/* Not a tail call, and too much for the optimiser to see through. */
__attribute__((noinline)) static int
go_down(volatile char *above)
{
	volatile char frame[100];

	frame[0] = above[0];
	return endless == 1 ? go_down(frame) + frame[0] : 0;
}

/* Frames that could jump a guard of a few pages. */
__attribute__((noinline)) static int
leap_down(volatile char *above)
{
	volatile char frame[32 * 1024];

	frame[0] = above[0];
	return endless == 1 ? leap_down(frame) + frame[0] : 0;
}

static void
overflow_in_steps(void *arg)
{
	volatile char first = 0;

	(void)arg;
	(void)signal(SIGSEGV, SIG_DFL);
	(void)go_down(&first);
}

static void
overflow_in_leaps(void *arg)
{
	volatile char first = 0;

	(void)arg;
	(void)signal(SIGSEGV, SIG_DFL);
	(void)leap_down(&first);
}

static void
overflow_in_a_fiber(void *run)
{
	struct sock_group *g = sock_group_new();
	void (*overflow)(void *);

	memcpy(&overflow, run, sizeof overflow);
	EXPECT_INT(sock_go(g, overflow, NULL), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
}

static void
an_overflow_is_a_segmentation_fault(void **state)
{
	void (*steps)(void *) = overflow_in_steps;
	void (*leaps)(void *) = overflow_in_leaps;
	int status;

	(void)state;
	if (UNDER_TSAN || RUNNING_ON_VALGRIND || under_emulation())
		ASIDE_SKIP("this tool handles faults before us");
	status = aside_child(overflow_in_a_fiber, &steps);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	status = aside_child(overflow_in_a_fiber, &leaps);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void
write_below(void *arg)
{
	struct socki_stack *stack = socki_stack_take(NULL);
	const size_t below = *(size_t *)arg;

	(void)signal(SIGSEGV, SIG_DFL);
	EXPECT(stack != NULL);
	stack->low[0] = 1;
	stack->high[-1] = 1;
	*(volatile char *)(stack->low - below) = 1;
}

static void
every_byte_of_a_guard_faults(void **state)
{
	size_t below;

	(void)state;
	if (UNDER_TSAN || RUNNING_ON_VALGRIND || under_emulation())
		ASIDE_SKIP("this tool handles faults before us");
	for (below = 1; below <= SOCKI_STACK_GUARD; below += 8191) {
		const int status = aside_child(write_below, &below);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
			fail_msg("%zu bytes below", below);
	}
	below = SOCKI_STACK_GUARD;
	assert_true(WIFSIGNALED(aside_child(write_below, &below)));
}

#define TAKEN 200

static void
stacks_do_not_overlap_and_are_given_back(void **state)
{
	struct socki_stack_cache cache = { NULL, 0 };
	struct socki_stack *stacks[TAKEN];
	struct usage before, after;
	int i, k, round;

	(void)state;
	before = usage();
	for (round = 0; round < 20; round++) {
		for (i = 0; i < TAKEN; i++) {
			stacks[i] = socki_stack_take(i % 2 ? &cache : NULL);
			assert_non_null(stacks[i]);
			assert_true(stacks[i]->high - stacks[i]->low >
			    (ptrdiff_t)(SOCKI_STACK_SIZE - 4 * KIB));
			assert_int_equal((uintptr_t)stacks[i]->high % 64, 0);
			for (k = 0; k < i; k++)
				assert_true(stacks[k]->high +
					    SOCKI_STACK_GUARD <=
					stacks[i]->low ||
				    stacks[i]->high + SOCKI_STACK_GUARD <=
					stacks[k]->low);
			stacks[i]->low[0] = (char)i;
			stacks[i]->high[-1] = (char)i;
		}
		for (i = 0; i < TAKEN; i++) {
			assert_int_equal(stacks[i]->low[0], (char)i);
			assert_int_equal(stacks[i]->high[-1], (char)i);
			socki_stack_give(i % 3 ? &cache : NULL, stacks[i]);
		}
	}
	while (cache.count > 0)
		socki_stack_give(NULL, socki_stack_take(&cache));
	after = usage();
	/* A few slabs are kept: 64 stacks of 324 KiB each. */
	assert_true(after.mapped <= before.mapped + 8 * 21 * MIB);
}

static void
nap(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
}

static void
start_and_end(int count)
{
	struct sock_group *g = sock_group_new();
	int i;

	for (i = 0; i < count; i++)
		assert_int_equal(sock_go(g, nap, NULL), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
}

static void
ten_thousand_fibers_leave_little_behind(void **state)
{
	const int many = aside_many(10000);
	struct usage before, after;
	int round;

	(void)state;
	start_and_end(100);
	before = usage();
	for (round = 0; round < 3; round++)
		start_and_end(many);
	after = usage();
	assert_aside();
	if (UNDER_TSAN || UNDER_ASAN || RUNNING_ON_VALGRIND ||
	    under_emulation())
		ASIDE_SKIP("this tool keeps more of each fiber");
	assert_true(after.mapped <= before.mapped + 200 * MIB);
	assert_true(after.resident <= before.resident + 10 * MIB);
}

static void
fibers_that_may_not_join_leave_nothing_behind(void **state)
{
	struct sock_group *g = sock_group_new();
	struct usage before, after;
	int i;

	(void)state;
	assert_int_equal(sock_group_cancel(g), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(sock_go(g, nap, NULL), -ECANCELED);
	before = usage();
	for (i = 0; i < 2000; i++)
		assert_int_equal(sock_go(g, nap, NULL), -ECANCELED);
	after = usage();
	assert_true(after.mapped <= before.mapped + 100 * MIB);
	sock_group_free(g);
}

static int
none_may(size_t n)
{
	(void)n;
	return 0;
}

static void
without_memory_there_is_no_stack_and_no_leak(void **state)
{
	enum {
		MOST = 8192
	};
	static struct socki_stack *taken[MOST];
	struct usage before, after;
	int i, count;

	(void)state;
	before = usage();
	socki_memory_hook(none_may);
	for (count = 0; count < MOST; count++)
		if ((taken[count] = socki_stack_take(NULL)) == NULL)
			break;
	socki_memory_hook(NULL);
	assert_in_range(count, 0, MOST - 1);
#ifdef SOCK_FAULTS
	for (i = 1; i <= 65; i++) {
		char text[32];

		(void)snprintf(text, sizeof text,
		    i == 65 ? "mmap:ENOMEM@1" : "madvise:ENOMEM@%d", i);
		assert_int_equal(socki_fault_set(text, 1), 0);
		assert_null(socki_stack_take(NULL));
	}
	assert_int_equal(socki_fault_set("mmap:ENOMEM@1", 1), 0);
	assert_int_equal(socki_fault_set(NULL, 1), 0);
#endif
	for (i = 0; i < count; i++)
		socki_stack_give(NULL, taken[i]);
	after = usage();
	assert_true(after.mapped <= before.mapped + MIB);
}

#ifdef SOCK_FAULTS

static void
write_below_with_old_guards(void *below)
{
	/* A kernel that knows no guards: mprotect(2) makes them. */
	EXPECT_INT(socki_fault_set("madvise:EINVAL@1", 1), 0);
	write_below(below);
}

static void
without_guards_of_the_kernel_the_pages_are_protected(void **state)
{
	size_t below = 1;
	int status;

	(void)state;
	if (UNDER_TSAN || RUNNING_ON_VALGRIND || under_emulation())
		ASIDE_SKIP("this tool handles faults before us");
	status = aside_child(write_below_with_old_guards, &below);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

#endif

static void
a_mapping_is_zero_and_zero_again_once_discarded(void **state)
{
	const size_t n = 1 * MIB;
	void *p;
	char *bytes;
	size_t i;

	(void)state;
	assert_int_equal(socki_sys_map(&p, n), 0);
	bytes = p;
	for (i = 0; i < n; i += 512) {
		assert_int_equal(bytes[i], 0);
		bytes[i] = 1;
	}
	assert_int_equal(socki_sys_discard(p, n), 0);
	for (i = 0; i < n; i += 512)
		assert_int_equal(bytes[i], 0);
	socki_sys_unmap(p, n);
	assert_true(socki_sys_map(&p, SIZE_MAX / 2) < 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#ifdef SOCK_FAULTS /* first: what it leaves in its child is for good */
		cmocka_unit_test(
		    without_guards_of_the_kernel_the_pages_are_protected),
#endif
		cmocka_unit_test(an_overflow_is_a_segmentation_fault),
		cmocka_unit_test(every_byte_of_a_guard_faults),
		cmocka_unit_test(two_hundred_kibibytes_of_locals_fit),
		cmocka_unit_test(stacks_do_not_overlap_and_are_given_back),
		cmocka_unit_test(ten_thousand_fibers_leave_little_behind),
		cmocka_unit_test(fibers_that_may_not_join_leave_nothing_behind),
		cmocka_unit_test(without_memory_there_is_no_stack_and_no_leak),
		cmocka_unit_test(
		    a_mapping_is_zero_and_zero_again_once_discarded),
	};

	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}

#else

int
main(void)
{
	puts("SKIP: fibers are threads here, with the system's stacks");
	return 77;
}

#endif
