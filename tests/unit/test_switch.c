/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>

#include "aside.h"
#include "engine/switch.h"
#include "engine/told.h"

#if SOCKI_SWITCH

/* The switch is written in place: the place is a function of its own here. */
void switch_from(struct socki_context *from, struct socki_context *to);

__attribute__((noinline)) void
switch_from(struct socki_context *from, struct socki_context *to)
{
	socki_switch(from, to);
}

/*
 * keeps() fills every register that a callee must keep with the values, leaves
 * for the other stack, and says how many came back changed.
 */
uint64_t keeps(struct socki_context *from, struct socki_context *to,
    const uint64_t *values);

#if defined(__x86_64__)

#define VALUES 6

__asm__(".text\n"
	".type keeps, @function\n"
	"keeps:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	pushq %rdx\n"
	"	movq (%rdx), %rbp\n"
	"	movq 8(%rdx), %rbx\n"
	"	movq 16(%rdx), %r12\n"
	"	movq 24(%rdx), %r13\n"
	"	movq 32(%rdx), %r14\n"
	"	movq 40(%rdx), %r15\n"
	"	call switch_from\n"
	"	popq %rdx\n"
	"	xorl %eax, %eax\n"
	"	xorl %ecx, %ecx\n"
	"	cmpq (%rdx), %rbp\n"
	"	setne %cl\n"
	"	addl %ecx, %eax\n"
	"	cmpq 8(%rdx), %rbx\n"
	"	setne %cl\n"
	"	addl %ecx, %eax\n"
	"	cmpq 16(%rdx), %r12\n"
	"	setne %cl\n"
	"	addl %ecx, %eax\n"
	"	cmpq 24(%rdx), %r13\n"
	"	setne %cl\n"
	"	addl %ecx, %eax\n"
	"	cmpq 32(%rdx), %r14\n"
	"	setne %cl\n"
	"	addl %ecx, %eax\n"
	"	cmpq 40(%rdx), %r15\n"
	"	setne %cl\n"
	"	addl %ecx, %eax\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size keeps, .-keeps\n");

#else /* aarch64 */

#define VALUES 18

#define SAME(offset, reg) \
	"	ldr x9, [x2, #" #offset "]\n" \
	"	cmp x9, " #reg "\n" \
	"	cinc x0, x0, ne\n"
#define SAME_D(offset, reg) "	fmov x10, " #reg "\n" SAME(offset, x10)

__asm__(".text\n"
	".type keeps, %function\n"
	"keeps:\n"
	"	sub sp, sp, #176\n"
	"	stp x29, x30, [sp]\n"
	"	stp x19, x20, [sp, #16]\n"
	"	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	str x2, [sp, #160]\n"
	"	ldp x19, x20, [x2]\n"
	"	ldp x21, x22, [x2, #16]\n"
	"	ldp x23, x24, [x2, #32]\n"
	"	ldp x25, x26, [x2, #48]\n"
	"	ldp x27, x28, [x2, #64]\n"
	"	ldp d8, d9, [x2, #80]\n"
	"	ldp d10, d11, [x2, #96]\n"
	"	ldp d12, d13, [x2, #112]\n"
	"	ldp d14, d15, [x2, #128]\n"
	"	bl switch_from\n"
	"	ldr x2, [sp, #160]\n"
	"	mov x0, #0\n" SAME(0, x19) SAME(8, x20) SAME(16, x21)
	    SAME(24, x22) SAME(32, x23) SAME(40, x24) SAME(48, x25)
		SAME(56, x26) SAME(64, x27) SAME(72, x28) SAME_D(80, d8)
		    SAME_D(88, d9) SAME_D(96, d10) SAME_D(104, d11)
			SAME_D(112, d12) SAME_D(120, d13) SAME_D(128, d14)
			    SAME_D(136, d15) "	ldp x29, x30, [sp]\n"
					     "	ldp x19, x20, [sp, #16]\n"
					     "	ldp x21, x22, [sp, #32]\n"
					     "	ldp x23, x24, [sp, #48]\n"
					     "	ldp x25, x26, [sp, #64]\n"
					     "	ldp x27, x28, [sp, #80]\n"
					     "	ldp d8, d9, [sp, #96]\n"
					     "	ldp d10, d11, [sp, #112]\n"
					     "	ldp d12, d13, [sp, #128]\n"
					     "	ldp d14, d15, [sp, #144]\n"
					     "	add sp, sp, #176\n"
					     "	ret\n"
					     ".size keeps, .-keeps\n");

