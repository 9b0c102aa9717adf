/* SPDX-License-Identifier: MIT */
#include "server/peers.h"

#include <errno.h>
#include <sock/addr.h>
#include <string.h>

#include "sys/sys.h"
#include "table/map.h"

#define MASK (SOCKI_PEERS_ROOM - 1)
/* Fuller than this, look-ups become long. */
#define COUNT_MAX (SOCKI_PEERS_ROOM / 8 * 7)

void
socki_peers_lock_init(struct socki_peers_lock *lock, bool shared)
{
	pthread_mutexattr_t attr;

	(void)pthread_mutexattr_init(&attr);
	if (shared) {
		(void)pthread_mutexattr_setpshared(&attr,
		    PTHREAD_PROCESS_SHARED);
		(void)pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	}
	pthread_mutex_init(&lock->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	socki_sys_random(lock->secret, sizeof lock->secret);
}

static void
take(struct socki_peers_lock *lock)
{
	/* Whoever died with it spoiled its own table at most. */
	if (pthread_mutex_lock(&lock->mutex) == EOWNERDEAD)
		(void)pthread_mutex_consistent(&lock->mutex);
}

uint64_t
socki_peers_key(const struct socki_peers_lock *lock, const struct sock_addr *a)
{
	/* Nobody connects from a multicast address: no /64 looks like IPv4. */
	unsigned char prefix[8] = { 0xff };
	uint64_t key;

	if (a->u.sa.sa_family == AF_INET)
		memcpy(prefix + 4, &a->u.in.sin_addr, 4);
	else if (a->u.sa.sa_family == AF_INET6)
		memcpy(prefix, &a->u.in6.sin6_addr, sizeof prefix);
	else
		return 0;
	memcpy(&key, prefix, sizeof key);
	key = socki_map_hash(lock->secret, key);
	return key != 0 ? key : 1;
}

/* Where a key is, or the free slot where it would be. */
static unsigned
find(const struct socki_peers *p, uint64_t key)
{
	unsigned i = (unsigned)key & MASK;

	while (p->slots[i].key != key && p->slots[i].key != 0)
		i = (i + 1) & MASK;
	return i;
}

bool
socki_peers_enter(struct socki_peers_lock *lock, struct socki_peers *mine,
    struct socki_peers *all, unsigned count, uint64_t key, unsigned max)
{
	unsigned i, n = 0, at;

	take(lock);
	for (i = 0; i < count; i++)
		n += all[i].slots[find(&all[i], key)].conversations;
	at = find(mine, key);
	if (n < max &&
	    (mine->slots[at].key == key || mine->count < COUNT_MAX)) {
		mine->count += mine->slots[at].key == 0;
		mine->slots[at].key = key;
		mine->slots[at].conversations++;
	}
	pthread_mutex_unlock(&lock->mutex);
	return n < max;
}

/* Whether what is at i would be looked for in vain if hole stayed free. */
static bool
may_move(const struct socki_peers *p, unsigned i, unsigned hole)
{
	const unsigned home = (unsigned)p->slots[i].key & MASK;

	return ((i - home) & MASK) >= ((i - hole) & MASK);
}

static void
remove_at(struct socki_peers *p, unsigned hole)
{
	unsigned i;

	for (i = (hole + 1) & MASK; p->slots[i].key != 0; i = (i + 1) & MASK)
		if (may_move(p, i, hole)) {
			p->slots[hole] = p->slots[i];
			hole = i;
		}
	p->slots[hole].key = 0;
	p->slots[hole].conversations = 0;
	p->count--;
}

void
socki_peers_leave(struct socki_peers_lock *lock, struct socki_peers *mine,
    uint64_t key)
{
	unsigned at;

	take(lock);
	at = find(mine, key);
	/* It may have come when there was no room for it. */
	if (mine->slots[at].key == key && --mine->slots[at].conversations == 0)
		remove_at(mine, at);
	pthread_mutex_unlock(&lock->mutex);
}

void
socki_peers_clear(struct socki_peers_lock *lock, struct socki_peers *mine)
{
	take(lock);
	memset(mine, 0, sizeof *mine);
	pthread_mutex_unlock(&lock->mutex);
}
