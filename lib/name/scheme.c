/* SPDX-License-Identifier: MIT */
#include "name/reading.h"

#include <sock/addr.h>
#include <sock/base.h>

#include <stdio.h>
#include <string.h>

#include "addr/addr.h"
#include "base/error.h"

static bool
same_word(const char *word, const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (word[i] == '\0' || (text[i] | 0x20) != word[i])
			return false;
	return word[n] == '\0';
}

bool
socki_reading_could_be_scheme(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const char c = text[i];
		const char lower = (char)(c | 0x20);

		if (lower >= 'a' && lower <= 'z')
			continue;
		if (i == 0 || strchr("0123456789+-.", c) == NULL || c == '\0')
			return false;
	}
	return n > 0;
}

int
socki_reading_unknown_scheme(const struct socki_reading *r, size_t n)
{
	char known[64] = "";
	size_t used = 0;
	int i;

	for (i = SOCK_SCHEME_TCP; i <= SOCK_SCHEME_UNIXPACKET; i++)
		used += (size_t)snprintf(known + used, sizeof known - used,
		    "%s, ", socki_addr_scheme_name(i));
	return socki_why(r->why, SOCK_EADDR,
	    "unknown scheme \"%.*s\", at byte 0; known: %ssrv",
	    n < 32 ? (int)n : 32, r->text, known);
}

static bool
slashes_at(const struct socki_reading *r, size_t at)
{
	return r->n - at >= 2 && r->text[at] == '/' && r->text[at + 1] == '/';
}

/* Behind a scheme and its colon, of n bytes. */
static void
go_behind(struct socki_reading *r, size_t n)
{
	r->at = n;
	if (slashes_at(r, n))
		r->at += 2;
}

bool
socki_reading_is_srv(struct socki_reading *r)
{
	if (r->n < 4 || r->text[3] != ':' || !same_word("srv", r->text, 3))
		return false;
	go_behind(r, 4);
	return true;
}

int
socki_reading_scheme(struct socki_reading *r, uint8_t *out)
{
	const char *colon = memchr(r->text, ':', r->n);
	const bool is_unix = r->text[0] == '/' || r->text[0] == '@';
	size_t n;
	int i;

	if (is_unix != (r->scheme >= SOCK_SCHEME_UNIX))
		*out = is_unix ? SOCK_SCHEME_UNIX : SOCK_SCHEME_TCP;
	if (is_unix)
		return 0;
	if (colon == NULL)
		return 0;
	n = (size_t)(colon - r->text);
	for (i = SOCK_SCHEME_TCP; i <= SOCK_SCHEME_UNIXPACKET; i++)
		if (same_word(socki_addr_scheme_name(i), r->text, n))
			break;
	if (i > SOCK_SCHEME_UNIXPACKET)
		return slashes_at(r, n + 1) &&
			socki_reading_could_be_scheme(r->text, n) ?
		    socki_reading_unknown_scheme(r, n) :
		    0;
	*out = (uint8_t)i;
	go_behind(r, n + 1);
	return 0;
}
