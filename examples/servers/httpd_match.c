/* SPDX-License-Identifier: MIT */
#include "httpd_match.h"

#include <string.h>
#include <strings.h>

#include "httpd_date.h"

#define SECOND 1000000000
/* Clocks of file systems stand still for up to 10 ms, some for 2 s. */
#define SETTLED (2 * (int64_t)SECOND)

void
version_of(struct version *v, int64_t modified, int64_t size, int64_t now)
{
	struct out o = { .at = v->etag, .room = sizeof v->etag - 1 };

	*v = (struct version){ .size = size,
		/* None later than Date (RFC 9110, 8.8.2.1). */
		.modified = (modified < now ? modified : now) / SECOND,
		.weak = now - modified < SETTLED };
	put(&o, v->weak ? "W/\"" : "\"");
	put_hex(&o, (uint64_t)modified);
	put_char(&o, '-');
	put_hex(&o, (uint64_t)size);
	put_char(&o, '"');
	v->etag[o.used] = '\0';
}

static struct text
opaque(struct text tag)
{
	if (tag.n >= 2 && memcmp(tag.at, "W/", 2) == 0)
		return (struct text){ tag.at + 2, tag.n - 2 };
	return tag;
}

/* RFC 9110, 8.8.3.2.  Ours hold no comma, so it does no harm in others'. */
static bool
names(struct text list, const struct version *v, bool strong)
{
	const struct text ours =
	    opaque((struct text){ v->etag, strlen(v->etag) });
	struct text tag, theirs;

	if (list.n == 1 && *list.at == '*')
		return true;
	while (next_member(&list, &tag)) {
		theirs = opaque(tag);
		if (strong && (v->weak || theirs.n != tag.n))
			continue;
		if (theirs.n == ours.n &&
		    memcmp(theirs.at, ours.at, ours.n) == 0)
			return true;
	}
	return false;
}

/* RFC 9110, 13.2.2: 0: go on. */
static int
check(const struct request *r, const struct version *v, int64_t now)
{
	const struct text *k = r->kept;
	int64_t date;

	if (k[IF_MATCH].n > 0) {
		if (!names(k[IF_MATCH], v, true))
			return 412;
	} else if (k[IF_UNMODIFIED_SINCE].n > 0) {
		date = date_parse(k[IF_UNMODIFIED_SINCE], now);
		if (date >= 0 && v->modified > date)
			return 412;
	}
	if (k[IF_NONE_MATCH].n > 0)
		return names(k[IF_NONE_MATCH], v, false) ? 304 : 0;
	if (k[IF_MODIFIED_SINCE].n > 0) {
		date = date_parse(k[IF_MODIFIED_SINCE], now);
		if (date >= 0 && v->modified <= date)
			return 304;
	}
	return 0;
}

/* RFC 9110, 13.1.5 */
static bool
is_same(struct text validator, const struct version *v, int64_t now)
{
	if (validator.n > 0 && memchr(validator.at, '"', validator.n) != NULL)
		return names(validator, v, true);
	return !v->weak && date_parse(validator, now) == v->modified;
}

/* "bytes=0-99", "bytes=100-", "bytes=-100"; false: not understood. */
static bool
parse_range(struct text t, int64_t size, struct part *p)
{
	static const char unit[] = "bytes=";
	const char *dash;
	struct text first, last;
	int64_t end;

	if (t.n < sizeof unit || strncasecmp(t.at, unit, sizeof unit - 1) != 0)
		return false;
	t = trimmed((struct text){ t.at + sizeof unit - 1,
	    t.n - (sizeof unit - 1) });
	dash = memchr(t.at, '-', t.n);
	if (dash == NULL)
		return false;
	first = (struct text){ t.at, (size_t)(dash - t.at) };
	last = (struct text){ dash + 1, t.n - first.n - 1 };
	end = last.n > 0 ? whole_number(last) : INT64_MAX;
	p->first = first.n > 0 ? whole_number(first) : 0;
	if (p->first < 0 || end < p->first || (first.n == 0 && last.n == 0))
		return false;
	if (first.n == 0) {
		p->length = end < size ? end : size;
		p->first = size - p->length;
	} else {
		p->length = (end < size ? end + 1 : size) - p->first;
	}
	return true;
}

int
match(const struct request *r, const struct version *v, int64_t now,
    struct part *p)
{
	const int status = check(r, v, now);

	*p = (struct part){ 0, v->size };
	if (status != 0)
		return status;
	/* The one method for which parts are defined (14.2). */
	if (r->method != METHOD_GET || r->kept[RANGE].n == 0)
		return 200;
	if (r->kept[IF_RANGE].at != NULL && !is_same(r->kept[IF_RANGE], v, now))
		return 200;
	if (!parse_range(r->kept[RANGE], v->size, p)) {
		*p = (struct part){ 0, v->size };
		return 200;
	}
	return p->length > 0 ? 206 : 416;
}
