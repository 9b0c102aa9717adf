/* SPDX-License-Identifier: MIT */
#ifndef CONVERSE_H
#define CONVERSE_H

#include <sock.h>
#include <stdatomic.h>

#include "../../clients/visible.h"

/*
 * Standard input to a stream and the stream to standard output, both at once,
 * until both directions have ended.
 */

struct options;

struct terminal {
	sock_t input, output;
	bool rewinds; /* the input is a file, and each peer gets all of it */
	bool shows;   /* what cannot be printed, instead of writing it */
	struct visible visible;
	_Atomic bool stopped; /* by a signal, which cancels but what waits */
};

/* 0, or an exit code, and the error has been told. */
int terminal_open(struct terminal *, const struct options *);

/* All of what a peer sent.  0, or the code of an error. */
int terminal_write(struct terminal *, const char *data, size_t n);

/* The peer has sent all: so is what was held back of it. */
int terminal_end(struct terminal *);

struct conversation {
	const struct options *options;
	struct terminal *terminal;
	sock_t stream;
	const char *peer; /* for errors */
	/* set by conversation_begin() */
	struct sock_group *group;
	_Atomic sock_time active;
	_Atomic bool failed;
	_Atomic bool said_all; /* the input has ended */
	uint64_t sent, received;
};

/* An exit code.  The stream is closed. */
int converse(struct conversation *);

/* A file at standard input begins anew, with --keep. */
void conversation_begin(struct conversation *);

/* By when something must come or go: --timeout after the last did. */
sock_time conversation_patience(struct conversation *);

/* Tells the error of a call; it fails once, however many calls then do. */
void conversation_fails(struct conversation *, int code, const char *subject);

#endif
