/* SPDX-License-Identifier: MIT */
#include "utf8.h"

size_t
utf8_take(const char *at, size_t n, uint32_t *c)
{
	/* What fits into fewer bytes is not written in more. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)at;
	const size_t length = byte[0] < 0x80 ? 1 :
	    byte[0] < 0xc0                   ? 0 :
	    byte[0] < 0xe0                   ? 2 :
	    byte[0] < 0xf0                   ? 3 :
	    byte[0] < 0xf8                   ? 4 :
					       0;
	size_t i;

	if (length == 0 || length > n)
		return 0;
	*c = length == 1 ? byte[0] : byte[0] & (0x7fU >> length);
	for (i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (byte[i] & 0x3f);
	}
	if (*c < least[length] || *c > 0x10ffff || (*c >> 11) == 0x1b)
		return 0;
	return length;
}

bool
utf8_all(const char *at, size_t n)
{
	uint32_t c;
	size_t used;

	for (; n > 0; at += used, n -= used)
		if ((used = utf8_take(at, n, &c)) == 0)
			return false;
	return true;
}
