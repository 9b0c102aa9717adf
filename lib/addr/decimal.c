/* SPDX-License-Identifier: MIT */
#include "addr/decimal.h"

enum socki_decimal
socki_decimal_parse(uint32_t *out, size_t *used, const char *text, size_t n,
    uint32_t max)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		if (value <= max)
			value = value * 10 + (unsigned char)(text[i] - '0');
	*used = i;
	if (i == 0)
		return SOCKI_DECIMAL_NONE;
	if (i > 1 && text[0] == '0')
		return SOCKI_DECIMAL_ZERO;
	if (value > max)
		return SOCKI_DECIMAL_LARGE;
	*out = (uint32_t)value;
	return SOCKI_DECIMAL_GOOD;
}
