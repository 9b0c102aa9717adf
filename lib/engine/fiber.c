/* SPDX-License-Identifier: MIT */
#include "engine/fiber.h"

#if SOCKI_SWITCH

#include <errno.h>
#include <unistd.h>

#include "engine/group.h"
#include "engine/worker.h"

/* The caller's, whosever fiber it is for. */
static struct socki_stack_cache *
stack_cache(void)
{
	return socki_this_worker != NULL ? &socki_this_worker->stacks : NULL;
}

static void
count(struct socki_worker *w, unsigned by)
{
	if (w == socki_this_worker)
		atomic_store_explicit(&w->own,
		    atomic_load_explicit(&w->own, memory_order_relaxed) + by,
		    memory_order_release);
	else
		atomic_fetch_add_explicit(&w->strange, by,
		    memory_order_relaxed);
}

static void
free_fiber(struct socki_fiber *f)
{
	count(f->task.worker, -1U);
	told_gone(&f->told);
	socki_stack_give(stack_cache(), f->stack);
}

void
socki_fiber_bury(struct socki_worker *w)
{
	free_fiber(w->dead);
	w->dead = NULL;
}

static void
begin(void *arg)
{
	struct socki_fiber *f = arg;
	struct socki_worker *w = f->task.worker;

	socki_fiber_arrive(w, f);
	atomic_store_explicit(&f->task.state, SOCKI_RUNS, memory_order_relaxed);
	f->run(f->arg);
	/*
	 * A fiber that forked: in the child no loop is left to go back to.  As
	 * with the last thread of a process, its end is the end.
	 */
	if (socki_task() != &f->task)
		_exit(0);
	socki_here_end(&f->task.here);
	socki_group_leave(&f->task);
	/* Nobody calls it any more; who did may have been late. */
	if (atomic_load(&f->task.called))
		socki_worker_take_inbox(w);
	w->dead = f;
	/* The next one, which frees it; none: the loop, on its own stack. */
	socki_fiber_leave(w, f,
	    w->first != NULL && w->budget > 0 ? socki_fiber_next(w) : &w->loop,
	    true);
}

static size_t
whole_lines(size_t n)
{
	return (n + SOCKI_CACHE_LINE - 1) / SOCKI_CACHE_LINE * SOCKI_CACHE_LINE;
}

struct socki_task *
socki_fiber_new_with(struct socki_worker *w, void (*run)(void *), size_t room,
    int *rc)
{
	struct socki_stack *stack = socki_stack_take(stack_cache());
	struct socki_fiber *f;
	char *top;

	*rc = -ENOMEM;
	if (stack == NULL)
		return NULL;
	/*
	 * One page holds the room, the fiber and the frames of a conversation
	 * that waits.
	 */
	room = whole_lines(room);
	top = stack->high - room - whole_lines(sizeof *f);
	f = (struct socki_fiber *)(void *)top;
	told_new(&f->told, stack->low, (size_t)(stack->high - stack->low));
	f->task = (struct socki_task){ .worker = w,
		.state = SOCKI_NEW,
		.called = true };
	f->run = run;
	f->arg = stack->high - room;
	f->stack = stack;
	socki_switch_prepare(&f->context, top, begin, f);
	count(w, 1);
	return &f->task;
}

void *
socki_fiber_room(struct socki_task *task)
{
	return ((struct socki_fiber *)(void *)task)->arg;
}

struct socki_task *
socki_fiber_new_on(struct socki_worker *w, void (*run)(void *), void *arg,
    int *rc)
{
	struct socki_task *task = socki_fiber_new_with(w, run, 0, rc);

	if (task != NULL)
		((struct socki_fiber *)(void *)task)->arg = arg;
	return task;
}

struct socki_task *
socki_fiber_new(void (*run)(void *), void *arg, int *rc)
{
	struct socki_worker *w = socki_worker_here(rc);

	return w == NULL ? NULL : socki_fiber_new_on(w, run, arg, rc);
}

int
socki_fiber_start(struct socki_task *task)
{
	socki_worker_start(task->worker, task);
	return 0;
}

void
socki_fiber_free(struct socki_task *task)
{
	free_fiber((struct socki_fiber *)(void *)task);
}

#else

typedef int socki_fiber_is_not_built;

#endif
