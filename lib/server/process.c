/* SPDX-License-Identifier: MIT */
#include "server/process.h"

#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>
#include <sock/open.h>
#include <sock/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/guard.h"
#include "server/server.h"
#include "sys/sys.h"

/* How often a deadline is looked at that may change untold. */
#define LOOK_MS 100

/* Children of SOCK_FORKING at a time. */
#define REPORTS_MAX 16384

/* All of this process: a child of one closes its copies of the others. */
static struct socki_guard guard = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct socki_family *families;

static void
lock_families(void)
{
	if (socki_guard_lock(&guard))
		families = NULL;
}

static void
enter(struct socki_family *f)
{
	lock_families();
	f->next = families;
	families = f;
	socki_guard_unlock(&guard);
}

static void
leave(const struct socki_family *f)
{
	struct socki_family **link;

	lock_families();
	for (link = &families; *link != NULL && *link != f;
	     link = &(*link)->next)
		;
	if (*link != NULL)
		*link = f->next;
	socki_guard_unlock(&guard);
}

static void
close_all(struct socki_family *f)
{
	int i;

	for (i = 0; i < SOCKI_TOLD; i++) {
		(void)sock_close(f->told[i]);
		if (f->fds[i] >= 0)
			socki_sys_close(f->fds[i]);
	}
	if (f->line_end >= 0)
		socki_sys_close(f->line_end);
}

/* No other thread is left that could hold a lock. */
static void
make_own(struct sock_server *v)
{
	unsigned i;

	v->forks = socki_fork_count();
	atomic_store(&v->starving, 0);
	pthread_mutex_init(&v->lock, NULL);
	socki_queue_init(&v->waiting);
	for (i = 0; i < v->count; i++) {
		struct socki_station *st = &v->stations[i];

		pthread_mutex_init(&st->lock, NULL);
		pthread_mutex_init(&st->gone_lock, NULL);
		socki_queue_init(&st->waiting);
		socki_queue_init(&st->gone_waiting);
		st->first = NULL;
		st->active = 0;
		st->keeper_idle = false;
	}
}

static void
become_child(struct socki_family *f)
{
	struct socki_family *other;
	int i;

	for (other = families; other != NULL; other = other->next)
		if (other != f)
			close_all(other);
	socki_sys_close(f->line_end);
	f->line_end = -1;
	for (i = 0; i < SOCKI_TOLD; i++) {
		(void)sock_close(f->told[i]);
		f->told[i] = f->fds[i] < 0 ? 0 : sock_adopt(f->fds[i]);
	}
	make_own(f->server);
}

pid_t
socki_family_fork(struct socki_family *f, const struct socki_socket *but)
{
	pid_t pid;

	lock_families();
	socki_socket_fork_alone(true, but);
	pid = socki_sys_fork();
	socki_socket_fork_alone(false, NULL);
	if (pid == 0) /* where the guard is in order again when it is taken */
		become_child(f);
	else
		socki_guard_unlock(&guard);
	return pid;
}

void
socki_family_closed(struct socki_station *st)
{
	struct sock_server *v = st->server;

	if (v->family != NULL && v->family->count > 0)
		atomic_store(&v->family->reports[st - v->stations].closed,
		    true);
}

sock_time
socki_family_kill_at(struct socki_family *f)
{
	const sock_time by = atomic_load(&f->server->shared->drain_by);

	if (by == 0)
		return SOCK_FOREVER;
	if (!socki_clock_passed(by))
		return socki_clock_add(by, SOCKI_KILL_MS);
	/* The deadline may have been said late. */
	if (f->late_since == 0)
		f->late_since = sock_now();
	return socki_clock_add(f->late_since, SOCKI_KILL_MS);
}

static void
nothing(struct socki_extra *extra)
{
	(void)extra;
}

sock_t
socki_family_handle(int fd)
{
	static struct socki_extra parents = { .free = nothing };
	const sock_t handle = fd < 0 ? fd : sock_adopt(fd);
	struct socki_socket *s;

	if (fd >= 0 && handle < 0)
		socki_sys_close(fd);
	if (handle > 0 && socki_socket_pin(handle, &s) == 0) {
		s->extra = &parents;
		socki_socket_unpin(s);
	}
	return handle;
}

void
socki_family_tell(struct socki_family *f, bool first)
{
	socki_sys_eventfd_set(f->fds[first ? SOCKI_TOLD_DRAIN :
					     SOCKI_TOLD_NOW]);
}

static bool
is_forked(const struct socki_family *f)
{
	return f->server->options.mode == SOCK_FORKING && f->line_end < 0;
}

/* When to look again at the conversation of this child, which has no keeper. */
static sock_time
look(struct socki_family *f)
{
	struct sock_server *v = f->server;
	struct socki_station *st = &v->stations[0];
	sock_time next, kill_at;

	if (!is_forked(f))
		return SOCK_FOREVER;
	/* If the parent is gone nobody else does it. */
	kill_at = socki_family_kill_at(f);
	if (socki_clock_passed(kill_at))
		_exit(1);
	pthread_mutex_lock(&st->lock);
	next = socki_station_look(st);
	pthread_mutex_unlock(&st->lock);
	/* It may not have begun. */
	if (v->tick_ms > 0 && next == SOCK_FOREVER)
		next = sock_in(v->tick_ms);
	return next < kill_at ? next : kill_at;
}

