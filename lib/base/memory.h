/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_MEMORY_H
#define SOCKI_BASE_MEMORY_H

#include <stddef.h>

/* The library's only way to the allocator.  NULL: out of memory. */

void *socki_alloc(size_t n);
void *socki_zalloc(size_t n);
void *socki_realloc(void *p, size_t n); /* on failure p is as it was */
void socki_free(void *p);

/*
 * Asked before every allocation; false makes it fail.  NULL, as at the start,
 * asks nobody.
 */
void socki_memory_hook(int (*may)(size_t n));

#endif
