/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_WAITING_H
#define SOCK_TEST_WAITING_H

#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "aside.h"
#include "base/memory.h"
#include "engine/watch.h"
#include "sys/sys.h"

/*
 * The same waits in a thread and in a fiber: each test is a row of a table for
 * either, and finds which in its state.
 */
__attribute__((unused)) static bool waiting_in_fiber[] = { false, true };

#define IN_BOTH(f) \
	{ #f " in a thread", f, NULL, NULL, &waiting_in_fiber[0] }, \
	{ \
#f " in a fiber", f, NULL, NULL, &waiting_in_fiber[1] \
	}

struct waiting_run {
	bool fiber;
	struct aside_call call;
	struct sock_group *group;
	pthread_t thread;
};

static inline void
waiting_start(struct waiting_run *r, bool fiber, void (*run)(void *), void *arg)
{
	r->fiber = fiber;
	r->call = (struct aside_call){ run, arg };
	if (fiber) {
		r->group = sock_group_new();
		EXPECT_INT(sock_go(r->group, run, arg), 0);
	} else {
		EXPECT_INT(pthread_create(&r->thread, NULL, aside_call,
			       &r->call),
		    0);
	}
}

static inline void
waiting_join(struct waiting_run *r)
{
	if (r->fiber) {
		EXPECT_INT(sock_group_wait(r->group, SOCK_FOREVER), 0);
		sock_group_free(r->group);
	} else {
		EXPECT_INT(pthread_join(r->thread, NULL), 0);
	}
}

/* A watch on fd, the way a socket has one. */
struct waiting_end {
	struct socki_watch watch; /* first */
};

static inline void
waiting_ends(struct socki_watch *w)
{
	socki_watch_end(w);
	socki_free(w);
}

static inline int
waiting_forked(struct socki_watch *w, const struct socki_task *who)
{
	(void)w, (void)who;
	return 0;
}

static const struct socki_watch_kind waiting_kind = { waiting_ends,
	waiting_forked };

static inline struct socki_watch *
waiting_new(int fd)
{
	struct waiting_end *e = socki_zalloc(sizeof *e);

	EXPECT(e != NULL && fd > 2);
	EXPECT_INT(socki_watch_open(&e->watch, &waiting_kind, fd), 0);
	return &e->watch;
}

static inline void
waiting_pin(struct socki_watch *w)
{
	struct socki_object *object;

	EXPECT_INT(socki_handle_pin(w->handle, &object), 0);
	EXPECT(object == &w->object);
}

static inline void
waiting_close(struct socki_watch *w)
{
	const sock_t handle = w->handle;

	waiting_pin(w);
	EXPECT_INT(socki_handle_close(handle), 0);
	socki_watch_stop(w, SOCK_ESTALE);
	socki_handle_unpin(handle);
}

/* Closes it; its end may be its worker's to make, hence the poke. */
static inline void
waiting_drop(struct socki_watch *w)
{
	waiting_close(w);
	aside_poke();
}

/*
 * Returns once count tasks wait for it.  Fibers are behind a poke of their
 * worker; threads are counted.
 */
static inline void
waiting_parked(struct socki_watch *w, bool fiber, unsigned count)
{
	bool all = false;

	if (fiber && SOCKI_SWITCH) {
		aside_poke();
		return;
	}
	while (!all) {
		sched_yield();
		pthread_mutex_lock(&w->lock);
		all =
		    atomic_load(&w->crowd) + (atomic_load(&w->alone) != NULL) ==
		    count;
		pthread_mutex_unlock(&w->lock);
	}
}

/* One wait: what for, until when, and how it ended. */
struct waiting_once {
	struct socki_watch *watch;
	unsigned want;
	sock_time deadline;
	int rc;
};

static inline void
waiting_once(void *arg)
{
	struct waiting_once *o = arg;
	const uint32_t seen = socki_watch_seen(o->watch, o->want);

	waiting_pin(o->watch);
	o->rc = socki_watch_park(o->watch, o->want, seen, o->deadline);
	socki_handle_unpin(o->watch->handle);
}

/* A watch on one end of a pair of UNIX streams; the other end is returned. */
static inline struct socki_watch *
waiting_pair(int *peer)
{
	int fd[2] = { -1, -1 };

	EXPECT_INT(socki_sys_socketpair(SOCK_STREAM, fd), 0);
	*peer = fd[1];
	return waiting_new(fd[0]);
}

/* Writes until no byte fits any more. */
static inline void
waiting_fill(int fd)
{
	static const char zeros[4096];

	while (socki_sys_send(fd, zeros, sizeof zeros, 0) > 0)
		;
}

static inline void
waiting_drain(int fd)
{
	char buf[4096];

	while (socki_sys_recv(fd, buf, sizeof buf, 0) > 0)
		;
}

#endif
