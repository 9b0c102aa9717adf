/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_THREAD_H
#define SOCKI_ENGINE_THREAD_H

#include <sock/base.h>

/*
 * How a thread waits: by poll(2), with its wake-up beside what it waits for;
 * where that is nothing else, by futex(2), which needs no descriptor and is
 * half the work for either side.
 *
 * poll hangs the caller into the queue of each descriptor and out again, which
 * an exchange of 64 bytes feels (3 %).  So the socket that a thread reads from
 * again and again becomes its favourite, and stays in an epoll of the thread's
 * own, beside the wake-up.  A thread has one favourite, and a socket is that of
 * one thread.
 */

struct pollfd;
struct socki_task;
struct socki_watch;

/* 0; -EMFILE, -ENFILE, -ENOMEM: without a wake-up it cannot wait. */
int socki_thread_prepare(struct socki_task *task);

/* The calling thread's wake-up: an eventfd that was made before it began. */
void socki_thread_begin(int fd);

/* For a thread that is a member of a group: what it holds is closed. */
void socki_thread_end(struct socki_task *task);

/*
 * Waits for any of count descriptors behind fds[0], which is for the wake-up.
 * 0: woken or ready; -ETIMEDOUT, -ENOMEM.
 */
int socki_thread_poll(struct socki_task *task, struct pollfd *fds,
    unsigned count, sock_time deadline);

/*
 * Waits to be woken alone, and is armed no more then.  0: woken; -ETIMEDOUT,
 * unless it was woken as well.
 */
int socki_thread_doze(struct socki_task *task, sock_time deadline);

/* As socki_thread_poll(), for one direction of one socket. */
int socki_thread_wait(struct socki_task *task, struct socki_watch *watch,
    unsigned want, sock_time deadline);

/* The descriptor is about to be closed or to change: nobody's favourite now. */
void socki_thread_forget(struct socki_watch *watch);

/* For pthread_atfork(3): the child's copies belong to the parent. */
void socki_thread_fork_begin(void);
void socki_thread_fork_parent(void);
void socki_thread_fork_child(void);

#endif
