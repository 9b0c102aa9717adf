/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_SWITCH_H
#define SOCKI_ENGINE_SWITCH_H

/*
 * The switch between stacks: the registers that the machine's procedure call
 * standard says a callee keeps, floating-point control among them, and no
 * signal mask, so no system call.
 */

#if (defined(__x86_64__) && defined(__LP64__)) || defined(__aarch64__)
#define SOCKI_SWITCH 1

/* Leaves this stack at *save and goes on where to was left. */
void socki_switch(void **save, void *to);

/*
 * What to switch to so that entry(arg) begins on a fresh stack that ends at
 * top, a multiple of 16.  entry must not return.
 */
void *socki_switch_prepare(void *top, void (*entry)(void *), void *arg);

#else
#define SOCKI_SWITCH 0
#endif

#endif
