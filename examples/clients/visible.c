/* SPDX-License-Identifier: MIT */
#include "visible.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BYTE_ROOM 17 /* all that is held as \xNN, and a NUL */

/*
 * How many bytes of p stand or fall together, which may be more than the n
 * that are there: CR LF, and a character but those of C1, in its shortest form,
 * no surrogate, none beyond U+10FFFF.
 */
static size_t
together(const unsigned char *p, size_t n)
{
	const size_t length = p[0] < 0xc2 ? 1 :
	    p[0] < 0xe0                   ? 2 :
	    p[0] < 0xf0                   ? 3 :
	    p[0] < 0xf5                   ? 4 :
					    1;
	unsigned char least = p[0] == 0xc2 || p[0] == 0xe0 ? 0xa0 :
	    p[0] == 0xf0                                   ? 0x90 :
							     0x80;
	unsigned char most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	size_t i;

	if (p[0] == '\r')
		return n == 1 || p[1] == '\n' ? 2 : 1;
	for (i = 1; i < length && i < n; i++) {
		if (p[i] < least || p[i] > most)
			return 1;
		least = 0x80;
		most = 0xbf;
	}
	return length;
}

static bool
moves_cursor(unsigned char c)
{
	if (c < 0x20)
		return c != '\n' && c != '\t';
	return c >= 0x7f && c < 0xa0;
}

static size_t
give(struct visible *v, bool ended, char *out)
{
	size_t at = 0, given = 0, n;

	for (; at < v->n; at += n) {
		n = together(v->held + at, v->n - at);
		if (n > v->n - at && !ended)
			break;
		if (n > v->n - at)
			n = 1;
		if (n == 1 && moves_cursor(v->held[at])) {
			given += (size_t)snprintf(out + given, 5, "\\x%02x",
			    v->held[at]);
			continue;
		}
		memcpy(out + given, v->held + at, n);
		given += n;
	}
	v->n -= at;
	memmove(v->held, v->held + at, v->n);
	return given;
}

size_t
visible_put(struct visible *v, const char **at, size_t *n,
    char out[VISIBLE_ROOM])
{
	size_t given = 0;

	for (; *n > 0 && given <= VISIBLE_ROOM - BYTE_ROOM; (*at)++, (*n)--) {
		v->held[v->n++] = (unsigned char)**at;
		given += give(v, false, out + given);
	}
	return given;
}

size_t
visible_end(struct visible *v, char out[VISIBLE_ROOM])
{
	return give(v, true, out);
}
