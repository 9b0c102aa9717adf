/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* What people write, so that it can be shown to others. */

#define NAME_LENGTH 16

/* A letter, then letters, digits, - and _; at most 16 of them, ASCII alone. */
bool text_is_name(const char *text);

/* The case of ASCII letters does not count: Anna is not another anna. */
bool text_same_name(const char *a, const char *b);

/*
 * n bytes as a terminal may have them, into out, which has room for 4 n + 1:
 * UTF-8 stays; control characters (C1, too), what turns the direction of
 * writing, and bytes that are no UTF-8 become \xNN.
 */
void text_clean(const char *bytes, size_t n, char *out);

#endif
