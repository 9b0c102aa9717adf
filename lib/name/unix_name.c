/* SPDX-License-Identifier: MIT */
#include "name/reading.h"

#include <sock/base.h>

#include "addr/addr.h"

#define UNIX_NAME_MAX 107 /* sun_path has 108, one of them a NUL */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte of a UNIX name, or SOCK_EADDR. */
static int
read_byte(struct socki_reading *r)
{
	const unsigned char c = (unsigned char)r->text[r->at];
	int high = -1, low = -1;

	if (c < 0x20 || c == 0x7f)
		return socki_reading_refuse(r,
		    "a control character is written as %XX", r->at);
	if (c != '%') {
		r->at++;
		return c;
	}
	if (r->n - r->at > 2) {
		high = hex_value(r->text[r->at + 1]);
		low = hex_value(r->text[r->at + 2]);
	}
	if (high < 0 || low < 0)
		return socki_reading_refuse(r,
		    "'%' wants two hex digits, and is itself %25", r->at);
	r->at += 3;
	return high << 4 | low;
}

int
socki_reading_unix(struct socki_reading *r, int scheme, struct sock_addr *out)
{
	unsigned char name[UNIX_NAME_MAX];
	const bool abstract = r->at < r->n && r->text[r->at] == '@';
	size_t begin, n = 0;
	int c;

	r->at += abstract;
	while (r->at < r->n) {
		begin = r->at;
		c = read_byte(r);
		if (c < 0)
			return c;
		if (c == 0 && !abstract)
			return socki_reading_refuse(r, "a path has no NUL",
			    begin);
		if (n == sizeof name)
			return socki_reading_refuse(r,
			    "a UNIX name has at most 107 bytes", begin);
		name[n++] = (unsigned char)c;
	}
	if (n == 0)
		return socki_reading_refuse(r, "the UNIX name is empty", r->at);
	socki_addr_unix(out, scheme, name, n, abstract);
	return 0;
}
