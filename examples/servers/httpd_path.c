/* SPDX-License-Identifier: MIT */
#include "httpd_path.h"

#include <string.h>

/* One byte, from the front: 0, or a status. */
static int
take_byte(struct text *t, char *byte)
{
	int high, low;

	*byte = *t->at;
	if (*byte != '%') {
		t->at++;
		t->n--;
		return 0;
	}
	if (t->n < 3 || (high = hex_digit(t->at[1])) < 0 ||
	    (low = hex_digit(t->at[2])) < 0)
		return 400;
	*byte = (char)(16 * high + low);
	t->at += 3;
	t->n -= 3;
	if (*byte == '\0')
		return 400;
	return *byte == '/' ? 404 : 0;
}

static bool
is_segment(const char *at, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(at, name, n) == 0;
}

/*
 * What to do with the segment that begins at out + begin, now that its end is
 * known: where the next one begins, or -1: it leads out of the root.
 */
static ptrdiff_t
end_segment(char *out, size_t begin, size_t used)
{
	const size_t n = used - begin;

	if (n == 0 || is_segment(out + begin, n, "."))
		return (ptrdiff_t)begin;
	if (!is_segment(out + begin, n, "..")) {
		out[used] = '/';
		return (ptrdiff_t)used + 1;
	}
	if (begin == 0)
		return -1;
	begin--;
	while (begin > 0 && out[begin - 1] != '/')
		begin--;
	return (ptrdiff_t)begin;
}

int
path_decode(struct text in, char out[PATH_ROOM])
{
	ptrdiff_t begin = 0;
	size_t used = 0;
	char byte;
	int status;

	while (in.n > 0) {
		const bool slash = *in.at == '/';

		if ((status = take_byte(&in, &byte)) != 0)
			return status;
		if (slash) {
			begin = end_segment(out, (size_t)begin, used);
			if (begin < 0)
				return 400;
			used = (size_t)begin;
		} else {
			out[used++] = byte;
		}
		if (used + 2 > PATH_ROOM)
			return 414;
	}
	/* "." and ".." at the end are folders (RFC 3986, 5.2.4). */
	if (is_segment(out + begin, used - (size_t)begin, ".") ||
	    is_segment(out + begin, used - (size_t)begin, "..")) {
		begin = end_segment(out, (size_t)begin, used);
		if (begin < 0)
			return 400;
		used = (size_t)begin;
	}
	out[used] = '\0';
	return 0;
}

void
path_encode(struct out *o, const char *path)
{
	for (; *path != '\0'; path++) {
		const unsigned char c = (unsigned char)*path;

		if (is_alnum(*path) || strchr("-._~/", c) != NULL) {
			put_char(o, *path);
		} else {
			put_char(o, '%');
			put_char(o, "0123456789ABCDEF"[c >> 4]);
			put_char(o, "0123456789ABCDEF"[c & 15]);
		}
	}
}
