/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_SWITCH_H
#define SOCKI_ENGINE_SWITCH_H

/*
 * The switch between stacks: no system call and no signal mask.  It is written
 * in place, as an asm statement that says it destroys every register, so that
 * the compiler keeps just what is alive and describes the frame to unwinders;
 * and without a call or a return, which would leave the processor's stack of
 * return addresses out of step, and each return behind it mispredicted.
 *
 * The control bits of floating point are the callee's to keep (System V ABI,
 * 3.2.3; AAPCS64, 6.1.2): they belong to the fiber.  They are loaded only
 * where they differ, since that costs more than all the rest.
 */

#include <stdint.h>

#if (defined(__x86_64__) && defined(__LP64__)) || defined(__aarch64__)
#define SOCKI_SWITCH 1
#else
#define SOCKI_SWITCH 0
#endif

#if SOCKI_SWITCH

/* Where a stack was left; its order is known to the assembly. */
struct socki_context {
	void *sp, *ip, *fp;
	uint32_t control; /* x86-64: MXCSR; aarch64: FPCR */
	uint32_t x87;     /* x86-64: the x87 control word */
};

/* So that entry(arg) begins on a fresh stack that ends at top, 16-aligned. */
void socki_switch_prepare(struct socki_context *context, void *top,
    void (*entry)(void *), void *arg);

#if defined(__x86_64__)

/* MXCSR: all but the sticky flags of exceptions, which nobody keeps. */
#define SOCKI_MXCSR_CONTROL "0xffc0"

/* Registers that the compiler uses only where it may. */
#ifdef __AVX512F__
#define SOCKI_WIDE_REGISTERS \
	"xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", \
	    "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", \
	    "xmm30", "xmm31", "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7",
#else
#define SOCKI_WIDE_REGISTERS
#endif

static inline __attribute__((always_inline)) void
socki_switch(struct socki_context *from, struct socki_context *to)
{
	__asm__ volatile("movq	%%rsp, 0(%[from])\n\t"
			 "leaq	1f(%%rip), %%rax\n\t"
			 "movq	%%rax, 8(%[from])\n\t"
			 "movq	%%rbp, 16(%[from])\n\t"
			 "stmxcsr	24(%[from])\n\t"
			 "fnstcw	28(%[from])\n\t"
			 "movl	24(%[from]), %%eax\n\t"
			 "movzwl	28(%[from]), %%ecx\n\t"
			 "movq	0(%[to]), %%rsp\n\t"
			 "movq	16(%[to]), %%rbp\n\t"
			 "xorl	24(%[to]), %%eax\n\t"
			 "testl	$" SOCKI_MXCSR_CONTROL ", %%eax\n\t"
			 "jne	2f\n\t"
			 "cmpw	28(%[to]), %%cx\n\t"
			 "je		3f\n"
			 "2:	ldmxcsr	24(%[to])\n\t"
			 "fldcw	28(%[to])\n"
			 "3:	jmp	*8(%[to])\n"
			 "1:	endbr64\n"
			 : [from] "+D"(from), [to] "+S"(to)
			 :
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11",
			 "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
			 "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
			 "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
			 SOCKI_WIDE_REGISTERS "cc", "memory");
}

#else

#ifdef __ARM_FEATURE_SVE
#define SOCKI_WIDE_REGISTERS \
	"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", \
	    "p11", "p12", "p13", "p14", "p15",
#else
#define SOCKI_WIDE_REGISTERS
#endif

static inline __attribute__((always_inline)) void
socki_switch(struct socki_context *from, struct socki_context *to)
{
	register struct socki_context *x0 __asm__("x0") = from;
	register struct socki_context *x1 __asm__("x1") = to;

	__asm__ volatile("mov	x9, sp\n\t"
			 "adr	x10, 1f\n\t"
			 "mrs	x11, fpcr\n\t"
			 "stp	x9, x10, [x0]\n\t"
			 "str	x29, [x0, #16]\n\t"
			 "str	w11, [x0, #24]\n\t"
			 "ldp	x9, x10, [x1]\n\t"
			 "ldr	x29, [x1, #16]\n\t"
			 "ldr	w12, [x1, #24]\n\t"
			 "mov	sp, x9\n\t"
			 "cmp	w11, w12\n\t"
			 "b.eq	2f\n\t"
			 "msr	fpcr, x12\n"
			 "2:	br	x10\n"
			 "1:	hint	#36\n" /* bti j */
			 : "+r"(x0), "+r"(x1)
			 :
			 : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",
			 "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
			 "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25",
			 "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3",
			 "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11",
			 "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19",
			 "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
			 "v28", "v29", "v30", "v31", SOCKI_WIDE_REGISTERS "cc",
			 "memory");
}

#endif
#endif

#endif
