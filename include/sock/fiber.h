/* SPDX-License-Identifier: MIT */
#ifndef SOCK_FIBER_H
#define SOCK_FIBER_H

#include <sock/base.h>

/*
 * Fibers: the same calls, parked instead of blocked.  A fiber runs on a worker
 * thread of the library, one of as many as there are processors; they start as
 * they are needed, and stay.  It never moves to another, so errno and
 * thread-locals hold, and fibers of one worker never run at the same time.  It
 * has a stack of 256 KiB of address space with a guard below; what it does not
 * touch costs no memory.  A fiber that computes without waiting keeps its
 * worker's others waiting.
 *
 * Fibers belong to groups, so that none is forgotten:
 *
 *	struct sock_group *g = sock_group_new();
 *	sock_go(g, serve, &a);
 *	sock_go(g, serve, &b);
 *	sock_group_wait(g, SOCK_FOREVER);
 *	sock_group_free(g);
 *
 * A thread that is no fiber needs a descriptor to wait for sockets with, from
 * its first such wait to its end: -EMFILE, -ENFILE and -ENOMEM from a call on a
 * socket may be that.  To wait for other fibers and threads it needs none.  For
 * more deadlines at once than ever before a fiber needs memory: -ENOMEM.
 *
 * In a child after fork() a group has no members: they run in the parent.
 *
 * On a machine without a switch of ours (neither x86-64 nor aarch64) a fiber
 * is a thread, and all else is the same.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sock_group;

/* NULL: out of memory. */
struct sock_group *sock_group_new(void);

/*
 * Starts run(arg) in a fiber of the group: on the caller's worker, and where
 * the caller is no fiber, on the first, so that all which threads start this
 * way share one.  It begins when its worker comes to it, not within this call.
 *
 * 0; -ENOMEM, -EAGAIN: no memory, or no thread, to run it; SOCK_EUSAGE: group
 * or run is NULL; -ECANCELED: the group was cancelled.
 */
int sock_go(struct sock_group *group, void (*run)(void *), void *arg);

/*
 * The same on the worker that has the fewest fibers; while none is without,
 * another one is started.
 */
int sock_go_spread(struct sock_group *group, void (*run)(void *), void *arg);

/*
 * Waits until every member has ended; SOCK_DEFAULT is for ever.  Any thread or
 * fiber but a member may wait, any number of them.
 *
 * 0; -ETIMEDOUT, -EAGAIN; -ECANCELED: the waiter's own group was cancelled;
 * SOCK_EUSAGE: the caller is a member, or group is NULL.
 */
int sock_group_wait(struct sock_group *group, sock_time deadline);

/*
 * Every present and later wait of a member returns -ECANCELED, until the
 * member ends.  No new member can join.  0, also the second time; SOCK_EUSAGE:
 * group is NULL.
 */
int sock_group_cancel(struct sock_group *group);

/*
 * Inside a member: while on, the member's waits are spared a cancel of its
 * group, so that it can clean up; inside a handler of a server's, that at the
 * end of a drain.  Calls nest.  Elsewhere nothing happens.
 */
void sock_shield(bool on);

/*
 * Frees a group: cancels the members that still run and waits for them.  A
 * member must not free its own.  NULL is allowed.
 */
void sock_group_free(struct sock_group *group);

/*
 * Sleeps until a time, in a thread or a fiber; SOCK_FOREVER: until cancelled.
 * A time that has passed (SOCK_NOWAIT and 0 are two) lets other fibers run
 * once.
 *
 * 0; -ECANCELED: the caller's group was cancelled.
 */
int sock_sleep(sock_time until);

/*
 * Runs run(arg), which blocks without waiting by this library (a file, a lock
 * of somebody else's, a database), in a helper thread, so that a fiber does not
 * keep its worker's others waiting.  There are up to 64 helpers, with all
 * signals blocked; one without work ends after 10 s.  While all are busy the
 * caller queues, in order, and until the deadline (SOCK_DEFAULT: for ever);
 * once run has begun, the call returns when it has, whatever comes.
 *
 * 0: it ran; else it did not: -ETIMEDOUT, -EAGAIN (SOCK_NOWAIT): none was free
 * in time; -ECANCELED; SOCK_ELIMIT, -ENOMEM: no thread; SOCK_EUSAGE: run is
 * NULL.
 */
int sock_offload(void (*run)(void *), void *arg, sock_time deadline);

/*
 * How fibers run.  Optional, and before the first fiber and the first server
 * of a process; a child after fork() has none yet.
 */
struct sock_runtime_options {
	size_t size;  /* of this struct */
	int workers;  /* up to 1024; 0: processors this thread may run on */
	size_t stack; /* bytes, 16 KiB to 1 GiB; 0: 256 KiB */
	bool pin;     /* keeps each worker on a processor, if that is allowed */
};

/* 0; -EBUSY: it is too late; SOCK_EUSAGE: a member is out of its bounds. */
int sock_runtime(const struct sock_runtime_options *options);

struct sock_runtime_stats {
	size_t size;    /* of this struct, set by the caller */
	int workers;    /* that have started */
	int64_t fibers; /* that have not ended */
	/*
	 * How often a worker's fibers ran for more than 10 ms, to the tick of
	 * the kernel's clock, before it could look for what else is ready: one
	 * of them computes, or blocks, and should sock_offload() that or call
	 * sock_sleep(SOCK_NOWAIT) in between.
	 */
	int64_t hogs;
};

/* 0; SOCK_EUSAGE: stats is NULL, or its size is too small. */
int sock_runtime_stats(struct sock_runtime_stats *stats);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
