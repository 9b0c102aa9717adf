/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_PEERS_H
#define SOCKI_TABLE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "table/map.h"
#include "table/netlink.h"

/*
 * The dump of UNIX sockets, kept: the kernel tells of a socket its peer's
 * inode, and the peer's name stands in the peer's own message.
 */

struct socki_found;

struct socki_peers {
	unsigned char *bytes; /* messages, as they came */
	size_t n, room, at;
	struct socki_map named; /* inode -> 1 + where its message is */
};

void socki_peers_start(struct socki_peers *peers);
void socki_peers_end(struct socki_peers *peers);

/* Keeps a message.  0; -ENOMEM; -EBADMSG. */
int
socki_peers_add(struct socki_peers *peers, const struct socki_message *message);

/* The next row, with its peer.  1; 0: the end. */
int socki_peers_next(struct socki_peers *peers, struct socki_found *out);

#endif
