/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_TASK_H
#define SOCKI_ENGINE_TASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <sock/base.h>

#include "base/here.h"
#include "engine/timer.h"

/*
 * Whoever can wait: a thread or a fiber.  Waiting is three steps, with the
 * conditions looked at between the first and the last, so that no wake is
 * lost:
 *
 *	socki_task_arm(task);           from here on a wake counts
 *	... link a waiter under a lock; if the condition holds already,
 *	    unlink and socki_task_disarm(task) ...
 *	socki_task_park(task, ...);     until woken, the deadline, a cancel
 *
 * A wake may come for nothing: who waits looks at its condition again.
 */

struct pollfd;
struct sock_group;
struct socki_watch;
struct socki_worker;

enum {
	SOCKI_RUNS,
	SOCKI_ARMED, /* about to park, or parked */
	SOCKI_DOZES, /* the same of a thread that waits for nothing else */
	SOCKI_WOKEN,
	SOCKI_NEW,    /* a fiber that has not been started */
	SOCKI_EXPIRED /* by its worker's timer */
};

struct socki_task {
	struct socki_here here;
	_Atomic int state;      /* of a fiber: its worker's alone */
	_Atomic bool cancelled; /* for good */
	unsigned shields;
	unsigned streak;             /* of a fiber: calls that did not wait */
	struct socki_worker *worker; /* NULL: a thread */
	struct sock_group *group;    /* NULL: nobody's */
	struct socki_task *group_prev, *group_next;
	struct socki_task *next; /* in a run queue */
	_Atomic bool called;     /* of a fiber: is in an inbox, or new */
	struct socki_task *next_called;
	struct socki_timer timer;

	/* Of a thread (thread.h); 0: not made yet. */
	int wake_fd, ep;
	struct socki_watch *_Atomic favourite;
	sock_t last;       /* what it waited for */
	unsigned in_a_row; /* how many times since another one */
};

/* A fiber, or another that runs on this thread in place of its own. */
extern _Thread_local struct socki_task *socki_task_current
    __attribute__((tls_model("initial-exec")));
extern _Thread_local struct socki_task socki_task_own
    __attribute__((tls_model("initial-exec")));

/* Who runs now. */
static inline struct socki_task *
socki_task(void)
{
	return socki_task_current != NULL ? socki_task_current :
					    &socki_task_own;
}

/* Whether it is, and has no shield up. */
static inline bool
socki_task_is_cancelled(const struct socki_task *task)
{
	return task->shields == 0 && atomic_load(&task->cancelled);
}

/* For the engine: who runs from now on; NULL: the thread itself. */
static inline void
socki_task_set(struct socki_task *task)
{
	socki_task_current = task;
	socki_here_set(task != NULL ? &task->here : NULL);
}

/* 0; -EMFILE, -ENFILE, -ENOMEM: a thread that cannot be woken cannot wait. */
int socki_task_arm(struct socki_task *task);
/* For who waits to be woken and for nothing else: this needs no descriptor. */
void socki_task_arm_to_doze(struct socki_task *task);
void socki_task_disarm(struct socki_task *task);

/*
 * Waits.  A thread also wakes when one of its fds is so, of which there are
 * count behind fds[0], which is for the engine; NULL if it was armed to doze.  A
 * fiber ignores them.
 *
 * 0: woken, by whatever; -ETIMEDOUT, -EAGAIN (SOCK_NOWAIT); -ECANCELED: its
 * group; -ENOMEM, -EMFILE, ...: it cannot wait.
 */
int socki_task_park(struct socki_task *task, struct pollfd *fds, unsigned count,
    sock_time deadline);

/* 0; -ECANCELED, -EAGAIN, -ETIMEDOUT: it need not begin to wait. */
int socki_task_may_park(const struct socki_task *task, sock_time deadline);

/*
 * Wakes a task that is armed or parked, from any thread.  Only under a lock
 * that the task must take before it can go on.
 */
void socki_task_wake(struct socki_task *task);

/*
 * Between the two, which go around a lock, threads that doze are told that they
 * are woken and are so at the second, or where the caller parks: whoever runs
 * before may run into that lock.
 */
void socki_task_wake_later(void);
void socki_task_wake_now(void);

/*
 * Every present and later wait of it returns -ECANCELED.  Under a lock that it
 * takes before it ends.
 */
void socki_task_cancel(struct socki_task *task);

/*
 * Lets other fibers of the worker run once, those too that the kernel has news
 * for; a thread sleeps for a millisecond.  For who could not wait, for want of
 * a descriptor or of memory, and for who has had its share.
 */
void socki_task_pause(struct socki_task *task);

/*
 * A call that need not wait was made: a fiber whose peer takes all it is given
 * would have its worker for itself, and so pauses after some 100 us of them.
 */
#define SOCKI_STREAK_MAX 64
static inline void
socki_task_went_on(void)
{
	struct socki_task *task = socki_task();

	if (task->worker != NULL && ++task->streak >= SOCKI_STREAK_MAX)
		socki_task_pause(task);
}

/* In a child after fork: the thread that is left has no wake-up yet. */
void socki_task_forked(void);

/*
 * Tasks that wait for the same thing, in order, under their owner's lock: a
 * condition variable for threads and fibers alike.
 */
struct socki_waiter {
	struct socki_task *task;
	unsigned want;                     /* the owner's */
	struct socki_waiter *next, **link; /* link NULL: not in a queue */
};

struct socki_queue {
	struct socki_waiter *first, **last;
};

void socki_queue_init(struct socki_queue *queue);
void socki_queue_add(struct socki_queue *queue, struct socki_waiter *waiter);
void socki_queue_remove(struct socki_queue *queue, struct socki_waiter *waiter);

/* Takes out the first one and wakes it; NULL: there is none. */
struct socki_waiter *socki_queue_wake_first(struct socki_queue *queue);

/* Takes out and wakes those that want any of these bits; how many. */
unsigned socki_queue_wake(struct socki_queue *queue, unsigned want);

/*
 * Unlocks, waits to be woken for any of these bits, locks again.  Results as
 * socki_task_park(), which needs no descriptor for it.
 */
int socki_queue_wait(struct socki_queue *queue, pthread_mutex_t *lock,
    unsigned want, sock_time deadline);

#endif
