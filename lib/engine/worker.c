/* SPDX-License-Identifier: MIT */
#include "engine/worker.h"

#include "engine/switch.h"

#if SOCKI_SWITCH

#include <errno.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/group.h"
#include "engine/stack.h"
#include "engine/told.h"
#include "engine/watch.h"
#include "sys/sys.h"

/* Fibers that run between two looks at the kernel, and events a look takes. */
#define TURN 128
#define EVENTS_MAX 128

/* What a parked fiber reads first when it goes on: the frames of its wait. */
#define FRAMES_FETCHED 512
#define CACHE_LINE 64

struct fiber {
	struct socki_task
	    task; /* first: a task with a worker is one of these */
	struct socki_context context;
	void (*run)(void *);
	void *arg;
	struct socki_stack *stack;
	struct told told;
};

struct socki_worker {
	struct socki_owner owner; /* first: of the handles it watches */
	struct socki_ask *_Atomic asks;
	int ep, wake_fd;
	unsigned budget;                  /* of this turn */
	struct socki_task *first, **last; /* who can run */
	struct socki_task *_Atomic inbox; /* from other threads, last first */
	struct socki_timers timers;
	struct socki_stack_cache stacks;
	struct fiber *left; /* whom the last switch left */
	struct fiber *dead; /* to be freed by whoever runs next */
	struct fiber loop;  /* the thread's own stack */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct socki_worker *the_worker;

static _Thread_local struct socki_worker *this_worker
    __attribute__((tls_model("initial-exec")));

static void
push(struct socki_worker *w, struct socki_task *task)
{
	task->next = NULL;
	*w->last = task;
	w->last = &task->next;
}

static struct fiber *
pop(struct socki_worker *w)
{
	struct socki_task *task = w->first;

	if (task == NULL)
		return NULL;
	w->first = task->next;
	if (w->first == NULL)
		w->last = &w->first;
	return (struct fiber *)(void *)task;
}

void
socki_worker_ready(struct socki_worker *w, struct socki_task *task)
{
	struct socki_task *head;

	if (w == this_worker) {
		push(w, task);
		return;
	}
	head = atomic_load(&w->inbox);
	do
		task->next = head;
	while (!atomic_compare_exchange_weak(&w->inbox, &head, task));
	if (head == NULL)
		socki_sys_eventfd_set(w->wake_fd);
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

static void
take_inbox(struct socki_worker *w)
{
	struct socki_task *task, *next, *in_order = NULL;

	if (atomic_load(&w->inbox) == NULL)
		return;
	task = atomic_exchange(&w->inbox, NULL);
	for (; task != NULL; task = next) {
		next = task->next;
		task->next = in_order;
		in_order = task;
	}
	for (task = in_order; task != NULL; task = next) {
		next = task->next;
		push(w, task);
	}
}

static void
free_fiber(struct socki_stack_cache *stacks, struct fiber *f)
{
	told_gone(&f->told);
	socki_stack_give(stacks, f->stack);
}

/* First thing after every switch, on the stack that runs now. */
static void
arrive(struct socki_worker *w, struct fiber *f)
{
	told_arrive(&f->told, &w->left->told);
	if (w->dead != NULL) {
		free_fiber(&w->stacks, w->dead);
		w->dead = NULL;
	}
	socki_task_set(&f->task);
}

static void
leave(struct socki_worker *w, struct fiber *from, struct fiber *to,
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
	const struct fiber *f = (const struct fiber *)(const void *)w->first;
	const char *sp;
	size_t i;

	if (f == NULL)
		return;
	sp = f->context.sp;
	for (i = 0; i < FRAMES_FETCHED; i += CACHE_LINE)
		__builtin_prefetch(sp + i, 1);
}

/* Whose turn it is: the next fiber, or the loop if the turn is over. */
static struct fiber *
next(struct socki_worker *w)
{
	struct fiber *f;

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
	struct fiber *from = (struct fiber *)(void *)task;
	struct fiber *to = next(w);
	const int saved = errno;

	if (to != from)
		leave(w, from, to, false);
	errno = saved;
}

static void
begin(void *arg)
{
	struct fiber *f = arg;
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
		socki_task_expire((struct socki_task *)(void *)((char *)timer -
		    offsetof(struct socki_task, timer)));
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

static void *
work(void *arg)
{
	struct socki_worker *w = arg;
	struct epoll_event events[EVENTS_MAX];
	struct fiber *f;
	int i, n;

	this_worker = w;
	socki_handle_thread(&w->owner);
	told_thread(&w->loop.told);
	for (;;) {
		w->budget = TURN;
		while ((f = next(w)) != &w->loop)
			leave(w, &w->loop, f, false);
		take_inbox(w);
		if (atomic_load(&w->asks) != NULL)
			socki_handle_asked(atomic_exchange(&w->asks, NULL));
		if (w->timers.count > 0)
			expire(w);
		n = socki_sys_epoll_wait(w->ep, events, EVENTS_MAX, idle_ns(w));
		for (i = 0; i < n; i++)
			if (events[i].data.u64 != 0)
				socki_watch_event((sock_t)events[i].data.u64,
				    events[i].events);
	}
	return NULL;
}

static void
free_worker(struct socki_worker *w)
{
	if (w->ep > 0)
		socki_sys_close(w->ep);
	if (w->wake_fd > 0)
		socki_sys_close(w->wake_fd);
	socki_free(w);
}

static struct socki_worker *
start_worker(int *rc)
{
	struct socki_worker *w = socki_zalloc(sizeof *w);

	*rc = -ENOMEM;
	if (w == NULL)
		return NULL;
	w->owner.ask = take_ask;
	w->last = &w->first;
	w->loop.task.worker = w;
	if ((*rc = w->ep = socki_sys_epoll_create()) < 0 ||
	    (*rc = w->wake_fd = socki_sys_eventfd()) < 0 ||
	    /* Edge-triggered: each wake is an edge, and nobody need read it. */
	    (*rc = socki_sys_epoll_ctl(w->ep, EPOLL_CTL_ADD, w->wake_fd,
		 EPOLLIN | EPOLLET, 0)) < 0 ||
	    (*rc = socki_sys_thread(work, w, 0)) < 0) {
		free_worker(w);
		return NULL;
	}
	return w;
}

/* The worker for a new fiber of the caller's. */
static struct socki_worker *
worker_here(int *rc)
{
	struct socki_worker *w = socki_task()->worker;

	if (w != NULL)
		return w;
	pthread_mutex_lock(&lock);
	if (the_worker == NULL)
		the_worker = start_worker(rc);
	w = the_worker;
	pthread_mutex_unlock(&lock);
	return w;
}

struct socki_task *
socki_fiber_new(void (*run)(void *), void *arg, int *rc)
{
	struct socki_worker *w = worker_here(rc);
	struct socki_stack *stack;
	struct fiber *f;
	char *top;

	if (w == NULL)
		return NULL;
	*rc = -ENOMEM;
	stack = socki_stack_take(w == this_worker ? &w->stacks : NULL);
	if (stack == NULL)
		return NULL;
	/* One page holds the fiber and the frames of a conversation that waits. */
	top = stack->high - (sizeof *f + 63) / 64 * 64;
	f = (struct fiber *)(void *)top;
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

	free_fiber(w == this_worker ? &w->stacks : NULL,
	    (struct fiber *)(void *)task);
}

void
socki_worker_fork_begin(void)
{
	pthread_mutex_lock(&lock);
	socki_stack_fork_begin();
}

void
socki_worker_fork_parent(void)
{
	socki_stack_fork_end();
	pthread_mutex_unlock(&lock);
}

/*
 * The stacks stay mapped, since the child may run on one of them; its copy of
 * the epoll must go, or it would keep the parent's registrations alive.
 */
void
socki_worker_fork_child(void)
{
	socki_stack_fork_end();
	pthread_mutex_unlock(&lock);
	if (the_worker != NULL) {
		socki_sys_close(the_worker->ep);
		socki_sys_close(the_worker->wake_fd);
	}
	the_worker = NULL;
	this_worker = NULL;
}

#else

typedef int socki_worker_is_not_built;

#endif
