/* SPDX-License-Identifier: MIT */
#ifndef FETCH_REPLY_H
#define FETCH_REPLY_H

#include "fetch_fields.h"

/*
 * A reader of HTTP/1 responses (RFC 9112): bytes in, in pieces of any size,
 * the body out.  No I/O and no memory of its own; all that a peer can make
 * long has a bound.
 */

#define REPLY_LINE_MAX 16384
#define REPLY_HEAD_MAX 65536 /* with trailers and chunk extensions */

/* A line of the head, "Name: value", as it came, for those who show it. */
typedef void reply_told(void *arg, const char *line, size_t n);

struct reply {
	int status;
	char reason[REASON_MAX];
	struct fields fields;
	bool headed; /* the head has been read; that of a 1xx does not count */
	bool whole;  /* all of it has been read */
	const char *wrong; /* what is, or NULL */
	int64_t received;  /* bytes of the body */
	reply_told *told;  /* or NULL */
	void *arg;

	/* the reader's own */
	int stage;
	bool bodiless;
	bool ended;    /* the line, unless a blank comes: it goes on then */
	int64_t left;  /* of the body, or the chunk; -1: until the end */
	size_t spent;  /* of REPLY_HEAD_MAX */
	size_t length; /* of the line */
	char line[REPLY_LINE_MAX];
};

struct reply_piece {
	const char *at;
	size_t n;
};

/* bodiless: it answers HEAD, and has no body whatever its head says. */
void reply_begin(struct reply *r, bool bodiless);

/*
 * Takes some of n bytes, and says how many: up to the end of the head, or of
 * a piece of the body, which body then shows; body->n 0: none.  Less than n
 * is no error: call again with the rest, while neither whole nor wrong.
 */
size_t
reply_take(struct reply *r, const char *in, size_t n, struct reply_piece *body);

/* The peer finished: sets whole, or wrong. */
void reply_end(struct reply *r);

#endif
