/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_WORKER_H
#define SOCKI_ENGINE_WORKER_H

#include <stdint.h>

#include "engine/task.h"

/*
 * A worker: one thread, its epoll, its run queue and its timers.  A fiber
 * lives and dies on the worker that started it.
 */

/*
 * A fiber, which does not run yet: on the caller's worker if the caller is a
 * fiber.  On a machine without a switch it is a thread.  NULL and *rc: no
 * memory, no worker.
 */
struct socki_task *socki_fiber_new(void (*run)(void *), void *arg, int *rc);

/* Starts it: 0, or an error, and it is as if it had been freed. */
int socki_fiber_start(struct socki_task *task);

/* Frees one that was not started. */
void socki_fiber_free(struct socki_task *task);

/* Puts a fiber into its worker's run queue, from any thread. */
void socki_worker_ready(struct socki_worker *worker, struct socki_task *task);

/* Sets the calling fiber's timer.  0, -ENOMEM. */
int socki_worker_alarm(struct socki_task *task, sock_time at);
void socki_worker_alarm_off(struct socki_task *task);

/* Has the worker watch a descriptor, once and edge-triggered, by its handle. */
int socki_worker_watch(struct socki_worker *worker, int fd, sock_t handle);
void socki_worker_unwatch(struct socki_worker *worker, int fd);

/* For pthread_atfork(3): in the child there are no workers any more. */
void socki_worker_fork_begin(void);
void socki_worker_fork_parent(void);
void socki_worker_fork_child(void);

#endif
