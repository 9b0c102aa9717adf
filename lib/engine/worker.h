/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_WORKER_H
#define SOCKI_ENGINE_WORKER_H

#include <stdint.h>

#include "engine/switch.h"
#include "engine/task.h"

/*
 * A worker: one thread, its epoll, its run queue and its timers.  A fiber
 * lives and dies on the worker that started it.  On a machine without a switch
 * a fiber is a thread, and a worker no more than a number of them.
 */

/* How many there may be; sock_runtime() is too late from now on. */
unsigned socki_worker_count(void);

/*
 * The one of a number below the count, started if need be; the same pointer for
 * ever.  NULL and *rc: -ENOMEM, -EAGAIN, -EMFILE, ...
 */
struct socki_worker *socki_worker_at(unsigned number, int *rc);

/*
 * The one with the fewest fibers.  While all that run have some, another is
 * started.
 */
struct socki_worker *socki_worker_idlest(int *rc);

/*
 * In a child after fork(), whose only thread the caller is: that thread is to be
 * the first worker, on the processor of that number if it is pinned.  NULL and
 * *rc, as above.  Fibers may be started on it; they run once it does, which is
 * for good.
 */
struct socki_worker *socki_worker_lone(unsigned number, int *rc);
_Noreturn void socki_worker_run(struct socki_worker *worker);

/* The caller's, if it is a fiber, else the first. */
struct socki_worker *socki_worker_here(int *rc);

/*
 * Fibers that live on it, and how often those ran for too long between two
 * looks at the kernel; from any thread.
 */
unsigned socki_worker_load(const struct socki_worker *worker);
unsigned socki_worker_hogs(const struct socki_worker *worker);

/*
 * A fiber, which does not run yet, and is in no group: whoever starts it sees
 * to its end, and frees nothing.  The other one is on the caller's worker.
 * NULL and *rc: no memory, no worker.
 */
struct socki_task *socki_fiber_new_on(struct socki_worker *worker,
    void (*run)(void *), void *arg, int *rc);
struct socki_task *socki_fiber_new(void (*run)(void *), void *arg, int *rc);

/*
 * The same with room of its own, for run(): so many bytes, aligned for any type
 * and not zeroed, on the page of its stack that is used first.
 */
struct socki_task *socki_fiber_new_with(struct socki_worker *worker,
    void (*run)(void *), size_t room, int *rc);
void *socki_fiber_room(struct socki_task *task);

/*
 * Starts it, once; it may have ended when this returns.  0, or an error, and it
 * is as if it had been freed.
 */
int socki_fiber_start(struct socki_task *task);

/* Frees one that was not started. */
void socki_fiber_free(struct socki_task *task);

/*
 * Makes a fiber that is armed or parked run, from any thread.  Only its worker
 * looks at how it is; others leave it in the worker's inbox.
 */
void socki_worker_wake(struct socki_worker *worker, struct socki_task *task);

/* By the worker: wakes whom other threads have called. */
void socki_worker_take_inbox(struct socki_worker *worker);

/* Sets the calling fiber's timer.  0, -ENOMEM. */
int socki_worker_alarm(struct socki_task *task, sock_time at);
void socki_worker_alarm_off(struct socki_task *task);

/* Has the worker watch a descriptor, once and edge-triggered, by its handle. */
int socki_worker_watch(struct socki_worker *worker, int fd, sock_t handle);
void socki_worker_unwatch(struct socki_worker *worker, int fd);

/*
 * For runtime.c, which keeps them: makes one, whose processor is that of its
 * number if it is pinned; in a child, closes the copies of its descriptors.
 */
struct socki_worker *socki_worker_new(unsigned number, bool pin, int *rc);
/* The same without a thread. */
struct socki_worker *socki_worker_make(unsigned number, bool pin, int *rc);
void socki_worker_forked(struct socki_worker *worker);

/* For pthread_atfork(3): in the child there are no workers any more. */
void socki_runtime_fork_begin(void);
void socki_runtime_fork_parent(void);
void socki_runtime_fork_child(void);

#endif
