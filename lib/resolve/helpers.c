/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/fork.h"
#include "resolve/helpers.h"
#include "sys/sys.h"

/*
 * A dead name takes the C library 10 s and more for each question; whoever
 * asks more than four such has to wait, or to be refused.
 */
#define HELPERS_MAX 4
#define WAITING_MAX 1024 /* questions; half a MiB of them */

/*
 * A thread without work ends: 8 KiB in the kernel and its stack are much for a
 * server that looked up one name when it began.
 */
#define IDLE_MS 10000

static struct {
	pthread_mutex_t lock;
	struct socki_queue idle; /* helpers */
	struct socki_question *waiting, **last;
	struct socki_question *asking; /* helpers are at these */
	unsigned count;                /* of waiting */
	unsigned helpers, busy;
	const struct socki_resolver *resolver;
} here = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.last = &here.waiting,
	.resolver = &socki_resolver_libc };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
unlink_question(struct socki_question *q)
{
	if (here.last == &q->next)
		here.last = q->link;
	*q->link = q->next;
	if (q->next != NULL)
		q->next->link = q->link;
	q->link = NULL;
}

static void
let_go(struct socki_question *q)
{
	if (--q->holds > 0)
		return;
	socki_free(q->answer);
	socki_free(q);
}

static void
add_waiting(struct socki_question *q)
{
	q->next = NULL;
	q->link = here.last;
	*here.last = q;
	here.last = &q->next;
	here.count++;
}

static void
unlink_asker(struct socki_asker *a)
{
	*a->link = a->next;
	if (a->next != NULL)
		a->next->link = a->link;
	a->link = NULL;
}

/* Whether what failed for now may still come with the other family. */
static bool
may_still_come(const struct socki_lookup *l, const struct socki_question *q)
{
	unsigned i;

	if (q->result != SOCK_ERESOLVE)
		return false;
	for (i = 0; i < SOCKI_QUESTIONS_MAX; i++)
		if (l->askers[i].link != NULL &&
		    (l->askers[i].question->what & q->what) == q->what)
			return true;
	return false;
}

static void
tell(struct socki_question *q)
{
	while (q->askers != NULL) {
		struct socki_asker *a = q->askers;
		struct socki_lookup *l = a->lookup;

		unlink_asker(a);
		if (may_still_come(l, q))
			continue;
		/* It may have been answered by another way before. */
		if ((atomic_fetch_or(&l->answered, q->what) & q->what) ==
		    q->what)
			continue;
		if (l->answered == l->asked)
			(void)socki_queue_wake(&l->waiting, 1);
		if (l->told != NULL)
			l->told(l);
	}
}

/* The next question, which is under way from now on; NULL: none for long. */
static struct socki_question *
take(void)
{
	struct socki_question *q;
	const sock_time until = sock_in(IDLE_MS);
	int rc = 0;

	while ((q = here.waiting) == NULL && rc == 0)
		rc = socki_queue_wait(&here.idle, &here.lock, 1, until);
	if (q == NULL)
		return NULL;
	unlink_question(q);
	here.count--;
	q->next = here.asking;
	q->link = &here.asking;
	if (q->next != NULL)
		q->next->link = &q->next;
	here.asking = q;
	q->begun = true;
	return q;
}

static void *
help(void *arg)
{
	struct socki_question *q;

	(void)arg;
	pthread_mutex_lock(&here.lock);
	while ((q = take()) != NULL) {
		const struct socki_resolver *resolver = here.resolver;

		here.busy++;
		q->holds++;
		pthread_mutex_unlock(&here.lock);
		socki_question_ask(q, resolver);
		pthread_mutex_lock(&here.lock);
		here.busy--;
		unlink_question(q);
		socki_task_wake_later();
		tell(q);
		let_go(q);
		pthread_mutex_unlock(&here.lock);
		socki_task_wake_now();
		pthread_mutex_lock(&here.lock);
	}
	here.helpers--;
	pthread_mutex_unlock(&here.lock);
	return NULL;
}

