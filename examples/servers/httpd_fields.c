/* SPDX-License-Identifier: MIT */
#include "httpd_fields.h"

#include <string.h>

static const char *const kept_names[KEPT_COUNT] = {
	[IF_MATCH] = "if-match",
	[IF_NONE_MATCH] = "if-none-match",
	[IF_MODIFIED_SINCE] = "if-modified-since",
	[IF_UNMODIFIED_SINCE] = "if-unmodified-since",
	[IF_RANGE] = "if-range",
	[RANGE] = "range",
};

bool
fields_host(struct text t)
{
	size_t i;

	/* RFC 3986, 3.2.2 and 3.2.3; without the user of 3.2.1 */
	for (i = 0; i < t.n; i++)
		if (!is_alnum(t.at[i]) &&
		    (t.at[i] == '\0' ||
			strchr("-._~%!$&'()*+,;=:[]", t.at[i]) == NULL))
			return false;
	return true;
}

/* Two lengths, be they equal, are one more than there is a body. */
static int
add_length(struct request *r, struct text value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (!is_digit(value.at[i]))
			return 400;
	if (value.n == 0 || r->lengths++ > 0)
		return 400;
	r->length = whole_number(value);
	if (r->length < 0)
		r->length = INT64_MAX;
	return 0;
}

/* RFC 9112, 6.1 and 7: chunked comes last, and once. */
static int
add_coding(struct request *r, struct text value)
{
	struct text member;

	while (next_member(&value, &member)) {
		if (r->codings++ > 0 && r->chunked)
			return 400;
		r->chunked = is(member, "chunked");
	}
	if (r->codings == 0)
		return 400;
	return r->chunked && r->codings == 1 ? 0 : 501;
}

static void
add_connection(struct request *r, struct text value)
{
	struct text member;

	while (next_member(&value, &member)) {
		r->close = r->close || is(member, "close");
		r->keep_alive = r->keep_alive || is(member, "keep-alive");
	}
}

static int
add_named(struct request *r, struct text name, struct text value)
{
	int i;

	if (is(name, "host")) {
		r->hosts++;
		return fields_host(value) ? 0 : 400;
	}
	if (is(name, "content-length"))
		return add_length(r, value);
	if (is(name, "transfer-encoding"))
		return add_coding(r, value);
	if (is(name, "connection"))
		add_connection(r, value);
	if (is(name, "expect")) {
		r->expects = is(value, "100-continue");
		return r->expects ? 0 : 417;
	}
	for (i = 0; i < KEPT_COUNT; i++)
		if (is(name, kept_names[i])) {
			if (r->kept[i].at != NULL)
				value.n = 0;
			r->kept[i] = value;
		}
	return 0;
}

int
fields_add(struct request *r, struct text line)
{
	size_t name = 0, i;

	while (name < line.n && is_token(line.at[name]))
		name++;
	if (name == 0 || name == line.n || line.at[name] != ':')
		return 400;
	for (i = name + 1; i < line.n; i++)
		if (((unsigned char)line.at[i] < 0x20 && line.at[i] != '\t') ||
		    line.at[i] == 0x7f)
			return 400;
	if (r == NULL)
		return 0;
	return add_named(r, (struct text){ line.at, name },
	    trimmed((struct text){ line.at + name + 1, line.n - name - 1 }));
}
