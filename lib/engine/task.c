/* SPDX-License-Identifier: MIT */
#include "engine/task.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "engine/fiber.h"
#include "engine/worker.h"
#include "sys/sys.h"

#define FAST_TLS _Thread_local __attribute__((tls_model("initial-exec")))

static FAST_TLS struct socki_task *current;
static FAST_TLS struct socki_task own; /* the thread's */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;

struct socki_task *
socki_task(void)
{
	return current != NULL ? current : &own;
}

void
socki_task_set(struct socki_task *task)
{
	current = task;
	socki_here_set(task != NULL ? &task->here : NULL);
}

static void
thread_ends(void *task)
{
	socki_sys_close(((struct socki_task *)task)->wake_fd);
}

static void
make_key(void)
{
	key_made = pthread_key_create(&key, thread_ends) == 0;
}

/* A thread's wake-up is made at its first wait and kept until it ends. */
static int
make_wake_fd(struct socki_task *task)
{
	int fd;

	pthread_once(&once, make_key);
	if (!key_made)
		return -ENOMEM;
	fd = socki_sys_eventfd();
	if (fd < 0)
		return fd;
	/* A fiber that is a thread closes its own when it ends. */
	if (task == &own && pthread_setspecific(key, task) != 0) {
		socki_sys_close(fd);
		return -ENOMEM;
	}
	task->wake_fd = fd;
	return 0;
}

int
socki_task_arm(struct socki_task *task)
{
	if (task->worker == NULL && task->wake_fd == 0) {
		const int rc = make_wake_fd(task);

		if (rc < 0)
			return rc;
	}
	atomic_store(&task->state, SOCKI_ARMED);
	return 0;
}

void
socki_task_disarm(struct socki_task *task)
{
	int armed = SOCKI_ARMED;

	if (atomic_compare_exchange_strong(&task->state, &armed, SOCKI_RUNS))
		return;
	/* Woken already: a fiber is in a run queue, and must leave it. */
	if (task->worker != NULL)
		socki_fiber_switch(task);
	else
		socki_sys_eventfd_clear(task->wake_fd);
	atomic_store(&task->state, SOCKI_RUNS);
}

void
socki_task_wake(struct socki_task *task)
{
	int armed = SOCKI_ARMED;

	if (!atomic_compare_exchange_strong(&task->state, &armed, SOCKI_WOKEN))
		return;
	if (task->worker != NULL)
		socki_worker_ready(task->worker, task);
	else
		socki_sys_eventfd_set(task->wake_fd);
}

void
socki_task_expire(struct socki_task *task)
{
	int armed = SOCKI_ARMED;

	if (atomic_compare_exchange_strong(&task->state, &armed, SOCKI_EXPIRED))
		socki_worker_ready(task->worker, task);
}

void
socki_task_yield(struct socki_task *task)
{
	if (task->worker == NULL)
		return;
	socki_worker_ready(task->worker, task);
	socki_fiber_switch(task);
}

void
socki_task_forked(void)
{
	if (own.wake_fd > 0)
		socki_sys_close(own.wake_fd);
	own.wake_fd = 0;
	socki_task_set(NULL);
}

/* Nanoseconds for poll: negative is for ever. */
static int64_t
span_until(sock_time deadline)
{
	sock_time now;

	if (deadline == SOCK_FOREVER)
		return -1;
	now = sock_now();
	return deadline > now ? deadline - now : 0;
}

static int
park_thread(struct socki_task *task, struct pollfd *fds, unsigned count,
    sock_time deadline)
{
	int rc;

	for (;;) {
		fds[0] = (struct pollfd){ task->wake_fd, POLLIN, 0 };
		rc = socki_sys_poll(fds, count + 1, span_until(deadline));
		if (rc == -EINTR)
			continue;
		if (rc < 0) {
			socki_task_disarm(task);
			return rc;
		}
		if (fds[0].revents == 0) {
			socki_task_disarm(task);
			return rc == 0 ? -ETIMEDOUT : 0;
		}
		socki_sys_eventfd_clear(task->wake_fd);
		if (atomic_load(&task->state) == SOCKI_WOKEN)
			break;
		/* The late half of a wake that was taken before. */
	}
	atomic_store(&task->state, SOCKI_RUNS);
	return 0;
}

int
socki_task_park(struct socki_task *task, struct pollfd *fds, unsigned count,
    sock_time deadline)
{
	int rc = 0;

	if (deadline == SOCK_DEFAULT)
		deadline = SOCK_FOREVER;
	if (task->worker != NULL)
		return socki_fiber_park(task, deadline);
	if (socki_task_is_cancelled(task))
		rc = -ECANCELED;
	else if (deadline == SOCK_NOWAIT)
		rc = -EAGAIN;
	else if (deadline < SOCK_FOREVER && socki_clock_passed(deadline))
		rc = -ETIMEDOUT;
	if (rc < 0) {
		socki_task_disarm(task);
		return rc;
	}
	rc = park_thread(task, fds, count, deadline);
	return socki_task_is_cancelled(task) ? -ECANCELED : rc;
}
