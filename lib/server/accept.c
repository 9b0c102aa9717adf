/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/open.h>

#include "base/clock.h"
#include "listen/listener.h"
#include "server/server.h"
#include "sys/sys.h"

/* Connections taken in a row before others of the worker have their turn. */
#define ROW_MAX 64

/* Without room: the first wait, which doubles, and the longest. */
#define BACK_OFF_MS 10
#define BACK_OFF_MAX_MS 1000

/* Fibers that a worker may have more than twice another's. */
#define FAR_APART 16

/* While it drains: how often the queue is looked at. */
#define LOOK_MS 5

struct acceptor {
	struct socki_station *st;
	struct sock_server *v;
	struct socki_socket *listener;
	struct socki_socket *next; /* whom a connection would become */
	int back_off_ms;
	unsigned row;
	int gone; /* the listener has been closed */
	struct socki_ebb ebb;
};

static bool
time_is_up(const struct sock_server *v)
{
	const sock_time by = atomic_load(&v->shared->drain_by);

	return by != 0 && socki_clock_passed(by);
}

/* Waits to be woken, or so long; false: for so long. */
static bool
rest(struct acceptor *a, int64_t ms)
{
	struct socki_station *st = a->st;
	int rc;

	pthread_mutex_lock(&st->lock);
	rc = socki_queue_wait(&st->waiting, &st->lock, SOCKI_ACCEPTOR,
	    sock_in(ms));
	pthread_mutex_unlock(&st->lock);
	if (rc < 0 && rc != -ETIMEDOUT)
		socki_task_pause(socki_task());
	return rc == 0;
}

static void
count_shed(struct acceptor *a)
{
	struct socki_station *st = a->st;

	pthread_mutex_lock(&st->lock);
	socki_counts_add(&st->counts->accepted, 1);
	socki_counts_add(&st->counts->shed, 1);
	pthread_mutex_unlock(&st->lock);
}

static void
shed(struct acceptor *a)
{
	/* First, so that who is told finds it counted. */
	count_shed(a);
	socki_socket_drop(a->next);
	a->next = NULL;
}

/* False: the time is up. */
static bool
wait_for_room(struct acceptor *a)
{
	struct sock_server *v = a->v;
	struct socki_station *st = a->st;
	/* Nobody in another process tells of room. */
	const int64_t ms = v->family != NULL ? BACK_OFF_MS : BACK_OFF_MAX_MS;
	bool mine = socki_streams_reserve(v);

	if (mine)
		return true;
	atomic_fetch_add(&v->starving, 1);
	pthread_mutex_lock(&st->lock);
	while (!(mine = socki_streams_reserve(v)) && !time_is_up(v)) {
		const int rc = socki_queue_wait(&st->waiting, &st->lock,
		    SOCKI_ACCEPTOR, sock_in(ms));

		if (rc < 0 && rc != -ETIMEDOUT) {
			pthread_mutex_unlock(&st->lock);
			socki_task_pause(socki_task());
			pthread_mutex_lock(&st->lock);
		}
	}
	pthread_mutex_unlock(&st->lock);
	atomic_fetch_sub(&v->starving, 1);
	return mine;
}

/* Whose worker a conversation is to live on. */
static struct socki_station *
station_for(struct acceptor *a)
{
	struct sock_server *v = a->v;
	struct socki_station *best = a->st, *other;
	unsigned i, load, least;

	if (v->count == 1 || v->family != NULL)
		return best;
	least = socki_worker_load(best->worker);
	if (v->acceptors > 1) {
		other = &v->stations[atomic_fetch_add_explicit(&v->turn, 1,
					 memory_order_relaxed) %
		    v->count];
		load = socki_worker_load(other->worker);
		return least > 2 * load + FAR_APART ? other : best;
	}
	for (i = 0; i < v->count; i++) {
		load = socki_worker_load(v->stations[i].worker);
		if (load < least) {
			best = &v->stations[i];
			least = load;
		}
	}
	return best;
}

/* Meanwhile the listener may be closed: whoever does waits for our pin. */
static int
hold(struct acceptor *a, uint64_t peer)
{
	int rc;

	socki_socket_unpin(a->listener);
	rc = socki_conversation_hold(a->st, a->next, peer);
	a->gone = socki_socket_pin(a->st->handle, &a->listener);
	return rc;
}

/* A connection has been taken.  0; an error: there is no room for more. */
static int
serve(struct acceptor *a)
{
	struct sock_server *v = a->v;
	struct socki_peers_lock *lock = &v->shared->limits.peers;
	struct socki_station *st = station_for(a);
	uint64_t peer = 0;
	int rc;

	if (v->options.max_per_peer > 0)
		peer = socki_peers_key(lock, &a->next->addr);
	if (peer != 0 &&
	    !socki_peers_enter(lock, st->peers, v->stations[0].peers, v->count,
		peer, (unsigned)v->options.max_per_peer)) {
		shed(a);
		socki_streams_give_back(v);
		return 0;
	}
	rc = v->options.mode == SOCK_ITERATIVE ?
	    hold(a, peer) :
	    v->options.mode == SOCK_FORKING ?
	    socki_conversation_fork(st, a->next, peer) :
	    socki_conversation_start(st, a->next, peer);
	if (rc == 0) {
		a->next = NULL;
		return 0;
	}
	if (peer != 0)
		socki_peers_leave(lock, st->peers, peer);
	shed(a);
	socki_streams_give_back(v);
	return rc;
}

