/* SPDX-License-Identifier: MIT */
#include "plain.h"

#include <string.h>

size_t
base64(char *out, const char *in, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = (const unsigned char *)in;
	char *const begin = out;

	for (; n > 0; at += 3) {
		const unsigned a = at[0];
		const unsigned b = n > 1 ? at[1] : 0;
		const unsigned c = n > 2 ? at[2] : 0;

		*out++ = digits[a >> 2];
		*out++ = digits[(a & 3) << 4 | b >> 4];
		*out++ = n > 1 ? digits[(b & 15) << 2 | c >> 6] : '=';
		*out++ = n > 2 ? digits[c & 63] : '=';
		n -= n < 3 ? n : 3;
	}
	*out = '\0';
	return (size_t)(out - begin);
}

void
plain_text(char out[PLAIN_ROOM], const char *user, const char *password)
{
	char text[2 * PLAIN_NAME_MAX + 2];
	const size_t name = strlen(user), secret = strlen(password);

	text[0] = '\0'; /* act as nobody else */
	memcpy(text + 1, user, name + 1);
	memcpy(text + name + 2, password, secret);
	(void)base64(out, text, name + secret + 2);
	explicit_bzero(text, sizeof text);
}
