/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_ALONE_H
#define SOCKI_BASE_ALONE_H

#include <stdatomic.h>
#include <stdbool.h>

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define SOCKI_KNOWS_ALONE 1
#endif
#endif

/*
 * The only thread of a process needs no locked instruction, of which a request
 * would take eleven, and each costs 17 to 20 ns where it was measured.  The C
 * library knows, where it is glibc (2.32), and spares malloc(3) its own.
 */
static inline bool
socki_alone(void)
{
#ifdef SOCKI_KNOWS_ALONE
	return __libc_single_threaded != 0;
#else
	return false;
#endif
}

/* *p becomes what is desired if it is *expected, else *expected what it is. */
#define SOCKI_ALONE_SWAP_IF(p, expected, desired) \
	(!socki_alone() ? \
		atomic_compare_exchange_strong(p, expected, desired) : \
		atomic_load_explicit(p, memory_order_relaxed) == *(expected) ? \
		(atomic_store_explicit(p, desired, memory_order_relaxed), \
		    true) : \
		(*(expected) = atomic_load_explicit(p, memory_order_relaxed), \
		    false))

/* *p becomes what is desired; what it was. */
static inline int
socki_alone_swap(_Atomic int *p, int desired)
{
	int was;

	if (!socki_alone())
		return atomic_exchange(p, desired);
	was = atomic_load_explicit(p, memory_order_relaxed);
	atomic_store_explicit(p, desired, memory_order_relaxed);
	return was;
}

#endif
