/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/alone.h"
#include "base/memory.h"
#include "engine/fiber.h"
#include "engine/guard.h"
#include "engine/thread.h"
#include "engine/watch.h"
#include "engine/worker.h"
#include "sys/fault.h"
#include "sys/sys.h"

/* Poll sets up to this size live on the stack. */
#define FEW 8

static short
poll_events(unsigned want)
{
	return (short)((want & SOCKI_READ ? POLLIN : 0) |
	    (want & SOCKI_WRITE ? POLLOUT : 0) |
	    (want & SOCKI_ENDED ? POLLRDHUP : 0));
}

/* A fiber: a test's lies may have eaten an edge, so ask how things are. */
static bool
lied_about(struct socki_watch *w, unsigned want)
{
	return socki_fault_active() && socki_watch_ready(w, want);
}

/* 0: it has to wait; 1: there is something new to try; an error. */
static int
must_wait(struct socki_watch *w, unsigned want, uint32_t read_seen,
    uint32_t write_seen)
{
	const int stopped = atomic_load(&w->stopped);

	if (stopped != 0)
		return stopped;
	if ((want & SOCKI_READ &&
		socki_watch_seen(w, SOCKI_READ) != read_seen) ||
	    (want & SOCKI_WRITE &&
		socki_watch_seen(w, SOCKI_WRITE) != write_seen))
		return 1;
	return lied_about(w, want);
}

/*
 * Under the lock, before a fiber waits: 0: the descriptor is watched; 1: it is
 * always ready; an error.
 */
static int
watch_late(struct socki_watch *w, struct socki_worker *here)
{
	struct socki_worker *owner = w->worker;
	int rc;

	if (w->watched)
		return 0;
	rc = socki_worker_watch(owner != NULL ? owner : here, w->fd, w->handle);
	if (rc < 0) /* EPERM: a regular file, epoll_ctl(2) */
		return rc == -EPERM ? 1 : rc;
	w->watched = true;
	if (owner == NULL) {
		w->worker = here;
		socki_handle_own(w->handle);
	}
	return 0;
}

/* Under the lock: from now on the owner's events and strangers' waits meet. */
static void
come_as_stranger(struct socki_watch *w)
{
	if (atomic_load(&w->strangers))
		return;
	atomic_store(&w->strangers, true);
	if (socki_guard_has_barriers())
		socki_guard_barrier();
}

/* Under the lock: 0 with the waiter in the queue; 1; an error. */
static int
enlist(struct socki_watch_wait *wait)
{
	struct socki_watch *w = wait->watch;
	struct socki_task *task = wait->waiter.task;
	int rc = 0;

	if (task->worker != NULL)
		rc = watch_late(w, task->worker);
	if (rc != 0)
		return rc;
	if (task->worker != NULL && task->worker != w->worker)
		come_as_stranger(w);
	/* Before the edges are looked at: threads poll, and fibers share theirs. */
	atomic_fetch_add(&w->crowd, 1);
	rc = must_wait(w, wait->want, wait->read_seen, wait->write_seen);
	if (rc != 0) {
		atomic_fetch_sub(&w->crowd, 1);
		return rc;
	}
	wait->waiter.want = wait->want | SOCKI_HANGUP;
	socki_queue_add(&w->waiting, &wait->waiter);
	return 0;
}

static void
delist(struct socki_watch_wait *wait)
{
	struct socki_watch *w = wait->watch;

	pthread_mutex_lock(&w->lock);
	socki_queue_remove(&w->waiting, &wait->waiter);
	atomic_fetch_sub(&w->crowd, 1);
	pthread_mutex_unlock(&w->lock);
}

static int
park_crowd(struct socki_task *task, struct socki_watch_wait *waits,
    unsigned count, struct pollfd *fds, sock_time deadline)
{
	unsigned i, enlisted = 0;
	int rc = 0;

	if (count > 0)
		rc = socki_task_arm(task);
	else
		socki_task_arm_to_doze(task);
	if (rc < 0)
		return rc;
	for (i = 0; i < count && rc == 0; i++) {
		struct socki_watch *w = waits[i].watch;

		waits[i].waiter.task = task;
		waits[i].waiter.link = NULL;
		fds[i + 1] =
		    (struct pollfd){ w->fd, poll_events(waits[i].want), 0 };
		pthread_mutex_lock(&w->lock);
		rc = enlist(&waits[i]);
		pthread_mutex_unlock(&w->lock);
		enlisted += rc == 0;
	}
	if (rc == 0)
		rc = socki_task_park(task, count > 0 ? fds : NULL, count,
		    deadline);
	else
		socki_task_disarm(task);
	for (i = 0; i < enlisted; i++) {
		delist(&waits[i]);
		if (rc == 0)
			rc = atomic_load(&waits[i].watch->stopped);
	}
	return rc > 0 ? 0 : rc;
}

static int
park_one_of_crowd(struct socki_watch *w, unsigned want, uint32_t seen,
    sock_time deadline)
{
	struct socki_watch_wait wait = { .watch = w,
		.want = want,
		.read_seen = seen,
		.write_seen = seen };
	struct pollfd fds[2];

	return park_crowd(socki_task(), &wait, 1, fds, deadline);
}

/*
 * A thread without others beside it.  Whoever wakes it takes it out under the
 * lock: if that has happened, the lock says when it is done.
 */
