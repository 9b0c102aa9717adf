/* SPDX-License-Identifier: MIT */
#include "httpd_request.h"

#include <string.h>
#include <strings.h>

#include "httpd_fields.h"

/*
 * Finds the end of the head.  Nothing is looked at twice however small the
 * pieces are in which it comes.
 */
static int
scan(struct request *r, const char *in, size_t n)
{
	for (;;) {
		const char *lf = memchr(in + r->scanned, '\n', n - r->scanned);
		const size_t end = lf != NULL ? (size_t)(lf - in) : n;

		if (end > r->line_begin && r->lines == 0 &&
		    !is_token(in[r->line_begin]) && in[r->line_begin] != '\r')
			return -400;
		if (end - r->line_begin > REQUEST_LINE_MAX)
			return r->lines == 0 ? -414 : -431;
		if (end >= REQUEST_HEAD_MAX)
			return -431;
		r->scanned = end;
		if (lf == NULL)
			return 0;
		if (end == r->line_begin || in[end - 1] != '\r')
			return -400;
		if (end - r->line_begin > 1)
			r->lines++;
		else if (r->lines > 0)
			return (int)end + 1;
		else /* an empty line before a request is none (2.2) */
			r->begin = end + 1;
		if (r->lines > 1 + REQUEST_FIELDS_MAX)
			return -431;
		r->scanned = r->line_begin = end + 1;
	}
}

static enum method
find_method(struct text t)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = {
		{ "GET", METHOD_GET },
		{ "HEAD", METHOD_HEAD },
		{ "OPTIONS", METHOD_OPTIONS },
		{ "POST", METHOD_OTHER },
		{ "PUT", METHOD_OTHER },
		{ "DELETE", METHOD_OTHER },
		{ "PATCH", METHOD_OTHER },
		{ "TRACE", METHOD_OTHER },
		{ "CONNECT", METHOD_CONNECT },
	};
	size_t i;

	for (i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (t.n == strlen(methods[i].name) &&
		    memcmp(t.at, methods[i].name, t.n) == 0)
			return methods[i].method;
	return METHOD_UNKNOWN;
}

/* Takes "http://host:80" from the front. */
static int
take_authority(struct text *t)
{
	static const char *const schemes[] = { "http://", "https://" };
	size_t i, n = 0, begin;

	for (i = 0; i < 2 && n == 0; i++)
		if (t->n > strlen(schemes[i]) &&
		    strncasecmp(t->at, schemes[i], strlen(schemes[i])) == 0)
			n = strlen(schemes[i]);
	if (n == 0)
		return 400;
	begin = n;
	while (n < t->n && t->at[n] != '/' && t->at[n] != '?')
		n++;
	if (n == begin ||
	    !fields_host((struct text){ t->at + begin, n - begin }))
		return 400;
	t->at += n;
	t->n -= n;
	return 0;
}

/* RFC 9112, 3.2.  Bytes over 0x7f should come as %XX; they do no harm. */
static int
parse_target(struct request *r, struct text t)
{
	const char *query;
	bool whole;
	size_t i;

	for (i = 0; i < t.n; i++)
		if ((unsigned char)t.at[i] < 0x20 || t.at[i] == 0x7f ||
		    t.at[i] == '#')
			return 400;
	if (t.n == 0)
		return 400;
	if (r->method == METHOD_CONNECT)
		return 0;
	if (t.n == 1 && t.at[0] == '*')
		return r->method == METHOD_OPTIONS ? 0 : 400;
	whole = t.at[0] != '/';
	if (whole && take_authority(&t) != 0)
		return 400;
	query = memchr(t.at, '?', t.n);
	r->path = t;
	if (query != NULL) {
		r->path.n = (size_t)(query - t.at);
		r->query = (struct text){ query, t.n - r->path.n };
	}
	if (whole && r->path.n == 0)
		r->path = (struct text){ "/", 1 };
	return r->path.n > 0 && r->path.at[0] == '/' ? 0 : 400;
}

static int
parse_version(struct request *r, struct text t)
{
	if (t.n != 8 || memcmp(t.at, "HTTP/", 5) != 0 || !is_digit(t.at[5]) ||
	    t.at[6] != '.' || !is_digit(t.at[7]))
		return 400;
	r->minor = t.at[7] - '0';
	return t.at[5] == '1' ? 0 : 505;
}

static int
parse_first_line(struct request *r)
{
	const struct text line = r->line;
	const char *target = memchr(line.at, ' ', line.n);
	const char *version;
	size_t method, i;
	int status;

	if (target == NULL)
		return 400;
	method = (size_t)(target++ - line.at);
	for (i = 0; i < method; i++)
		if (!is_token(line.at[i]))
			return 400;
	version = memchr(target, ' ', line.n - method - 1);
	if (version == NULL)
		return 400;
	version++;
	status = parse_version(r,
	    (struct text){ version, line.n - (size_t)(version - line.at) });
	if (status != 0)
		return status;
	r->method = find_method((struct text){ line.at, method });
	return parse_target(r,
	    (struct text){ target, (size_t)(version - 1 - target) });
}

/* RFC 9112, 3.2, 6.1, 6.3 and 9.3 */
static int
conclude(struct request *r)
{
	if (r->hosts > 1 || (r->hosts == 0 && r->minor > 0))
		return 400;
	if (r->codings > 0 && (r->lengths > 0 || r->minor == 0))
		return 400;
	r->persistent = !r->close && (r->minor > 0 || r->keep_alive);
	r->expects = r->expects && r->minor > 0;
	return 0;
}

static int
parse(struct request *r, const char *in, size_t n)
{
	const char *at = in + r->begin, *end;
	int status;

	end = memchr(at, '\r', n - r->begin);
	r->line = (struct text){ at, (size_t)(end - at) };
	if (end[1] != '\n')
		return 400;
	status = parse_first_line(r);
	/* Each line ends in CR LF, that much is known. */
	for (at = end + 2; status == 0 && *at != '\r'; at = end + 2) {
		end = memchr(at, '\r', n - (size_t)(at - in));
		if (end[1] != '\n')
			return 400;
		status = fields_add(r, (struct text){ at, (size_t)(end - at) });
	}
	/* A line that is a CR looks like the end. */
	if (status == 0 && at + 2 != in + n)
		status = 400;
	return status != 0 ? status : conclude(r);
}

int
request_read(struct request *r, const char *in, size_t n)
{
	const int taken = scan(r, in, n);
	int status;

	if (taken <= 0)
		return taken;
	status = parse(r, in, (size_t)taken);
	return status != 0 ? -status : taken;
}
