/* SPDX-License-Identifier: MIT */
#include "engine/fiber.h"

#if SOCKI_SWITCH

#include <errno.h>
#include <unistd.h>

#include "engine/group.h"
#include "engine/worker.h"

/* Fibers that run between two looks at the kernel. */
#define TURN 128

/* What a parked fiber reads first when it goes on: the frames of its wait. */
#define FRAMES_FETCHED 512
#define CACHE_LINE 64

static struct socki_fiber *
pop(struct socki_worker *w)
{
	struct socki_task *task = w->first;

	if (task == NULL)
		return NULL;
	w->first = task->next;
	if (w->first == NULL)
		w->last = &w->first;
	return (struct socki_fiber *)(void *)task;
}

static void
free_fiber(struct socki_stack_cache *stacks, struct socki_fiber *f)
{
	told_gone(&f->told);
	socki_stack_give(stacks, f->stack);
}

/* First thing after every switch, on the stack that runs now. */
static void
arrive(struct socki_worker *w, struct socki_fiber *f)
{
	told_arrive(&f->told, &w->left->told);
	if (w->dead != NULL) {
		free_fiber(&w->stacks, w->dead);
		w->dead = NULL;
	}
	socki_task_set(&f->task);
}

static void
leave(struct socki_worker *w, struct socki_fiber *from, struct socki_fiber *to,
    bool for_good)
{
	w->left = from;
	told_leave(&from->told, &to->told, for_good);
	socki_switch(&from->context, &to->context);
	arrive(w, from);
}

/*
 * The one after the next: what it left on its stack is fetched while the next
 * one runs.  With many conversations it has gone from the nearer caches.
 */
static void
fetch_first(const struct socki_worker *w)
{
	const struct socki_fiber *f =
	    (const struct socki_fiber *)(const void *)w->first;
	const char *sp;
	size_t i;

	if (f == NULL)
		return;
	sp = f->context.sp;
	for (i = 0; i < FRAMES_FETCHED; i += CACHE_LINE)
		__builtin_prefetch(sp + i, 1);
}

/* Whose turn it is: the next fiber, or the loop if the turn is over. */
static struct socki_fiber *
next(struct socki_worker *w)
{
	struct socki_fiber *f;

	if (w->budget == 0)
		return &w->loop;
	w->budget--;
	f = pop(w);
	if (f == NULL)
		return &w->loop;
	fetch_first(w);
	return f;
}

void
socki_worker_switch(struct socki_task *task)
{
	struct socki_worker *w = task->worker;
	struct socki_fiber *from = (struct socki_fiber *)(void *)task;
	struct socki_fiber *to = next(w);
	const int saved = errno;

	if (to != from)
		leave(w, from, to, false);
	errno = saved;
}

static void
begin(void *arg)
{
	struct socki_fiber *f = arg;
	struct socki_worker *w = f->task.worker;

	arrive(w, f);
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
	leave(w, f, next(w), true);
}

void
socki_fiber_run_ready(struct socki_worker *w)
{
	struct socki_fiber *f;

	w->budget = TURN;
	while ((f = next(w)) != &w->loop)
		leave(w, &w->loop, f, false);
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
