/* SPDX-License-Identifier: MIT */
#ifndef DOTS_H
#define DOTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A message on its way (RFC 5321, 4.5.2): a line of one dot ends it, so a line
 * that begins with a dot gets another one in front.
 */

/* { 0 }: the message begins. */
struct dots {
	bool inside; /* of a line */
};

/*
 * The next n bytes of a message whose lines end in CR LF, into out, which has
 * room for 2 * n.  How many they became.
 */
size_t dots_add(struct dots *d, const char *in, size_t n, char *out);

#endif
