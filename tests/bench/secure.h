/* SPDX-License-Identifier: MIT */
#ifndef SECURE_H
#define SECURE_H

#include "peer.h"

/* The side that asks servers of TLS: 1.3 alone, X25519 and AES-128-GCM. */

enum secure_work {
	SECURE_SHAKE,  /* a full handshake, then away */
	SECURE_RESUME, /* with what the connection before was given */
	SECURE_ECHO,   /* requests on connections that stay */
	SECURE_ONCE,   /* one request on each, then silence */
	SECURE_SEND,   /* MB to the server */
	SECURE_GET,    /* MB from it */
};

struct secure_plan {
	enum secure_work work;
	unsigned connections; /* at a time */
	unsigned bytes;       /* of a request for an echo */
	const char *request;  /* what to ask for MB with; NULL: they come */
};

struct secure;

struct secure *
secure_open(const struct peer *peer, const struct secure_plan *plan);

/* Goes on until so many handshakes, answers or MB are done; how many are. */
unsigned secure_run(struct secure *secure, unsigned count);

void secure_close(struct secure *secure);

#endif
