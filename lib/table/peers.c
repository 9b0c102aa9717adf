/* SPDX-License-Identifier: MIT */
#include "table/peers.h"

#include <errno.h>
#include <string.h>

#include "addr/addr.h"
#include "base/memory.h"
#include "table/row.h"

#define ROOM_FIRST 16384

void
socki_peers_start(struct socki_peers *peers)
{
	memset(peers, 0, sizeof *peers);
	socki_map_start(&peers->named);
}

void
socki_peers_end(struct socki_peers *peers)
{
	socki_free(peers->bytes);
	socki_map_end(&peers->named);
	peers->bytes = NULL;
	peers->n = peers->room = peers->at = 0;
}

static int
make_room(struct socki_peers *peers, size_t n)
{
	size_t room = peers->room == 0 ? ROOM_FIRST : peers->room;
	void *larger;

	while (room - peers->n < n)
		room *= 2;
	if (room == peers->room)
		return 0;
	larger = socki_realloc(peers->bytes, room);
	if (larger == NULL)
		return -ENOMEM;
	peers->bytes = larger;
	peers->room = room;
	return 0;
}

int
socki_peers_add(struct socki_peers *peers, const struct socki_message *m)
{
	struct socki_found found;
	uint64_t *where;
	int rc = socki_row_unix(&found, m->body, m->n);

	if (rc == 0)
		rc = make_room(peers, sizeof m->n + m->n);
	if (rc < 0)
		return rc;
	if (found.row.inode != 0 && socki_addr_has_name(&found.row.local)) {
		where = socki_map_put(&peers->named, found.row.inode);
		if (where == NULL)
			return -ENOMEM;
		*where = peers->n + 1;
	}
	memcpy(peers->bytes + peers->n, &m->n, sizeof m->n);
	memcpy(peers->bytes + peers->n + sizeof m->n, m->body, m->n);
	peers->n += sizeof m->n + m->n;
	return 0;
}

static size_t
read_at(const struct socki_peers *peers, size_t at, struct socki_found *out)
{
	size_t n;

	memcpy(&n, peers->bytes + at, sizeof n);
	(void)socki_row_unix(out, peers->bytes + at + sizeof n, n);
	return sizeof n + n;
}

int
socki_peers_next(struct socki_peers *peers, struct socki_found *out)
{
	struct socki_found peer;
	uint64_t where;

	if (peers->at >= peers->n)
		return 0;
	peers->at += read_at(peers, peers->at, out);
	where = out->peer_inode == 0 ?
	    0 :
	    socki_map_get(&peers->named, out->peer_inode);
	if (where != 0) {
		(void)read_at(peers, (size_t)where - 1, &peer);
		out->row.peer = peer.row.local;
	}
	return 1;
}
