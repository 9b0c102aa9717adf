/* SPDX-License-Identifier: MIT */
#include "httpd_text.h"

#include <string.h>
#include <strings.h>

#define DIGITS_MAX 18 /* fewer than an int64_t can hold */

bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
is_token(char c)
{
	return is_alnum(c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
is(struct text t, const char *word)
{
	return t.n == strlen(word) && strncasecmp(t.at, word, t.n) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct text
trimmed(struct text t)
{
	while (t.n > 0 && is_blank(*t.at)) {
		t.at++;
		t.n--;
	}
	while (t.n > 0 && is_blank(t.at[t.n - 1]))
		t.n--;
	return t;
}

bool
next_member(struct text *list, struct text *member)
{
	const char *comma;
	size_t n;

	if (list->n == 0)
		return false;
	comma = memchr(list->at, ',', list->n);
	n = comma != NULL ? (size_t)(comma - list->at) : list->n;
	*member = trimmed((struct text){ list->at, n });
	n += comma != NULL;
	list->at += n;
	list->n -= n;
	return true;
}

int64_t
whole_number(struct text t)
{
	int64_t value = 0;
	size_t i;

	for (i = 0; i < t.n && i < DIGITS_MAX && is_digit(t.at[i]); i++)
		value = 10 * value + (t.at[i] - '0');
	return t.n > 0 && i == t.n ? value : -1;
}

void
put_bytes(struct out *o, const char *at, size_t n)
{
	if (n > o->room - o->used) {
		o->full = true;
		return;
	}
	if (n > 0) /* at may be NULL, which memcpy() is never given */
		memcpy(o->at + o->used, at, n);
	o->used += n;
}

void
put(struct out *o, const char *text)
{
	put_bytes(o, text, strlen(text));
}

void
put_char(struct out *o, char c)
{
	put_bytes(o, &c, 1);
}

static void
put_digits(struct out *o, uint64_t n, unsigned base, size_t least)
{
	char digits[64];
	size_t i = sizeof digits;

	do
		digits[--i] = "0123456789abcdef"[n % base];
	while ((n /= base) > 0 || sizeof digits - i < least);
	put_bytes(o, digits + i, sizeof digits - i);
}

void
put_number(struct out *o, int64_t n)
{
	put_digits(o, (uint64_t)n, 10, 1);
}

void
put_padded(struct out *o, int n, int digits)
{
	put_digits(o, (uint64_t)n, 10, (size_t)digits);
}

void
put_hex(struct out *o, uint64_t n)
{
	put_digits(o, n, 16, 1);
}
