/* SPDX-License-Identifier: MIT */
#ifndef FETCH_H
#define FETCH_H

#include <sock.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "client_tls.h"

/* What the command line asks for, and what the program answers with. */

#define HEADERS_MAX 32

struct options {
	const char *output; /* NULL: standard output */
	const char *proxy;  /* as sock_dial() wants it, or NULL */
	const char *range;  /* "0-99", "100-", "-5"; NULL: all of it */
	bool resume;
	bool head; /* the head alone, to standard output */
	bool quiet;
	bool downgrade; /* redirects from https to http are followed, too */
	struct client_tls tls;
	int redirects;
	int64_t timeout_ms; /* of connecting, of the head, of silence */
	sock_time deadline; /* of everything */
	const char *headers[HEADERS_MAX]; /* "Name: value", checked */
	int header_count;
};

/* By when the next thing must have happened. */
sock_time patience(const struct options *o);

#endif