static int
park_alone(struct socki_task *task, struct socki_watch *w, unsigned want,
    uint32_t seen, bool dozes, sock_time deadline)
{
	struct socki_task *me = task;
	int rc = must_wait(w, want, seen, seen);

	if (rc == 0)
		rc = socki_task_may_park(task, deadline);
	if (rc == 0)
		rc = dozes ? socki_thread_doze(task, deadline) :
			     socki_thread_wait(task, w, want, deadline);
	if (!SOCKI_ALONE_SWAP_IF(&w->alone, &me, NULL)) {
		pthread_mutex_lock(&w->lock);
		pthread_mutex_unlock(&w->lock);
	}
	socki_task_disarm(task);
	if (socki_task_is_cancelled(task))
		return -ECANCELED;
	return rc < 0 ? rc : atomic_load(&w->stopped);
}

static int
park_thread(struct socki_task *task, struct socki_watch *w, unsigned want,
    uint32_t seen, sock_time deadline)
{
	struct socki_task *nobody = NULL;
	const bool dozes = w->fd < 0; /* a dial, before there are addresses */
	int rc = 0;

	if (dozes)
		socki_task_arm_to_doze(task);
	else
		rc = socki_task_arm(task);
	if (rc < 0)
		return rc;
	if (SOCKI_ALONE_SWAP_IF(&w->alone, &nobody, task))
		return park_alone(task, w, want, seen, dozes, deadline);
	socki_task_disarm(task);
	return park_one_of_crowd(w, want, seen, deadline);
}

static int
watch_at_last(struct socki_watch *w, struct socki_worker *here)
{
	int rc;

	pthread_mutex_lock(&w->lock);
	rc = watch_late(w, here);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int
socki_watch_park(struct socki_watch *w, unsigned want, uint32_t seen,
    sock_time deadline)
{
	struct socki_task *task = socki_task();
	struct socki_task **place =
	    want == SOCKI_READ ? &w->reader : &w->writer;
	int rc = 0;

	assert(want == SOCKI_READ || want == SOCKI_WRITE);
	if (deadline == SOCK_DEFAULT)
		deadline = SOCK_FOREVER;
	if (task->worker == NULL)
		return park_thread(task, w, want, seen, deadline);
	/* Another worker may be about to own it: then it is not ours. */
	if (!atomic_load_explicit(&w->watched, memory_order_relaxed))
		rc = watch_at_last(w, task->worker);
	if (rc == 0 &&
	    (atomic_load_explicit(&w->worker, memory_order_relaxed) !=
		    task->worker ||
		*place != NULL))
		return park_one_of_crowd(w, want, seen, deadline);

	/* A fiber on the worker that owns the watch: its place is its own. */
	if (rc == 0)
		rc = must_wait(w, want, seen, seen);
	if (rc == 0)
		rc = socki_task_arm(task);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	*place = task;
	rc = socki_fiber_park(task, deadline);
	/* Unless an event took it out, and another one came in. */
	if (*place == task)
		*place = NULL;
	return rc < 0 ? rc : atomic_load(&w->stopped);
}

int
socki_watch_await(struct socki_watch *w, unsigned want, sock_time deadline)
{
	struct socki_task *task = socki_task();

	if (task->worker != NULL)
		return 0;
	return park_thread(task, w, want, socki_watch_seen(w, want), deadline);
}

int
socki_watch_park_any(struct socki_watch_wait *waits, unsigned count,
    sock_time deadline)
{
	struct pollfd few[FEW + 1], *fds = few;
	int rc;

	if (count > FEW)
		fds = socki_alloc((count + 1) * sizeof *fds);
	if (fds == NULL)
		return -ENOMEM;
	rc = park_crowd(socki_task(), waits, count, fds, deadline);
	if (fds != few)
		socki_free(fds);
	return rc;
}

bool
socki_watch_ready(struct socki_watch *w, unsigned want)
{
	struct pollfd p = { w->fd, poll_events(want), 0 };
	int rc;

	/* A guess would let the call that follows block. */
	do
		rc = socki_sys_poll(&p, 1, 0);
	while (rc == -EINTR);
	return rc > 0;
}

static unsigned
got_of(short revents)
{
	return (revents & (POLLIN | POLLHUP | POLLERR) ? SOCKI_READ : 0U) |
	    (revents & (POLLOUT | POLLERR) ? SOCKI_WRITE : 0U) |
	    (revents & (POLLHUP | POLLERR | POLLNVAL) ? SOCKI_HANGUP : 0U);
}

int
socki_watch_look(struct socki_watch_wait *waits, unsigned count, unsigned *got)
{
	struct pollfd few[FEW], *fds = few;
	unsigned i;
	int ready = 0;

	if (count > FEW)
		fds = socki_alloc(count * sizeof *fds);
	if (fds == NULL)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		fds[i] = (struct pollfd){ waits[i].watch->fd,
			poll_events(waits[i].want), 0 };
	while (socki_sys_poll(fds, count, 0) == -EINTR)
		;
	for (i = 0; i < count; i++) {
		got[i] =
		    got_of(fds[i].revents) & (waits[i].want | SOCKI_HANGUP);
		ready += got[i] != 0;
	}
	if (fds != few)
		socki_free(fds);
	return ready;
}
