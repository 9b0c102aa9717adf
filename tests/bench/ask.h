/* SPDX-License-Identifier: MIT */
#ifndef ASK_H
#define ASK_H

#include "peer.h"

/*
 * The side that asks for echoes: connections that stay, a number of requests on
 * the way on each, and every byte of the answers looked at.
 */

struct ask_plan {
	unsigned connections;
	unsigned bytes; /* of a request, 65,536 at most */
	unsigned depth; /* requests on the way on each connection */
};

struct ask;

struct ask *ask_open(const struct peer *peer, const struct ask_plan *plan);

/* Goes on until so many answers have come; the next requests are sent. */
unsigned ask_run(struct ask *ask, unsigned answers);

void ask_close(struct ask *ask);

/* Bytes to send, from a place in an endless stream of them; 64 KiB and more. */
const unsigned char *ask_bytes(uint64_t from);

#endif
