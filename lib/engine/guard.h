/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_GUARD_H
#define SOCKI_ENGINE_GUARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine/fork.h"

/*
 * The mutex of something that a program may go on using in a child after
 * fork(), where whoever held the mutex is gone.
 */
struct socki_guard {
	pthread_mutex_t lock;
	_Atomic unsigned forks; /* of the process that it is in order for */
};

void socki_guard_init(struct socki_guard *guard);

/* For the one below. */
bool socki_guard_settle(struct socki_guard *guard, unsigned now);

/*
 * Locks.  True: nobody has in this process, and what it guards is as the
 * parent left it, waiters that do not exist here among it.
 */
static inline bool
socki_guard_lock(struct socki_guard *guard)
{
	const unsigned now = socki_fork_count();

	if (atomic_load_explicit(&guard->forks, memory_order_acquire) != now &&
	    socki_guard_settle(guard, now))
		return true;
	pthread_mutex_lock(&guard->lock);
	return false;
}

static inline void
socki_guard_unlock(struct socki_guard *guard)
{
	pthread_mutex_unlock(&guard->lock);
}

#endif
