/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_FIBER_H
#define SOCKI_ENGINE_FIBER_H

#include "engine/switch.h"

#if SOCKI_SWITCH

#include "base/handle.h"
#include "engine/stack.h"
#include "engine/task.h"
#include "engine/told.h"

/* What the two halves of a worker share: its fibers, and its loop. */

struct socki_fiber {
	struct socki_task task; /* first: a task with a worker is a fiber */
	struct socki_context context;
	void (*run)(void *);
	void *arg;
	struct socki_stack *stack;
	struct told told;
};

struct socki_worker {
	struct socki_owner owner; /* first: of the handles it watches */
	struct socki_ask *_Atomic asks;
	int ep, wake_fd;
	unsigned budget;                  /* of this turn */
	struct socki_task *first, **last; /* who can run */
	struct socki_task *_Atomic inbox; /* from other threads, last first */
	struct socki_timers timers;
	struct socki_stack_cache stacks;
	struct socki_fiber *left; /* whom the last switch left */
	struct socki_fiber *dead; /* to be freed by whoever runs next */
	struct socki_fiber loop;  /* the thread's own stack */
};

/* The worker whose thread this is, or NULL. */
extern _Thread_local struct socki_worker *socki_this_worker
    __attribute__((tls_model("initial-exec")));

/* The worker for a new fiber of the caller's; NULL and *rc: there is none. */
struct socki_worker *socki_worker_here(int *rc);

/* From the loop: runs who can run, until nobody can or the turn is over. */
void socki_fiber_run_ready(struct socki_worker *w);

#endif

#endif
