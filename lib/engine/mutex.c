/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/sync.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/guard.h"
#include "engine/task.h"

struct sock_mutex {
	struct socki_guard guard;
	struct socki_queue waiting;
	const struct socki_task *holder;
};

static const char no_lock[] = "no mutex, or its holder has it already";
static const char no_unlock[] = "no mutex, or another is its holder";

struct sock_mutex *
sock_mutex_new(void)
{
	struct sock_mutex *m = socki_zalloc(sizeof *m);

	if (m == NULL) {
		(void)socki_error(-ENOMEM, "mutex", NULL, NULL);
		return NULL;
	}
	socki_guard_init(&m->guard, false);
	socki_queue_init(&m->waiting);
	return m;
}

static void
enter(struct sock_mutex *m)
{
	const unsigned then =
	    atomic_load_explicit(&m->guard.forks, memory_order_relaxed);

	if (!socki_guard_lock(&m->guard))
		return;
	socki_queue_init(&m->waiting);
	m->holder = socki_fork_heir(m->holder, then);
}

/* Whoever unlocks it makes the first in the queue its holder. */
static int
wait_for(struct sock_mutex *m, struct socki_task *me, sock_time deadline)
{
	struct socki_waiter waiter = { .task = me };
	int rc = 0;

	while (m->holder != me && rc == 0)
		rc =
		    socki_guard_park(&m->guard, &m->waiting, &waiter, deadline);
	if (m->holder == me)
		return 0;
	socki_queue_remove(&m->waiting, &waiter);
	return rc;
}

int
sock_mutex_lock(struct sock_mutex *m, sock_time deadline)
{
	struct socki_task *me = socki_task();
	int rc = 0;

	if (m == NULL)
		return socki_error_usage(SOCK_EUSAGE, "mutex lock", no_lock);
	enter(m);
	if (m->holder == NULL)
		m->holder = me;
	else if (m->holder == me)
		rc = SOCK_EUSAGE;
	else
		rc = wait_for(m, me, deadline);
	socki_guard_unlock(&m->guard);
	return rc < 0 ? socki_error_usage(rc, "mutex lock", no_lock) : 0;
}

int
sock_mutex_unlock(struct sock_mutex *m)
{
	struct socki_waiter *next;
	int rc = SOCK_EUSAGE;

	if (m == NULL)
		return socki_error_usage(rc, "mutex unlock", no_unlock);
	enter(m);
	socki_task_wake_later();
	if (m->holder == socki_task()) {
		rc = 0;
		next = socki_queue_wake_first(&m->waiting);
		m->holder = next != NULL ? next->task : NULL;
	}
	socki_guard_unlock(&m->guard);
	socki_task_wake_now();
	return rc < 0 ? socki_error_usage(rc, "mutex unlock", no_unlock) : 0;
}

void
sock_mutex_free(struct sock_mutex *m)
{
	if (m == NULL)
		return;
	pthread_mutex_destroy(&m->guard.lock);
	socki_free(m);
}
