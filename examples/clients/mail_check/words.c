/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "../mail/utf8.h"

#define VALUE_MAX 2048

struct output {
	char at[VALUE_MAX];
	size_t n;
};

static void
put(struct output *o, char c)
{
	if (o->n < sizeof o->at)
		o->at[o->n++] = c;
}

/* Latin: a byte is a character of ISO 8859-1. */
static void
put_as(struct output *o, unsigned char c, bool latin)
{
	if (!latin || c < 0x80) {
		put(o, (char)c);
	} else {
		put(o, (char)(0xc0 | c >> 6));
		put(o, (char)(0x80 | (c & 0x3f)));
	}
}

/* Of a hexadecimal or a base64 digit; -1: it is none. */
static int
value_of(char c, const char *digits)
{
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* "Q": base 16 for what is no letter, and '_' for a blank. */
static void
put_quoted(struct output *o, const char *in, size_t n, bool latin)
{
	static const char hex[] = "0123456789ABCDEFabcdef";
	size_t i;
	int high, low;

	for (i = 0; i < n; i++) {
		high =
		    i + 2 < n && in[i] == '=' ? value_of(in[i + 1], hex) : -1;
		low = high < 0 ? -1 : value_of(in[i + 2], hex);
		if (low >= 0) {
			high -= high > 15 ? 6 : 0;
			low -= low > 15 ? 6 : 0;
			put_as(o, (unsigned char)(16 * high + low), latin);
			i += 2;
		} else {
			put_as(o, in[i] == '_' ? ' ' : (unsigned char)in[i],
			    latin);
		}
	}
}

static void
put_base64(struct output *o, const char *in, size_t n, bool latin)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, count = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		const int value = value_of(in[i], digits);

		if (value < 0)
			continue;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			put_as(o, (unsigned char)(bits >> count), latin);
		}
	}
}

static bool
is(const char *at, size_t n, const char *name)
{
	return n == strlen(name) && strncasecmp(at, name, n) == 0;
}

/* Up to the next '?' within n bytes; n: there is none. */
static size_t
part(const char *at, size_t n)
{
	const char *end = memchr(at, '?', n);

	return end == NULL ? n : (size_t)(end - at);
}

/* "=?utf-8?B?...?=" at the front: how long it is, 0 if it is none. */
static size_t
encoded_word(struct output *o, const char *in, size_t n)
{
	size_t charset, from, length;
	bool latin;

	if (n < 8 || memcmp(in, "=?", 2) != 0)
		return 0;
	charset = part(in + 2, n - 2);
	from = 2 + charset + 3; /* behind "?B?" */
	if (from >= n || in[from - 1] != '?')
		return 0;
	length = part(in + from, n - from);
	if (from + length + 2 > n || in[from + length + 1] != '=' ||
	    memchr(in + from, ' ', length) != NULL)
		return 0;
	latin = is(in + 2, charset, "iso-8859-1");
	if (!latin && !is(in + 2, charset, "utf-8") &&
	    !is(in + 2, charset, "us-ascii"))
		return 0;
	if (is(in + from - 2, 1, "Q"))
		put_quoted(o, in + from, length, latin);
	else if (is(in + from - 2, 1, "B"))
		put_base64(o, in + from, length, latin);
	else
		return 0;
	return from + length + 2;
}

/* C0 and DEL, C1, and what reorders a line (U+061C, 200E, 202A, 2066 ...). */
static bool
is_unseen(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void
show(char *out, size_t room, const struct output *o)
{
	size_t at, used, n = 0;
	uint32_t c = 0;

	for (at = 0; at < o->n; at += used == 0 ? 1 : used) {
		used = utf8_take(o->at + at, o->n - at, &c);
		if (n + (used == 0 ? 1 : used) >= room)
			break;
		if (used == 0 || is_unseen(c)) {
			out[n++] = o->at[at] == '\t' ? ' ' : '?';
		} else {
			memcpy(out + n, o->at + at, used);
			n += used;
		}
	}
	out[n] = '\0';
}

void
words_read(char *out, size_t room, const char *in, size_t n)
{
	struct output o = { .n = 0 };
	size_t at = 0, used, blanks;

	while (at < n) {
		used = encoded_word(&o, in + at, n - at);
		if (used == 0) {
			put(&o, in[at++]);
			continue;
		}
		at += used;
		/* Blanks between two of them are no part of the text. */
		for (blanks = at; blanks < n && strchr(" \t", in[blanks]);)
			blanks++;
		if (blanks + 2 < n && memcmp(in + blanks, "=?", 2) == 0)
			at = blanks;
	}
	show(out, room, &o);
}
