/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scramble.h"
#include "socket/socket.h"

#define SOON_MS 30000

static const char *const kinds[] = { "threads", "fibers", "a thread and fibers",
	"a fiber and threads", "fibers of several workers" };

#define WORKERS 3

static const struct flow *running;
static _Atomic int failures;

void
flow_fail(const char *file, int line, const char *format, ...)
{
	const struct flow *f = running;
	char text[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	atomic_fetch_add(&failures, 1);
	fprintf(stderr, "%s:%d: %s\n    over %s, %s; last error: %s\n", file,
	    line, text, f->transport != NULL ? f->transport->name : "nothing",
	    kinds[f->kind], sock_errmsg());
}

sock_time
soon(void)
{
	return sock_in(SOON_MS);
}

bool
unlucky(void)
{
	const char *fault = getenv("SOCK_FAULT");

	return fault != NULL && fault[0] != '\0';
}

bool
under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "valgrind") != NULL;
}

bool
spares_bulk(const struct flow *f)
{
	const char *fault = getenv("SOCK_FAULT");

	if (fault == NULL || strstr(fault, "max=") == NULL)
		return false;
	return f->kind != ALL_FIBERS ||
	    (f->transport->kind != OVER_PAIR &&
		(f->transport->kind != OVER_LAYERS ||
		    f->transport->layers != 1));
}

size_t
fewer(size_t n)
{
	if (under_valgrind())
		return n / 16 + 1;
	return unlucky() ? n / 64 + 1 : n;
}

int
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

/*
 * Beside others who want the processor whoever yields has it back after all of
 * them, and whoever sleeps before: then most yields are sleeps.
 */
#define CROWD_NS 2000000
#define CROWD_SLEEPS 64

void
flow_yield(void)
{
	static _Atomic int sleeps;
	const struct timespec least = { 0, 1 };
	sock_time began;

	(void)sock_sleep(SOCK_NOWAIT);
	if (atomic_load(&sleeps) > 0) {
		atomic_fetch_sub(&sleeps, 1);
		(void)nanosleep(&least, NULL);
		return;
	}
	began = sock_now();
	sched_yield();
	if (sock_now() - began > CROWD_NS)
		atomic_store(&sleeps, CROWD_SLEEPS);
}

/* A worker's own, which it changes without a lock. */
__attribute__((no_sanitize("thread"))) static unsigned
fibers_that_wait(const struct socki_watch *w)
{
	return (w->reader != NULL) + (w->writer != NULL);
}

static unsigned
count_waiters(sock_t handle)
{
	struct socki_waiter *waiter;
	struct socki_socket *s;
	unsigned count;

	if (socki_socket_pin(handle, &s) < 0)
		return 0;
	count = fibers_that_wait(&s->watch);
	count += atomic_load(&s->watch.alone) != NULL;
	pthread_mutex_lock(&s->watch.lock);
	for (waiter = s->watch.waiting.first; waiter != NULL;
	     waiter = waiter->next)
		count++;
	pthread_mutex_unlock(&s->watch.lock);
	socki_socket_unpin(s);
	return count;
}

bool
flow_await(sock_t s, unsigned count)
{
	const sock_time deadline = soon();

	while (count_waiters(s) < count) {
		if (sock_now() > deadline)
			return false;
		flow_yield();
	}
	return true;
}

struct helper {
	void (*run)(void *arg);
	void *arg;
};

static void
help(void *arg)
{
	struct helper h = *(struct helper *)arg;

	free(arg);
	h.run(h.arg);
}

static void *
help_as_thread(void *arg)
{
	help(arg);
	return NULL;
}

void
flow_start(struct flow *f, void (*run)(void *arg), void *arg)
{
	struct helper *h = malloc(sizeof *h);
	int rc;

	if (h == NULL)
		abort();
	*h = (struct helper){ run, arg };
	if (f->kind == ALL_FIBERS || f->kind == THREAD_AND_FIBERS)
		rc = sock_go(f->fibers, help, h);
	else if (f->kind == SPREAD_FIBERS)
		rc = sock_go_spread(f->fibers, help, h);
	else
		rc = pthread_create(&f->threads[f->thread_count++], NULL,
		    help_as_thread, h);
	if (rc != 0 || f->thread_count == HELPERS_MAX)
		abort();
}

/* A fiber that joins keeps others waiting, but those it waits for are none. */
void
flow_join(struct flow *f)
{
	while (f->thread_count > 0)
		(void)pthread_join(f->threads[--f->thread_count], NULL);
	SAME(sock_group_wait(f->fibers, soon()), 0);
}

