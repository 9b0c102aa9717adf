/* SPDX-License-Identifier: MIT */
#ifndef ROW_H
#define ROW_H

#include <stddef.h>
#include <stdint.h>

/* A message in a list: what its header says, and how it is shown. */

#define HEADER_MAX 16384 /* bytes of a header that are looked at */

struct header {
	char at[HEADER_MAX];
	size_t n;
};

struct row {
	uint32_t number; /* 0: there is none */
	int64_t size;    /* -1: not told */
	char date[32];
	char from[256];
	char subject[512];
};

/* The next bytes of a header; what is beyond its room is left out. */
void header_add(struct header *h, const char *at, size_t n);

/* What Date, From and Subject say (RFC 5322, 3.6), the first of each. */
void row_read(struct row *row, const struct header *h);

/* On standard output. */
void row_show(const struct row *row);

#endif
