/* SPDX-License-Identifier: MIT */
#include "engine/worker.h"

#include "engine/switch.h"

#if !SOCKI_SWITCH

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include <sock/fiber.h>

#include "base/memory.h"
#include "engine/group.h"
#include "engine/stack.h"
#include "engine/thread.h"
#include "sys/sys.h"

/* A machine without a switch of ours: every fiber is a thread. */

struct socki_worker {
	_Atomic unsigned load;
};

struct member {
	_Alignas(max_align_t) struct socki_task task; /* first */
	struct socki_worker *home;
	void (*run)(void *);
	void *arg;
};

struct socki_task *
socki_fiber_new_with(struct socki_worker *w, void (*run)(void *), size_t room,
    int *rc)
{
	struct member *m = socki_alloc(sizeof *m + room);

	*rc = -ENOMEM;
	if (m == NULL)
		return NULL;
	*m = (struct member){ .run = run, .arg = m + 1, .home = w };
	atomic_fetch_add(&w->load, 1);
	return &m->task;
}

void *
socki_fiber_room(struct socki_task *task)
{
	return ((struct member *)(void *)task)->arg;
}

struct socki_task *
socki_fiber_new_on(struct socki_worker *w, void (*run)(void *), void *arg,
    int *rc)
{
	struct socki_task *task = socki_fiber_new_with(w, run, 0, rc);

	if (task != NULL)
		((struct member *)(void *)task)->arg = arg;
	return task;
}

struct socki_task *
socki_fiber_new(void (*run)(void *), void *arg, int *rc)
{
	struct socki_worker *w = socki_worker_here(rc);

	return w == NULL ? NULL : socki_fiber_new_on(w, run, arg, rc);
}

void
socki_fiber_free(struct socki_task *task)
{
	struct member *m = (struct member *)(void *)task;

	atomic_fetch_sub(&m->home->load, 1);
	socki_free(m);
}

static void *
live(void *arg)
{
	struct member *m = arg;

	socki_task_set(&m->task);
	m->run(m->arg);
	if (socki_task() != &m->task)
		_exit(0); /* it forked, and this is the child: see fiber.c */
	socki_task_set(NULL);
	socki_here_end(&m->task.here);
	socki_group_meet(&m->task);
	socki_thread_end(&m->task);
	socki_group_leave(&m->task);
	socki_fiber_free(&m->task);
	return NULL;
}

int
socki_fiber_start(struct socki_task *task)
{
	const int rc = socki_sys_thread(live, task, socki_stack_size());

	if (rc < 0) {
		socki_group_leave(task);
		socki_fiber_free(task);
	}
	return rc;
}

struct socki_worker *
socki_worker_make(unsigned number, bool pin, int *rc)
{
	return socki_worker_new(number, pin, rc);
}

void
socki_worker_run(struct socki_worker *w)
{
	(void)w;
	for (;;)
		(void)sock_sleep(SOCK_FOREVER);
}

struct socki_worker *
socki_worker_new(unsigned number, bool pin, int *rc)
{
	struct socki_worker *w = socki_zalloc(sizeof *w);

	(void)number, (void)pin;
	*rc = -ENOMEM;
	return w;
}

void
socki_worker_forked(struct socki_worker *w)
{
	(void)w;
}

unsigned
socki_worker_hogs(const struct socki_worker *w)
{
	(void)w;
	return 0;
}

unsigned
socki_worker_load(const struct socki_worker *w)
{
	return atomic_load(&w->load);
}

void
socki_worker_wake(struct socki_worker *worker, struct socki_task *task)
{
	(void)worker, (void)task;
	assert(!"a thread has no worker");
}

void
socki_worker_take_inbox(struct socki_worker *worker)
{
	(void)worker;
}

int
socki_worker_alarm(struct socki_task *task, sock_time at)
{
	(void)task, (void)at;
	return -ENOSYS;
}

void
socki_worker_alarm_off(struct socki_task *task)
{
	(void)task;
}

int
socki_worker_watch(struct socki_worker *worker, int fd, sock_t handle)
{
	(void)worker, (void)fd, (void)handle;
	return -ENOSYS;
}

void
socki_worker_unwatch(struct socki_worker *worker, int fd)
{
	(void)worker, (void)fd;
}

#else

typedef int socki_worker_none_is_not_built;

#endif
