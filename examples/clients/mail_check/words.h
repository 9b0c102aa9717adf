/* SPDX-License-Identifier: MIT */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

/*
 * A field's value for a person: its encoded words (RFC 2047) read, where they
 * are UTF-8, ASCII or ISO 8859-1; then UTF-8 alone, in which control
 * characters, and those that turn the direction of writing, are "?".  It is cut
 * to its room and terminated.
 */
void words_read(char *out, size_t room, const char *in, size_t n);

#endif
