/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/fiber.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/thread.h"
#include "server/server.h"
#include "sys/sys.h"

/*
 * Bytes of a conversation that lie on its fiber's stack: a bigger one would
 * take another page of it.  Where a fiber is a thread, that may not start.
 */
#define ROOM_MAX (SOCKI_SWITCH ? (size_t)1024 : 0)

static struct socki_conversation *
conversation_of(struct socki_extra *extra)
{
	return (struct socki_conversation *)(void *)extra;
}

/* The socket ends: by the conversation itself, as a rule, or by another. */
static void
gone(struct socki_extra *extra)
{
	struct socki_conversation *c = conversation_of(extra);
	struct socki_station *st = c->station;
	const struct socki_socket *s = c->socket;

	c->broken = s->was_reset || atomic_load(&s->first_error) < 0;
	atomic_store_explicit(&c->bytes_in, atomic_load(&s->bytes_in),
	    memory_order_relaxed);
	atomic_store_explicit(&c->bytes_out, atomic_load(&s->bytes_out),
	    memory_order_relaxed);
	/* A worker that ends it may do so on the stack of who waits for that. */
	if (socki_task() == c->task && !c->waits) {
		c->socket = NULL;
		return;
	}
	if (socki_server_is_elsewhere(st->server))
		return;
	pthread_mutex_lock(&st->gone_lock);
	c->gone = true;
	(void)socki_queue_wake(&st->gone_waiting, UINT_MAX);
	pthread_mutex_unlock(&st->gone_lock);
}

/*
 * Until the last call of another thread on the handle has returned, and whoever
 * ended it has done with the station.
 */
static void
wait_gone(struct socki_conversation *c)
{
	struct socki_station *st = c->station;

	if (c->socket == NULL)
		return;
	c->waits = true;
	sock_shield(true);
	pthread_mutex_lock(&st->gone_lock);
	while (!c->gone)
		if (socki_queue_wait(&st->gone_waiting, &st->gone_lock,
			SOCKI_KEEPER, SOCK_FOREVER) < 0) {
			pthread_mutex_unlock(&st->gone_lock);
			socki_task_pause(socki_task());
			pthread_mutex_lock(&st->gone_lock);
		}
	pthread_mutex_unlock(&st->gone_lock);
	sock_shield(false);
}

/* What the handler left undone. */
static enum socki_outcome
finish(struct socki_conversation *c, int ms)
{
	struct socki_socket *s;
	int rc;

	atomic_store_explicit(&c->finishing, true, memory_order_relaxed);
	rc = socki_socket_pin(c->sock, &s);
	if (rc == 0)
		rc = socki_socket_finish(s, ms);
	else
		socki_view_drop_closed(c->sock);
	wait_gone(c);
	if (rc == SOCK_ESTALE)
		return c->broken ? SOCKI_ABORTED : SOCKI_FINISHED;
	return rc == -ETIMEDOUT ? SOCKI_TIMED_OUT :
	    rc < 0              ? SOCKI_ABORTED :
				  SOCKI_FINISHED;
}

static void
add_up(struct socki_counts *n, const struct socki_conversation *c)
{
	socki_counts_add(c->outcome == SOCKI_FINISHED ? &n->finished :
		c->outcome == SOCKI_ABORTED           ? &n->aborted :
							&n->timed_out,
	    1);
	socki_counts_add(&n->bytes_in, c->bytes_in);
	socki_counts_add(&n->bytes_out, c->bytes_out);
}

void
socki_conversation_leave(struct socki_conversation *c,
    enum socki_outcome outcome)
{
	struct socki_station *st = c->station;
	struct sock_server *v = st->server;
	unsigned wake = SOCKI_ACCEPTOR;

	if (c->peer != 0)
		socki_peers_leave(&v->shared->limits.peers, st->peers, c->peer);
	pthread_mutex_lock(&st->lock);
	if (c->outcome == SOCKI_FINISHED)
		c->outcome = (uint8_t)outcome;
	add_up(st->counts, c);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	if (v->options.max_streams > 0) {
		/* Once it is counted, and while the server cannot end. */
		pthread_mutex_unlock(&st->lock);
		socki_streams_give_room(v);
		pthread_mutex_lock(&st->lock);
	}
	st->active--;
	if (st->active == 0 && socki_server_drains(v))
		wake |= SOCKI_KEEPER;
	(void)socki_queue_wake(&st->waiting, wake);
	pthread_mutex_unlock(&st->lock);
}

/* Until it is over, and with it perhaps the server. */
static void
hold(void *conversation)
{
	struct socki_conversation *c = conversation;
	struct sock_server *v = c->station->server;
	const bool shaken = v->tls == NULL || socki_conversation_shake(c);

	if (shaken)
		v->options.on_stream(c->sock, v->options.arg);
	/* The handler forked, and this is the child: nothing here is its own. */
	if (socki_server_is_elsewhere(v))
		_exit(0);
	/* A stranger has no say in how long: no finish_ms of -1. */
	socki_conversation_leave(c,
	    finish(c, shaken ? v->options.finish_ms : 0));
}

static void
hold_and_free(void *conversation)
{
	hold(conversation);
	socki_free(conversation);
}

/* Under the station's lock. */
static void
enter(struct socki_conversation *c)
{
	struct socki_station *st = c->station;

	c->next = st->first;
	c->link = &st->first;
	if (c->next != NULL)
		c->next->link = &c->next;
	st->first = c;
	st->active++;
	socki_counts_add(&st->counts->accepted, 1);
	if (st->keeper_idle)
		(void)socki_queue_wake(&st->waiting, SOCKI_KEEPER);
}

