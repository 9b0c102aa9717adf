/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/wait.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "socket/layers.h"
#include "socket/message.h"

/* Sets up to this size live on the stack. */
#define FEW 8

/* One call to sock_wait(): events, and what the engine makes of them. */
struct set {
	struct sock_event *events;
	int count;
	struct socki_watch_wait *waits; /* of the first n events that count */
	struct socki_socket **sockets;
	unsigned *got;
	int *event; /* which event each of them is */
	unsigned n;
};

static unsigned
look_for(struct socki_socket *s, unsigned want)
{
	unsigned look = 0;

	if (want & SOCK_READABLE)
		look |= s->read_need;
	if (want & SOCK_WRITABLE)
		look |= s->write_need;
	return look;
}

static unsigned
tell(struct socki_socket *s, unsigned want, unsigned got)
{
	unsigned told = 0;

	if ((want & SOCK_READABLE) && (got & s->read_need))
		told |= SOCK_READABLE;
	if ((want & SOCK_WRITABLE) && (got & s->write_need))
		told |= SOCK_WRITABLE;
	if (got & SOCKI_HANGUP)
		told |= SOCK_HANGUP;
	return told;
}

/* What no kernel knows of. */
static bool
has_bytes(struct socki_socket *s, unsigned want)
{
	return (want & SOCK_READABLE) && s->kind == SOCKI_STREAM &&
	    (atomic_load(&s->ahead_counts) ||
		(s->layers != NULL && socki_layers_pending(s) > 0));
}

/* From here on who reads ahead tells. */
static void
pin_all(struct set *set, int *error)
{
	int i;

	for (i = 0; i < set->count; i++) {
		struct sock_event *e = &set->events[i];
		struct socki_socket *s;
		int rc;

		e->got = 0;
		if (e->sock <= 0)
			continue;
		rc = socki_socket_pin(e->sock, &s);
		if (rc == 0)
			rc = atomic_load(&s->watch.stopped);
		if (rc < 0) {
			e->got = SOCK_HANGUP;
			*error = rc;
			if (s != NULL)
				socki_socket_unpin(s);
			continue;
		}
		atomic_fetch_add(&s->watch.crowd, 1);
		set->sockets[set->n] = s;
		set->event[set->n++] = i;
	}
}

static void
unpin_all(struct set *set)
{
	unsigned i;

	for (i = 0; i < set->n; i++) {
		atomic_fetch_sub(&set->sockets[i]->watch.crowd, 1);
		socki_socket_unpin(set->sockets[i]);
	}
	set->n = 0;
}

/* What ICMP says of one peer makes the descriptor of many no less alive. */
static bool
was_of_a_peer(struct socki_socket *s, unsigned got)
{
	return (got & SOCKI_HANGUP) && s->passive &&
	    s->scheme == SOCK_SCHEME_UDP && socki_message_note(s) > 0;
}

static int
look_once(struct set *set)
{
	unsigned i;

	for (i = 0; i < set->n; i++) {
		struct socki_socket *s = set->sockets[i];
		const struct socki_seen seen = socki_stream_seen(s);

		set->waits[i] = (struct socki_watch_wait){
			.watch = &s->watch,
			.want = look_for(s, set->events[set->event[i]].want),
			.read_seen = seen.read,
			.write_seen = seen.write,
		};
	}
	return socki_watch_look(set->waits, set->n, set->got);
}

/* How many have got something. */
static int
look(struct set *set)
{
	bool again;
	unsigned i;
	int rc, ready = 0;

	do {
		rc = look_once(set);
		for (i = 0, again = false; i < set->n && rc > 0; i++)
			again |= was_of_a_peer(set->sockets[i], set->got[i]);
	} while (again);
	for (i = 0; i < set->n && rc >= 0; i++) {
		struct sock_event *e = &set->events[set->event[i]];

		e->got = tell(set->sockets[i], e->want, set->got[i]);
		if (has_bytes(set->sockets[i], e->want))
			e->got |= SOCK_READABLE;
		ready += e->got != 0;
	}
	return rc < 0 ? rc : ready;
}

static int
wait_set(struct set *set, sock_time deadline)
{
	int error = 0, i, ready, rc = 0;

	pin_all(set, &error);
	while (rc == 0 && error == 0) {
		rc = look(set);
		if (rc != 0)
			break;
		rc = deadline == SOCK_NOWAIT ?
		    -EAGAIN :
		    socki_watch_park_any(set->waits, set->n, deadline);
	}
	for (i = 0; i < (int)set->n; i++) {
		const int stopped =
		    atomic_load(&set->sockets[i]->watch.stopped);

		if (stopped < 0) {
			set->events[set->event[i]].got = SOCK_HANGUP;
			error = stopped;
		}
	}
	unpin_all(set);
	if (error < 0 || rc < 0)
		return error < 0 ? error : rc;
	for (i = 0, ready = 0; i < set->count; i++)
		ready += set->events[i].got != 0;
	return ready;
}

static int
wait_many(struct sock_event *events, int count, sock_time deadline)
{
	struct set set = { .events = events, .count = count };
	const size_t n = (size_t)count;
	int rc;

	/* In the order of what alignment they need. */
	set.waits = socki_alloc(n *
	    (sizeof *set.waits + sizeof(struct socki_socket *) +
		sizeof *set.got + sizeof *set.event));
	if (set.waits == NULL)
		return -ENOMEM;
	set.sockets = (struct socki_socket **)(void *)(set.waits + n);
	set.got = (unsigned *)(void *)(set.sockets + n);
	set.event = (int *)(void *)(set.got + n);
	rc = wait_set(&set, deadline);
	socki_free(set.waits);
	return rc;
}

static int
wait_few(struct sock_event *events, int count, sock_time deadline)
{
	struct socki_watch_wait waits[FEW];
	struct socki_socket *sockets[FEW];
	unsigned got[FEW];
	int event[FEW];
	struct set set = { events, count, waits, sockets, got, event, 0 };

	return wait_set(&set, deadline);
}

int
sock_wait(struct sock_event *events, int count, sock_time deadline)
{
	int rc;

	if (count < 0)
		rc = SOCK_EUSAGE;
	else if (count <= FEW)
		rc = wait_few(events, count, deadline);
	else
		rc = wait_many(events, count, deadline);
	return rc < 0 ? socki_error_usage(rc, "wait", "a negative number") : rc;
}

static int
want(struct socki_socket *s, unsigned intent)
{
	const unsigned need = look_for(s, intent);

	if (has_bytes(s, intent))
		return SOCK_READY;
	return (need & SOCKI_READ ? SOCK_READABLE : 0) |
	    (need & SOCKI_WRITE ? SOCK_WRITABLE : 0);
}

int
sock_want(sock_t handle, unsigned intent)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "want");
	if ((intent & (SOCK_READABLE | SOCK_WRITABLE)) == 0 &&
	    s->kind != SOCKI_DIALING)
		rc = socki_socket_error(s, SOCK_EUSAGE, "want");
	else
		rc = want(s, intent);
	socki_socket_unpin(s);
	return rc;
}
