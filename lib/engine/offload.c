/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/fiber.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/guard.h"
#include "engine/task.h"
#include "sys/sys.h"

/* What a helper is given waits more than it computes. */
#define HELPERS_MAX 64

/* A thread without work ends: it holds 12 KiB, and 8 in the kernel. */
#define IDLE_MS 10000

struct job {
	struct socki_waiter waiter; /* first */
	void (*run)(void *);
	void *arg;
	bool begun, done;
};

static struct {
	struct socki_guard guard;
	struct socki_queue idle; /* helpers */
	struct socki_queue waiting, running;
	unsigned jobs; /* of both */
	unsigned helpers;
} here = { .guard = { .lock = PTHREAD_MUTEX_INITIALIZER } };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
prepare(void)
{
	socki_fork_prepare();
	socki_queue_init(&here.idle);
	socki_queue_init(&here.waiting);
	socki_queue_init(&here.running);
	here.jobs = here.helpers = 0;
}

static void
enter(void)
{
	pthread_once(&once, prepare);
	if (socki_guard_lock(&here.guard))
		prepare();
}

/* The next job, which has begun; NULL: none for long. */
static struct job *
take(void)
{
	const sock_time until = sock_in(IDLE_MS);
	struct job *job;
	int rc = 0;

	while (here.waiting.first == NULL && rc == 0)
		rc = socki_queue_wait(&here.idle, &here.guard.lock, 1, until);
	job = (struct job *)(void *)here.waiting.first;
	if (job != NULL) {
		socki_queue_remove(&here.waiting, &job->waiter);
		socki_queue_add(&here.running, &job->waiter);
		job->begun = true;
	}
	return job;
}

static void *
help(void *arg)
{
	const unsigned forks = socki_fork_count();
	struct job *job;

	(void)arg;
	pthread_mutex_lock(&here.guard.lock);
	while ((job = take()) != NULL) {
		pthread_mutex_unlock(&here.guard.lock);
		job->run(job->arg);
		if (socki_fork_count() != forks)
			_exit(
			    0); /* it forked, and this is the child: fiber.c */
		pthread_mutex_lock(&here.guard.lock);
		here.jobs--;
		job->done = true;
		socki_queue_remove(&here.running, &job->waiter);
		socki_task_wake_later();
		socki_task_wake(job->waiter.task);
		pthread_mutex_unlock(&here.guard.lock);
		socki_task_wake_now();
		pthread_mutex_lock(&here.guard.lock);
	}
	here.helpers--;
	pthread_mutex_unlock(&here.guard.lock);
	return NULL;
}

/* One job more: 0 if a helper is free for it; 1: it has to wait; an error. */
static int
see_to_helpers(void)
{
	int rc;

	if (here.jobs < here.helpers) {
		(void)socki_queue_wake_first(&here.idle);
		return 0;
	}
	if (here.helpers == HELPERS_MAX)
		return 1;
	rc = socki_sys_thread(help, NULL, 0);
	if (rc < 0)
		return here.helpers > 0 ? 1 : rc;
	here.helpers++;
	return 0;
}

/*
 * Until a helper takes it, or the deadline; then until it is done, whatever
 * comes, since the job lies on the caller's stack.
 */
static int
wait_for(struct job *job, sock_time deadline)
{
	int rc = 0;

	while (!job->begun && rc == 0)
		rc = socki_guard_park(&here.guard, &here.waiting, &job->waiter,
		    deadline);
	if (!job->begun) {
		socki_queue_remove(&here.waiting, &job->waiter);
		here.jobs--;
		return rc;
	}
	sock_shield(true);
	while (!job->done)
		(void)socki_guard_park(&here.guard, &here.running, &job->waiter,
		    SOCK_FOREVER);
	sock_shield(false);
	return 0;
}

static int
offload(struct job *job, sock_time deadline)
{
	const int rc = see_to_helpers();

	if (rc < 0) /* -EAGAIN would say that it has to be waited for */
		return rc == -EAGAIN ? SOCK_ELIMIT : rc;
	here.jobs++;
	return wait_for(job, rc == 0 ? SOCK_FOREVER : deadline);
}

int
sock_offload(void (*run)(void *), void *arg, sock_time deadline)
{
	struct job job = { .waiter.task = socki_task(),
		.run = run,
		.arg = arg };
	int rc = -ECANCELED;

	if (run == NULL)
		return socki_error_usage(SOCK_EUSAGE, "offload", "no function");
	enter();
	socki_task_wake_later();
	if (!socki_task_is_cancelled(job.waiter.task))
		rc = offload(&job, deadline);
	socki_guard_unlock(&here.guard);
	socki_task_wake_now();
	return rc < 0 ? socki_error(rc, "offload", NULL, NULL) : 0;
}
