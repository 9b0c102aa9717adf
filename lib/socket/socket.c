/* SPDX-License-Identifier: MIT */
#include "socket/socket.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "addr/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/fork.h"
#include "socket/buffer.h"
#include "socket/gone.h"
#include "socket/layers.h"
#include "sys/sys.h"

static struct socki_socket *
socket_of(struct socki_watch *w)
{
	return (struct socki_socket *)(void *)w;
}

static void
end(struct socki_watch *w)
{
	struct socki_socket *s = socket_of(w);
	struct socki_gone *gone = s->gone;

	/* Layers share locks, too, which nobody gives back in a child. */
	if (!socki_fork_sweeps())
		socki_layers_free(s->layers);
	if (s->extra != NULL)
		s->extra->free(s->extra);
	socki_buffer_free(s->in);
	socki_free(atomic_load(&s->notes));
	if (gone != NULL && gone->keep_fd) {
		socki_watch_release(w);
		gone->fd = w->fd;
		w->fd = -1;
	}
	socki_watch_end(w);
	socki_free(s);
	if (gone == NULL)
		return;
	pthread_mutex_lock(&gone->lock);
	gone->done = true;
	(void)socki_queue_wake(&gone->waiting, UINT_MAX);
	pthread_mutex_unlock(&gone->lock);
}

static _Thread_local bool forks_alone;
static _Thread_local const struct socki_socket *forks_but;

void
socki_socket_fork_alone(bool alone, const struct socki_socket *but)
{
	forks_alone = alone;
	forks_but = but;
}

/* What a server has open has an extra; a pair has no names. */
static bool
is_parents(const struct socki_socket *s)
{
	if (s->kind == SOCKI_LISTENER || s->kind == SOCKI_DIALING)
		return true;
	return s->kind == SOCKI_STREAM &&
	    (s->extra != NULL ||
		(s->is_socket &&
		    (s->scheme != SOCK_SCHEME_UNIX ||
			s->addr.length > sizeof(sa_family_t))));
}

/* Only the thread that forked is left; of what was inside, its view stays. */
static int
forked(struct socki_watch *w, const struct socki_task *who)
{
	struct socki_socket *s = socket_of(w);
	const bool mine = s->viewer != NULL && s->viewer == who;
	bool closes = forks_alone && s != forks_but && is_parents(s);

	socki_turn_forked(&s->reading);
	socki_turn_forked(&s->writing);
	atomic_store(&s->exchanging, false);
	atomic_store(&s->viewer, mine ? socki_task() : NULL);
	s->gone = NULL;
	socki_pipe_drop(&s->pipe);
	socki_layers_forked(s->layers);
	if (s->extra != NULL && s->extra->forked != NULL)
		closes = s->extra->forked(s->extra, who, closes);
	if (closes)
		return SOCKI_FORKED_CLOSES;
	return mine ? 1 : 0;
}

static const struct socki_watch_kind socket_kind = { end, forked };