static int
try_accept(struct acceptor *a)
{
	int rc = 0;

	if (a->next == NULL)
		rc = socki_socket_new(&a->next, -1, SOCKI_STREAM,
		    a->listener->scheme);
	if (rc == 0)
		rc = socki_accept_now(a->listener, a->next);
	return rc;
}

/* The listener is no more, or not to be waited on; all else passes. */
static bool
is_final(int rc)
{
	return rc == SOCK_ESTALE || rc == SOCK_EUSAGE || rc == -ECANCELED ||
	    rc == -EBADF || rc == -EINVAL || rc == -ENOTSOCK;
}

/*
 * The spare descriptor is given up for one who waits.  If another can be had
 * at once there was room after all, else it is for that.  0; an error.
 */
static int
use_spare(struct acceptor *a)
{
	int rc;

	socki_sys_close(a->st->spare);
	a->st->spare = -1;
	rc = try_accept(a);
	a->st->spare = socki_sys_eventfd();
	if (rc < 0) {
		socki_streams_give_back(a->v);
		return rc;
	}
	if (a->st->spare >= 0)
		return serve(a);
	shed(a);
	socki_streams_give_back(a->v);
	a->st->spare = socki_sys_eventfd();
	return -EMFILE;
}

/*
 * There is no room.  The listener is left alone for a while, or until a
 * conversation ends; at the limit of descriptors one who waits is turned away
 * then.  What is tried next is up to the caller.
 */
static void
back_off(struct acceptor *a, int why)
{
	const bool spares = why == -EMFILE || why == -ENFILE;
	int ms = BACK_OFF_MS * (int)a->v->acceptors;

	if (a->st->spare < 0)
		a->st->spare = socki_sys_eventfd();
	while (spares && a->st->spare >= 0 && !time_is_up(a->v)) {
		if (rest(a, ms) || !wait_for_room(a))
			return;
		if (use_spare(a) != -EMFILE)
			return;
	}
	if (a->back_off_ms < ms)
		a->back_off_ms = ms;
	(void)rest(a, a->back_off_ms);
	a->back_off_ms *= 2;
	if (a->back_off_ms > BACK_OFF_MAX_MS)
		a->back_off_ms = BACK_OFF_MAX_MS;
}

/* The queue is empty.  0; an error that ends it. */
static int
wait_for_more(struct acceptor *a, struct socki_seen seen)
{
	sock_time until = SOCK_FOREVER;
	int rc;

	a->row = 0;
	a->back_off_ms = 0;
	if (socki_server_drains(a->v)) {
		if (socki_server_is_empty(&a->ebb, a->listener))
			return SOCK_EEOF;
		until = sock_in(LOOK_MS);
	}
	rc = socki_stream_park(a->listener, SOCKI_READ, seen, until);
	if (rc == 0 || rc == -ETIMEDOUT || is_final(rc))
		return rc == -ETIMEDOUT ? 0 : rc;
	(void)rest(a, BACK_OFF_MS); /* it cannot even wait */
	return 0;
}

/* One connection, or a wait for one.  0; an error that ends it all. */
static int
step(struct acceptor *a)
{
	const struct socki_seen seen = socki_stream_seen(a->listener);
	int rc;

	if (!wait_for_room(a))
		return -ETIMEDOUT;
	rc = try_accept(a);
	if (rc == -EAGAIN) {
		/* Others may have found no room because of this. */
		socki_streams_give_room(a->v);
		return wait_for_more(a, seen);
	}
	if (rc < 0)
		socki_streams_give_back(a->v);
	else
		rc = serve(a);
	if (rc < 0 && !is_final(rc)) {
		back_off(a, rc);
		rc = 0;
	}
	if (++a->row % ROW_MAX == 0 && a->st->worker != NULL)
		socki_task_pause(socki_task());
	return rc;
}

/*
 * By the last acceptor, under its station's lock: its own keeper cannot end
 * meanwhile, and so neither can the server.
 */
static void
release_keepers(struct socki_station *mine)
{
	struct sock_server *v = mine->server;
	unsigned i;

	for (i = 0; i < v->count; i++) {
		struct socki_station *st = &v->stations[i];

		if (st != mine)
			pthread_mutex_lock(&st->lock);
		(void)socki_queue_wake(&st->waiting, SOCKI_KEEPER);
		if (st != mine)
			pthread_mutex_unlock(&st->lock);
	}
}

static void
retire(struct acceptor *a)
{
	struct socki_station *st = a->st;
	struct sock_server *v = a->v;

	if (a->next != NULL)
		socki_socket_drop(a->next);
	if (st->spare >= 0)
		socki_sys_close(st->spare);
	if (a->listener != NULL)
		socki_socket_unpin(a->listener);
	(void)sock_close(st->handle);
	socki_family_closed(st);
	/* The listener was closed or cancelled: as good as a drain. */
	socki_server_drain(v, SOCK_DEFAULT, false);
	pthread_mutex_lock(&st->lock);
	if (atomic_fetch_sub(&v->accepting, 1) == 1)
		release_keepers(st);
	pthread_mutex_unlock(&st->lock);
}

void
socki_station_accept(void *station)
{
	struct socki_station *st = station;
	struct acceptor a = { .st = st, .v = st->server };
	int rc = socki_socket_pin(st->handle, &a.listener);

	/* While there are descriptors: what a thread waits with, too. */
	if (socki_task_arm(socki_task()) == 0)
		socki_task_disarm(socki_task());
	st->spare = socki_sys_eventfd();
	while (rc == 0 && a.gone == 0 && !time_is_up(a.v))
		rc = step(&a);
	retire(&a);
}
