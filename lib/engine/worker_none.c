/* SPDX-License-Identifier: MIT */
#include "engine/worker.h"

#include "engine/switch.h"

#if !SOCKI_SWITCH

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/group.h"
#include "engine/stack.h"
#include "engine/thread.h"
#include "sys/sys.h"

/* A machine without a switch of ours: every fiber is a thread. */

struct member {
	struct socki_task task; /* first */
	void (*run)(void *);
	void *arg;
};

struct socki_task *
socki_fiber_new(void (*run)(void *), void *arg, int *rc)
{
	struct member *m = socki_zalloc(sizeof *m);

	*rc = -ENOMEM;
	if (m == NULL)
		return NULL;
	m->run = run;
	m->arg = arg;
	return &m->task;
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
	socki_thread_end(&m->task);
	socki_group_leave(&m->task);
	socki_free(m);
	return NULL;
}

int
socki_fiber_start(struct socki_task *task)
{
	const int rc = socki_sys_thread(live, task, SOCKI_STACK_SIZE);

	if (rc < 0) {
		socki_group_leave(task);
		socki_free(task);
	}
	return rc;
}

void
socki_fiber_free(struct socki_task *task)
{
	socki_free(task);
}

void
socki_worker_ready(struct socki_worker *worker, struct socki_task *task)
{
	(void)worker, (void)task;
	assert(!"a thread has no worker");
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

void
socki_worker_fork_begin(void)
{
}

void
socki_worker_fork_parent(void)
{
}

void
socki_worker_fork_child(void)
{
}

#else

typedef int socki_worker_none_is_not_built;

#endif
