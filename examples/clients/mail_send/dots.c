/* SPDX-License-Identifier: MIT */
#include "dots.h"

size_t
dots_add(struct dots *d, const char *in, size_t n, char *out)
{
	char *const begin = out;

	for (; n > 0; in++, n--) {
		if (!d->inside && *in == '.')
			*out++ = '.';
		*out++ = *in;
		d->inside = *in != '\n';
	}
	return (size_t)(out - begin);
}