struct run {
	struct flow *flow;
	void (*body)(struct flow *f);
};

static void
run_body(void *arg)
{
	struct run *r = arg;
	struct flow *f = r->flow;

	r->body(f);
	/* After a failed check a helper may still wait for one of these. */
	(void)sock_close(f->a);
	(void)sock_close(f->b);
	flow_join(f);
}

static void
run_in_kind(struct flow *f, void (*body)(struct flow *f))
{
	struct run r = { f, body };
	struct sock_group *g;

	f->fibers = sock_group_new();
	if (f->kind == ALL_THREADS || f->kind == THREAD_AND_FIBERS) {
		run_body(&r);
	} else {
		g = sock_group_new();
		WANT(g != NULL && sock_go(g, run_body, &r) == 0);
		SAME(sock_group_wait(g, SOCK_FOREVER), 0);
		sock_group_free(g);
	}
	sock_group_free(f->fibers);
}

/* A worker that just now tells a handle of an event may be the last to go. */
static void
settle(int descriptors)
{
	const sock_time deadline = soon();

	socki_pipe_drop_spares();
	while (open_descriptors() != descriptors || scramble_alive() != 0) {
		if (sock_now() > deadline) {
			flow_fail(__FILE__, __LINE__,
			    "%d descriptors are open, not %d; %d layers",
			    open_descriptors(), descriptors, scramble_alive());
			return;
		}
		flow_yield();
	}
	if (scramble_complaint() != NULL)
		flow_fail(__FILE__, __LINE__, "a layer saw: %s",
		    scramble_complaint());
}

static bool
no_ipv6(const struct transport *t, int rc)
{
	if (rc != -EAFNOSUPPORT && rc != -EADDRNOTAVAIL)
		return false;
	printf("SKIP: %s: there is no IPv6 here\n", t->name);
	return strchr(t->name, '6') != NULL;
}

static void
run_one(struct flow *f, const struct flow_case *c)
{
	struct passive p = { .listener = 0 };
	const int before = open_descriptors();
	sock_t ends[2] = { 0, 0 };
	int rc = 0;

	running = f;
	if (c->opens == OPENS_STREAMS)
		rc = transport_open(f->transport, ends);
	else if (c->opens == OPENS_LISTENER)
		rc = transport_listen(f->transport, &p);
	if (no_ipv6(f->transport, rc))
		return;
	SAME(rc, 0);
	f->a = ends[0];
	f->b = ends[1];
	f->l = p.listener;
	f->address = p.address;
	run_in_kind(f, c->body);
	if (c->opens == OPENS_LISTENER)
		transport_unlisten(&p);
	settle(before);
}

/* So that the next one has a worker of its own. */
static void
stay(void *arg)
{
	(void)arg;
	(void)sock_sleep(SOCK_FOREVER);
}

/* Until this thread has its epoll for what it reads again and again. */
static void
wait_often(void)
{
	sock_t pair[2];
	char byte;
	int i;

	if (sock_pair(pair) < 0)
		abort();
	/* A deadline may be over before the wait begins, which makes nothing. */
	for (i = 0; i < 1000 && socki_task()->ep == 0; i++)
		(void)sock_read(pair[0], &byte, 1, sock_in(1));
	(void)sock_close(pair[0]);
	(void)sock_close(pair[1]);
}

/* What stays open for good: the workers', and this thread's wake-up. */
static void
warm_up(void)
{
	const struct sock_runtime_options o = { .size = sizeof o,
		.workers = WORKERS };
	static bool warm;
	struct sock_group *g;
	int i;

	if (warm)
		return;
	warm = true;
	wait_often();
	g = sock_group_new();
	if (sock_runtime(&o) < 0)
		abort();
	for (i = 0; i < WORKERS; i++)
		if (sock_go_spread(g, stay, NULL) < 0)
			abort();
	if (sock_sleep(sock_in(1)) < 0)
		abort();
	sock_group_free(g);
}

int
flow_run_case(const struct flow_case *c)
{
	int i;

	warm_up();
	atomic_store(&failures, 0);
	for (i = 0; i < transport_count * FLOW_KINDS; i++) {
		struct flow f = { .transport = &transports[i / FLOW_KINDS],
			.kind = i % FLOW_KINDS };

		if ((f.transport->kind & c->over) != 0)
			run_one(&f, c);
	}
	return failures;
}
