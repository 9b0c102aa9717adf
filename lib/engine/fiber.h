/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_FIBER_H
#define SOCKI_ENGINE_FIBER_H

#include <errno.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/handle.h"
#include "engine/stack.h"
#include "engine/switch.h"
#include "engine/task.h"
#include "engine/told.h"
#include "engine/worker.h"

#if SOCKI_SWITCH

/* What the two halves of a worker share: its fibers, and its loop. */

struct socki_fiber {
	struct socki_task task; /* first: a task with a worker is a fiber */
	struct socki_context context;
	void (*run)(void *);
	void *arg;
	struct socki_stack *stack;
	struct told told;
};

/* Events that one look at the kernel takes. */
#define SOCKI_EVENTS_A_TURN 128

struct socki_worker {
	struct socki_owner owner; /* first: of the handles it watches */
	struct socki_ask *_Atomic asks;
	int ep, wake_fd;
	unsigned budget; /* of this turn */
	/*
	 * Fibers that live here: their sum, so that the worker itself counts
	 * without a locked operation.  Either may be below 0.
	 */
	_Atomic unsigned own, strange;
	sock_time seen; /* when the last look at the kernel ended */
	_Atomic unsigned hogs;
	struct socki_task *first, **last; /* who can run */
	struct socki_task *_Atomic inbox; /* from other threads, last first */
	struct socki_timers timers;
	struct socki_stack_cache stacks;
	struct socki_fiber *left; /* whom the last switch left */
	struct socki_fiber *dead; /* to be freed by whoever runs next */
	struct socki_fiber loop;  /* the thread's own stack */
	unsigned number;
	bool pin;
	struct epoll_event events[SOCKI_EVENTS_A_TURN];
};

/* The worker whose thread this is, or NULL. */
extern _Thread_local struct socki_worker *socki_this_worker
    __attribute__((tls_model("initial-exec")));

/*
 * Looks at the kernel, until somebody can run, and begins another turn.  By
 * whoever has nobody to give way to, on its own stack: so a conversation that
 * is alone is woken without a switch.
 */
void socki_worker_turn(struct socki_worker *w);

/* Makes a new one run, from any thread; before, it cannot be woken. */
void socki_worker_start(struct socki_worker *w, struct socki_task *task);

/* Frees the one that has ended. */
void socki_fiber_bury(struct socki_worker *w);

/*
 * All from here on is written into whoever waits, down to the switch: each
 * return behind a switch is mispredicted, since the processor's stack of return
 * addresses is another fiber's, and costs what a hundred instructions do.
 */
#define SOCKI_IN_PLACE static inline __attribute__((always_inline))

/* Fibers that run between two looks at the kernel. */
#define SOCKI_FIBERS_A_TURN 128

/* What a parked fiber reads first when it goes on: the frames of its wait. */
#define SOCKI_FRAMES_FETCHED 512
#define SOCKI_CACHE_LINE 64

/* First thing after every switch, on the stack that runs now. */
SOCKI_IN_PLACE void
socki_fiber_arrive(struct socki_worker *w, struct socki_fiber *f)
{
	told_arrive(&f->told, &w->left->told);
	if (w->dead != NULL)
		socki_fiber_bury(w);
	socki_task_set(&f->task);
}

SOCKI_IN_PLACE void
socki_fiber_leave(struct socki_worker *w, struct socki_fiber *from,
    struct socki_fiber *to, bool for_good)
{
	w->left = from;
	told_leave(&from->told, &to->told, for_good);
	socki_switch(&from->context, &to->context);
	socki_fiber_arrive(w, from);
}

/*
 * The one after the next: what it left on its stack is fetched while the next
 * one runs.  With many conversations it has gone from the nearer caches.
 */
SOCKI_IN_PLACE void
socki_fiber_fetch(const struct socki_task *task)
{
	const struct socki_fiber *f =
	    (const struct socki_fiber *)(const void *)task;
	const char *sp;
	size_t i;

	sp = f->context.sp;
	for (i = 0; i < SOCKI_FRAMES_FETCHED; i += SOCKI_CACHE_LINE)
		__builtin_prefetch(sp + i, 1);
}

/* Whose turn it is. */
SOCKI_IN_PLACE struct socki_fiber *
socki_fiber_next(struct socki_worker *w)
{
	struct socki_task *task;

	if (w->first == NULL || w->budget == 0)
		socki_worker_turn(w);
	task = w->first;
	w->budget--;
	w->first = task->next;
	if (w->first == NULL)
		w->last = &w->first;
	else if (w->first != socki_task_current)
		socki_fiber_fetch(w->first);
	return (struct socki_fiber *)(void *)task;
}

/* Leaves the calling fiber until somebody makes it ready. */
SOCKI_IN_PLACE void
socki_fiber_switch(struct socki_task *task)
{
	struct socki_worker *w = task->worker;
	struct socki_fiber *from = (struct socki_fiber *)(void *)task;
	struct socki_fiber *to = socki_fiber_next(w);
	const int saved = errno;

	if (to != from)
		socki_fiber_leave(w, from, to, false);
	task->streak = 0;
	errno = saved;
}

/* Lets other fibers of the worker run once. */
SOCKI_IN_PLACE void
socki_fiber_yield(struct socki_task *task)
{
	struct socki_worker *w = task->worker;

	task->next = NULL;
	*w->last = task;
	w->last = &task->next;
	socki_fiber_switch(task);
}

/* The same, once the worker has looked at the kernel. */
static inline void
socki_fiber_give_way(struct socki_task *task)
{
	task->worker->budget = 0;
	socki_fiber_yield(task);
}

/* socki_task_park() for a fiber; SOCK_DEFAULT is no deadline here. */
SOCKI_IN_PLACE int
socki_fiber_park(struct socki_task *task, sock_time deadline)
{
	int rc = 0, state;

	if (socki_task_is_cancelled(task))
		rc = -ECANCELED;
	else if (deadline == SOCK_NOWAIT)
		rc = -EAGAIN;
	else if (deadline != SOCK_FOREVER)
		rc = socki_clock_passed(deadline) ?
		    -ETIMEDOUT :
		    socki_worker_alarm(task, deadline);
	if (rc < 0) {
		socki_task_disarm(task);
		return rc;
	}
	socki_fiber_switch(task);
	/* Whoever woke it was the last to touch this. */
	state = atomic_load_explicit(&task->state, memory_order_relaxed);
	atomic_store_explicit(&task->state, SOCKI_RUNS, memory_order_relaxed);
	if (deadline != SOCK_FOREVER)
		socki_worker_alarm_off(task);
	if (socki_task_is_cancelled(task))
		return -ECANCELED;
	return state == SOCKI_EXPIRED ? -ETIMEDOUT : 0;
}

#else

/* A thread has no worker, and so never comes here. */
static inline void
socki_fiber_switch(struct socki_task *task)
{
	(void)task;
}

static inline void
socki_fiber_yield(struct socki_task *task)
{
	(void)task;
}

static inline void
socki_fiber_give_way(struct socki_task *task)
{
	(void)task;
}

static inline int
socki_fiber_park(struct socki_task *task, sock_time deadline)
{
	(void)task, (void)deadline;
	return 0;
}

#endif

#endif