/* 0; SOCK_ESTALE: the server has ended. */
static int
mind_once(struct socki_family *f, struct sock_event events[SOCKI_TOLD])
{
	const sock_time by = atomic_load(&f->server->shared->drain_by);
	sock_time next = look(f);
	int i, rc;

	/* Who asks first sets the deadline, and the second time is not told. */
	if (events[SOCKI_TOLD_NOW].sock == 0 && !socki_clock_passed(by)) {
		socki_server_stir(f->server, false);
		next = sock_in(LOOK_MS);
	}
	rc = sock_wait(events, SOCKI_TOLD, next);
	if (rc < 0) {
		if (rc != -ETIMEDOUT && rc != SOCK_ESTALE)
			socki_task_pause(socki_task());
		return rc == SOCK_ESTALE ? rc : 0;
	}
	if (events[SOCKI_TOLD_LINE].got || events[SOCKI_TOLD_PARENT].got)
		socki_server_drain(f->server, SOCK_DEFAULT, false);
	if (events[SOCKI_TOLD_DRAIN].got || events[SOCKI_TOLD_NOW].got)
		socki_server_stir(f->server, events[SOCKI_TOLD_DRAIN].got != 0);
	for (i = 0; i < SOCKI_TOLD; i++)
		if (events[i].got != 0)
			events[i].sock = 0;
	return 0;
}

void
socki_family_mind(void *family)
{
	struct socki_family *f = family;
	struct sock_server *v = f->server;
	struct sock_event events[SOCKI_TOLD];
	int i;

	for (i = 0; i < SOCKI_TOLD; i++)
		events[i] = (struct sock_event){ .sock = f->told[i],
			.want = SOCK_READABLE };
	while (mind_once(f, events) == 0)
		;
	pthread_mutex_lock(&v->lock);
	f->minds = false;
	(void)socki_queue_wake(&v->waiting, UINT_MAX);
	pthread_mutex_unlock(&v->lock);
}

static int
open_all(struct socki_family *f)
{
	int line[2], i, rc = socki_sys_pipe(line, 0);

	for (i = 0; i < SOCKI_TOLD; i++)
		f->fds[i] = -1;
	f->line_end = -1;
	if (rc < 0)
		return rc;
	f->line_end = line[1];
	f->fds[SOCKI_TOLD_LINE] = line[0];
	f->fds[SOCKI_TOLD_DRAIN] = socki_sys_eventfd();
	f->fds[SOCKI_TOLD_NOW] = socki_sys_eventfd();
	f->fds[SOCKI_TOLD_PARENT] = socki_sys_pidfd(socki_sys_getpid());
	for (i = 0; i < SOCKI_TOLD_PARENT && rc == 0; i++) {
		f->told[i] = f->fds[i] < 0 ?
		    f->fds[i] :
		    socki_family_handle(socki_sys_dup(f->fds[i]));
		if (f->told[i] < 0)
			rc = (int)f->told[i];
	}
	return rc;
}

static int
map_reports(struct socki_family *f)
{
	void *p;
	int rc;

	f->report_count = f->count > 0 ? f->count : REPORTS_MAX;
	rc = socki_sys_map_shared(&p, f->report_count * sizeof *f->reports);
	if (rc == 0)
		f->reports = p;
	return rc;
}

int
socki_family_new(struct sock_server *v)
{
	const unsigned places =
	    v->options.mode == SOCK_PROCESSES ? v->count : 0;
	struct socki_family *f =
	    socki_zalloc(sizeof *f + places * sizeof f->places[0]);
	int rc;

	if (f == NULL)
		return -ENOMEM;
	f->server = v;
	f->count = places;
	f->tick_ms = v->tick_ms;
	/* What a child's conversation may last the child looks after. */
	if (v->options.mode == SOCK_FORKING)
		v->tick_ms = 0;
	enter(f);
	rc = open_all(f);
	if (rc == 0)
		rc = map_reports(f);
	if (rc < 0)
		socki_family_free(f);
	else
		v->family = f;
	return rc;
}

int
socki_family_start(struct socki_family *f)
{
	struct socki_task *task;
	int rc = 0;

	f->worker = socki_worker_idlest(&rc);
	if (f->worker == NULL)
		return rc;
	task = socki_fiber_new_on(f->worker, socki_family_mind, f, &rc);
	if (task == NULL)
		return rc;
	f->minds = true;
	rc = socki_fiber_start(task);
	if (rc < 0)
		f->minds = false;
	return rc;
}

void
socki_family_free(struct socki_family *f)
{
	struct sock_server *v = f->server;

	leave(f);
	close_all(f);
	sock_shield(true);
	pthread_mutex_lock(&v->lock);
	while (f->minds)
		socki_server_nap(v, SOCK_FOREVER);
	pthread_mutex_unlock(&v->lock);
	sock_shield(false);
	if (f->reports != NULL)
		socki_sys_unmap(f->reports,
		    f->report_count * sizeof *f->reports);
	socki_free(f);
}
