/* SPDX-License-Identifier: MIT */
#include "undot.h"

enum {
	LINE_BEGIN,
	LINE_DOT,    /* a dot in front, of which nothing is said yet */
	LINE_DOT_CR, /* and a CR behind it */
	LINE_INSIDE,
	LINE_CR
};

/* Whether the byte is a part of what is said. */
static bool
step(struct undot *u, char c)
{
	switch (u->at) {
	case LINE_BEGIN:
		u->at = c == '.' ? LINE_DOT : c == '\r' ? LINE_CR : LINE_INSIDE;
		return c != '.';
	case LINE_DOT:
		u->at = c == '\r' ? LINE_DOT_CR : LINE_INSIDE;
		return c != '\r';
	case LINE_CR:
		u->at = c == '\n' ? LINE_BEGIN :
		    c == '\r'     ? LINE_CR :
				    LINE_INSIDE;
		return true;
	default:
		u->at = c == '\r' ? LINE_CR : LINE_INSIDE;
		return true;
	}
}

size_t
undot_take(struct undot *u, const char *in, size_t n, struct undot_piece *piece)
{
	size_t used = 0;

	*piece = (struct undot_piece){ in, 0 };
	if (u->at == LINE_DOT_CR && n > 0) {
		u->ended = in[0] == '\n';
		if (u->ended)
			return 1;
		/* That CR was one of the line's, after all. */
		u->at = LINE_CR;
		*piece = (struct undot_piece){ "\r", 1 };
		return 0;
	}
	while (used < n && u->at != LINE_DOT_CR) {
		if (step(u, in[used])) {
			if (piece->n == 0)
				piece->at = in + used;
			piece->n++;
		} else if (piece->n > 0) {
			return used + 1;
		}
		used++;
	}
	return used;
}