int
socki_socket_new(struct socki_socket **out, int fd, enum socki_kind kind,
    int scheme)
{
	struct socki_socket *s = socki_zalloc(sizeof *s);
	int rc;

	*out = NULL;
	if (s == NULL)
		return -ENOMEM;
	s->kind = (uint8_t)kind;
	s->is_socket = true;
	s->scheme = (uint8_t)scheme;
	s->read_need = SOCKI_READ;
	s->write_need = SOCKI_WRITE;
	socki_socket_classify(s);
	rc = socki_watch_open(&s->watch, &socket_kind, fd);
	if (rc < 0) {
		socki_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
socki_socket_drop(struct socki_socket *s)
{
	struct socki_socket *same;

	if (socki_socket_pin(s->watch.handle, &same) < 0)
		return;
	assert(same == s);
	(void)socki_handle_close(s->watch.handle);
	socki_socket_unpin(s);
}

static int
leave(struct socki_socket *s, int code, const char *op,
    const struct socki_why *why)
{
	const char *subject = s->is_socket ? NULL : "descriptor";
	char text[SOCK_ADDR_TEXT_MAX];

	if (s->addr.scheme != SOCK_SCHEME_NONE)
		subject = socki_addr_subject(&s->addr, text, sizeof text);
	return socki_error(code, op, subject, why);
}

int
socki_socket_error_why(struct socki_socket *s, int code, const char *op,
    const char *reason)
{
	struct socki_why why;

	if (reason == NULL || reason[0] == '\0')
		return socki_socket_error(s, code, op);
	return leave(s, socki_why(&why, code, "%s", reason), op, &why);
}

/*
 * What makes no sense, by the operation.  Not pointers, each of which would
 * need a relocation.
 */
#define MISUSES_OF_ANY(ROW) \
	ROW("set", "no such option here, or not of this value") \
	ROW("get", "no such option here") \
	ROW("want", "neither reading nor writing is intended") \
	ROW("detach", "it is not a descriptor alone") \
	ROW("info", "no socket, or the struct to fill has no size") \
	ROW("credentials", "not of unix, or the struct to fill has no size") \
	ROW("local", "no socket") \
	ROW("peer", "no socket") \
	ROW("send", "a negative number") \
	ROW("receive", "a negative number")
#define MISUSES_OF_STREAMS(ROW) \
	ROW("read", \
	    "sock_read() takes SOCK_NOWAIT, sock_read_full() does not") \
	ROW("write", \
	    "only sock_write_some() takes SOCK_NOWAIT; or a negative " \
	    "number") \
	ROW("skip", "so much is not buffered") \
	ROW("read line", "no room for a line") \
	ROW("read until", "the mark is empty") \
	ROW("shut", "no socket") \
	ROW("layer", "the table has no size, no read or no write") \
	ROW("accept", "it does not listen") \
	ROW("send descriptors", \
	    "with bytes over unix streams, with a deadline") \
	ROW("receive descriptors", \
	    "with bytes over unix streams, with a deadline; none buffered")
#define ROW(op, reason) op "\0" reason "\0"

static const char misuses_of_any[] = MISUSES_OF_ANY(ROW);
static const char misuses_of_streams[] = MISUSES_OF_STREAMS(ROW);

/* NULL: none of this operation. */
static const char *
find_misuse(const char *row, const char *op)
{
	while (*row != '\0') {
		const bool found = strcmp(op, row) == 0;

		row += strlen(row) + 1;
		if (found)
			return row;
		row += strlen(row) + 1;
	}
	return NULL;
}

static const char *
misuse(const struct socki_socket *s, const char *op)
{
	const char *reason = find_misuse(misuses_of_any, op);

	if (reason != NULL)
		return reason;
	if (s->kind == SOCKI_LISTENER)
		return "it listens, for sock_accept()";
	if (s->kind == SOCKI_MESSAGES)
		return "it carries messages, for sock_send() and "
		       "sock_receive()";
	reason = find_misuse(misuses_of_streams, op);
	return reason != NULL ? reason : "";
}

int
socki_socket_error(struct socki_socket *s, int code, const char *op)
{
	struct socki_why why;

	/* While it is dialed they are its dial's. */
	if (socki_stream_only(s) == 0 && socki_layers_why(s, code, &why))
		return leave(s, code, op, &why);
	if (code == SOCK_EUSAGE && misuse(s, op)[0] != '\0')
		return socki_socket_error_why(s, code, op, misuse(s, op));
	if (s->addr.scheme == SOCK_SCHEME_NONE)
		return socki_error(code, op, s->is_socket ? NULL : "descriptor",
		    NULL);
	return socki_error_about(code, op, &s->addr, sizeof s->addr,
	    socki_addr_subject);
}

/* Whether a handle is what the call gives, or in its stead its error. */
static bool
opens(const char *op)
{
	static const char ops[][8] = { "dial", "listen", "accept", "adopt" };
	size_t i = 0;

	while (i < sizeof ops / sizeof ops[0] && strcmp(op, ops[i]) != 0)
		i++;
	return i < sizeof ops / sizeof ops[0];
}

int
socki_handle_error(int code, const char *op)
{
	static const struct socki_why no_handle = { "0 is no handle", false };
	const struct sock_error *last = sock_last_error();

	/*
	 * An error handed on was told when it arose: its text is worth more.
	 * SOCK_EUSAGE may also be of handle 0, unless it opened one.
	 */
	if (code != SOCK_ESTALE && last->code == code &&
	    (code != SOCK_EUSAGE || opens(last->op)))
		return code;
	return socki_error(code, op, NULL,
	    code == SOCK_EUSAGE ? &no_handle : NULL);
}

int
socki_socket_fail(struct socki_socket *s, unsigned direction, int code)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&s->first_error, &none, code);
	none = 0;
	(void)atomic_compare_exchange_strong(direction == SOCKI_READ ?
		&s->read_error :
		&s->write_error,
	    &none, code);
	return code;
}

