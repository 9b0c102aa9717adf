/* SPDX-License-Identifier: MIT */
#ifndef VISIBLE_H
#define VISIBLE_H

#include <stddef.h>

/*
 * What a peer sends, as a terminal may get it.  C0 but tab, LF and CR LF, DEL,
 * and C1, which can move a cursor or make a terminal answer, become \xNN.  C1
 * is U+0080 to U+009F, and these bytes wherever they are no part of a character
 * of UTF-8 (RFC 3629): not every terminal waits for the rest of one that has
 * none.
 */

#define VISIBLE_ROOM 1024

/* { .n = 0 } begins. */
struct visible {
	unsigned char held[4]; /* a character whose rest is to come */
	size_t n;
};

/*
 * The next n bytes, as many as out has room for: both move on.  Then the end,
 * which gives what is held.  How many bytes are in out.
 */
size_t visible_put(struct visible *v, const char **at, size_t *n,
    char out[VISIBLE_ROOM]);
size_t visible_end(struct visible *v, char out[VISIBLE_ROOM]);

#endif
