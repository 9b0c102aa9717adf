/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_STACK_H
#define SOCKI_ENGINE_STACK_H

#include <stddef.h>

/*
 * Stacks for fibers, all of one size, each above a guard of 64 KiB, so that a
 * local array cannot jump it, in slabs of 64.  What a stack never
 * touched costs no memory.  A slab whose stacks are all free is unmapped, but
 * for a few that are kept.
 */
#define SOCKI_STACK_SIZE ((size_t)256 << 10)
#define SOCKI_STACK_MIN ((size_t)16 << 10) /* a dial by name takes 12 KiB */
#define SOCKI_STACK_MAX ((size_t)1 << 30)
#define SOCKI_STACK_GUARD ((size_t)64 << 10)

struct socki_stack {
	char *low, *high; /* the lowest byte above the guard; behind the last */
	struct socki_slab *slab;
	struct socki_stack *next; /* while it is free */
	unsigned told;
};

/*
 * Free stacks of one worker, taken and given without a lock; what is over goes
 * to everybody's.
 */
struct socki_stack_cache {
	struct socki_stack *free;
	unsigned count;
};

/* A stack, from the cache if there is one (it may be NULL); NULL: no memory. */
struct socki_stack *socki_stack_take(struct socki_stack_cache *cache);

/* To the cache, or with NULL to everybody's. */
void
socki_stack_give(struct socki_stack_cache *cache, struct socki_stack *stack);

/*
 * How large they are from now on, 0: SOCKI_STACK_SIZE; while none is taken, or
 * in a child that none will come back to.
 */
void socki_stack_resize(size_t size);
size_t socki_stack_size(void);

/* For pthread_atfork(3). */
void socki_stack_fork_begin(void);
void socki_stack_fork_end(void);

#endif