void
socki_socket_classify(struct socki_socket *s)
{
	/* UNIX streams bring descriptors, which a read must drop. */
	s->plain = s->is_socket && !s->blocking && s->layers == NULL &&
	    s->scheme != SOCK_SCHEME_UNIX;
	s->watch.by_message = s->scheme == SOCK_SCHEME_UDP ||
	    s->scheme == SOCK_SCHEME_UNIXGRAM ||
	    s->scheme == SOCK_SCHEME_UNIXPACKET;
}

void
socki_view_drop(struct socki_socket *s)
{
	struct socki_task *task = socki_task();

	if (atomic_load_explicit(&s->viewer, memory_order_relaxed) != task)
		return;
	atomic_store_explicit(&s->viewer, NULL, memory_order_relaxed);
	socki_socket_unpin(s);
}

void
socki_view_drop_closed(sock_t handle)
{
	struct socki_object *object;

	if (socki_handle_pin_closed(handle, &object) < 0)
		return;
	socki_view_drop((struct socki_socket *)(void *)object);
	socki_handle_unpin(handle);
}

bool
socki_turn_is_owners(struct socki_turn *turn, _Atomic uint8_t *shared)
{
	if (socki_guard_has_barriers() && atomic_load(shared) != SOCKI_SHARED) {
		atomic_store(shared, SOCKI_SHARING);
		socki_guard_barrier();
		atomic_store(shared, SOCKI_SHARED);
	}
	if (!atomic_load(&turn->by_owner))
		return false;
	(void)atomic_exchange(&turn->taken, SOCKI_NONE);
	return true;
}

/* Under the lock. */
static bool
take_wanted(struct socki_socket *s)
{
	if (atomic_exchange(&s->writing.taken, SOCKI_WANTED) != SOCKI_NONE)
		return false;
	return atomic_load(&s->watch.object.slot->owner) == NULL ||
	    !socki_turn_is_owners(&s->writing, &s->turns_shared);
}

int
socki_write_wait_turn(struct socki_socket *s, sock_time deadline)
{
	int rc = 0;

	pthread_mutex_lock(&s->watch.lock);
	/* Who came to wait while the turn was given back to the owner. */
	(void)socki_queue_wake(&s->watch.waiting, SOCKI_TURN);
	while (rc == 0 && !take_wanted(s)) {
		rc = atomic_load(&s->watch.stopped);
		if (rc == 0)
			rc = socki_queue_wait(&s->watch.waiting, &s->watch.lock,
			    SOCKI_TURN, deadline);
	}
	pthread_mutex_unlock(&s->watch.lock);
	return rc;
}

void
socki_write_pass_turn(struct socki_socket *s)
{
	pthread_mutex_lock(&s->watch.lock);
	(void)socki_queue_wake(&s->watch.waiting, SOCKI_TURN);
	pthread_mutex_unlock(&s->watch.lock);
}
