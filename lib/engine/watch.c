/* SPDX-License-Identifier: MIT */
#include "engine/watch.h"

#include <limits.h>

#include "engine/fork.h"
#include "engine/guard.h"
#include "engine/thread.h"
#include "engine/worker.h"
#include "sys/sys.h"

static struct socki_watch *
watch_of(struct socki_object *object)
{
	return (struct socki_watch *)(void *)object;
}

static void
object_ends(struct socki_object *object)
{
	struct socki_watch *w = watch_of(object);

	w->kind->end(w);
}

/* By the worker: its own fiber that waits in one direction. */
static void
wake_own(struct socki_task **place)
{
	struct socki_task *task = *place;

	if (task == NULL)
		return;
	*place = NULL;
	socki_task_wake(task);
}

static void
owner_looks(struct socki_object *object)
{
	struct socki_watch *w = watch_of(object);

	wake_own(&w->reader);
	wake_own(&w->writer);
}

int
socki_watch_open(struct socki_watch *w, const struct socki_watch_kind *kind,
    int fd)
{
	sock_t handle;

	socki_fork_prepare();
	w->object.end = object_ends;
	w->object.look = owner_looks;
	w->kind = kind;
	w->fd = fd;
	pthread_mutex_init(&w->lock, NULL);
	socki_queue_init(&w->waiting);
	handle = socki_handle_new(&w->object);
	if (handle < 0) {
		pthread_mutex_destroy(&w->lock);
		return (int)handle;
	}
	w->handle = handle;
	return 0;
}

void
socki_watch_release(struct socki_watch *w)
{
	/*
	 * Before the descriptor goes: a copy of it elsewhere, by dup or fork,
	 * would keep the registration alive, out of reach.
	 */
	socki_thread_forget(w);
	if (w->watched)
		socki_worker_unwatch(w->worker, w->fd);
	w->watched = false;
}

void
socki_watch_end(struct socki_watch *w)
{
	/* The last copy goes, and with it the registration (epoll(7), Q6). */
	if (atomic_load_explicit(&w->sole, memory_order_relaxed) &&
	    !socki_fork_ever())
		w->watched = false;
	socki_watch_release(w);
	if (w->fd >= 0)
		socki_sys_close(w->fd);
	pthread_mutex_destroy(&w->lock);
}

void
socki_watch_replace(struct socki_watch *w, int fd)
{
	int was;

	pthread_mutex_lock(&w->lock);
	socki_watch_release(w);
	was = w->fd;
	/* A child forked right here closes none that is another's by then. */
	w->fd = fd;
	if (was >= 0)
		socki_sys_close(was);
	pthread_mutex_unlock(&w->lock);
}

void
socki_watch_point(struct socki_watch *w, int fd)
{
	pthread_mutex_lock(&w->lock);
	socki_watch_release(w);
	w->fd = fd;
	pthread_mutex_unlock(&w->lock);
}

/* Under the lock, which a thread takes before it goes on if it is too late. */
static void
wake_alone(struct socki_watch *w)
{
	struct socki_task *task = atomic_exchange(&w->alone, NULL);

	if (task != NULL)
		socki_task_wake(task);
}

/* Wakes who waits in the crowd for any of these bits. */
static void
wake_crowd(struct socki_watch *w, unsigned want)
{
	if (atomic_load(&w->crowd) == 0)
		return;
	pthread_mutex_lock(&w->lock);
	(void)socki_queue_wake(&w->waiting, want);
	pthread_mutex_unlock(&w->lock);
}

void
socki_watch_stop(struct socki_watch *w, int code)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&w->stopped, &none, code);
	/* Under the lock in any case: who waits for its turn is not counted. */
	pthread_mutex_lock(&w->lock);
	(void)socki_queue_wake(&w->waiting, UINT_MAX);
	wake_alone(w);
	pthread_mutex_unlock(&w->lock);
	socki_handle_ask(w->handle);
}

void
socki_watch_nudge(struct socki_watch *w, unsigned want)
{
	atomic_fetch_add(&w->nudges, 1);
	wake_crowd(w, want);
	if (atomic_load(&w->alone) != NULL) {
		pthread_mutex_lock(&w->lock);
		wake_alone(w);
		pthread_mutex_unlock(&w->lock);
	}
	socki_handle_ask(w->handle);
}

/*
 * The worker alone counts, so nothing is lost between the two.  But it counts and
 * then looks for a crowd, whose fibers come into it and then look at the count:
 * between the two either needs a barrier.  The first stranger tells, and then has
 * the kernel put one here; until then a request is spared the locked instruction.
 */
static void
count(_Atomic uint32_t *edges)
{
	atomic_store_explicit(edges,
	    atomic_load_explicit(edges, memory_order_relaxed) + 1,
	    memory_order_release);
}

/* By the worker that owns it. */
static void
event(struct socki_watch *w, uint32_t events)
{
	const uint32_t ends = EPOLLHUP | EPOLLERR;
	unsigned want = 0;

	if (events & (EPOLLRDHUP | EPOLLPRI | ends))
		atomic_store_explicit(&w->unsteady, true, memory_order_relaxed);
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLPRI | ends)) {
		want |= SOCKI_READ;
		count(&w->read_edges);
		wake_own(&w->reader);
	}
	if (events & (EPOLLOUT | ends)) {
		want |= SOCKI_WRITE;
		count(&w->write_edges);
		wake_own(&w->writer);
	}
	if (events & ends)
		want |= SOCKI_HANGUP;
	/* Whether there are strangers it asks behind the counting, not before. */
	atomic_signal_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&w->strangers, memory_order_relaxed) ||
	    !socki_guard_has_barriers())
		atomic_fetch_add(&w->crowd, 0);
	wake_crowd(w, want);
}

void
socki_watch_event(sock_t handle, uint32_t events)
{
	struct socki_object *object = socki_handle_mine(handle);

	if (object != NULL)
		event(watch_of(object), events);
}

int
socki_watch_bundle(const int *fds, unsigned count)
{
	int ep = socki_sys_epoll_create();
	unsigned i;

	for (i = 0; ep >= 0 && i < count; i++) {
		const int rc =
		    socki_sys_epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], EPOLLIN, 0);

		if (rc < 0) {
			socki_sys_close(ep);
			return rc;
		}
	}
	return ep;
}

int
socki_watch_bundle_add(int bundle, int fd)
{
	return socki_sys_epoll_ctl(bundle, EPOLL_CTL_ADD, fd, EPOLLOUT, 0);
}

void
socki_watch_bundle_remove(int bundle, int fd)
{
	(void)socki_sys_epoll_ctl(bundle, EPOLL_CTL_DEL, fd, 0, 0);
}

int
socki_watch_bundle_want(int bundle, int fd, unsigned want)
{
	return socki_sys_epoll_ctl(bundle, EPOLL_CTL_MOD, fd,
	    want == SOCKI_READ ? EPOLLIN : EPOLLOUT, 0);
}
