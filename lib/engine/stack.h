/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_STACK_H
#define SOCKI_ENGINE_STACK_H

#include <stddef.h>

/*
 * Stacks for fibers: SOCKI_STACK_SIZE bytes each above a guard of 64 KiB, so
 * that a local array cannot jump it, in slabs of 64.  What a stack never
 * touched costs no memory.  A slab whose stacks are all free is unmapped, but
 * for a few that are kept.
 */
#define SOCKI_STACK_SIZE ((size_t)256 << 10)
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

/* For pthread_atfork(3). */
void socki_stack_fork_begin(void);
void socki_stack_fork_end(void);

#endif