#endif

#define STACK 65536
#define SWITCHES 1000

/* Two that go back and forth, each with values of its own. */
static struct socki_context here, there;
static struct told told_here, told_there;
static uint64_t values_here[VALUES], values_there[VALUES];
static uint64_t changed;
static int arrivals;
static void *first_argument;
static uintptr_t alignment;

static void
fill(uint64_t *values, uint64_t salt)
{
	int i;

	for (i = 0; i < VALUES; i++)
		values[i] = (salt + (uint64_t)i) * UINT64_C(0x9e3779b97f4a7c15);
}

static void
come_and_go(void *arg)
{
	_Alignas(16) volatile char aligned[16] = { 1 };

	told_arrive(&told_there, &told_here);
	first_argument = arg;
	alignment = (uintptr_t)aligned % 16;
	for (;;) {
		arrivals++;
		told_leave(&told_there, &told_here, 0);
		changed += keeps(&there, &here, values_there);
		told_arrive(&told_there, &told_here);
	}
}

static char *
new_stack(void (*entry)(void *), void *arg)
{
	char *stack = aligned_alloc(64, STACK);

	assert_non_null(stack);
	told_thread(&told_here);
	told_new(&told_there, stack, STACK);
	socki_switch_prepare(&there, stack + STACK, entry, arg);
	return stack;
}

static void
every_register_that_a_callee_keeps_is_kept(void **state)
{
	char *stack = new_stack(come_and_go, &changed);
	unsigned told;
	int i;

	(void)state;
	told = TOLD_STACK_MADE(stack, stack + STACK);
	fill(values_here, 1);
	fill(values_there, 1000);
	for (i = 0; i < SWITCHES; i++) {
		told_leave(&told_here, &told_there, 0);
		changed += keeps(&here, &there, values_here);
		told_arrive(&told_here, &told_there);
	}
	assert_int_equal(changed, 0);
	assert_int_equal(arrivals, SWITCHES);
	assert_ptr_equal(first_argument, &changed);
	assert_int_equal(alignment, 0);
	TOLD_STACK_GONE(told);
	told_gone(&told_there);
	free(stack);
}

#if defined(FE_UPWARD) && defined(FE_DOWNWARD)

static int rounding_found[2];

static void
round_upward(void *arg)
{
	(void)arg;
	told_arrive(&told_there, &told_here);
	rounding_found[0] = fegetround();
	(void)fesetround(FE_UPWARD);
	told_leave(&told_there, &told_here, 0);
	socki_switch(&there, &here);
	told_arrive(&told_there, &told_here);
	rounding_found[1] = fegetround();
	told_leave(&told_there, &told_here, 0);
	socki_switch(&there, &here);
}

static void
the_rounding_mode_stays_with_its_stack(void **state)
{
	char *stack;
	int i;

	(void)state;
	if (RUNNING_ON_VALGRIND)
		skip(); /* it rounds to nearest, always */
	assert_int_equal(fesetround(FE_DOWNWARD), 0);
	stack = new_stack(round_upward, NULL);
	assert_int_equal(fesetround(FE_TONEAREST), 0);
	for (i = 0; i < 2; i++) {
		told_leave(&told_here, &told_there, 0);
		socki_switch(&here, &there);
		told_arrive(&told_here, &told_there);
		assert_int_equal(fegetround(), FE_TONEAREST);
	}
	/* A new stack has the mode of whoever made it. */
	assert_int_equal(rounding_found[0], FE_DOWNWARD);
	assert_int_equal(rounding_found[1], FE_UPWARD);
	told_gone(&told_there);
	free(stack);
}

#endif

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_register_that_a_callee_keeps_is_kept),
#if defined(FE_UPWARD) && defined(FE_DOWNWARD)
		cmocka_unit_test(the_rounding_mode_stays_with_its_stack),
#endif
	};

	return cmocka_run_group_tests_name("switch", tests, NULL, NULL);
}

#else

int
main(void)
{
	puts("SKIP: this machine has no switch of ours");
	return 77;
}

#endif
