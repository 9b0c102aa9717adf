/* SPDX-License-Identifier: MIT */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Many short pieces to standard output, in few writes. */

#define OUT_ROOM 65536

struct out {
	size_t n;
	bool failed;
	char room[OUT_ROOM];
};

void out_bytes(struct out *, const char *bytes, size_t n); /* as they are */
void out_text(struct out *, const char *text);
void out_number(struct out *, uint64_t);
void out_spaces(struct out *, size_t n);
void out_flush(struct out *);

/*
 * Any bytes, so that a terminal takes none for an order: what is not printable
 * ASCII becomes \xNN.  At most room bytes are written, without a terminator.
 * Returns how many.
 */
size_t safe_text(char *to, size_t room, const char *text);

/* Decimal digits, without a terminator: at most 20. */
size_t number_text(char *to, uint64_t);

#endif
