/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include "httpd_text.h"

/*
 * A reader of the heads of HTTP/1 requests (RFC 9112): bytes in, what they ask
 * for out; no I/O, no memory of its own.  What two readers could understand
 * in two ways is refused, since one of the two may stand in front of us: a
 * line that ends in LF alone, a CR elsewhere, folded lines, blanks before a
 * colon, a body with two lengths.
 */

#define REQUEST_LINE_MAX 8192 /* "at least 8000" (RFC 9112, 3) */
#define REQUEST_HEAD_MAX 32768
#define REQUEST_FIELDS_MAX 100

enum method {
	METHOD_UNKNOWN,
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OPTIONS,
	METHOD_CONNECT,
	METHOD_OTHER /* of RFC 9110, and PATCH */
};

/* Fields that are kept as they came.  One that came twice is kept empty. */
enum kept {
	IF_MATCH,
	IF_NONE_MATCH,
	IF_MODIFIED_SINCE,
	IF_UNMODIFIED_SINCE,
	IF_RANGE,
	RANGE,
	KEPT_COUNT
};

/* A zeroed one is where reading begins.  Texts lie in the bytes read. */
struct request {
	enum method method;
	int minor;         /* of the version, HTTP/1.x */
	struct text line;  /* the first one */
	struct text path;  /* "/a%20b"; empty for "*", and with CONNECT */
	struct text query; /* "?x=y", or empty */
	struct text kept[KEPT_COUNT]; /* .at NULL: did not come */
	int64_t length;               /* of the body; INT64_MAX: too long */
	bool chunked;                 /* the body is */
	bool expects;                 /* to be told to go on, 100-continue */
	bool persistent;              /* another request may follow */

	/* the reader's own */
	size_t begin, line_begin, scanned;
	int lines, hosts, lengths, codings;
	bool close, keep_alive;
};

/*
 * Reads a head from its first n bytes.  The number of bytes that it takes; 0:
 * its end is not among them, so call again with more, from the same first
 * byte on; else the status to refuse it with, negative, after which nothing
 * that follows can be understood.
 */
int request_read(struct request *r, const char *in, size_t n);

#endif
