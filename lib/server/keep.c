/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "server/server.h"
#include "sys/sys.h"

static bool
over(sock_time since, sock_time now, int ms)
{
	return ms > 0 && now - since >= (int64_t)ms * 1000000;
}

/* What has come counts, though the handler has not read it yet. */
static bool
has_come(const struct socki_socket *s)
{
	int n = 0;

	return socki_sys_ioctl_int(s->watch.fd, FIONREAD, &n) == 0 && n > 0;
}

/* A handshake has a limit of its own. */
static bool
lacks_first(struct socki_conversation *c, const struct socki_socket *s,
    uint64_t in, sock_time now)
{
	const struct sock_server *v = c->station->server;

	if (c->first_came || in > c->in_before ||
	    (v->tls != NULL && !c->shaken))
		return false;
	if (!over(c->first_since != 0 ? c->first_since : c->born, now,
		v->options.first_ms))
		return false;
	c->first_came = has_come(s);
	return !c->first_came;
}

static void
look_at(struct socki_conversation *c, struct socki_socket *s,
    const struct sock_serve_options *o, sock_time now)
{
	const uint64_t in =
	    atomic_load_explicit(&s->bytes_in, memory_order_relaxed);
	const uint64_t moved =
	    in + atomic_load_explicit(&s->bytes_out, memory_order_relaxed);

	if (c->born == 0)
		c->born = now;
	if (c->stirred == 0 || moved != c->moved)
		c->stirred = now;
	c->moved = moved;
	if (!over(c->born, now, o->lifetime_ms) &&
	    !over(c->stirred, now, o->idle_ms) && !lacks_first(c, s, in, now))
		return;
	c->outcome = SOCKI_TIMED_OUT;
	(void)socki_socket_fail(s, SOCKI_READ, -ETIMEDOUT);
	(void)socki_socket_fail(s, SOCKI_WRITE, -ETIMEDOUT);
	socki_watch_stop(&s->watch, -ETIMEDOUT);
}

/* Whose time is over; when to look again. */
static sock_time
look_at_all(struct socki_station *st)
{
	struct sock_server *v = st->server;
	const sock_time now = sock_now();
	struct socki_conversation *c;
	struct socki_socket *s;

	for (c = st->first; c != NULL; c = c->next) {
		if (c->outcome != SOCKI_FINISHED ||
		    atomic_load_explicit(&c->finishing, memory_order_relaxed) ||
		    socki_socket_pin(c->sock, &s) < 0)
			continue;
		look_at(c, s, &v->options, now);
		socki_socket_unpin(s);
	}
	return socki_clock_add(now, v->tick_ms);
}

sock_time
socki_station_look(struct socki_station *st)
{
	struct sock_server *v = st->server;
	const sock_time by = atomic_load(&v->shared->drain_by);
	sock_time next = SOCK_FOREVER;

	if (by != 0 && !st->told) {
		st->told = true;
		socki_conversation_nudge_all(st);
	}
	if (by != 0 && socki_clock_passed(by)) {
		socki_conversation_abort_all(st);
		if (v->options.mode == SOCK_FORKING)
			next = socki_conversation_end_late(st);
	} else if (by != 0) {
		next = by;
	}
	if (v->tick_ms > 0 && st->active > 0) {
		const sock_time look = look_at_all(st);

		if (look < next)
			next = look;
	}
	return next;
}

void
socki_station_keep(void *station)
{
	struct socki_station *st = station;
	struct sock_server *v = st->server;

	pthread_mutex_lock(&st->lock);
	while (atomic_load(&v->accepting) > 0 || st->active > 0) {
		const sock_time next = socki_station_look(st);
		int rc;

		st->keeper_idle = v->tick_ms > 0 && st->active == 0;
		rc = socki_queue_wait(&st->waiting, &st->lock, SOCKI_KEEPER,
		    next);
		if (rc < 0 && rc != -ETIMEDOUT) {
			pthread_mutex_unlock(&st->lock);
			socki_task_pause(socki_task());
			pthread_mutex_lock(&st->lock);
		}
	}
	pthread_mutex_unlock(&st->lock);

	pthread_mutex_lock(&v->lock);
	v->alive--;
	(void)socki_queue_wake(&v->waiting, UINT_MAX);
	pthread_mutex_unlock(&v->lock);
}

static void *
keeper_thread(void *station)
{
	socki_station_keep(station);
	return NULL;
}

int
socki_station_start_keeper(struct socki_station *st)
{
	return socki_sys_thread(keeper_thread, st, 0);
}
