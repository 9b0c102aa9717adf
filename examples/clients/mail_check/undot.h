/* SPDX-License-Identifier: MIT */
#ifndef UNDOT_H
#define UNDOT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * An answer of several lines (RFC 1939, 3): a line of one dot ends it, and of a
 * line that begins with one more, that one goes.  Only CR LF ends a line: in a
 * message there may be an LF before a dot, and no answer ends there.
 */

/* { 0 }: the answer begins. */
struct undot {
	int at;
	bool ended;
};

struct undot_piece {
	const char *at;
	size_t n;
};

/*
 * Takes some of n bytes, and says how many: none behind the answer's end.  The
 * piece is what they say.  Call again with the rest while it has not ended.
 */
size_t undot_take(struct undot *u, const char *in, size_t n,
    struct undot_piece *piece);

#endif
