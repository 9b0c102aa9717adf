/* SPDX-License-Identifier: MIT */
#include "engine/fiber.h"

#if SOCKI_SWITCH

#include <errno.h>
#include <unistd.h>

#include "engine/group.h"
#include "engine/worker.h"

static void
free_fiber(struct socki_stack_cache *stacks, struct socki_fiber *f)
{
	told_gone(&f->told);
	socki_stack_give(stacks, f->stack);
}

void
socki_fiber_bury(struct socki_worker *w)
{
	free_fiber(&w->stacks, w->dead);
	w->dead = NULL;
}

static void
begin(void *arg)
{
	struct socki_fiber *f = arg;
	struct socki_worker *w = f->task.worker;

	socki_fiber_arrive(w, f);
	f->run(f->arg);
	/*
	 * A fiber that forked: in the child no loop is left to go back to.  As
	 * with the last thread of a process, its end is the end.
	 */
	if (socki_task() != &f->task)
		_exit(0);
	socki_here_end(&f->task.here);
	socki_group_leave(&f->task);
	w->dead = f;
	/* Its stack is another fiber's soon: the loop has one of its own. */
	socki_fiber_leave(w, f, &w->loop, true);
}

struct socki_task *
socki_fiber_new(void (*run)(void *), void *arg, int *rc)
{
	struct socki_worker *w = socki_worker_here(rc);
	struct socki_stack *stack;
	struct socki_fiber *f;
	char *top;

	if (w == NULL)
		return NULL;
	*rc = -ENOMEM;
	stack = socki_stack_take(w == socki_this_worker ? &w->stacks : NULL);
	if (stack == NULL)
		return NULL;
	/* One page holds the fiber and the frames of a conversation that waits. */
	top = stack->high - (sizeof *f + 63) / 64 * 64;
	f = (struct socki_fiber *)(void *)top;
	told_new(&f->told, stack->low, (size_t)(stack->high - stack->low));
	f->task = (struct socki_task){ .worker = w };
	f->run = run;
	f->arg = arg;
	f->stack = stack;
	socki_switch_prepare(&f->context, top, begin, f);
	return &f->task;
}

int
socki_fiber_start(struct socki_task *task)
{
	socki_worker_ready(task->worker, task);
	return 0;
}

void
socki_fiber_free(struct socki_task *task)
{
	struct socki_worker *w = task->worker;

	free_fiber(w == socki_this_worker ? &w->stacks : NULL,
	    (struct socki_fiber *)(void *)task);
}

#else

typedef int socki_fiber_is_not_built;

#endif
