/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>
#include <sock/open.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/worker.h"
#include "server/process.h"
#include "server/server.h"
#include "sys/sys.h"

/*
 * SOCK_PROCESSES.  Each place has a station, whose listener the parent keeps
 * open: what waits there is served by the child that comes after one that
 * crashed.
 */

/* One that crashes sooner than this is started again later and later. */
#define SOON_MS 1000
#define BACK_OFF_MS 10
#define BACK_OFF_MAX_MS 1000

/* While it drains, how often it looks whether the queues are empty. */
#define LOOK_MS 5

static struct socki_station *
station_of(struct socki_place *p)
{
	return &p->server->stations[p - p->server->family->places];
}

/* What a child that is no more had open goes back to all. */
static void
clear_up(struct socki_station *st)
{
	struct sock_server *v = st->server;
	struct socki_counts *n = st->counts;

	socki_counts_add(&n->aborted,
	    atomic_load(&n->accepted) - atomic_load(&n->finished) -
		atomic_load(&n->shed) - atomic_load(&n->aborted) -
		atomic_load(&n->timed_out));
	atomic_store(&n->streams, 0);
	if (st->peers != NULL)
		socki_peers_clear(&v->shared->limits.peers, st->peers);
}

/* Under the server's lock. */
static void
put_off(struct socki_place *p)
{
	const sock_time now = sock_now();

	if (now >= socki_clock_add(p->born, SOON_MS))
		p->back_off_ms = 0;
	p->due = socki_clock_add(now, p->back_off_ms);
	p->back_off_ms = p->back_off_ms == 0 ? BACK_OFF_MS : 2 * p->back_off_ms;
	if (p->back_off_ms > BACK_OFF_MAX_MS)
		p->back_off_ms = BACK_OFF_MAX_MS;
}

static void
place_ended(struct socki_child *child)
{
	struct socki_place *p = (struct socki_place *)(void *)child;
	struct sock_server *v = p->server;

	pthread_mutex_lock(&v->lock);
	clear_up(station_of(p));
	(void)sock_close(child->pidfd);
	p->runs = false;
	put_off(p);
	(void)socki_queue_wake(&v->waiting, UINT_MAX);
	pthread_mutex_unlock(&v->lock);
}

/* One listener may be all places'. */
static sock_t
listener_of(struct socki_station *st)
{
	return st->handle > 0 ? st->handle : st->server->stations[0].handle;
}

static void
end_with(void *server)
{
	socki_server_await(server);
	_exit(0);
}

/* Fibers that do not run yet. */
static int
start_here(struct sock_server *v, struct socki_station *st)
{
	const struct {
		void (*run)(void *);
		void *arg;
	} fibers[] = {
		{ socki_family_mind, v->family },
		{ socki_station_keep, st },
		{ socki_station_accept, st },
		{ end_with, v },
	};
	struct socki_task *task;
	size_t i;
	int rc = 0;

	st->worker = socki_worker_lone((unsigned)(st - v->stations), &rc);
	if (st->worker == NULL)
		return rc;
	v->accepting = 1;
	v->alive = 1;
	for (i = 0; i < sizeof fibers / sizeof fibers[0]; i++) {
		task = socki_fiber_new_on(st->worker, fibers[i].run,
		    fibers[i].arg, &rc);
		if (task == NULL || (rc = socki_fiber_start(task)) < 0)
			return rc;
	}
	return 0;
}

/*
 * The child's life, with one thread: where the program had no more, neither
 * the library nor the C library takes a locked instruction.
 */
static _Noreturn void
live(struct socki_place *p)
{
	struct sock_server *v = p->server;
	struct socki_station *st = station_of(p);
	const sock_t listener = listener_of(st);
	unsigned i;

	v->streams = &st->counts->streams;
	for (i = 0; i < v->count; i++)
		v->stations[i].handle = 0;
	st->handle = listener;
	if (start_here(v, st) < 0)
		_exit(1);
	socki_worker_run(st->worker);
}

/* 0; an error. */
static int
fork_here(struct socki_place *p)
{
	struct socki_socket *listener;
	pid_t pid;
	int rc = socki_socket_pin(listener_of(station_of(p)), &listener);

	if (rc < 0)
		return rc;
	p->runs = true;
	p->born = sock_now();
	atomic_store(&p->report->closed, false);
	pid = socki_family_fork(p->server->family, listener);
	if (pid == 0)
		live(p);
	socki_socket_unpin(listener);
	p->runs = pid > 0;
	p->child.pid = pid;
	return pid > 0 ? 0 : pid;
}

/* An error is as good as a child that crashed. */
static void
start_child(struct socki_place *p)
{
	struct sock_server *v = p->server;
	struct socki_task *task;
	int rc;

	task = socki_child_prepare(v->family, &p->child, &rc);
	if (task != NULL && fork_here(p) == 0) {
		socki_child_watch(&p->child, task);
		return;
	}
	if (task != NULL)
		socki_fiber_free(task);
	pthread_mutex_lock(&v->lock);
	put_off(p);
	pthread_mutex_unlock(&v->lock);
}

static sock_time
earlier(sock_time a, sock_time b)
{
	return a < b ? a : b;
}

