/* SPDX-License-Identifier: MIT */
#include "engine/guard.h"

#include <limits.h>

#include "engine/told.h"
#include "sys/sys.h"

#define SETTLING UINT_MAX /* for a moment */

_Atomic bool socki_guard_barriers;

void
socki_guard_prepare(void)
{
#ifndef TOLD_TSAN /* which does not know of them */
	atomic_store(&socki_guard_barriers, socki_sys_barrier_prepare() == 0);
#endif
}

void
socki_guard_barrier(void)
{
	socki_sys_barrier();
}

void
socki_guard_init(struct socki_guard *guard, bool may_have_home)
{
	socki_fork_prepare();
	pthread_mutex_init(&guard->lock, NULL);
	atomic_init(&guard->forks, socki_fork_count());
	atomic_init(&guard->inside, false);
	atomic_init(&guard->shared, false);
	guard->home = may_have_home && socki_guard_has_barriers() ?
	    socki_handle_owner :
	    NULL;
}

/* Whether this is the first lock in this process, which it then has. */
static bool
settle(struct socki_guard *guard, unsigned now)
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
	atomic_store(&guard->shared, true); /* its home is the parent's */
	atomic_store(&guard->forks, now);
	return true;
}

bool
socki_guard_lock_shared(struct socki_guard *guard, unsigned forks)
{
	if (atomic_load_explicit(&guard->forks, memory_order_acquire) !=
		forks &&
	    settle(guard, forks))
		return true;
	pthread_mutex_lock(&guard->lock);
	if (guard->home == NULL || atomic_load(&guard->shared))
		return false;
	atomic_store(&guard->shared, true);
	socki_guard_barrier();
	/* It is for some instructions, unless its processor is taken away. */
	while (atomic_load(&guard->inside))
		(void)socki_sys_poll(NULL, 0, 0);
	return false;
}

int
socki_guard_park(struct socki_guard *guard, struct socki_queue *queue,
    struct socki_waiter *waiter, sock_time deadline)
{
	int rc;

	socki_task_arm_to_doze(waiter->task);
	if (waiter->link == NULL)
		socki_queue_add(queue, waiter);
	socki_guard_unlock(guard);
	rc = socki_task_park(waiter->task, NULL, 0, deadline);
	(void)socki_guard_lock(guard);
	return rc;
}
