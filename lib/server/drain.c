/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>
#include <sock/table.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/fork.h"
#include "listen/listener.h"
#include "server/server.h"

/* A time that has passed, and is none of the special ones. */
#define LONG_AGO ((sock_time)1)

/*
 * Handshakes that are half-way: how long they are waited for if nobody tells of
 * them, and if they never end.
 */
#define BLIND_MS 250
#define HALF_WAY_MAX_MS 3000

bool
socki_server_is_elsewhere(const struct sock_server *v)
{
	return v->forks != socki_fork_count();
}

void
socki_server_wake(struct sock_server *v, unsigned who)
{
	unsigned i;

	for (i = 0; i < v->count; i++) {
		struct socki_station *st = &v->stations[i];

		pthread_mutex_lock(&st->lock);
		(void)socki_queue_wake(&st->waiting, who);
		pthread_mutex_unlock(&st->lock);
	}
}

/* Connections to a port that are not established yet; -1: nobody tells. */
static int
count_half_way(int port)
{
	struct sock_table *t = sock_table_open(.transports = SOCK_TABLE_TCP,
	    .states = SOCK_TABLE_SYN_RECV, .local_port = port);
	int n = 0;

	if (t == NULL)
		return -1;
	while (sock_table_next(t) != NULL)
		n++;
	return sock_table_close(t) < 0 ? -1 : n;
}

bool
socki_server_is_empty(struct socki_ebb *ebb, struct socki_socket *listener)
{
	const bool first = ebb->since == 0;
	int64_t most = HALF_WAY_MAX_MS;
	bool was;
	int n;

	if (first) {
		socki_listen_turn_away(listener);
		ebb->since = sock_now();
	}
	if (listener->scheme != SOCK_SCHEME_TCP ||
	    socki_listener_of(listener) == NULL)
		return !first;
	n = count_half_way(sock_addr_port(&listener->addr));
	if (n < 0)
		most = BLIND_MS;
	was = ebb->empty;
	ebb->empty = n == 0;
	return (was && ebb->empty) ||
	    sock_now() >= socki_clock_add(ebb->since, most);
}

static void
tell_acceptor(struct socki_station *st, bool first)
{
	struct socki_socket *listener;
	sock_t handle;

	pthread_mutex_lock(&st->lock);
	handle = st->handle;
	pthread_mutex_unlock(&st->lock);
	if (handle == 0 || socki_socket_pin(handle, &listener) < 0)
		return;
	if (first)
		socki_listen_turn_away(listener);
	socki_watch_nudge(&listener->watch, SOCKI_READ);
	socki_socket_unpin(listener);
}

void
socki_server_stir(struct sock_server *v, bool first)
{
	unsigned i;

	for (i = 0; i < v->count; i++)
		tell_acceptor(&v->stations[i], first);
	socki_server_wake(v, SOCKI_ACCEPTOR | SOCKI_KEEPER);
	if (v->family == NULL)
		return;
	pthread_mutex_lock(&v->lock);
	(void)socki_queue_wake(&v->waiting, UINT_MAX);
	pthread_mutex_unlock(&v->lock);
}

void
socki_server_drain(struct sock_server *v, sock_time deadline, bool asked)
{
	_Atomic sock_time *by = &v->shared->drain_by;
	sock_time was = 0;
	bool first;

	if (asked && atomic_exchange(&v->shared->asked, true))
		deadline = LONG_AGO;
	if (deadline == SOCK_DEFAULT)
		deadline = v->options.drain_ms < 0 ?
		    SOCK_FOREVER :
		    sock_in(v->options.drain_ms);
	if (deadline == SOCK_NOWAIT)
		deadline = LONG_AGO;
	first = atomic_compare_exchange_strong(by, &was, deadline);
	if (!first && !asked)
		return;
	while (!first && was != LONG_AGO &&
	    !atomic_compare_exchange_weak(by, &was, deadline))
		;
	if (v->family != NULL)
		socki_family_tell(v->family, first);
	socki_server_stir(v, first);
}

int
sock_server_drain(struct sock_server *v, sock_time deadline)
{
	if (v == NULL)
		return socki_error_usage(SOCK_EUSAGE, "drain", "no server");
	if (!socki_server_is_elsewhere(v))
		socki_server_drain(v, deadline, true);
	return 0;
}

