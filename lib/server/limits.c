/* SPDX-License-Identifier: MIT */
#include "server/server.h"
#include "sys/sys.h"

int
socki_shared_map(struct sock_server *v)
{
	const size_t counts = v->count * sizeof v->shared->counts[0];
	const size_t peers =
	    v->options.max_per_peer > 0 ? sizeof(struct socki_peers) : 0;
	const bool shared = v->options.mode == SOCK_PROCESSES ||
	    v->options.mode == SOCK_FORKING;
	struct socki_peers *tables;
	void *p;
	unsigned i;
	int rc;

	v->shared_bytes = sizeof *v->shared + counts + v->count * peers;
	rc = shared ? socki_sys_map_shared(&p, v->shared_bytes) :
		      socki_sys_map(&p, v->shared_bytes);
	if (rc < 0)
		return rc;
	v->shared = p;
	v->streams = &v->shared->limits.streams;
	socki_peers_lock_init(&v->shared->limits.peers, shared);
	tables = (struct socki_peers *)(void *)&v->shared->counts[v->count];
	for (i = 0; i < v->count; i++) {
		v->stations[i].counts = &v->shared->counts[i];
		v->stations[i].peers = peers > 0 ? &tables[i] : NULL;
	}
	return 0;
}

/* Those of all processes; each writes its own alone, so none is lost. */
static int
streams(const struct sock_server *v)
{
	unsigned i;
	int n = 0;

	for (i = 0; i < v->count; i++)
		n += atomic_load(&v->shared->counts[i].streams);
	return n;
}

bool
socki_streams_reserve(struct sock_server *v)
{
	int n;

	if (v->options.max_streams <= 0)
		return true;
	n = atomic_fetch_add(v->streams, 1) + 1;
	if (v->streams != &v->shared->limits.streams)
		n = streams(v);
	if (n <= v->options.max_streams)
		return true;
	atomic_fetch_sub(v->streams, 1);
	return false;
}

void
socki_streams_give_back(struct sock_server *v)
{
	if (v->options.max_streams > 0)
		atomic_fetch_sub(v->streams, 1);
}

void
socki_streams_give_room(struct sock_server *v)
{
	socki_streams_give_back(v);
	if (v->options.max_streams > 0 && atomic_load(&v->starving) > 0)
		socki_server_wake(v, SOCKI_ACCEPTOR);
}
