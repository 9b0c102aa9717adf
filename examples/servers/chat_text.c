/* SPDX-License-Identifier: MIT */
#include "chat_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] = "-_0123456789";
	size_t n = strspn(text, letters);

	if (n == 0)
		return false;
	while (text[n] != '\0' &&
	    (strchr(letters, text[n]) != NULL ||
		strchr(others, text[n]) != NULL))
		n++;
	return text[n] == '\0' && n <= NAME_LENGTH;
}

bool
text_same_name(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

/* The character at p and the number of its bytes; 0: no UTF-8, RFC 3629. */
static size_t
decode(const unsigned char *p, size_t n, uint32_t *character)
{
	const size_t length = p[0] < 0x80 ? 1 :
	    p[0] < 0xc2                   ? 0 :
	    p[0] < 0xe0                   ? 2 :
	    p[0] < 0xf0                   ? 3 :
	    p[0] < 0xf5                   ? 4 :
					    0;
	size_t i;

	if (length == 0 || length > n)
		return 0;
	*character = length == 1 ? p[0] : p[0] & (0x7fU >> length);
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (p[i] & 0x3f);
	}
	if (length == 3 &&
	    (*character < 0x800 || (*character >> 11) == 0xd800 >> 11))
		return 0;
	if (length == 4 && (*character < 0x10000 || *character > 0x10ffff))
		return 0;
	return length;
}

/* Beyond the controls, U+2028 and the like end a line or turn its direction. */
static bool
is_harmless(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c >= 0xa0) &&
	    (c < 0x2028 || c > 0x202e) && (c < 0x2066 || c > 0x2069);
}

void
text_clean(const char *bytes, size_t n, char *out)
{
	const unsigned char *p = (const unsigned char *)bytes;
	uint32_t character;
	size_t length;

	while (n > 0) {
		length = decode(p, n, &character);
		if (length > 0 && is_harmless(character)) {
			memcpy(out, p, length);
			out += length;
		} else {
			/* byte by byte, what follows is looked at again */
			length = 1;
			out += snprintf(out, 5, "\\x%02x", *p);
		}
		p += length;
		n -= length;
	}
	*out = '\0';
}
