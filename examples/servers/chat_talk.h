/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TALK_H
#define CHAT_TALK_H

#include <sock.h>

struct hall;

struct talks {
	struct hall *hall;
	int outbox; /* lines that a reader may be behind */
};

/*
 * A conversation, from its first word to its last; talks is a struct talks.
 * Two fibers hold it: one writes what comes into its outbox, one reads and
 * hands what was said to the hall.  It ends when the peer does, says /quit, or
 * does not read; or when the hall closes.
 */
void talk(sock_t s, void *talks);

#endif
