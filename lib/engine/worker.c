/* SPDX-License-Identifier: MIT */
#include "engine/worker.h"

#include "engine/fiber.h"

#if SOCKI_SWITCH

#include <errno.h>

#include "base/memory.h"
#include "engine/watch.h"
#include "sys/sys.h"

#define HOG_NS 10000000 /* a request takes a thousandth of it */

_Thread_local struct socki_worker *socki_this_worker
    __attribute__((tls_model("initial-exec")));

static void
push(struct socki_worker *w, struct socki_task *task)
{
	task->next = NULL;
	*w->last = task;
	w->last = &task->next;
}

/* By the worker: unless it runs, or is about to anyway. */
static void
wake(struct socki_worker *w, struct socki_task *task, int from, int to)
{
	if (atomic_load_explicit(&task->state, memory_order_relaxed) != from)
		return;
	atomic_store_explicit(&task->state, to, memory_order_relaxed);
	push(w, task);
}

/* By another thread, which touches it no more: it may have ended. */
static void
call(struct socki_worker *w, struct socki_task *task)
{
	struct socki_task *head = atomic_load(&w->inbox);

	do
		task->next_called = head;
	while (!atomic_compare_exchange_weak(&w->inbox, &head, task));
	if (head == NULL)
		socki_sys_eventfd_set(w->wake_fd);
}

void
socki_worker_wake(struct socki_worker *w, struct socki_task *task)
{
	if (w == socki_this_worker) {
		wake(w, task, SOCKI_ARMED, SOCKI_WOKEN);
		return;
	}
	if (!atomic_exchange(&task->called, true))
		call(w, task);
}

void
socki_worker_start(struct socki_worker *w, struct socki_task *task)
{
	if (w != socki_this_worker) {
		call(w, task);
		return;
	}
	atomic_store_explicit(&task->called, false, memory_order_relaxed);
	wake(w, task, SOCKI_NEW, SOCKI_WOKEN);
}

static void
take_ask(struct socki_owner *owner, struct socki_ask *ask)
{
	struct socki_worker *w = (struct socki_worker *)(void *)owner;
	struct socki_ask *head = atomic_load(&w->asks);

	do
		ask->next = head;
	while (!atomic_compare_exchange_weak(&w->asks, &head, ask));
	if (head == NULL)
		socki_sys_eventfd_set(w->wake_fd);
}

void
socki_worker_take_inbox(struct socki_worker *w)
{
	struct socki_task *task, *next, *in_order = NULL;

	if (atomic_load(&w->inbox) == NULL)
		return;
	task = atomic_exchange(&w->inbox, NULL);
	for (; task != NULL; task = next) {
		next = task->next_called;
		task->next_called = in_order;
		in_order = task;
	}
	for (task = in_order; task != NULL; task = next) {
		next = task->next_called;
		/* From here on it may be called again. */
		(void)atomic_exchange(&task->called, false);
		wake(w, task, SOCKI_ARMED, SOCKI_WOKEN);
		wake(w, task, SOCKI_NEW, SOCKI_WOKEN);
	}
}

int
socki_worker_alarm(struct socki_task *task, sock_time at)
{
	return socki_timer_start(&task->worker->timers, &task->timer, at);
}

void
socki_worker_alarm_off(struct socki_task *task)
{
	socki_timer_stop(&task->worker->timers, &task->timer);
}

int
socki_worker_watch(struct socki_worker *w, int fd, sock_t handle)
{
	return socki_sys_epoll_ctl(w->ep, EPOLL_CTL_ADD, fd,
	    EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
	    (uint64_t)handle);
}

void
socki_worker_unwatch(struct socki_worker *w, int fd)
{
	(void)socki_sys_epoll_ctl(w->ep, EPOLL_CTL_DEL, fd, 0, 0);
}

static void
expire(struct socki_worker *w)
{
	const sock_time now = sock_now();
	struct socki_timer *timer;

	while ((timer = socki_timer_due(&w->timers, now)) != NULL)
		wake(w,
		    (struct socki_task *)(void *)((char *)timer -
			offsetof(struct socki_task, timer)),
		    SOCKI_ARMED, SOCKI_EXPIRED);
}

