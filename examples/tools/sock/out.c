/* SPDX-License-Identifier: MIT */
#include "out.h"

#include <stdio.h>
#include <string.h>

void
out_flush(struct out *o)
{
	if (o->n > 0 && fwrite(o->room, 1, o->n, stdout) != o->n)
		o->failed = true;
	o->n = 0;
	if (fflush(stdout) != 0)
		o->failed = true;
}

void
out_bytes(struct out *o, const char *bytes, size_t n)
{
	size_t part;

	while (n > 0) {
		if (o->n == sizeof o->room)
			out_flush(o);
		part = sizeof o->room - o->n < n ? sizeof o->room - o->n : n;
		memcpy(o->room + o->n, bytes, part);
		o->n += part;
		bytes += part;
		n -= part;
	}
}

void
out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

void
out_number(struct out *o, uint64_t number)
{
	char digits[20];

	out_bytes(o, digits, number_text(digits, number));
}

void
out_spaces(struct out *o, size_t n)
{
	while (n-- > 0)
		out_bytes(o, " ", 1);
}

size_t
number_text(char *to, uint64_t number)
{
	char digits[20];
	size_t n = 0, i;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

size_t
safe_text(char *to, size_t room, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			if (n + 1 > room)
				break;
			to[n++] = *text;
			continue;
		}
		if (n + 4 > room)
			break;
		to[n++] = '\\';
		to[n++] = 'x';
		to[n++] = hex[c >> 4];
		to[n++] = hex[c & 15];
	}
	return n;
}
