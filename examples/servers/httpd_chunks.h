/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_CHUNKS_H
#define HTTPD_CHUNKS_H

#include "httpd_text.h"

/*
 * Finds the end of a body in chunks (RFC 9112, 7.1), and drops what it holds.
 * No I/O.  A line between chunks that another reader could understand in
 * another way is refused.
 */

#define CHUNKS_LINE_MAX 512 /* a size and its extensions, or a trailer */

/* A zeroed one is where reading begins. */
struct chunks {
	bool whole; /* its end has been read */
	bool wrong; /* it is not understood */

	/* the reader's own */
	int stage;
	int64_t left; /* of a chunk */
	size_t length;
	char line[CHUNKS_LINE_MAX];
};

/* Takes bytes until it is whole or wrong, and says how many. */
size_t chunks_take(struct chunks *c, const char *in, size_t n);

#endif
