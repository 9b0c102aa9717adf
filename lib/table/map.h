/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_MAP_H
#define SOCKI_TABLE_MAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers to numbers.  Who can choose the keys (an inode, a cookie: any user
 * who opens sockets) must not choose where they fall, so they are hashed with
 * a secret: SipHash-2-4 (Aumasson and Bernstein, 2012).
 */

struct socki_map_slot {
	uint64_t key; /* 0: free */
	uint64_t value;
};

struct socki_map {
	uint64_t secret[2];
	struct socki_map_slot *slots;
	size_t room, count; /* room is 0 or a power of two */
};

void socki_map_start(struct socki_map *map);
void socki_map_end(struct socki_map *map); /* empty, to be used again */

/*
 * The value of a key (not 0), which is 0 when it is new; good until the next
 * call.  NULL: out of memory.
 */
uint64_t *socki_map_put(struct socki_map *map, uint64_t key);

/* 0: not there. */
uint64_t socki_map_get(const struct socki_map *map, uint64_t key);

/* The hash itself, for its test vectors. */
uint64_t socki_map_hash(const uint64_t secret[2], uint64_t key);

#endif
