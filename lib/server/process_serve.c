/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>
#include <sock/open.h>
#include <unistd.h>

#include "base/clock.h"
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

static int
start_here(struct sock_server *v, struct socki_station *st)
{
	struct socki_task *minder;
	int rc = 0;

	st->worker = socki_worker_at(0, &rc);
	if (st->worker == NULL)
		return rc;
	minder =
	    socki_fiber_new_on(st->worker, socki_family_mind, v->family, &rc);
	st->keeper =
	    socki_fiber_new_on(st->worker, socki_station_keep, st, &rc);
	st->acceptor =
	    socki_fiber_new_on(st->worker, socki_station_accept, st, &rc);
	if (minder == NULL || st->keeper == NULL || st->acceptor == NULL)
		return -ENOMEM;
	v->accepting = 1;
	v->alive = 1;
	if ((rc = socki_fiber_start(minder)) == 0 &&
	    (rc = socki_fiber_start(st->keeper)) == 0)
		rc = socki_fiber_start(st->acceptor);
	return rc;
}

/* The child's life. */
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
	socki_server_await(v);
	_exit(0);
}

static pid_t
fork_here(struct socki_place *p)
{
	struct socki_socket *listener;
	pid_t pid;
	int rc = socki_socket_pin(listener_of(station_of(p)), &listener);

	if (rc < 0)
		return rc;
	pid = socki_family_fork(p->server->family, listener);
	if (pid != 0)
		socki_socket_unpin(listener);
	return pid;
}

/* 0; an error, and it is due again later. */
static int
start_child(struct socki_place *p)
{
	struct socki_family *f = p->server->family;
	struct socki_task *task;
	int rc = 0;

	p->runs = true;
	p->born = sock_now();
	p->child.ended = place_ended;
	atomic_store(&p->report->closed, false);
	task = socki_child_prepare(f, &p->child, &rc);
	if (task != NULL) {
		rc = p->child.pid = fork_here(p);
		if (rc == 0)
			live(p);
		if (rc < 0)
			socki_fiber_free(task);
	}
	if (rc < 0) {
		pthread_mutex_lock(&p->server->lock);
		p->runs = false;
		put_off(p);
		pthread_mutex_unlock(&p->server->lock);
		return rc;
	}
	socki_child_watch(&p->child, task);
	return 0;
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

	return f->ends_early ||
	    (by != 0 &&
		(socki_clock_passed(by) || atomic_load(&p->report->closed)));
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
		(void)sock_close(v->stations[i].handle);
		v->stations[i].handle = 0;
	}
}

/* Under the lock: by force, if it is time; when it is. */
static sock_time
end_late(struct socki_family *f)
{
	const sock_time kill_at = socki_family_kill_at(f);
	unsigned i;

	if (!f->ends_early && !socki_clock_passed(kill_at))
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

	if (f->ends_early || !socki_server_drains(f->server))
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

static void
first_try_ends(struct socki_family *f, int rc)
{
	struct sock_server *v = f->server;

	f->first_tried = true;
	f->first_error = rc;
	f->ends_early = rc < 0;
	(void)socki_queue_wake(&v->waiting, UINT_MAX);
}

/* Under the lock.  One round; false: it has all ended. */
static bool
supervise_once(struct socki_family *f)
{
	struct sock_server *v = f->server;
	sock_time next = look_after_drain(f);
	struct socki_place *p = next_due(f, &next);
	int rc;

	if (p != NULL) {
		pthread_mutex_unlock(&v->lock);
		rc = start_child(p);
		pthread_mutex_lock(&v->lock);
		if (!f->first_tried && rc < 0)
			first_try_ends(f, rc);
		return true;
	}
	if (!f->first_tried)
		first_try_ends(f, 0);
	if (running(f) == 0 && (f->ends_early || v->stations[0].handle == 0))
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

static int
await_first(struct sock_server *v)
{
	struct socki_family *f = v->family;
	int rc;

	sock_shield(true);
	pthread_mutex_lock(&v->lock);
	while (!f->first_tried)
		socki_server_nap(v, SOCK_FOREVER);
	rc = f->first_error;
	pthread_mutex_unlock(&v->lock);
	sock_shield(false);
	return rc;
}

int
socki_places_serve(struct sock_server *v)
{
	struct socki_family *f = v->family;
	unsigned i;
	int rc;

	for (i = 0; i < f->count; i++) {
		f->places[i].server = v;
		f->places[i].report = &f->reports[i];
	}
	v->alive = 1;
	rc = socki_sys_thread(supervise, f, 0);
	if (rc < 0) {
		v->alive = 0;
		return rc;
	}
	rc = await_first(v);
	if (rc < 0)
		socki_server_await(v);
	return rc;
}

void
socki_family_closed(struct socki_station *st)
{
	struct sock_server *v = st->server;

	if (v->family != NULL && v->family->count > 0)
		atomic_store(&v->family->reports[st - v->stations].closed,
		    true);
}
