/* SPDX-License-Identifier: MIT */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The character at the front of n bytes (RFC 3629): how many bytes it has, 0 if
 * that is no UTF-8.  n is not 0.
 */
size_t utf8_take(const char *at, size_t n, uint32_t *c);

/* Whether all of it is. */
bool utf8_all(const char *at, size_t n);

#endif
