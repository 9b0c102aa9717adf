/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>
#include <sock/open.h>
#include <stddef.h>
#include <string.h>

#include "addr/addr.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/fork.h"
#include "engine/switch.h"
#include "listen/listener.h"
#include "server/server.h"
#include "sys/sys.h"

/* The keepers look sixteen times in the shortest limit, within these. */
#define TICKS 16
#define TICK_MIN_MS 10
#define TICK_MAX_MS 1000

static int64_t
tick(const struct sock_serve_options *o)
{
	const int limits[] = { o->first_ms, o->idle_ms, o->lifetime_ms };
	int64_t ms = 0;
	size_t i;

	for (i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (limits[i] > 0 && (ms == 0 || limits[i] < ms))
			ms = limits[i];
	if (ms == 0)
		return 0;
	ms /= TICKS;
	return ms < TICK_MIN_MS ? TICK_MIN_MS :
	    ms > TICK_MAX_MS    ? TICK_MAX_MS :
				  ms;
}

/* Those of a process, or of all that share the server. */
static unsigned
count_stations(const struct sock_serve_options *o)
{
	const unsigned all = socki_worker_count();

	if (o->mode == SOCK_PROCESSES)
		return o->workers > 0 ? (unsigned)o->workers : all;
	if (o->mode != SOCK_FIBERS || !SOCKI_SWITCH)
		return 1;
	return o->workers > 0 && (unsigned)o->workers < all ?
	    (unsigned)o->workers :
	    all;
}

static void
free_server(struct sock_server *v)
{
	unsigned i;

	if (v->family != NULL)
		socki_family_free(v->family);
	for (i = 0; i < v->count; i++) {
		pthread_mutex_destroy(&v->stations[i].lock);
		pthread_mutex_destroy(&v->stations[i].gone_lock);
	}
	pthread_mutex_destroy(&v->lock);
	if (v->tls != NULL)
		v->tls->release(v->tls);
	if (v->shared != NULL)
		socki_sys_unmap(v->shared, v->shared_bytes);
	socki_free(v);
}

static struct sock_server *
new_server(const struct sock_serve_options *o, int *rc)
{
	const unsigned count = count_stations(o);
	struct sock_server *v =
	    socki_zalloc(sizeof *v + count * sizeof v->stations[0]);
	unsigned i;

	*rc = -ENOMEM;
	if (v == NULL)
		return NULL;
	v->options = *o;
	v->options.address = v->options.reserved_ = NULL;
	v->tick_ms = tick(o);
	v->forks = socki_fork_count();
	v->count = count;
	pthread_mutex_init(&v->lock, NULL);
	socki_queue_init(&v->waiting);
	for (i = 0; i < count; i++) {
		struct socki_station *st = &v->stations[i];

		st->server = v;
		pthread_mutex_init(&st->lock, NULL);
		pthread_mutex_init(&st->gone_lock, NULL);
		socki_queue_init(&st->waiting);
		socki_queue_init(&st->gone_waiting);
	}
	*rc = socki_shared_map(v);
	if (*rc < 0) {
		free_server(v);
		return NULL;
	}
	return v;
}

/* What it listens to. */
static void
learn_addresses(struct sock_server *v, struct socki_socket *s)
{
	const struct socki_listener *l = socki_listener_of(s);

	v->addrs[0] = s->addr;
	v->addr_count = 1;
	if (l == NULL || l->count < 2)
		return;
	socki_addr_loopback(&v->addrs[1], s->addr.scheme, AF_INET,
	    sock_addr_port(&s->addr));
	v->addr_count = 2;
}

static int
check_listener(struct sock_server *v, sock_t handle, struct socki_why *why)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return rc;
	if (s->kind != SOCKI_LISTENER ||
	    (s->scheme != SOCK_SCHEME_TCP && s->scheme != SOCK_SCHEME_UNIX))
		rc = socki_why(why, SOCK_EUSAGE,
		    "conversations are streams: tcp, tls or unix");
	else if (v->options.mode == SOCK_PROCESSES && s->watch.worker != NULL)
		rc = socki_why(why, SOCK_EUSAGE,
		    "a fiber has waited for the listener, so that children "
		    "have no use of it");
	else
		rc = socki_server_take_tls(v, s, why);
	if (rc == 0)
		learn_addresses(v, s);
	socki_socket_unpin(s);
	return rc;
}

/* Where there can be none, the one acceptor hands on what it takes. */
static void
add_siblings(struct sock_server *v)
{
	struct socki_socket *first;
	unsigned i;

	v->acceptors = 1;
	if (v->count == 1 ||
	    socki_socket_pin(v->stations[0].handle, &first) < 0)
		return;
	for (i = 1; i < v->count; i++) {
		const sock_t sibling = socki_listen_sibling(first);

		if (sibling < 0)
			break;
		v->stations[i].handle = sibling;
		v->acceptors++;
	}
	socki_socket_unpin(first);
}

static void
drop_siblings(struct sock_server *v)
{
	unsigned i;

	for (i = 1; i < v->acceptors; i++)
		(void)sock_close(v->stations[i].handle);
}

