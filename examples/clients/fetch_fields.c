/* SPDX-License-Identifier: MIT */
#include "fetch_fields.h"

#include <string.h>
#include <strings.h>

#define DIGITS_MAX 18 /* fewer than an int64_t can hold */

struct text {
	const char *at;
	size_t n;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9110, 5.6.2 */
static bool
is_token(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool
is(struct text t, const char *word)
{
	return t.n == strlen(word) && strncasecmp(t.at, word, t.n) == 0;
}

static struct text
trimmed(const char *at, size_t n)
{
	while (n > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		n--;
	}
	while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
		n--;
	return (struct text){ at, n };
}

/* Takes a plain number from the front. */
static bool
number(struct text *t, int64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < t->n && i < DIGITS_MAX && is_digit(t->at[i]); i++)
		*out = 10 * *out + (t->at[i] - '0');
	t->at += i;
	t->n -= i;
	return i > 0 && (t->n == 0 || !is_digit(*t->at));
}

static bool
literal(struct text *t, const char *word)
{
	const size_t n = strlen(word);

	if (t->n < n || strncasecmp(t->at, word, n) != 0)
		return false;
	t->at += n;
	t->n -= n;
	return true;
}

static const char *
add_length(struct fields *f, struct text value)
{
	int64_t length;

	if (!number(&value, &length) || value.n > 0)
		return "its Content-Length is no number";
	if (f->length >= 0 && f->length != length)
		return "it has two lengths";
	f->length = length;
	return NULL;
}

/* "bytes 0-99/100", "bytes 0-99/" and a star, or a star for the range. */
static void
add_range(struct fields *f, struct text value)
{
	int64_t first = -1, last = -1, total = -1;

	f->ranged = false;
	if (!literal(&value, "bytes "))
		return;
	if (!literal(&value, "*/")) {
		if (!number(&value, &first) || !literal(&value, "-") ||
		    !number(&value, &last) || !literal(&value, "/"))
			return;
	}
	if (first >= 0 && literal(&value, "*"))
		total = -1;
	else if (!number(&value, &total))
		return;
	if (value.n > 0 || first > last || (total >= 0 && last >= total))
		return;
	f->ranged = true;
	f->first = first;
	f->last = last;
	f->total = total;
}

static const char *
add_location(struct fields *f, struct text value)
{
	if (value.n >= sizeof f->location)
		return "its Location is over 4,095 bytes";
	if (f->location[0] != '\0' && !is(value, f->location))
		return "it has two Locations";
	memcpy(f->location, value.at, value.n);
	f->location[value.n] = '\0';
	return NULL;
}

static void
keep(char to[VALIDATOR_MAX], struct text value)
{
	if (value.n >= VALIDATOR_MAX)
		value.n = 0;
	memcpy(to, value.at, value.n);
	to[value.n] = '\0';
}

static const char *
add_named(struct fields *f, struct text name, struct text value)
{
	if (is(name, "content-length"))
		return add_length(f, value);
	if (is(name, "location"))
		return add_location(f, value);
	if (is(name, "transfer-encoding")) {
		/* Nothing else was asked for, and twice is not once. */
		if (f->chunked || !is(value, "chunked"))
			return "its Transfer-Encoding is not plain \"chunked\"";
		f->chunked = true;
	} else if (is(name, "content-range")) {
		add_range(f, value);
	} else if (is(name, "etag")) {
		keep(f->etag, value);
	} else if (is(name, "last-modified")) {
		keep(f->modified, value);
	} else if (is(name, "date")) {
		keep(f->date, value);
	}
	return NULL;
}

const char *
fields_add(struct fields *f, const char *line, size_t n)
{
	size_t name = 0, i;

	while (name < n && is_token(line[name]))
		name++;
	if (name == 0 || name == n || line[name] != ':')
		return "a line of its head is no \"Name: value\"";
	for (i = name + 1; i < n; i++)
		if (is_control(line[i]))
			return "a field of its head holds control characters";
	return add_named(f, (struct text){ line, name },
	    trimmed(line + name + 1, n - name - 1));
}

const char *
fields_status(const char *line, size_t n, int *status, char reason[REASON_MAX])
{
	struct text t = { line, n };
	size_t i;

	if (!literal(&t, "HTTP/") || t.n < 1)
		return "it is not HTTP";
	if (t.n < 4 || memcmp(t.at, "1.", 2) != 0 || !is_digit(t.at[2]) ||
	    t.at[3] != ' ')
		return "it is not HTTP/1.0 or HTTP/1.1";
	t.at += 4;
	t.n -= 4;
	if (t.n < 3 || t.at[0] < '1' || t.at[0] > '5' || !is_digit(t.at[1]) ||
	    !is_digit(t.at[2]) || (t.n > 3 && t.at[3] != ' '))
		return "its status is no number from 100 to 599";
	*status = 100 * (t.at[0] - '0') + 10 * (t.at[1] - '0') + t.at[2] - '0';
	t = trimmed(t.at + 3, t.n - 3);
	for (i = 0; i < t.n; i++)
		if (is_control(t.at[i]))
			return "its first line holds control characters";
	if (t.n >= REASON_MAX)
		t.n = REASON_MAX - 1;
	memcpy(reason, t.at, t.n);
	reason[t.n] = '\0';
	return NULL;
}

const char *
fields_validator(const struct fields *f)
{
	if (f->etag[0] == '"')
		return f->etag;
	/* Changed twice in one second, it would have one date for both. */
	if (f->etag[0] == '\0' && f->modified[0] != '\0' &&
	    f->date[0] != '\0' && strcmp(f->date, f->modified) != 0)
		return f->modified;
	return "";
}