/* How long the worker may sleep: 0 while somebody can run. */
static int64_t
idle_ns(struct socki_worker *w)
{
	const sock_time first = socki_timer_first(&w->timers);
	sock_time now;

	if (w->first != NULL)
		return 0;
	if (first == SOCK_FOREVER)
		return -1;
	now = sock_now();
	return first > now ? first - now : 0;
}

unsigned
socki_worker_hogs(const struct socki_worker *w)
{
	return atomic_load_explicit(&w->hogs, memory_order_relaxed);
}

/* A turn that kept others waiting. */
static void
count_hog(struct socki_worker *w)
{
	if (socki_clock_coarse() - w->seen > HOG_NS)
		atomic_store_explicit(&w->hogs, socki_worker_hogs(w) + 1,
		    memory_order_relaxed);
}

void
socki_worker_turn(struct socki_worker *w)
{
	const struct epoll_event *e;
	int i, n;

	count_hog(w);
	w->budget = SOCKI_FIBERS_A_TURN;
	do {
		socki_worker_take_inbox(w);
		if (atomic_load(&w->asks) != NULL)
			socki_handle_asked(atomic_exchange(&w->asks, NULL));
		if (w->timers.count > 0)
			expire(w);
		n = socki_sys_epoll_wait(w->ep, w->events, SOCKI_EVENTS_A_TURN,
		    idle_ns(w));
		w->seen = socki_clock_coarse();
		for (i = 0, e = w->events; i < n; i++, e++)
			if (e->data.u64 != 0)
				socki_watch_event((sock_t)e->data.u64,
				    e->events);
	} while (w->first == NULL);
}

/* Whoever ends comes back here; whoever waits goes on to the next by itself. */
void
socki_worker_run(struct socki_worker *w)
{
	if (w->pin)
		socki_sys_pin(w->number);
	w->seen = socki_clock_coarse();
	socki_this_worker = w;
	socki_handle_thread(&w->owner);
	told_thread(&w->loop.told);
	for (;;)
		socki_fiber_leave(w, &w->loop, socki_fiber_next(w), false);
}

static void *
work(void *arg)
{
	socki_worker_run(arg);
}

static void
free_worker(struct socki_worker *w)
{
	if (w->ep > 0)
		socki_sys_close(w->ep);
	if (w->wake_fd > 0)
		socki_sys_close(w->wake_fd);
	socki_free(w->timers.nodes);
	socki_free(w);
}

struct socki_worker *
socki_worker_make(unsigned number, bool pin, int *rc)
{
	struct socki_worker *w = socki_zalloc(sizeof *w);

	*rc = -ENOMEM;
	if (w == NULL)
		return NULL;
	w->owner.ask = take_ask;
	w->last = &w->first;
	w->number = number;
	w->pin = pin;
	w->loop.task.worker = w;
	if ((*rc = socki_timers_grow(&w->timers)) < 0 ||
	    (*rc = w->ep = socki_sys_epoll_create()) < 0 ||
	    (*rc = w->wake_fd = socki_sys_eventfd()) < 0 ||
	    /* Edge-triggered: each wake is an edge, and nobody need read it. */
	    (*rc = socki_sys_epoll_ctl(w->ep, EPOLL_CTL_ADD, w->wake_fd,
		 EPOLLIN | EPOLLET, 0)) < 0) {
		free_worker(w);
		return NULL;
	}
	return w;
}

struct socki_worker *
socki_worker_new(unsigned number, bool pin, int *rc)
{
	struct socki_worker *w = socki_worker_make(number, pin, rc);

	if (w == NULL || (*rc = socki_sys_thread(work, w, 0)) == 0)
		return w;
	free_worker(w);
	return NULL;
}

unsigned
socki_worker_load(const struct socki_worker *w)
{
	/* First what counts down what others counted up. */
	const unsigned own =
	    atomic_load_explicit(&w->own, memory_order_acquire);

	return own + atomic_load_explicit(&w->strange, memory_order_relaxed);
}

/*
 * The stacks stay mapped, since the child may run on one of them; its copy of
 * the epoll must go, or it would keep the parent's registrations alive.
 */
void
socki_worker_forked(struct socki_worker *w)
{
	socki_sys_close(w->ep);
	socki_sys_close(w->wake_fd);
	socki_this_worker = NULL;
}

#else

typedef int socki_worker_is_not_built;

#endif