/* Under the station's lock. */
static void
break_off(struct socki_conversation *c)
{
	struct socki_socket *s;

	if (socki_socket_pin(c->sock, &s) == 0)
		(void)socki_socket_reset(s);
	socki_task_cancel(c->task);
}

static void *
run_thread(void *arg)
{
	struct socki_conversation *c = arg;
	struct socki_station *st = c->station;

	socki_thread_begin(c->wake_fd);
	pthread_mutex_lock(&st->lock);
	c->task = socki_task();
	if (c->outcome == SOCKI_ABORTED)
		break_off(c);
	pthread_mutex_unlock(&st->lock);
	hold_and_free(c);
	return NULL;
}

struct socki_conversation *
socki_conversation_new(struct socki_station *st, size_t room, uint64_t peer)
{
	struct socki_conversation *c = socki_zalloc(sizeof *c + room);

	if (c == NULL)
		return NULL;
	c->station = st;
	c->peer = peer;
	return c;
}

static struct socki_conversation *
on_a_thread(struct socki_station *st, uint64_t peer)
{
	return socki_conversation_new(st, st->server->options.session_size,
	    peer);
}

/* On the stack of its fiber, if it has room for the session. */
static struct socki_conversation *
in_a_fiber(struct socki_station *st, uint64_t peer, int *rc)
{
	const size_t size = sizeof(struct socki_conversation) +
	    st->server->options.session_size;
	struct socki_conversation *c = NULL;
	struct socki_task *task;

	if (size > ROOM_MAX && (c = on_a_thread(st, peer)) == NULL)
		return NULL;
	task = c != NULL ?
	    socki_fiber_new_on(st->worker, hold_and_free, c, rc) :
	    socki_fiber_new_with(st->worker, hold, size, rc);
	if (task == NULL) {
		socki_free(c);
		return NULL;
	}
	if (c == NULL) {
		c = socki_fiber_room(task);
		memset(c, 0, size);
		c->station = st;
		c->peer = peer;
	}
	c->task = task;
	return c;
}

void
socki_conversation_enter(struct socki_conversation *c)
{
	pthread_mutex_lock(&c->station->lock);
	enter(c);
	pthread_mutex_unlock(&c->station->lock);
}

/* Who runs in the end has it from now on; before that it can be undone. */
static void
begin(struct socki_conversation *c, struct socki_socket *s)
{
	c->extra.free = gone;
	c->sock = s->watch.handle;
	c->socket = s;
	s->extra = &c->extra;
	socki_conversation_enter(c);
}

void
socki_conversation_retract(struct socki_conversation *c)
{
	struct socki_station *st = c->station;

	pthread_mutex_lock(&st->lock);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	st->active--;
	socki_counts_add(&st->counts->accepted, (uint64_t)-1);
	pthread_mutex_unlock(&st->lock);
}

/* One that cannot wait would lose the conversation. */
static int
start_thread(struct socki_conversation *c)
{
	int rc = c->wake_fd = socki_sys_eventfd();

	if (rc < 0)
		return rc;
	rc = socki_sys_thread(run_thread, c, 0);
	if (rc < 0)
		socki_sys_close(c->wake_fd);
	return rc;
}

int
socki_conversation_start(struct socki_station *st, struct socki_socket *s,
    uint64_t peer)
{
	int rc = -ENOMEM;
	struct socki_conversation *c = st->worker != NULL ?
	    in_a_fiber(st, peer, &rc) :
	    on_a_thread(st, peer);

	if (c == NULL)
		return rc;
	begin(c, s);
	rc = st->worker != NULL ? socki_fiber_start(c->task) : start_thread(c);
	if (rc == 0)
		return 0;
	s->extra = NULL;
	socki_conversation_retract(c);
	socki_free(c);
	return rc;
}

int
socki_conversation_hold(struct socki_station *st, struct socki_socket *s,
    uint64_t peer)
{
	struct socki_conversation *c = on_a_thread(st, peer);

	if (c == NULL)
		return -ENOMEM;
	c->task = socki_task();
	begin(c, s);
	hold(c);
	/* Cancelled was the conversation alone. */
	atomic_store(&c->task->cancelled, false);
	socki_free(c);
	return 0;
}

void
socki_conversation_abort_all(struct socki_station *st)
{
	struct socki_conversation *c;

	for (c = st->first; c != NULL; c = c->next) {
		if (c->outcome == SOCKI_ABORTED)
			continue;
		if (c->outcome == SOCKI_FINISHED)
			c->outcome = SOCKI_ABORTED;
		/* A thread that has not begun does it when it does. */
		if (c->task != NULL)
			break_off(c);
	}
}

void
socki_conversation_nudge_all(struct socki_station *st)
{
	struct socki_conversation *c;
	struct socki_socket *s;

	for (c = st->first; c != NULL; c = c->next)
		if (socki_socket_pin(c->sock, &s) == 0) {
			socki_watch_nudge(&s->watch, SOCKI_READ);
			socki_socket_unpin(s);
		}
}

struct socki_conversation *
socki_conversation_of(const struct socki_socket *s)
{
	return s->extra != NULL && s->extra->free == gone ?
	    conversation_of(s->extra) :
	    NULL;
}

void *
sock_session(sock_t handle)
{
	struct socki_socket *s;
	struct socki_conversation *c;
	void *session = NULL;

	if (socki_socket_pin(handle, &s) < 0)
		return NULL;
	c = socki_conversation_of(s);
	if (c != NULL && c->station->server->options.session_size > 0)
		session = c->session;
	socki_socket_unpin(s);
	return session;
}
