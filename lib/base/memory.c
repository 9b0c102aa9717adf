/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static int (*_Atomic hook)(size_t n);

void
socki_memory_hook(int (*may)(size_t n))
{
	atomic_store_explicit(&hook, may, memory_order_release);
}

static int
refused(size_t n)
{
	int (*may)(size_t n) =
	    atomic_load_explicit(&hook, memory_order_acquire);

	return may != NULL && !may(n);
}

/* Not seen through by socki_zalloc(): gcc would make a calloc of the two. */
__attribute__((noinline)) void *
socki_alloc(size_t n)
{
	return refused(n) ? NULL : malloc(n);
}

void *
socki_zalloc(size_t n)
{
	void *p = socki_alloc(n);

	/* glibc's calloc passes over what a thread has freed just now. */
	if (p != NULL)
		memset(p, 0, n);
	return p;
}

void *
socki_realloc(void *p, size_t n)
{
	return refused(n) ? NULL : realloc(p, n);
}

void
socki_free(void *p)
{
	free(p);
}
