/* SPDX-License-Identifier: MIT */
#include "engine/guard.h"

#include <limits.h>

#define SETTLING UINT_MAX /* for a moment */

void
socki_guard_init(struct socki_guard *guard)
{
	pthread_mutex_init(&guard->lock, NULL);
	atomic_init(&guard->forks, socki_fork_count());
}

bool
socki_guard_settle(struct socki_guard *guard, unsigned now)
{
	unsigned then = atomic_load(&guard->forks);

	while (then == SETTLING ||
	    (then != now &&
		!atomic_compare_exchange_strong(&guard->forks, &then,
		    SETTLING)))
		then = atomic_load(&guard->forks);
	if (then == now)
		return false;
	pthread_mutex_init(&guard->lock, NULL);
	pthread_mutex_lock(&guard->lock);
	atomic_store(&guard->forks, now);
	return true;
}