/* Under the lock.  Nobody comes to this place any more. */
static bool
is_done(struct socki_family *f, const struct socki_place *p)
{
	const sock_time by = atomic_load(&f->server->shared->drain_by);

	return by != 0 &&
	    (socki_clock_passed(by) || atomic_load(&p->report->closed));
}

/*
 * Under the lock, which is left while one is started: a place that needs a
 * child now, or NULL and when to look again.
 */
static struct socki_place *
next_due(struct socki_family *f, sock_time *next)
{
	const sock_time now = sock_now();
	unsigned i;

	for (i = 0; i < f->count; i++) {
		struct socki_place *p = &f->places[i];

		if (p->runs || is_done(f, p))
			continue;
		if (p->due <= now)
			return p;
		*next = earlier(*next, p->due);
	}
	return NULL;
}

static void
close_listeners(struct sock_server *v)
{
	unsigned i;

	for (i = 0; i < v->count; i++) {
		struct socki_station *st = &v->stations[i];
		sock_t handle;

		/* Whoever drains reads it, too. */
		pthread_mutex_lock(&st->lock);
		handle = st->handle;
		st->handle = 0;
		pthread_mutex_unlock(&st->lock);
		(void)sock_close(handle);
	}
}

/* Under the lock: by force, if it is time; when it is. */
static sock_time
end_late(struct socki_family *f)
{
	const sock_time kill_at = socki_family_kill_at(f);
	unsigned i;

	if (!socki_clock_passed(kill_at))
		return kill_at;
	for (i = 0; i < f->count; i++)
		if (f->places[i].runs)
			socki_child_kill(&f->places[i].child);
	return sock_in(SOCKI_KILL_MS);
}

/* Under the lock: what is due while it drains, and when it is again. */
static sock_time
look_after_drain(struct socki_family *f)
{
	const sock_time next = end_late(f);
	unsigned i, done = 0;

	if (!socki_server_drains(f->server))
		return next;
	for (i = 0; i < f->count; i++)
		done += is_done(f, &f->places[i]);
	if (done < f->count)
		return earlier(next, sock_in(LOOK_MS));
	close_listeners(f->server);
	return next;
}

static unsigned
running(const struct socki_family *f)
{
	unsigned i, n = 0;

	for (i = 0; i < f->count; i++)
		n += f->places[i].runs;
	return n;
}

/* Under the lock.  One round; false: it has all ended. */
static bool
supervise_once(struct socki_family *f)
{
	struct sock_server *v = f->server;
	sock_time next = look_after_drain(f);
	struct socki_place *p = next_due(f, &next);

	if (p != NULL) {
		pthread_mutex_unlock(&v->lock);
		start_child(p);
		pthread_mutex_lock(&v->lock);
		return true;
	}
	if (running(f) == 0 && v->stations[0].handle == 0)
		return false;
	socki_server_nap(v, next);
	return true;
}

static void *
supervise(void *family)
{
	struct socki_family *f = family;
	struct sock_server *v = f->server;

	pthread_mutex_lock(&v->lock);
	while (supervise_once(f))
		;
	v->alive--;
	(void)socki_queue_wake(&v->waiting, UINT_MAX);
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

/* Before anybody watches them. */
static void
kill_all(struct socki_family *f)
{
	unsigned i;

	for (i = 0; i < f->count; i++) {
		struct socki_place *p = &f->places[i];

		if (!p->runs)
			continue;
		socki_sys_kill(-1, p->child.pid);
		while (socki_sys_reap(-1, p->child.pid) == -EAGAIN)
			socki_task_pause(socki_task());
	}
}

static int
fork_all(struct socki_family *f)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < f->count && rc == 0; i++) {
		struct socki_place *p = &f->places[i];

		p->server = f->server;
		p->report = &f->reports[i];
		p->child.ended = place_ended;
		rc = fork_here(p);
	}
	return rc;
}

/* All or none. */
static int
watch_all(struct socki_family *f, struct socki_task **tasks)
{
	unsigned i, made;
	int rc = 0;

	for (made = 0; made < f->count; made++) {
		tasks[made] =
		    socki_child_prepare(f, &f->places[made].child, &rc);
		if (tasks[made] == NULL)
			break;
	}
	if (made == f->count) {
		f->server->alive = 1;
		rc = socki_sys_thread(supervise, f, 0);
	}
	for (i = 0; i < made; i++)
		if (rc < 0)
			socki_fiber_free(tasks[i]);
		else
			socki_child_watch(&f->places[i].child, tasks[i]);
	if (rc < 0)
		f->server->alive = 0;
	return rc;
}

int
socki_places_serve(struct sock_server *v)
{
	struct socki_family *f = v->family;
	struct socki_task **tasks =
	    socki_alloc(f->count * sizeof(struct socki_task *));
	int rc = -ENOMEM;

	if (tasks != NULL)
		rc = fork_all(f);
	if (rc == 0)
		rc = socki_family_start(f);
	if (rc == 0)
		rc = watch_all(f, tasks);
	if (rc < 0)
		kill_all(f);
	socki_free(tasks);
	return rc;
}
