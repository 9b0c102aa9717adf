/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_MATCH_H
#define HTTPD_MATCH_H

#include "httpd_request.h"

/* What a request asks of the version of a file, and which part of it. */

#define ETAG_ROOM 40

struct version {
	int64_t size;
	int64_t modified; /* seconds since 1970 */
	char etag[ETAG_ROOM];
	bool weak; /* it may change again and keep both its names */
};

/* The version of a file as it is now; modified and now in nanoseconds. */
void version_of(struct version *v, int64_t modified, int64_t size, int64_t now);

struct part {
	int64_t first, length;
};

/*
 * 200: all of it; 206: a part, *p; 304, 412: the conditions (RFC 9110, 13);
 * 416: it has no such part (14).  Several parts at once are answered with all
 * of it, as are those that are not understood.
 */
int match(const struct request *r, const struct version *v, int64_t now,
    struct part *p);

#endif