/* Whether the caller holds a conversation of the server's. */
static bool
is_inside(struct sock_server *v)
{
	const struct socki_task *me = socki_task();
	const struct socki_conversation *c = NULL;
	unsigned i;

	for (i = 0; i < v->count && c == NULL; i++) {
		struct socki_station *st = &v->stations[i];

		pthread_mutex_lock(&st->lock);
		for (c = st->first; c != NULL && c->task != me; c = c->next)
			;
		pthread_mutex_unlock(&st->lock);
	}
	return c != NULL;
}

static int
await(struct sock_server *v, sock_time deadline)
{
	int rc = 0;

	pthread_mutex_lock(&v->lock);
	while (v->alive > 0 && rc == 0)
		rc =
		    socki_queue_wait(&v->waiting, &v->lock, UINT_MAX, deadline);
	if (v->alive == 0)
		rc = 0;
	pthread_mutex_unlock(&v->lock);
	return rc;
}

void
socki_server_nap(struct sock_server *v, sock_time deadline)
{
	const int rc =
	    socki_queue_wait(&v->waiting, &v->lock, UINT_MAX, deadline);

	if (rc == 0 || rc == -ETIMEDOUT)
		return;
	pthread_mutex_unlock(&v->lock);
	socki_task_pause(socki_task());
	pthread_mutex_lock(&v->lock);
}

void
socki_server_await(struct sock_server *v)
{
	sock_shield(true);
	while (await(v, SOCK_FOREVER) < 0)
		socki_task_pause(socki_task());
	sock_shield(false);
}

int
sock_server_wait(struct sock_server *v, sock_time deadline)
{
	int rc = SOCK_EUSAGE;

	if (v != NULL && socki_server_is_elsewhere(v))
		return 0;
	if (v != NULL && !is_inside(v))
		rc = await(v, deadline);
	return rc < 0 ? socki_error_usage(rc, "server wait",
			    "no server, or from a conversation of its own") :
			0;
}

int
sock_server_address(struct sock_server *v, int i, struct sock_addr *addr)
{
	if (v == NULL || i < 0 || i >= v->addr_count)
		return socki_error_usage(SOCK_EUSAGE, "server address",
		    "no server, or it has fewer addresses");
	*addr = v->addrs[i];
	return 0;
}

/* Under its lock. */
static void
count_active(struct socki_station *st, struct sock_server_stats *out)
{
	struct socki_conversation *c;
	struct socki_socket *s;

	for (c = st->first; c != NULL; c = c->next)
		if (socki_socket_pin(c->sock, &s) == 0) {
			out->bytes_in += atomic_load(&s->bytes_in);
			out->bytes_out += atomic_load(&s->bytes_out);
			socki_socket_unpin(s);
		} else {
			out->bytes_in += atomic_load(&c->bytes_in);
			out->bytes_out += atomic_load(&c->bytes_out);
		}
}

/* The ends first: another process may count meanwhile. */
static void
count_over(const struct socki_counts *n, struct sock_server_stats *out)
{
	const uint64_t finished = atomic_load(&n->finished);
	const uint64_t shed = atomic_load(&n->shed);
	const uint64_t aborted = atomic_load(&n->aborted);
	const uint64_t timed_out = atomic_load(&n->timed_out);
	const uint64_t accepted = atomic_load(&n->accepted);

	out->accepted += accepted;
	out->finished += finished;
	out->shed += shed;
	out->aborted += aborted;
	out->timed_out += timed_out;
	out->active += accepted - finished - shed - aborted - timed_out;
	out->bytes_in += atomic_load(&n->bytes_in);
	out->bytes_out += atomic_load(&n->bytes_out);
}

int
sock_server_stats(struct sock_server *v, struct sock_server_stats *stats)
{
	struct sock_server_stats all = { .size = sizeof all };
	unsigned i;

	if (v == NULL ||
	    stats->size < offsetof(struct sock_server_stats, bytes_in))
		return socki_error_usage(SOCK_EUSAGE, "server stats",
		    "no server, or the struct to fill has no size");
	for (i = 0; i < v->count; i++) {
		struct socki_station *st = &v->stations[i];

		/* In a child nobody gives the lock back. */
		if (socki_server_is_elsewhere(v)) {
			count_over(&v->shared->counts[i], &all);
			continue;
		}
		pthread_mutex_lock(&st->lock);
		count_over(&v->shared->counts[i], &all);
		count_active(st, &all);
		pthread_mutex_unlock(&st->lock);
	}
	all.size = stats->size;
	memcpy(stats, &all,
	    stats->size < sizeof all ? stats->size : sizeof all);
	return 0;
}
