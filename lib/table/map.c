/* SPDX-License-Identifier: MIT */
#include "table/map.h"

#include <string.h>

#include "base/memory.h"
#include "sys/sys.h"

#define ROOM_FIRST 64

void
socki_map_start(struct socki_map *map)
{
	memset(map, 0, sizeof *map);
}

void
socki_map_end(struct socki_map *map)
{
	socki_free(map->slots);
	map->slots = NULL;
	map->room = map->count = 0;
}

static uint64_t
turn(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void
rounds(uint64_t v[4], int count)
{
	while (count-- > 0) {
		v[0] += v[1];
		v[1] = turn(v[1], 13) ^ v[0];
		v[0] = turn(v[0], 32);
		v[2] += v[3];
		v[3] = turn(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = turn(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = turn(v[1], 17) ^ v[2];
		v[2] = turn(v[2], 32);
	}
}

uint64_t
socki_map_hash(const uint64_t secret[2], uint64_t key)
{
	const uint64_t length = (uint64_t)sizeof key << 56;
	uint64_t v[4] = { UINT64_C(0x736f6d6570736575) ^ secret[0],
		UINT64_C(0x646f72616e646f6d) ^ secret[1],
		UINT64_C(0x6c7967656e657261) ^ secret[0],
		UINT64_C(0x7465646279746573) ^ secret[1] };

	v[3] ^= key;
	rounds(v, 2);
	v[0] ^= key;
	v[3] ^= length;
	rounds(v, 2);
	v[0] ^= length;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Where a key is, or the free slot where it would be. */
static struct socki_map_slot *
find(const struct socki_map *map, uint64_t key)
{
	const size_t mask = map->room - 1;
	size_t i = (size_t)socki_map_hash(map->secret, key) & mask;

	while (map->slots[i].key != key && map->slots[i].key != 0)
		i = (i + 1) & mask;
	return &map->slots[i];
}

static int
grow(struct socki_map *map)
{
	struct socki_map larger = *map;
	size_t i;

	if (map->room == 0)
		socki_sys_random(larger.secret, sizeof larger.secret);
	larger.room = map->room == 0 ? ROOM_FIRST : 2 * map->room;
	larger.slots = socki_zalloc(larger.room * sizeof *larger.slots);
	if (larger.slots == NULL)
		return -1;
	for (i = 0; i < map->room; i++)
		if (map->slots[i].key != 0)
			*find(&larger, map->slots[i].key) = map->slots[i];
	socki_free(map->slots);
	*map = larger;
	return 0;
}

uint64_t *
socki_map_put(struct socki_map *map, uint64_t key)
{
	struct socki_map_slot *slot;

	if (2 * map->count >= map->room && grow(map) < 0)
		return NULL;
	slot = find(map, key);
	map->count += slot->key == 0;
	slot->key = key;
	return &slot->value;
}

uint64_t
socki_map_get(const struct socki_map *map, uint64_t key)
{
	return map->room == 0 ? 0 : find(map, key)->value;
}
