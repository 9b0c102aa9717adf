/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_GUARD_H
#define SOCKI_ENGINE_GUARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/handle.h"
#include "engine/fork.h"
#include "engine/task.h"

/*
 * The mutex of something that a program may go on using in a child after
 * fork(), where whoever held the mutex is gone.
 *
 * It may have a worker for its home, whose fibers then lock without a locked
 * instruction (17 ns each) for as long as nobody else comes: the first who does
 * makes it an ordinary mutex for good.  The home writes that it is inside and
 * then looks whether it still is alone, and so does the other one the other way
 * round; the barrier between the two, which both would need, the other one has
 * the kernel put into all threads: membarrier(2).
 */
struct socki_guard {
	pthread_mutex_t lock;
	_Atomic unsigned forks; /* of the process that it is in order for */
	_Atomic bool inside;    /* the home is, without the lock */
	_Atomic bool shared;
	const struct socki_owner *home; /* NULL: nobody's */
};

/* The calling fiber's worker becomes the home, if it may have one. */
void socki_guard_init(struct socki_guard *guard, bool may_have_home);

/* Once before the first worker of a process. */
void socki_guard_prepare(void);

/* Whether the kernel puts barriers into all threads when it is asked for one. */
extern _Atomic bool socki_guard_barriers;

static inline bool
socki_guard_has_barriers(void)
{
	return atomic_load_explicit(&socki_guard_barriers,
	    memory_order_relaxed);
}

/* Others will come, from whom the home can spare the barrier. */
static inline void
socki_guard_share(struct socki_guard *guard)
{
	if (guard->home == socki_handle_owner)
		atomic_store_explicit(&guard->shared, true,
		    memory_order_release);
}

void socki_guard_barrier(void);

/* For the one below: of a guard that is not its home's alone. */
bool socki_guard_lock_shared(struct socki_guard *guard, unsigned forks);

/*
 * Locks.  True: nobody has in this process, and what it guards is as the
 * parent left it, waiters that do not exist here among it.
 */
static inline bool
socki_guard_lock(struct socki_guard *guard)
{
	const unsigned forks = socki_fork_count();

	if (guard->home != NULL && guard->home == socki_handle_owner &&
	    atomic_load_explicit(&guard->forks, memory_order_relaxed) ==
		forks) {
		atomic_store_explicit(&guard->inside, true,
		    memory_order_relaxed);
		atomic_signal_fence(memory_order_seq_cst);
		if (!atomic_load_explicit(&guard->shared, memory_order_acquire))
			return false;
		atomic_store_explicit(&guard->inside, false,
		    memory_order_relaxed);
	}
	return socki_guard_lock_shared(guard, forks);
}

static inline void
socki_guard_unlock(struct socki_guard *guard)
{
	if (guard->home == socki_handle_owner &&
	    atomic_load_explicit(&guard->inside, memory_order_relaxed))
		atomic_store_explicit(&guard->inside, false,
		    memory_order_release);
	else
		pthread_mutex_unlock(&guard->lock);
}

/*
 * Unlocks, parks in a queue that it guards until somebody takes the waiter out,
 * whose task the caller has set, and locks again.  Whoever is woken for nothing
 * keeps its place.  Results as socki_task_park().
 */
int socki_guard_park(struct socki_guard *guard, struct socki_queue *queue,
    struct socki_waiter *waiter, sock_time deadline);

#endif
