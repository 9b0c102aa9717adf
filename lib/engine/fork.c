/* SPDX-License-Identifier: MIT */
#include "engine/fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "engine/thread.h"
#include "engine/watch.h"
#include "engine/worker.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic unsigned forks;
static _Atomic bool ever;
static const struct socki_task *who_forked; /* in the child, for a moment */
static bool sweeping;                       /* in the child, too */
/*
 * Who goes on in this process what it was in the one before it, and before that:
 * the fork since which it has been the same, and who made that.
 */
static const struct socki_task *heir, *ancestor;
static unsigned since;
static const struct socki_fork_part *_Atomic added;
static const struct socki_fork_part *around; /* by this fork, under its locks */

static void
before(void)
{
	const struct socki_fork_part *part = atomic_load(&added);

	atomic_store(&ever, true);
	if (part != NULL)
		part->before();
	socki_runtime_fork_begin();
	socki_thread_fork_begin();
	socki_handle_fork_begin();
	around = part;
}

static void
parent(void)
{
	const struct socki_fork_part *part = around;

	socki_handle_fork_parent();
	socki_thread_fork_parent();
	socki_runtime_fork_parent();
	if (part != NULL)
		part->parent();
}

/* A worker's own: its epoll is the parent's, so nothing is taken out of it. */
static int
keep(struct socki_object *object)
{
	struct socki_watch *w = (struct socki_watch *)(void *)object;

	const bool held = w->worker != NULL;
	int pins;

	pthread_mutex_init(&w->lock, NULL);
	socki_queue_init(&w->waiting);
	atomic_store(&w->crowd, 0);
	atomic_store(&w->alone, NULL);
	atomic_store(&w->fan, NULL);
	w->worker = NULL;
	w->watched = false;
	w->reader = w->writer = NULL;
	pins = w->kind->forked(w, who_forked);
	return held && pins >= 0 ? -1 - pins : pins;
}

static void
child(void)
{
	const unsigned now = atomic_fetch_add(&forks, 1) + 1;

	who_forked = socki_task();
	if (who_forked != heir) {
		ancestor = who_forked;
		since = now;
	}
	socki_thread_fork_child();
	socki_task_forked();
	heir = socki_task();
	if (around != NULL)
		around->child();
	socki_runtime_fork_child();
	sweeping = true;
	socki_handle_fork_child(keep);
	sweeping = false;
}

static void
prepare(void)
{
	(void)pthread_atfork(before, parent, child);
}

void
socki_fork_add(const struct socki_fork_part *part)
{
	socki_fork_prepare();
	atomic_store(&added, part);
}

void
socki_fork_prepare(void)
{
	pthread_once(&once, prepare);
}

bool
socki_fork_sweeps(void)
{
	return sweeping;
}

bool
socki_fork_ever(void)
{
	return atomic_load_explicit(&ever, memory_order_relaxed);
}

const struct socki_task *
socki_fork_heir(const struct socki_task *task, unsigned then)
{
	if (then + 1 < since || task != (then + 1 == since ? ancestor : heir))
		return NULL;
	return heir;
}

unsigned
socki_fork_count(void)
{
	return atomic_load(&forks);
}
