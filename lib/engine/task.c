/* SPDX-License-Identifier: MIT */
#include "engine/task.h"

#include <errno.h>
#include <poll.h>

#include "base/alone.h"
#include "base/clock.h"
#include "engine/fiber.h"
#include "engine/thread.h"
#include "engine/worker.h"
#include "sys/sys.h"

_Thread_local struct socki_task *socki_task_current
    __attribute__((tls_model("initial-exec")));
_Thread_local struct socki_task socki_task_own
    __attribute__((tls_model("initial-exec")));

int
socki_task_arm(struct socki_task *task)
{
	int rc = 0;

	if (task->worker != NULL) {
		/* Its worker alone looks: no barrier, which costs 17 ns. */
		atomic_store_explicit(&task->state, SOCKI_ARMED,
		    memory_order_relaxed);
		return 0;
	}
	if (task->wake_fd == 0)
		rc = socki_thread_prepare(task);
	if (rc == 0)
		(void)socki_alone_swap(&task->state, SOCKI_ARMED);
	return rc;
}

void
socki_task_arm_to_doze(struct socki_task *task)
{
	if (task->worker != NULL)
		(void)socki_task_arm(task);
	else
		(void)socki_alone_swap(&task->state, SOCKI_DOZES);
}

void
socki_task_disarm(struct socki_task *task)
{
	int armed = SOCKI_ARMED;

	if (task->worker != NULL && atomic_load(&task->called))
		socki_worker_take_inbox(task->worker);
	if (SOCKI_ALONE_SWAP_IF(&task->state, &armed, SOCKI_RUNS) ||
	    armed == SOCKI_RUNS)
		return;
	/* Whoever wakes one that dozes lets it run, and leaves nothing behind. */
	if (armed == SOCKI_DOZES) {
		(void)SOCKI_ALONE_SWAP_IF(&task->state, &armed, SOCKI_RUNS);
		return;
	}
	/* Woken already: a fiber is in a run queue, and must leave it. */
	if (task->worker != NULL)
		socki_fiber_switch(task);
	else
		socki_sys_eventfd_clear(task->wake_fd);
	atomic_store(&task->state, SOCKI_RUNS);
}

#define LATER_MAX 4

/* Where those sleep that are to be woken later. */
static _Thread_local struct {
	_Atomic int *words[LATER_MAX];
	unsigned count;
	bool later;
} wakes __attribute__((tls_model("initial-exec")));

void
socki_task_wake_later(void)
{
	wakes.later = true;
}

/* Some may have come and gone by now: for the kernel a word is a number. */
void
socki_task_wake_now(void)
{
	wakes.later = false;
	while (wakes.count > 0)
		socki_sys_futex_wake(wakes.words[--wakes.count]);
}

static void
wake_dozing(struct socki_task *task)
{
	int dozes = SOCKI_DOZES;

	if (!atomic_compare_exchange_strong(&task->state, &dozes, SOCKI_RUNS))
		return;
	if (wakes.later && wakes.count < LATER_MAX)
		wakes.words[wakes.count++] = &task->state;
	else
		socki_sys_futex_wake(&task->state);
}

void
socki_task_wake(struct socki_task *task)
{
	int armed = SOCKI_ARMED;

	if (task->worker != NULL)
		socki_worker_wake(task->worker, task);
	else if (atomic_compare_exchange_strong(&task->state, &armed,
		     SOCKI_WOKEN))
		socki_sys_eventfd_set(task->wake_fd);
	else if (armed == SOCKI_DOZES)
		wake_dozing(task);
}

void
socki_task_cancel(struct socki_task *task)
{
	atomic_store(&task->cancelled, true);
	socki_task_wake(task);
}

void
socki_task_pause(struct socki_task *task)
{
	if (task->worker != NULL)
		socki_fiber_give_way(task);
	else
		(void)socki_sys_poll(NULL, 0, 1000000);
}

void
socki_task_forked(void)
{
	socki_task_set(NULL);
}

int
socki_task_may_park(const struct socki_task *task, sock_time deadline)
{
	if (socki_task_is_cancelled(task))
		return -ECANCELED;
	if (deadline == SOCK_NOWAIT)
		return -EAGAIN;
	return socki_clock_passed(deadline) ? -ETIMEDOUT : 0;
}

int
socki_task_park(struct socki_task *task, struct pollfd *fds, unsigned count,
    sock_time deadline)
{
	int rc;

	if (wakes.later)
		socki_task_wake_now();
	if (deadline == SOCK_DEFAULT)
		deadline = SOCK_FOREVER;
	if (task->worker != NULL)
		return socki_fiber_park(task, deadline);
	rc = socki_task_may_park(task, deadline);
	if (rc == 0 && fds == NULL)
		rc = socki_thread_doze(task, deadline);
	else if (rc == 0)
		rc = socki_thread_poll(task, fds, count, deadline);
	socki_task_disarm(task);
	return socki_task_is_cancelled(task) ? -ECANCELED : rc;
}
