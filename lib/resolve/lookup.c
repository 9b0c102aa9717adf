/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "resolve/helpers.h"

#define BOTH (SOCKI_ASK_A | SOCKI_ASK_AAAA)

/* While no helper has begun: a thousand that wait do not look all the time. */
#define QUEUED_MS 100

static int
ask(struct socki_lookup *l, const struct socki_question *like,
    struct socki_why *why)
{
	struct socki_asker *a = l->askers;

	while (a->question != NULL)
		a++;
	a->lookup = l;
	return socki_helpers_ask(a, like, why);
}

/* Under the lock: drops what it asks. */
static void
end(struct socki_lookup *l)
{
	unsigned i;

	for (i = 0; i < SOCKI_QUESTIONS_MAX; i++)
		if (l->askers[i].question != NULL)
			socki_helpers_drop(&l->askers[i]);
	l->asked = 0;
}

/* Under the lock: asks each of the questions apart.  0, or an error. */
static int
ask_each(struct socki_lookup *l, struct socki_question *like,
    unsigned questions, struct socki_why *why)
{
	int rc = 0;

	for (; rc == 0 && questions != 0; questions &= questions - 1) {
		like->what = questions & -questions;
		rc = ask(l, like, why);
	}
	return rc;
}

/* The same; both families as one question, if that can be. */
static int
ask_all(struct socki_lookup *l, struct socki_question *like, unsigned questions,
    struct socki_why *why)
{
	if (questions != BOTH || socki_helpers_resolver()->both == NULL)
		return ask_each(l, like, questions, why);
	l->due = sock_in(SOCKI_LOOKUP_SPLIT_MS);
	like->what = BOTH;
	return ask(l, like, why);
}

static int
begin(struct socki_lookup *l, struct socki_question *like, unsigned questions,
    struct socki_why *why)
{
	int rc;

	socki_queue_init(&l->waiting);
	atomic_store(&l->answered, 0);
	l->due = SOCK_FOREVER;
	(void)socki_helpers_lock();
	l->asked = questions;
	rc = ask_all(l, like, questions, why);
	if (rc < 0)
		end(l);
	socki_helpers_unlock();
	return rc;
}

/* Under the lock: the family that is to be asked for next, or 0. */
static unsigned
next_split(const struct socki_lookup *l)
{
	if (l->asked != BOTH || atomic_load(&l->answered) != 0 ||
	    l->askers[2].question != NULL)
		return 0;
	return l->askers[1].question != NULL ? SOCKI_ASK_AAAA : SOCKI_ASK_A;
}

void
socki_lookup_split(struct socki_lookup *l)
{
	const struct socki_question *q = l->askers[0].question;
	struct socki_question like = { .holds = 0 };
	struct socki_why unsaid;

	(void)socki_helpers_lock();
	like.what = next_split(l);
	if (like.what == 0)
		l->due = SOCK_FOREVER;
	else
		l->due = sock_in(q->begun ? SOCKI_LOOKUP_SPLIT_MS : QUEUED_MS);
	/* Where questions wait already, more do not help. */
	if (like.what != 0 && q->begun) {
		memcpy(like.host, q->host, sizeof like.host);
		(void)ask(l, &like, &unsaid);
	}
	socki_helpers_unlock();
}

int
socki_lookup_begin(struct socki_lookup *l, const char *host, size_t n,
    unsigned questions, struct socki_why *why)
{
	struct socki_question like = { .holds = 0 };

	if (socki_host_is_below(host, n, "onion"))
		return socki_why(why, SOCK_ENOHOST,
		    "names below .onion are no names of the DNS (RFC 7686)");
	if (socki_host_is_below(host, n, "invalid"))
		return socki_why(why, SOCK_ENOHOST,
		    "no name below .invalid is one (RFC 6761)");
	memcpy(like.host, host, n);
	return begin(l, &like, questions, why);
}

int
socki_lookup_begin_name(struct socki_lookup *l, const struct sock_addr *addr,
    struct socki_why *why)
{
	struct socki_question like = { .addr = *addr };

	return begin(l, &like, SOCKI_ASK_NAME, why);
}

static int
wait_until(struct socki_lookup *l, sock_time until)
{
	pthread_mutex_t *lock = socki_helpers_lock();
	int rc = 0;

	while (rc == 0 && atomic_load(&l->answered) != l->asked)
		rc = socki_queue_wait(&l->waiting, lock, 1, until);
	socki_helpers_unlock();
	return rc;
}

int
socki_lookup_wait(struct socki_lookup *l, sock_time deadline)
{
	int rc;

	if (deadline == SOCK_DEFAULT)
		deadline = SOCK_FOREVER;
	while (l->due < deadline) {
		rc = wait_until(l, l->due);
		if (rc != -ETIMEDOUT)
			return rc;
		socki_lookup_split(l);
	}
	return wait_until(l, deadline);
}

const struct socki_question *
socki_lookup_question(struct socki_lookup *l, unsigned what)
{
	const struct socki_question *q, *found = NULL;
	unsigned i;

	(void)socki_helpers_lock();
	for (i = 0; i < SOCKI_QUESTIONS_MAX; i++) {
		q = l->askers[i].question;
		if (q == NULL || l->askers[i].link != NULL ||
		    (q->what & what) == 0)
			continue;
		/* The one way may have failed where the other did not. */
		if (found == NULL || found->result < 0 || q->what == what)
			found = q->result > 0 || found == NULL ? q : found;
	}
	socki_helpers_unlock();
	return found;
}

void
socki_lookup_end(struct socki_lookup *l)
{
	if (l->asked == 0)
		return;
	(void)socki_helpers_lock();
	end(l);
	socki_helpers_unlock();
}
