/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdlib.h>

static int (*hook)(size_t n);

void
socki_memory_hook(int (*may)(size_t n))
{
	hook = may;
}

static int
refused(size_t n)
{
	return hook != NULL && !hook(n);
}

void *
socki_alloc(size_t n)
{
	return refused(n) ? NULL : malloc(n);
}

void *
socki_zalloc(size_t n)
{
	return refused(n) ? NULL : calloc(1, n);
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
