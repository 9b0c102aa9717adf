/* SPDX-License-Identifier: MIT */
#include "engine/switch.h"

#include <stdint.h>
#include <string.h>

#if SOCKI_SWITCH && defined(__x86_64__)

/* System V ABI, 3.2.1: rbx, rbp, r12-r15, and the control bits of SSE, x87. */
__asm__(".text\n"
	".p2align 4\n"
	".globl socki_switch\n"
	".hidden socki_switch\n"
	".type socki_switch, @function\n"
	"socki_switch:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	pushq %rbp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %rbx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r12\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r13\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r14\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %r15\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	subq $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	stmxcsr (%rsp)\n"
	"	fnstcw 4(%rsp)\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	ldmxcsr (%rsp)\n"
	"	fldcw 4(%rsp)\n"
	"	addq $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %r15\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %r14\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %r13\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %r12\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rbx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rbp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size socki_switch, .-socki_switch\n"
	/* The first frame: nothing above it, which ends a backtrace. */
	".p2align 4\n"
	".globl socki_switch_begin\n"
	".hidden socki_switch_begin\n"
	".type socki_switch_begin, @function\n"
	"socki_switch_begin:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"	endbr64\n"
	"	movq %r12, %rdi\n"
	"	call *%rbx\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size socki_switch_begin, .-socki_switch_begin\n");

void socki_switch_begin(void);

void *
socki_switch_prepare(void *top, void (*entry)(void *), void *arg)
{
	uint64_t frame[8] = { 0 };
	uint32_t mxcsr;
	uint16_t x87;

	/* The one who starts a fiber hands its rounding mode on. */
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	frame[0] = mxcsr | (uint64_t)x87 << 32;
	frame[4] = (uintptr_t)arg;   /* r12 */
	frame[5] = (uintptr_t)entry; /* rbx */
	frame[7] = (uintptr_t)socki_switch_begin;
	top = (char *)top - sizeof frame;
	memcpy(top, frame, sizeof frame);
	return top;
}

#elif SOCKI_SWITCH && defined(__aarch64__)

/* AAPCS64, 6.1: x19-x30, the low halves of v8-v15, and fpcr. */
__asm__(".text\n"
	".p2align 4\n"
	".globl socki_switch\n"
	".hidden socki_switch\n"
	".type socki_switch, %function\n"
	"socki_switch:\n"
	"	.cfi_startproc\n"
	"	hint #34\n" /* bti c */
	"	sub sp, sp, #176\n"
	"	.cfi_adjust_cfa_offset 176\n"
	"	stp x19, x20, [sp]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mrs x9, fpcr\n"
	"	str x9, [sp, #160]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldr x9, [sp, #160]\n"
	"	msr fpcr, x9\n"
	"	ldp x19, x20, [sp]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #176\n"
	"	.cfi_adjust_cfa_offset -176\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size socki_switch, .-socki_switch\n"
	".p2align 4\n"
	".globl socki_switch_begin\n"
	".hidden socki_switch_begin\n"
	".type socki_switch_begin, %function\n"
	"socki_switch_begin:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	hint #34\n"
	"	mov x0, x19\n"
	"	blr x20\n"
	"	brk #0\n"
	"	.cfi_endproc\n"
	".size socki_switch_begin, .-socki_switch_begin\n");

void socki_switch_begin(void);

void *
socki_switch_prepare(void *top, void (*entry)(void *), void *arg)
{
	uint64_t frame[22] = { 0 };
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	frame[0] = (uintptr_t)arg;                 /* x19 */
	frame[1] = (uintptr_t)entry;               /* x20 */
	frame[11] = (uintptr_t)socki_switch_begin; /* x30 */
	frame[20] = fpcr;
	top = (char *)top - sizeof frame;
	memcpy(top, frame, sizeof frame);
	return top;
}

#else

typedef int socki_switch_is_not_built;

#endif