/* 0; why there is not one helper at least. */
static int
see_to_helpers(void)
{
	while (here.helpers < HELPERS_MAX &&
	    here.helpers - here.busy < here.count) {
		const int rc = socki_sys_thread(help, NULL, 0);

		if (rc < 0)
			return here.helpers > 0 ? 0 : rc;
		here.helpers++;
	}
	return 0;
}

static void
before_fork(void)
{
	pthread_mutex_lock(&here.lock);
}

static void
after_fork(void)
{
	pthread_mutex_unlock(&here.lock);
}

/* What was under way will never be answered. */
static void
drop_all(struct socki_question *q)
{
	struct socki_question *next;

	for (; q != NULL; q = next) {
		next = q->next;
		q->link = NULL;
		q->result = SOCK_ERESOLVE;
		for (; q->askers != NULL; unlink_asker(q->askers))
			atomic_fetch_or(&q->askers->lookup->answered, q->what);
	}
}

/* A helper's hold on its question stays: it may have been writing there. */
static void
in_child(void)
{
	drop_all(here.waiting);
	drop_all(here.asking);
	here.waiting = here.asking = NULL;
	here.last = &here.waiting;
	here.count = here.helpers = here.busy = 0;
	socki_queue_init(&here.idle);
	pthread_mutex_unlock(&here.lock);
}

static void
prepare(void)
{
	static const struct socki_fork_part part = { before_fork, after_fork,
		in_child };

	socki_queue_init(&here.idle);
	socki_fork_add(&part);
}

/* An equal one that is under way, or NULL. */
static struct socki_question *
find(const struct socki_question *like)
{
	struct socki_question *q = here.asking;
	bool waiting = false;

	for (;; q = q->next) {
		if (q == NULL && !waiting) {
			waiting = true;
			q = here.waiting;
		}
		if (q == NULL)
			return NULL;
		if (q->what == like->what && strcmp(q->host, like->host) == 0 &&
		    memcmp(&q->addr, &like->addr, sizeof q->addr) == 0)
			return q;
	}
}

pthread_mutex_t *
socki_helpers_lock(void)
{
	pthread_once(&once, prepare);
	pthread_mutex_lock(&here.lock);
	return &here.lock;
}

void
socki_helpers_unlock(void)
{
	unsigned count;

	socki_task_wake_later();
	for (count = here.count; count > 0; count--)
		if (socki_queue_wake_first(&here.idle) == NULL)
			break;
	pthread_mutex_unlock(&here.lock);
	socki_task_wake_now();
}

int
socki_helpers_ask(struct socki_asker *a, const struct socki_question *like,
    struct socki_why *why)
{
	struct socki_question *q = find(like);
	int rc = 0;

	if (q == NULL) {
		if (here.count >= WAITING_MAX)
			return socki_why(why, SOCK_ELIMIT,
			    "%d questions wait for the name service already",
			    WAITING_MAX);
		q = socki_alloc(sizeof *q);
		if (q == NULL)
			return -ENOMEM;
		*q = *like;
		add_waiting(q);
		rc = see_to_helpers();
	}
	a->question = q;
	a->next = q->askers;
	a->link = &q->askers;
	if (a->next != NULL)
		a->next->link = &a->next;
	q->askers = a;
	q->holds++;
	if (rc == 0)
		return 0;
	/* -EAGAIN would say that it has to be waited for. */
	return socki_why(why, rc == -EAGAIN ? SOCK_ELIMIT : rc,
	    "no thread to ask for names");
}

void
socki_helpers_drop(struct socki_asker *a)
{
	struct socki_question *q = a->question;

	if (a->link != NULL)
		unlink_asker(a);
	/* Nobody wants it any more, and nobody has begun. */
	if (q->holds == 1 && q->link != NULL) {
		unlink_question(q);
		here.count--;
	}
	let_go(q);
	a->question = NULL;
}

const struct socki_resolver *
socki_helpers_resolver(void)
{
	return here.resolver;
}

void
socki_resolver_use(const struct socki_resolver *resolver)
{
	pthread_mutex_lock(&here.lock);
	here.resolver = resolver != NULL ? resolver : &socki_resolver_libc;
	pthread_mutex_unlock(&here.lock);
}
