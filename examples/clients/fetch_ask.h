/* SPDX-License-Identifier: MIT */
#ifndef FETCH_ASK_H
#define FETCH_ASK_H

#include "fetch.h"
#include "fetch_url.h"

/* The question: connecting to a server, and a request for one URL. */

/* NULL, or what is wrong with "Name: value" (RFC 9110, 5.5). */
const char *ask_check_header(const char *line);

struct question {
	const struct options *options;
	const struct url *url;
	struct sock_tls *tls; /* for https */
	bool own_headers;     /* those of the command line go there too */
	const char *range;    /* "100-", or NULL */
	const char *unless; /* If-Range: all of it if this has changed, or "" */
};

/* Connects and asks.  A stream, or an error code; sock_errmsg() tells it. */
sock_t ask(const struct question *q);

#endif
