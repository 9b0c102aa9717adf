/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SERVER_PEERS_H
#define SOCKI_SERVER_PEERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct sock_addr;

/*
 * How many conversations each peer has.  A station writes its own table, and
 * all are added up, so that what a station leaves behind whose process has
 * died can be cleared.  The tables have a fixed size and no pointers: they may
 * lie in shared memory.
 */

/* More peers than these, at a time and station, are not limited. */
#define SOCKI_PEERS_ROOM 65536

struct socki_peers {
	unsigned count;
	struct {
		uint64_t key; /* 0: free */
		uint32_t conversations;
	} slots[SOCKI_PEERS_ROOM];
};

/* Guards all tables of a server. */
struct socki_peers_lock {
	pthread_mutex_t mutex;
	uint64_t secret[2];
};

/* shared: among processes, of which one may die with the lock. */
void socki_peers_lock_init(struct socki_peers_lock *lock, bool shared);

/*
 * What is counted together: an IPv4 address, the first 64 bits of IPv6.  Never
 * 0 but for what is neither.
 */
uint64_t
socki_peers_key(const struct socki_peers_lock *lock, const struct sock_addr *a);

/*
 * Adds one of a peer's to mine, of count tables behind all; false: it has max
 * of them already.
 */
bool socki_peers_enter(struct socki_peers_lock *lock, struct socki_peers *mine,
    struct socki_peers *all, unsigned count, uint64_t key, unsigned max);

/* And takes it out again. */
void socki_peers_leave(struct socki_peers_lock *lock, struct socki_peers *mine,
    uint64_t key);

/* Forgets all, for a station that is no more. */
void socki_peers_clear(struct socki_peers_lock *lock, struct socki_peers *mine);

#endif
