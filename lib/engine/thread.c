/* SPDX-License-Identifier: MIT */
#include "engine/thread.h"

#include <errno.h>
#include <poll.h>

#include "base/alone.h"
#include "base/clock.h"
#include "engine/task.h"
#include "engine/watch.h"
#include "sys/sys.h"

/* Waits in a row that make a favourite: fewer would not be worth its calls. */
#define OFTEN 8

/* Of who is whose favourite, and of the end of a thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;

/* Under the lock. */
static void
part(struct socki_watch *w)
{
	struct socki_task *task = atomic_load(&w->fan);

	if (task == NULL)
		return;
	(void)socki_sys_epoll_ctl(task->ep, EPOLL_CTL_DEL, w->fd, 0, 0);
	atomic_store(&task->favourite, NULL);
	atomic_store(&w->fan, NULL);
}

void
socki_thread_forget(struct socki_watch *w)
{
	if (atomic_load(&w->fan) == NULL)
		return;
	pthread_mutex_lock(&lock);
	part(w);
	pthread_mutex_unlock(&lock);
}

static void
close_own(struct socki_task *task)
{
	if (task->ep > 0)
		socki_sys_close(task->ep);
	if (task->wake_fd > 0)
		socki_sys_close(task->wake_fd);
	task->ep = task->wake_fd = 0;
}

void
socki_thread_end(struct socki_task *task)
{
	struct socki_watch *w;

	pthread_mutex_lock(&lock);
	w = atomic_load(&task->favourite);
	if (w != NULL)
		part(w);
	pthread_mutex_unlock(&lock);
	close_own(task);
}

static void
thread_ends(void *task)
{
	socki_thread_end(task);
}

static void
make_key(void)
{
	key_made = pthread_key_create(&key, thread_ends) == 0;
}

/* On failure fd is closed. */
static int
take_up(struct socki_task *task, int fd)
{
	pthread_once(&once, make_key);
	/* A fiber that is a thread has its end in its own hands. */
	if (!key_made ||
	    (task == &socki_task_own && pthread_setspecific(key, task) != 0)) {
		socki_sys_close(fd);
		return -ENOMEM;
	}
	task->wake_fd = fd;
	return 0;
}

int
socki_thread_prepare(struct socki_task *task)
{
	int fd;

	if (task->wake_fd > 0)
		return 0;
	fd = socki_sys_eventfd();
	return fd < 0 ? fd : take_up(task, fd);
}

void
socki_thread_begin(int fd)
{
	(void)take_up(&socki_task_own, fd);
}

/* An epoll with the wake-up in it.  Failing is no error: there is poll. */
static bool
has_epoll(struct socki_task *task)
{
	int ep;

	if (task->ep > 0)
		return true;
	ep = socki_sys_epoll_create();
	if (ep < 0)
		return false;
	if (socki_sys_epoll_ctl(ep, EPOLL_CTL_ADD, task->wake_fd, EPOLLIN, 0) <
	    0) {
		socki_sys_close(ep);
		return false;
	}
	task->ep = ep;
	return true;
}

static void
prefer(struct socki_task *task, struct socki_watch *w)
{
	struct socki_watch *old;

	pthread_mutex_lock(&lock);
	if (atomic_load(&w->fan) == NULL && has_epoll(task)) {
		old = atomic_load(&task->favourite);
		if (old != NULL)
			part(old);
		if (socki_sys_epoll_ctl(task->ep, EPOLL_CTL_ADD, w->fd,
			EPOLLIN | EPOLLRDHUP | EPOLLPRI |
			    (w->by_message ? 0 : EPOLLET),
			1) == 0) {
			atomic_store(&task->favourite, w);
			atomic_store(&w->fan, task);
		}
	}
	pthread_mutex_unlock(&lock);
}

static bool
is_favourite(struct socki_task *task, struct socki_watch *w, unsigned want)
{
	if (want != SOCKI_READ)
		return false;
	if (atomic_load_explicit(&task->favourite, memory_order_relaxed) == w)
		return true;
	if (task->last != w->handle) {
		task->last = w->handle;
		task->in_a_row = 0;
	} else if (++task->in_a_row == OFTEN) {
		task->in_a_row = 0;
		prefer(task, w);
	}
	return atomic_load_explicit(&task->favourite, memory_order_relaxed) ==
	    w;
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

/* The wake-up was seen.  Not if it is the late half of one taken before. */
static bool
is_woken(struct socki_task *task)
{
	int woken = SOCKI_WOKEN;

	socki_sys_eventfd_clear(task->wake_fd);
	return atomic_compare_exchange_strong(&task->state, &woken, SOCKI_RUNS);
}

int
socki_thread_poll(struct socki_task *task, struct pollfd *fds, unsigned count,
    sock_time deadline)
{
	int rc;

	for (;;) {
		fds[0] = (struct pollfd){ task->wake_fd, POLLIN, 0 };
		rc = socki_sys_poll(fds, count + 1, span_until(deadline));
		if (rc == -EINTR)
			continue;
		if (rc <= 0)
			return rc == 0 ? -ETIMEDOUT : rc;
		if (fds[0].revents == 0 || is_woken(task))
			return 0;
	}
}

int
socki_thread_doze(struct socki_task *task, sock_time deadline)
{
	int dozes = SOCKI_DOZES, rc = 0;

	while ((rc == 0 || rc == -EINTR) &&
	    atomic_load(&task->state) == SOCKI_DOZES)
		rc = socki_sys_futex_wait(&task->state, SOCKI_DOZES,
		    span_until(deadline));
	if (!SOCKI_ALONE_SWAP_IF(&task->state, &dozes, SOCKI_RUNS))
		return 0;
	return rc;
}

/* As socki_watch_event(): what else may be behind the bytes. */
static void
look_ahead(struct socki_watch *w, uint32_t events)
{
	if (events & (EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR))
		atomic_store_explicit(&w->unsteady, true, memory_order_relaxed);
}

static int
wait_for_favourite(struct socki_task *task, struct socki_watch *w,
    sock_time deadline)
{
	struct epoll_event events[2];
	int i, rc;

	for (;;) {
		bool ready = false;

		rc = socki_sys_epoll_wait(task->ep, events, 2,
		    span_until(deadline));
		if (rc == -EINTR)
			continue;
		if (rc <= 0)
			return rc == 0 ? -ETIMEDOUT : rc;
		for (i = 0; i < rc; i++) {
			if (events[i].data.u64 == 0) {
				ready = is_woken(task) || ready;
				continue;
			}
			look_ahead(w, events[i].events);
			ready = true;
		}
		if (ready)
			return 0;
	}
}

int
socki_thread_wait(struct socki_task *task, struct socki_watch *w, unsigned want,
    sock_time deadline)
{
	struct pollfd fds[2];

	if (is_favourite(task, w, want))
		return wait_for_favourite(task, w, deadline);
	fds[1] = (struct pollfd){ w->fd,
		(short)(want == SOCKI_READ ? POLLIN : POLLOUT), 0 };
	return socki_thread_poll(task, fds, 1, deadline);
}

void
socki_thread_fork_begin(void)
{
	pthread_mutex_lock(&lock);
}

void
socki_thread_fork_parent(void)
{
	pthread_mutex_unlock(&lock);
}

void
socki_thread_fork_child(void)
{
	struct socki_task *task = socki_task();

	pthread_mutex_unlock(&lock);
	close_own(task);
	atomic_store(&task->favourite, NULL);
}
