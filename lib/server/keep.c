/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "server/server.h"

sock_time
socki_station_look(struct socki_station *st)
{
	struct sock_server *v = st->server;
	const sock_time by = atomic_load(&v->shared->drain_by);
	sock_time next = SOCK_FOREVER;

	if (by != 0 && socki_clock_passed(by)) {
		socki_conversation_abort_all(st);
		if (v->options.mode == SOCK_FORKING)
			next = socki_conversation_end_late(st);
	} else if (by != 0) {
		next = by;
	}
	if (v->tick_ms > 0 && st->active > 0) {
		const sock_time look = socki_conversation_look(st);

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
