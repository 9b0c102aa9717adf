/* SPDX-License-Identifier: MIT */
#include "fetch_ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REQUEST_MAX 32768

static bool
named(const char *line, const char *name)
{
	const size_t n = strlen(name);

	return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

const char *
ask_check_header(const char *line)
{
	/* Wrong ones would end the request early, or the answer. */
	static const char *const ours[] = { "Host", "Connection", "Range",
		"If-Range", "Content-Length", "Transfer-Encoding", "Upgrade",
		"Expect", "TE", "Trailer" };
	const size_t name = strcspn(line, ":");
	const char *c;
	size_t i;

	if (name == 0 || line[name] != ':')
		return "a header is \"Name: value\"";
	for (c = line; c < line + name; c++)
		if (*c <= 0x20 || *c >= 0x7f ||
		    strchr("\"(),/;<=>?@[\\]{}", *c))
			return "no header has such a name";
	for (; *c != '\0'; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return "a header holds no line ends and no controls";
	for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (named(line, ours[i]))
			return "this header is written by fetch itself";
	return NULL;
}

struct text {
	char at[REQUEST_MAX];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	if (t->n >= sizeof t->at)
		return;
	va_start(args, format);
	n = vsnprintf(t->at + t->n, sizeof t->at - t->n, format, args);
	va_end(args);
	t->n += n < 0 ? sizeof t->at : (size_t)n;
}

static void
add_own_headers(struct text *t, const struct options *o)
{
	int i;

	for (i = 0; i < o->header_count; i++)
		add(t, "%s\r\n", o->headers[i]);
}

static bool
says(const struct question *q, const char *name)
{
	int i;

	for (i = 0; q->own_headers && i < q->options->header_count; i++)
		if (named(q->options->headers[i], name))
			return true;
	return false;
}

static void
write_request(struct text *t, const struct question *q)
{
	char authority[URL_HOST_MAX + 8];

	t->n = 0;
	url_authority(q->url, authority, sizeof authority);
	add(t, "%s %s HTTP/1.1\r\nHost: %s\r\n",
	    q->options->head ? "HEAD" : "GET", q->url->target, authority);
	if (!says(q, "User-Agent"))
		add(t, "User-Agent: libsock-fetch/%s\r\n", sock_version());
	if (!says(q, "Accept"))
		add(t, "Accept: */*\r\n");
	/* A range of a compressed body would be no part of the file. */
	if (!says(q, "Accept-Encoding"))
		add(t, "Accept-Encoding: identity\r\n");
	if (q->range != NULL)
		add(t, "Range: bytes=%s\r\n", q->range);
	if (q->range != NULL && q->unless[0] != '\0')
		add(t, "If-Range: %s\r\n", q->unless);
	if (q->own_headers)
		add_own_headers(t, q->options);
	add(t, "Connection: close\r\n\r\n");
}

sock_t
ask(const struct question *q)
{
	const sock_time deadline = patience(q->options);
	char address[URL_HOST_MAX + 16];
	struct text request;
	sock_t s;
	int rc;

	write_request(&request, q);
	url_address(q->url, address, sizeof address);
	s = sock_dial(address, .deadline = deadline, .tls = q->tls,
	    .proxy = q->options->proxy);
	/* Its headers are bounded, and so is all else: it fits. */
	rc = sock_write(s, request.at, request.n, deadline);
	if (s > 0 && rc < 0 && !is_deaf(rc)) {
		sock_close(s);
		return rc;
	}
	return s;
}
