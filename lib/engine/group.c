/* SPDX-License-Identifier: MIT */
#include "engine/group.h"

#include <errno.h>
#include <sock/fiber.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/fiber.h"
#include "engine/guard.h"
#include "engine/task.h"
#include "engine/worker.h"

struct sock_group {
	struct socki_guard guard;
	struct socki_task *members;
	struct socki_queue waiting; /* for the last one to end */
	bool cancelled;
};

struct sock_group *
sock_group_new(void)
{
	struct sock_group *g = socki_zalloc(sizeof *g);

	if (g == NULL) {
		(void)socki_error(-ENOMEM, "group", NULL, NULL);
		return NULL;
	}
	socki_guard_init(&g->guard, true);
	socki_queue_init(&g->waiting);
	return g;
}

/* In a child after fork() its members are gone. */
static void
lock_group(struct sock_group *g)
{
	if (!socki_guard_lock(&g->guard))
		return;
	socki_queue_init(&g->waiting);
	g->members = NULL;
}

/* 0; -ECANCELED. */
static int
join(struct sock_group *g, struct socki_task *task)
{
	int rc = 0;

	lock_group(g);
	if (g->cancelled) {
		rc = -ECANCELED;
	} else {
		task->group = g;
		task->group_prev = NULL;
		task->group_next = g->members;
		if (g->members != NULL)
			g->members->group_prev = task;
		g->members = task;
	}
	socki_guard_unlock(&g->guard);
	return rc;
}

void
socki_group_meet(struct socki_task *task)
{
	if (task->group == NULL)
		return;
	lock_group(task->group);
	socki_guard_unlock(&task->group->guard);
}

void
socki_group_leave(struct socki_task *task)
{
	struct sock_group *g = task->group;

	if (g == NULL)
		return;
	lock_group(g);
	if (task->group_prev != NULL)
		task->group_prev->group_next = task->group_next;
	else
		g->members = task->group_next;
	if (task->group_next != NULL)
		task->group_next->group_prev = task->group_prev;
	socki_task_wake_later();
	if (g->members == NULL)
		while (socki_queue_wake_first(&g->waiting) != NULL)
			;
	socki_guard_unlock(&g->guard);
	socki_task_wake_now();
}

static int
go(struct sock_group *g, struct socki_worker *(*where)(int *rc),
    void (*run)(void *), void *arg)
{
	struct socki_worker *w;
	struct socki_task *task;
	int rc;

	if (g == NULL || run == NULL)
		return SOCK_EUSAGE;
	w = where(&rc);
	if (w == NULL)
		return rc;
	if (w != socki_task()->worker) /* and so will its end */
		socki_guard_share(&g->guard);
	task = socki_fiber_new_on(w, run, arg, &rc);
	if (task == NULL)
		return rc;
	rc = join(g, task);
	if (rc == 0)
		return socki_fiber_start(task);
	socki_fiber_free(task);
	return rc;
}

int
sock_go(struct sock_group *g, void (*run)(void *), void *arg)
{
	const int rc = go(g, socki_worker_here, run, arg);

	return rc < 0 ?
	    socki_error_usage(rc, "go", "no group, or no function") :
	    0;
}

int
sock_go_spread(struct sock_group *g, void (*run)(void *), void *arg)
{
	const int rc = go(g, socki_worker_idlest, run, arg);

	return rc < 0 ?
	    socki_error_usage(rc, "go", "no group, or no function") :
	    0;
}

static int
wait_for_all(struct sock_group *g, sock_time deadline)
{
	struct socki_waiter waiter = { .task = socki_task() };
	int rc = 0;

	lock_group(g);
	while (g->members != NULL && rc == 0)
		rc =
		    socki_guard_park(&g->guard, &g->waiting, &waiter, deadline);
	socki_queue_remove(&g->waiting, &waiter);
	if (g->members == NULL)
		rc = 0;
	socki_guard_unlock(&g->guard);
	return rc;
}

int
sock_group_wait(struct sock_group *g, sock_time deadline)
{
	int rc;

	if (g == NULL || socki_task()->group == g)
		return socki_error_usage(SOCK_EUSAGE, "group wait",
		    "no group, or one's own");
	rc = wait_for_all(g, deadline);
	return rc < 0 ? socki_error(rc, "group wait", NULL, NULL) : 0;
}

int
sock_group_cancel(struct sock_group *g)
{
	struct socki_task *task;

	if (g == NULL)
		return socki_error_usage(SOCK_EUSAGE, "group cancel",
		    "no group");
	lock_group(g);
	g->cancelled = true;
	for (task = g->members; task != NULL; task = task->group_next)
		socki_task_cancel(task);
	socki_guard_unlock(&g->guard);
	return 0;
}

void
sock_shield(bool on)
{
	struct socki_task *task = socki_task();

	if (on)
		task->shields++;
	else if (task->shields > 0)
		task->shields--;
}

void
sock_group_free(struct sock_group *g)
{
	if (g == NULL)
		return;
	(void)sock_group_cancel(g);
	sock_shield(true);
	while (wait_for_all(g, SOCK_FOREVER) < 0)
		socki_task_pause(socki_task());
	sock_shield(false);
	pthread_mutex_destroy(&g->guard.lock);
	socki_free(g);
}

int
sock_sleep(sock_time until)
{
	struct socki_task *task = socki_task();
	int rc;

	if (until == SOCK_DEFAULT || until == SOCK_NOWAIT ||
	    (until != SOCK_FOREVER && until <= sock_now())) {
		if (task->worker != NULL)
			socki_fiber_yield(task);
		if (task->shields > 0 || !atomic_load(&task->cancelled))
			return 0;
		return socki_error(-ECANCELED, "sleep", NULL, NULL);
	}
	do {
		socki_task_arm_to_doze(task);
		rc = socki_task_park(task, NULL, 0, until);
	} while (rc == 0);
	return rc == -ETIMEDOUT ? 0 : socki_error(rc, "sleep", NULL, NULL);
}
