/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>

#include "base/error.h"
#include "engine/guard.h"
#include "engine/stack.h"
#include "engine/worker.h"
#include "sys/sys.h"

/* More than any machine's processors are worth. */
#define WORKERS_MAX 1024

/* The worker that counts for a fiber is one below WORKERS_MAX for good. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct socki_worker *_Atomic workers[WORKERS_MAX];
static _Atomic unsigned count; /* 0: not settled yet */
static int wished;
static bool pinned;
static unsigned base; /* the processor of the first, where they are pinned */
static const char no_size[] =
    "no options or no size in them, or a number out of range";

int
sock_runtime(const struct sock_runtime_options *o)
{
	int rc = 0;

	if (o == NULL || o->size < sizeof *o || o->workers < 0 ||
	    o->workers > WORKERS_MAX ||
	    (o->stack != 0 &&
		(o->stack < SOCKI_STACK_MIN || o->stack > SOCKI_STACK_MAX)))
		return socki_error_usage(SOCK_EUSAGE, "runtime", no_size);
	socki_fork_prepare();
	pthread_mutex_lock(&lock);
	if (atomic_load(&count) != 0) {
		rc = -EBUSY;
	} else {
		wished = o->workers;
		pinned = o->pin;
		socki_stack_resize(o->stack);
	}
	pthread_mutex_unlock(&lock);
	return rc < 0 ? socki_error(rc, "runtime", NULL, NULL) : 0;
}

/* Under the lock. */
static unsigned
settle(void)
{
	unsigned n = atomic_load(&count);

	if (n == 0) {
		n = wished > 0 ? (unsigned)wished : socki_sys_processors();
		n = n < WORKERS_MAX ? n : WORKERS_MAX;
		socki_guard_prepare();
		if (pinned)
			socki_sys_pin_prepare();
		atomic_store(&count, n);
	}
	return n;
}

unsigned
socki_worker_count(void)
{
	unsigned n = atomic_load_explicit(&count, memory_order_acquire);

	if (n > 0)
		return n;
	socki_fork_prepare();
	pthread_mutex_lock(&lock);
	n = settle();
	pthread_mutex_unlock(&lock);
	return n;
}

static struct socki_worker *
get(unsigned number)
{
	return atomic_load_explicit(&workers[number], memory_order_acquire);
}

struct socki_worker *
socki_worker_at(unsigned number, int *rc)
{
	struct socki_worker *w = get(number);

	if (w != NULL)
		return w;
	socki_fork_prepare();
	pthread_mutex_lock(&lock);
	(void)settle();
	w = get(number);
	if (w == NULL) {
		w = socki_worker_new(base + number, pinned, rc);
		atomic_store_explicit(&workers[number], w,
		    memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return w;
}

struct socki_worker *
socki_worker_lone(unsigned number, int *rc)
{
	struct socki_worker *w;

	pthread_mutex_lock(&lock);
	(void)settle();
	base = number;
	w = socki_worker_make(number, pinned, rc);
	atomic_store_explicit(&workers[0], w, memory_order_release);
	pthread_mutex_unlock(&lock);
	return w;
}

struct socki_worker *
socki_worker_here(int *rc)
{
	struct socki_worker *w = socki_task()->worker;

	return w != NULL ? w : socki_worker_at(0, rc);
}

struct socki_worker *
socki_worker_idlest(int *rc)
{
	const unsigned n = socki_worker_count();
	struct socki_worker *best = NULL, *w;
	unsigned i, least = UINT_MAX, unborn = n;

	for (i = 0; i < n && least > 0; i++) {
		w = get(i);
		if (w == NULL) {
			unborn = unborn < i ? unborn : i;
		} else if (socki_worker_load(w) < least) {
			best = w;
			least = socki_worker_load(w);
		}
	}
	if (least == 0 || unborn == n)
		return best;
	w = socki_worker_at(unborn, rc);
	return w != NULL ? w : best;
}

int
sock_runtime_stats(struct sock_runtime_stats *stats)
{
	const unsigned n = atomic_load(&count);
	const struct socki_worker *w;
	unsigned i;

	if (stats == NULL || stats->size < sizeof *stats)
		return socki_error_usage(SOCK_EUSAGE, "runtime", no_size);
	*stats = (struct sock_runtime_stats){ .size = stats->size };
	for (i = 0; i < n; i++) {
		w = get(i);
		if (w == NULL)
			continue;
		stats->workers++;
		stats->fibers += socki_worker_load(w);
		stats->hogs += socki_worker_hogs(w);
	}
	return 0;
}

void
socki_runtime_fork_begin(void)
{
	pthread_mutex_lock(&lock);
	socki_stack_fork_begin();
}

void
socki_runtime_fork_parent(void)
{
	socki_stack_fork_end();
	pthread_mutex_unlock(&lock);
}

void
socki_runtime_fork_child(void)
{
	unsigned i, n = atomic_load(&count);

	socki_stack_fork_end();
	pthread_mutex_unlock(&lock);
	for (i = 0; i < n; i++) {
		if (get(i) != NULL)
			socki_worker_forked(get(i));
		atomic_store(&workers[i], NULL);
	}
	atomic_store(&count, 0);
}
