/* SPDX-License-Identifier: MIT */
#ifndef FETCH_FIELDS_H
#define FETCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lines of a response's head: text in, what they say out; no I/O. */

#define LOCATION_MAX 4096
#define VALIDATOR_MAX 256
#define REASON_MAX 64

/* { .length = -1 } says nothing yet. */
struct fields {
	int64_t length; /* Content-Length; -1: not told */
	bool chunked;
	bool ranged; /* there is a Content-Range, and it is understood: */
	int64_t first, last;         /* -1: of the total alone is told */
	int64_t total;               /* -1: not told */
	char location[LOCATION_MAX]; /* "": not told */
	/* "": not told, or longer than any validator that is worth keeping */
	char etag[VALIDATOR_MAX];
	char modified[VALIDATOR_MAX];
	char date[VALIDATOR_MAX];
};

/*
 * "HTTP/1.1 404 Not Found" (RFC 9112, 4): NULL, or what is wrong.  The reason
 * may hold any byte but controls, and is cut to its room.
 */
const char *
fields_status(const char *line, size_t n, int *status, char reason[REASON_MAX]);

/*
 * A field line without its CR LF (RFC 9112, 5): NULL, or what is wrong.
 * Fields whose names are not above are only checked.
 */
const char *fields_add(struct fields *f, const char *line, size_t n);

/*
 * What If-Range may be asked with later (RFC 9110, 13.1.5): a strong entity
 * tag, else a date that is a strong validator, else "".
 */
const char *fields_validator(const struct fields *f);

#endif
