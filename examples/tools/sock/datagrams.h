/* SPDX-License-Identifier: MIT */
#ifndef DATAGRAMS_H
#define DATAGRAMS_H

#include <sock.h>

/*
 * The same as a conversation where what travels are messages: each line of
 * standard input is one, with its line end, and each that comes is a line of
 * standard output.
 */

struct conversation;

/* Whether the addresses of this kind send messages. */
bool sends_messages(const struct sock_addr *);

/*
 * With the peer, or, where many may send, with whoever was the last to: an
 * exit code.  Messages have no end (but those over unixpacket:): without a
 * peer it goes on until it is cancelled, else until the input has ended and
 * nothing came for a second, or for as long as --timeout says.  The stream of
 * the conversation is closed.
 */
int exchange(struct conversation *, bool many);

#endif
