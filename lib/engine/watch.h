/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_WATCH_H
#define SOCKI_ENGINE_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/handle.h"
#include "engine/task.h"

/*
 * A handle's object: a descriptor, and whoever waits for it.  park is the only
 * place that knows whether a thread or a fiber waits.
 *
 * A worker is told of edges, not of states.  So that none is missed, who is
 * about to read remembers how many edges it has seen, tries, and parks with
 * that number: if it has grown meanwhile, parking returns at once.
 */

enum {
	SOCKI_READ = 1,
	SOCKI_WRITE = 2,
	SOCKI_HANGUP = 4, /* told unasked */
	SOCKI_TURN = 8,   /* the owner's: the kernel knows nothing of it */
	SOCKI_ENDED = 16  /* socki_watch_ready()'s: the end, behind what came */
};

struct socki_watch;

/* Nobody in the child could close it. */
#define SOCKI_FORKED_CLOSES (-1)

struct socki_watch_kind {
	/* The last pin is out: close the descriptor, free the object. */
	void (*end)(struct socki_watch *watch);
	/*
	 * In a child after fork: forget who was inside, but for what who forked
	 * holds outside of calls; how many pins stay, or SOCKI_FORKED_CLOSES.
	 */
	int (*forked)(struct socki_watch *watch, const struct socki_task *who);
};

/*
 * What a conversation touches with each request lies together, from handle on;
 * a program with many of them pays for each cache line.
 */
struct socki_watch {
	struct socki_object object; /* first */
	const struct socki_watch_kind *kind;
	pthread_mutex_t lock; /* of waiting */

	sock_t handle;
	int fd;
	_Atomic int stopped; /* why no wait is possible any more, or 0 */
	/*
	 * The worker of the first fiber that waits watches the descriptor and
	 * owns the object, for good.  One fiber of its own may wait in each
	 * direction without the lock, and so may one thread, alone; all others
	 * are in waiting.
	 */
	struct socki_worker *_Atomic worker; /* NULL: nobody yet */
	struct socki_task *reader, *writer;
	_Atomic uint32_t read_edges, write_edges; /* counted by the worker */
	_Atomic uint32_t nudges;                  /* by anybody */
	_Atomic unsigned crowd; /* at least as many as are in waiting */
	struct socki_task *_Atomic alone; /* a thread that is not */
	struct socki_task *_Atomic fan;   /* whose favourite it is: thread.h */
	_Atomic bool watched; /* the descriptor is in the worker's epoll */
	/* Fibers of other workers have waited: the worker counts for them, too. */
	_Atomic bool strangers;
	/* Nobody but a child after fork() can have a copy of the descriptor. */
	_Atomic bool sole;
	bool
	    by_message; /* each may be the last, so a thread waits for states */
	/*
	 * An end, an error or urgent data was seen: from then on a short read
	 * proves nothing, since data and FIN may share one edge, and a read
	 * stops short at urgent data (tcp(7)).
	 */
	_Atomic bool unsteady;
	struct socki_queue waiting;
};

/* Gives the object a handle.  0; -ENOMEM, SOCK_ELIMIT: it is not touched. */
int socki_watch_open(struct socki_watch *watch,
    const struct socki_watch_kind *kind, int fd);

/* Takes the descriptor from its worker and closes it; for kind->end. */
void socki_watch_end(struct socki_watch *watch);

/* The same without closing. */
void socki_watch_release(struct socki_watch *watch);

/* Another descriptor takes the place of this one, which is closed. */
void socki_watch_replace(struct socki_watch *watch, int fd);

/* Likewise, but neither descriptor is the watch's to close; fd may be -1. */
void socki_watch_point(struct socki_watch *watch, int fd);

/* Edges so far in a direction: SOCKI_READ or SOCKI_WRITE. */
static inline uint32_t
socki_watch_seen(struct socki_watch *watch, unsigned want)
{
	return atomic_load(want == SOCKI_READ ? &watch->read_edges :
						&watch->write_edges) +
	    atomic_load(&watch->nudges);
}

/*
 * Waits until the descriptor may be ready, which is to be tried.
 *
 * 0; what stopped it; -ETIMEDOUT, -EAGAIN, -ECANCELED, -ENOMEM, -EMFILE, ...
 */
int socki_watch_park(struct socki_watch *watch, unsigned want, uint32_t seen,
    sock_time deadline);

/* The same for several; each is pinned by the caller. */
struct socki_watch_wait {
	struct socki_watch *watch;
	unsigned want;
	uint32_t read_seen, write_seen;
	struct socki_waiter waiter;
};
int socki_watch_park_any(struct socki_watch_wait *waits, unsigned count,
    sock_time deadline);

/*
 * Before a first try that would likely be in vain: a thread waits until the
 * descriptor is ready; a fiber, which is told of edges only, does not wait.
 */
int
socki_watch_await(struct socki_watch *watch, unsigned want, sock_time deadline);

/* Whether the descriptor is ready now: one poll(2), which does not wait. */
bool socki_watch_ready(struct socki_watch *watch, unsigned want);

/*
 * What each of several is ready for now, into got: SOCKI_READ, SOCKI_WRITE,
 * SOCKI_HANGUP.  How many are ready for what they want, or hang up; -ENOMEM.
 */
int
socki_watch_look(struct socki_watch_wait *waits, unsigned count, unsigned *got);

/* Ends every present and later wait with a code; the first one stays. */
void socki_watch_stop(struct socki_watch *watch, int code);

/* Something a waiter may wait for has come by another way than the kernel. */
void socki_watch_nudge(struct socki_watch *watch, unsigned want);

/* From a worker: epoll_wait(2) told this of a handle. */
void socki_watch_event(sock_t handle, uint32_t events);

/*
 * One descriptor that is readable while any of several is, or none yet.
 * -errno: as epoll_create1(2), epoll_ctl(2).
 */
int socki_watch_bundle(const int *fds, unsigned count);

/* Adds one that is to be writable. */
int socki_watch_bundle_add(int bundle, int fd);

/* Before it is closed: a copy in a child would keep it there for good. */
void socki_watch_bundle_remove(int bundle, int fd);

/* Now it is to be SOCKI_READ or SOCKI_WRITE. */
int socki_watch_bundle_want(int bundle, int fd, unsigned want);

#endif
