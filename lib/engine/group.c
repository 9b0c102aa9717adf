/* SPDX-License-Identifier: MIT */
#include "engine/group.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <poll.h>
#include <stdatomic.h>
#include <sock/fiber.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/fiber.h"
#include "engine/fork.h"
#include "engine/task.h"
#include "engine/worker.h"

struct sock_group {
	pthread_mutex_t lock;
	struct socki_task *members;
	struct socki_queue waiting; /* for the last one to end */
	bool cancelled;
	_Atomic unsigned forks; /* of the process that it is in order for */
};

#define SETTLING UINT_MAX /* for a moment */

struct sock_group *
sock_group_new(void)
{
	struct sock_group *g = socki_zalloc(sizeof *g);

	if (g == NULL) {
		(void)socki_error(-ENOMEM, "group", NULL, NULL);
		return NULL;
	}
	pthread_mutex_init(&g->lock, NULL);
	socki_queue_init(&g->waiting);
	atomic_init(&g->forks, socki_fork_count());
	return g;
}

/*
 * In a child after fork() its members are gone, and so is whoever held its
 * lock: the first thread there that comes by makes it empty.
 */
static void
settle(struct sock_group *g, unsigned now)
{
	unsigned then = atomic_load(&g->forks);

	while (then == SETTLING ||
	    (then != now &&
		!atomic_compare_exchange_strong(&g->forks, &then, SETTLING)))
		then = atomic_load(&g->forks);
	if (then == now)
		return;
	pthread_mutex_init(&g->lock, NULL);
	socki_queue_init(&g->waiting);
	g->members = NULL;
	atomic_store(&g->forks, now);
}

static void
lock_group(struct sock_group *g)
{
	const unsigned now = socki_fork_count();

	if (atomic_load_explicit(&g->forks, memory_order_acquire) != now)
		settle(g, now);
	pthread_mutex_lock(&g->lock);
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
	pthread_mutex_unlock(&g->lock);
	return rc;
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
	if (g->members == NULL)
		(void)socki_queue_wake(&g->waiting, UINT_MAX);
	pthread_mutex_unlock(&g->lock);
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

	return rc < 0 ? socki_error(rc, "go", NULL, NULL) : 0;
}

int
sock_go_spread(struct sock_group *g, void (*run)(void *), void *arg)
{
	const int rc = go(g, socki_worker_idlest, run, arg);

	return rc < 0 ? socki_error(rc, "go", NULL, NULL) : 0;
}

static int
wait_for_all(struct sock_group *g, sock_time deadline)
{
	int rc = 0;

	lock_group(g);
	while (g->members != NULL && rc == 0)
		rc =
		    socki_queue_wait(&g->waiting, &g->lock, UINT_MAX, deadline);
	if (g->members == NULL)
		rc = 0;
	pthread_mutex_unlock(&g->lock);
	return rc;
}

int
sock_group_wait(struct sock_group *g, sock_time deadline)
{
	int rc;

	if (g == NULL || socki_task()->group == g)
		return socki_error(SOCK_EUSAGE, "group wait", NULL, NULL);
	rc = wait_for_all(g, deadline);
	return rc < 0 ? socki_error(rc, "group wait", NULL, NULL) : 0;
}

int
sock_group_cancel(struct sock_group *g)
{
	struct socki_task *task;

	if (g == NULL)
		return socki_error(SOCK_EUSAGE, "group cancel", NULL, NULL);
	lock_group(g);
	g->cancelled = true;
	for (task = g->members; task != NULL; task = task->group_next)
		socki_task_cancel(task);
	pthread_mutex_unlock(&g->lock);
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
	pthread_mutex_destroy(&g->lock);
	socki_free(g);
}

int
sock_sleep(sock_time until)
{
	struct socki_task *task = socki_task();
	struct pollfd fds[1];
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
		rc = socki_task_arm(task);
		if (rc == 0)
			rc = socki_task_park(task, fds, 0, until);
	} while (rc == 0);
	return rc == -ETIMEDOUT ? 0 : socki_error(rc, "sleep", NULL, NULL);
}