/* Fibers that do not run yet. */
static int
make_fibers(struct sock_server *v)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < v->count && rc == 0; i++) {
		struct socki_station *st = &v->stations[i];

		st->worker = socki_worker_at(i, &rc);
		if (st->worker == NULL)
			break;
		st->keeper =
		    socki_fiber_new_on(st->worker, socki_station_keep, st, &rc);
		if (st->keeper != NULL && st->handle > 0)
			st->acceptor = socki_fiber_new_on(st->worker,
			    socki_station_accept, st, &rc);
		if (st->keeper != NULL &&
		    (st->acceptor != NULL || st->handle == 0))
			rc = 0;
	}
	for (i = 0; i < v->count && rc < 0; i++) {
		if (v->stations[i].keeper != NULL)
			socki_fiber_free(v->stations[i].keeper);
		if (v->stations[i].acceptor != NULL)
			socki_fiber_free(v->stations[i].acceptor);
	}
	return rc;
}

static int
serve_in_fibers(struct sock_server *v)
{
	unsigned i;
	int rc;

	add_siblings(v);
	rc = make_fibers(v);
	if (rc < 0) {
		drop_siblings(v);
		return rc;
	}
	v->alive = v->count;
	v->accepting = v->acceptors;
	for (i = 0; i < v->count; i++) {
		struct socki_station *st = &v->stations[i];

		(void)socki_fiber_start(st->keeper);
		if (st->acceptor != NULL)
			(void)socki_fiber_start(st->acceptor);
	}
	return 0;
}

static void *
acceptor_thread(void *station)
{
	socki_station_accept(station);
	return NULL;
}

static int
serve_in_threads(struct sock_server *v)
{
	struct socki_station *st = &v->stations[0];
	int rc;

	v->acceptors = v->alive = 1;
	v->accepting = 1;
	rc = socki_station_start_keeper(st);
	if (rc < 0)
		return rc;
	rc = socki_sys_thread_to_join(acceptor_thread, st, &v->thread);
	v->has_thread = rc == 0;
	if (rc == 0)
		return 0;
	v->accepting = 0;
	socki_server_wake(v, SOCKI_KEEPER);
	socki_server_await(v);
	return rc;
}

static int
serve_in_processes(struct sock_server *v)
{
	int rc = socki_family_new(v);

	if (rc < 0)
		return rc;
	add_siblings(v);
	rc = socki_places_serve(v);
	if (rc < 0)
		drop_siblings(v);
	return rc;
}

static int
serve_by_forking(struct sock_server *v)
{
	int rc = socki_family_new(v);

	if (rc == 0)
		rc = socki_family_start(v->family);
	return rc < 0 ? rc : serve_in_threads(v);
}

static int
start(struct sock_server *v, sock_t handle, struct socki_why *why)
{
	const enum sock_mode mode = v->options.mode;
	const int rc = check_listener(v, handle, why);

	if (rc < 0)
		return rc;
	v->stations[0].handle = handle;
	switch (mode) {
	case SOCK_FIBERS:
		return SOCKI_SWITCH ? serve_in_fibers(v) : serve_in_threads(v);
	case SOCK_PROCESSES:
		return serve_in_processes(v);
	case SOCK_FORKING:
		return serve_by_forking(v);
	default:
		return serve_in_threads(v);
	}
}

/* NULL, and the error is left. */
static struct sock_server *
serve(const struct sock_serve_options *o, sock_t handle, struct socki_why *why)
{
	int rc;
	struct sock_server *v = new_server(o, &rc);

	if (v != NULL)
		rc = start(v, handle, why);
	if (rc == 0)
		return v;
	if (v != NULL)
		free_server(v);
	(void)socki_error(rc, "serve", o->address, why);
	return NULL;
}

struct sock_server *
sock_serve_with(const struct sock_serve_options *options)
{
	struct sock_serve_options o;
	struct sock_server *v;
	struct socki_why why;
	sock_t handle;
	int rc;

	socki_why_none(&why);
	rc = socki_server_options(&o, options, &why);
	if (rc < 0) {
		(void)socki_error(rc, "serve", o.address, &why);
		return NULL;
	}
	handle = o.listener;
	if (o.address != NULL)
		handle = sock_listen(o.address, .tls = o.tls,
		    .client_first = o.client_first);
	if (o.address != NULL && handle < 0)
		return NULL;
	v = serve(&o, handle, &why);
	if (v == NULL && o.address != NULL)
		(void)sock_close(handle);
	return v;
}

void
sock_server_free(struct sock_server *v)
{
	unsigned i;

	if (v == NULL)
		return;
	if (socki_server_is_elsewhere(v)) {
		for (i = 0; i < v->count; i++)
			(void)sock_close(v->stations[i].handle);
		return;
	}
	(void)sock_server_drain(v, SOCK_NOWAIT);
	socki_server_await(v);
	/* Whatever a library keeps for it is gone then, too. */
	if (v->has_thread)
		socki_sys_thread_join(v->thread);
	free_server(v);
}
