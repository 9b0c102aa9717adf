/* SPDX-License-Identifier: MIT */
#include "engine/switch.h"

#if SOCKI_SWITCH

#include <string.h>

/*
 * The first frame of a stack: it calls the function with the argument that lie
 * there.  Nothing is above it, which ends a backtrace.
 */
#if defined(__x86_64__)
__asm__(".text\n"
	".p2align 4\n"
	".hidden socki_switch_begin\n"
	".globl socki_switch_begin\n"
	".type socki_switch_begin, @function\n"
	"socki_switch_begin:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"	endbr64\n"
	"	movq (%rsp), %rdi\n"
	"	call *8(%rsp)\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size socki_switch_begin, .-socki_switch_begin\n");
#else
__asm__(".text\n"
	".p2align 4\n"
	".hidden socki_switch_begin\n"
	".globl socki_switch_begin\n"
	".type socki_switch_begin, %function\n"
	"socki_switch_begin:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	hint #36\n" /* bti j */
	"	ldp x0, x1, [sp]\n"
	"	blr x1\n"
	"	brk #0\n"
	"	.cfi_endproc\n"
	".size socki_switch_begin, .-socki_switch_begin\n");
#endif

void socki_switch_begin(void);

/* Who starts a fiber hands its rounding mode on. */
static void
copy_control(struct socki_context *context)
{
#if defined(__x86_64__)
	uint16_t x87;

	__asm__ volatile("stmxcsr %0" : "=m"(context->control));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	context->x87 = x87;
#else
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	context->control = (uint32_t)fpcr;
	context->x87 = 0;
#endif
}

void
socki_switch_prepare(struct socki_context *context, void *top,
    void (*entry)(void *), void *arg)
{
	const uintptr_t frame[2] = { (uintptr_t)arg, (uintptr_t)entry };

	context->sp = (char *)top - sizeof frame;
	context->ip = (void *)(uintptr_t)socki_switch_begin;
	context->fp = NULL;
	copy_control(context);
	memcpy(context->sp, frame, sizeof frame);
}

#else

typedef int socki_switch_is_not_built;

#endif
