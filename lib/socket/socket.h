/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_SOCKET_H
#define SOCKI_SOCKET_SOCKET_H

#include <sock/addr.h>
#include <errno.h>
#include <sock/base.h>
#include <sys/types.h>

#include "engine/watch.h"
#include "socket/turn.h"
#include "socket/pipe.h"
#include "sys/sys.h"

/*
 * One descriptor behind a handle.  A public call pins it, works, unpins; all
 * that is shared between calls is either atomic, or belongs to the one reader
 * (reading is set) or the one writer (writing is set).
 */

struct socki_buffer;
struct socki_layers;
struct socki_notes;

enum socki_kind {
	SOCKI_STREAM,
	SOCKI_LISTENER,
	SOCKI_DIALING, /* connects; a stream or messages once it has */
	SOCKI_MESSAGES /* each send is one receive; addr is the peer, if any */
};

/*
 * Nagle's algorithm waits for what is not acknowledged yet, and so never before
 * the first write: it is turned off before the second, if there is one.
 */
enum {
	SOCKI_NAGLE_SAID, /* the kernel has been told, or is not to be */
	SOCKI_NAGLE_IDLE, /* to be off; nothing is written yet */
	SOCKI_NAGLE_ENDS  /* to be off before the next write */
};

/* What a floor above keeps with a socket; its struct begins with one. */
struct socki_extra {
	void (*free)(struct socki_extra *extra); /* the socket has ended */
	/* In a child; or NULL.  Whether the socket is closed there. */
	bool (*forked)(struct socki_extra *extra, const struct socki_task *who,
	    bool closes);
	bool bound; /* the descriptor is nothing without it: no sock_detach() */
	const int *fds; /* of a listener that has several, and -1; or NULL */
};

struct socki_socket {
	struct socki_watch watch; /* first */

	/* The reader's. */
	struct socki_turn reading;
	_Atomic int read_error;
	unsigned in_a_row;         /* reads that left something behind */
	bool at_end;               /* the peer has finished */
	bool quiet;                /* the last read came back short */
	_Atomic bool ahead_counts; /* and nobody has wanted more in vain */
	/* SOCKI_READ, or what a layer wants instead; sock_wait() asks, too. */
	_Atomic uint8_t read_need;
	uint32_t quiet_seen; /* edges seen before it */
	struct socki_buffer *in;
	_Atomic size_t ahead; /* bytes in it, for whoever else asks */
	_Atomic uint64_t bytes_in;
	struct socki_task *_Atomic viewer; /* whose view is a pin */

	/* The writer's. */
	struct socki_turn writing;
	_Atomic uint8_t turns_shared;
	_Atomic int write_error;
	_Atomic int write_told; /* what broke the stream, if a write was told */
	_Atomic uint8_t write_need;
	_Atomic uint8_t nagle;
	_Atomic bool corked; /* by sock_cork() */
	bool was_shut;
	_Atomic int shut_error; /* why not, if it was to be */
	bool was_cut;   /* the peer had ended before its layers' end went out */
	bool was_reset; /* by sock_abort() */
	_Atomic uint64_t bytes_out;

	_Atomic uint8_t kind; /* enum socki_kind */
	uint8_t scheme;       /* enum sock_scheme */
	bool is_socket;       /* else a pipe, a terminal, a file */
	bool blocking;        /* adopted, and its flags are not ours */
	_Atomic int read_timeout_ms, write_timeout_ms; /* <= 0: none */
	struct socki_layers *_Atomic layers;
	bool plain; /* nothing is between its bytes and recv(2), send(2) */

	/* Messages. */
	bool passive; /* from anybody; addr is its own */
	_Atomic bool exchanging;
	_Atomic bool tells;    /* the kernel is asked for all of sock_message */
	_Atomic uint16_t port; /* its own, once that is so */
	struct socki_notes *_Atomic notes; /* errors of peers; under the lock */
	_Atomic int late; /* the one peer's, behind what has been moved */

	struct sock_addr addr;   /* the peer; a listener's own */
	_Atomic int first_error; /* what sock_close() returns */
	struct socki_pipe pipe;  /* while bytes from here are copied */
	struct socki_extra *extra;
	struct socki_gone *gone; /* told when the descriptor is gone */
};

/*
 * A handle's object around fd, which may be -1 until it is known.  On failure
 * the caller keeps fd.  -ENOMEM, SOCK_ELIMIT.
 */
int socki_socket_new(struct socki_socket **out, int fd, enum socki_kind kind,
    int scheme);

/*
 * A child that the calling thread forks until this is said again with false has
 * of its parent's streams and listeners one alone: no end of a stream is seen,
 * and no port is free, while others hold it.  Pairs are left, which may lead to
 * the parent.
 */
void socki_socket_fork_alone(bool alone, const struct socki_socket *but);

/* Closes a handle that nobody has seen yet. */
void socki_socket_drop(struct socki_socket *s);

/* 0 and a pin; an error of socki_handle_pin(), and *out is NULL. */
static inline int
socki_socket_pin(sock_t handle, struct socki_socket **out)
{
	struct socki_object *object;
	const int rc = socki_handle_pin(handle, &object);

	*out = (struct socki_socket *)(void *)object;
	return rc;
}

static inline void
socki_socket_unpin(struct socki_socket *s)
{
	socki_object_unpin(&s->watch.object);
}

/* Leaves an error about the socket and returns code. */
int socki_socket_error(struct socki_socket *s, int code, const char *op);

/* The same with a reason; NULL, "": none. */
int socki_socket_error_why(struct socki_socket *s, int code, const char *op,
    const char *reason);

/* The same where there is no socket: a stale handle, a bad one. */
int socki_handle_error(int code, const char *op);

/*
 * Notes an error that ends a direction (SOCKI_READ, SOCKI_WRITE) for good.
 * Returns code.
 */
int socki_socket_fail(struct socki_socket *s, unsigned direction, int code);

/* A deadline with the handle's own timeout in place of SOCK_DEFAULT. */
static inline sock_time
socki_own_deadline(sock_time deadline, const _Atomic int *timeout_ms)
{
	int ms;

	if (deadline != SOCK_DEFAULT)
		return deadline;
	ms = atomic_load_explicit(timeout_ms, memory_order_relaxed);
	return ms > 0 ? sock_in(ms) : SOCK_FOREVER;
}

static inline sock_time
socki_read_deadline(const struct socki_socket *s, sock_time deadline)
{
	return socki_own_deadline(deadline, &s->read_timeout_ms);
}

static inline sock_time
socki_write_deadline(const struct socki_socket *s, sock_time deadline)
{
	return socki_own_deadline(deadline, &s->write_timeout_ms);
}

/* Says anew whether it is plain; after a change of what that depends on. */
void socki_socket_classify(struct socki_socket *s);

static inline int
socki_stream_only(const struct socki_socket *s)
{
	const int kind = atomic_load_explicit(&s->kind, memory_order_acquire);

	if (kind == SOCKI_STREAM)
		return 0;
	return kind == SOCKI_DIALING ? -ENOTCONN : SOCK_EUSAGE;
}

/*
 * The one reader's turn, which ends its last view: 0; -EBUSY; SOCK_EUSAGE,
 * -ENOTCONN: no stream, or not yet.
 */
static inline int
socki_read_begin(struct socki_socket *s)
{
	const int rc = socki_stream_only(s);

	if (rc < 0)
		return rc;
	if (!socki_turn_take(&s->reading, &s->turns_shared,
		s->watch.object.slot))
		return -EBUSY;
	if (atomic_load_explicit(&s->viewer, memory_order_relaxed) != NULL) {
		/* Whoever reads next ends the view. */
		atomic_store_explicit(&s->viewer, NULL, memory_order_relaxed);
		socki_socket_unpin(s);
	}
	return 0;
}

static inline void
socki_read_end(struct socki_socket *s)
{
	if (!socki_turn_give_own(&s->reading, s->watch.object.slot))
		atomic_store_explicit(&s->reading.taken, SOCKI_NONE,
		    memory_order_release);
}

/* For the two below, where others write, too. */
int socki_write_wait_turn(struct socki_socket *s, sock_time deadline);
void socki_write_pass_turn(struct socki_socket *s);

/* A writer's turn, after those before it.  As above, and a wait's errors. */
static inline int
socki_write_begin(struct socki_socket *s, sock_time deadline)
{
	const int rc = socki_stream_only(s);

	if (rc < 0)
		return rc;
	if (socki_turn_take(&s->writing, &s->turns_shared,
		s->watch.object.slot))
		return 0;
	return socki_write_wait_turn(s, deadline);
}

static inline void
socki_write_end(struct socki_socket *s)
{
	if (socki_turn_give_own(&s->writing, s->watch.object.slot)) {
		if (atomic_load_explicit(&s->turns_shared,
			memory_order_relaxed) != SOCKI_OWNERS)
			socki_write_pass_turn(s);
	} else if (socki_alone_swap(&s->writing.taken, SOCKI_NONE) !=
	    SOCKI_TAKEN) {
		socki_write_pass_turn(s);
	}
}

/*
 * The orderly end, as sock_finish(): within so long, 0: bounded as there, -1:
 * for ever.  Takes the caller's pin, and waits for no other's.  Results as
 * there, without a text.
 */
int socki_socket_finish(struct socki_socket *s, int ms);

/* The end that is none, as sock_abort(); takes the caller's pin. */
int socki_socket_reset(struct socki_socket *s);

/* Drops a view of the calling task on a handle that is closed already. */
void socki_view_drop_closed(sock_t handle);

/* Drops the view of the calling task, if it has one; s is pinned. */
void socki_view_drop(struct socki_socket *s);

/* One call moves no more (Linux: MAX_RW_COUNT, a page below 2 GiB). */
#define SOCKI_MOVE_MAX ((size_t)1 << 30)

/* Tells the kernel what is still to be told of Nagle's algorithm. */
void socki_nagle_settle(struct socki_socket *s);

/* Before each write to the socket itself. */
static inline void
socki_nagle_write(struct socki_socket *s)
{
	const uint8_t nagle =
	    atomic_load_explicit(&s->nagle, memory_order_relaxed);

	if (nagle == SOCKI_NAGLE_IDLE)
		atomic_store_explicit(&s->nagle, SOCKI_NAGLE_ENDS,
		    memory_order_relaxed);
	else if (nagle == SOCKI_NAGLE_ENDS)
		socki_nagle_settle(s);
}

/* What is left of the two below where a socket is not plain. */
ssize_t socki_stream_read_any(struct socki_socket *s, void *buf, size_t n);
ssize_t
socki_stream_write_any(struct socki_socket *s, const void *buf, size_t n);

/* The reader, or the writer, has moved bytes. */
static inline void
socki_count(_Atomic uint64_t *bytes, ssize_t n)
{
	atomic_store_explicit(bytes,
	    atomic_load_explicit(bytes, memory_order_relaxed) + (uint64_t)n,
	    memory_order_relaxed);
}

/* An end or an error came in place of bytes: notes it, and returns it. */
ssize_t socki_stream_read_ends(struct socki_socket *s, ssize_t rc);
ssize_t socki_stream_write_fails(struct socki_socket *s, ssize_t rc);

/*
 * One try, without waiting: 1 to n bytes, 0 at the end, -EAGAIN, an error,
 * which is noted if it is fatal.  Layers are in between.
 */
static inline ssize_t
socki_stream_read(struct socki_socket *s, void *buf, size_t n)
{
	ssize_t got;

	if (!s->plain)
		return socki_stream_read_any(s, buf, n);
	if (n > SOCKI_MOVE_MAX)
		n = SOCKI_MOVE_MAX;
	s->quiet_seen = socki_watch_seen(&s->watch, SOCKI_READ);
	got = socki_sys_recv(s->watch.fd, buf, n, 0);
	s->quiet = got > 0 && (size_t)got < n &&
	    !atomic_load_explicit(&s->watch.unsteady, memory_order_relaxed);
	if (got <= 0)
		return socki_stream_read_ends(s, got);
	socki_count(&s->bytes_in, got);
	return got;
}

static inline ssize_t
socki_stream_write(struct socki_socket *s, const void *buf, size_t n)
{
	ssize_t put;

	if (!s->plain)
		return socki_stream_write_any(s, buf, n);
	socki_nagle_write(s);
	put = socki_sys_send(s->watch.fd, buf,
	    n < SOCKI_MOVE_MAX ? n : SOCKI_MOVE_MAX, 0);
	if (put < 0)
		return socki_stream_write_fails(s, put);
	socki_count(&s->bytes_out, put);
	return put;
}

/* One call moves so much, about 100 us, before others have a turn. */
#define SOCKI_SHARE ((size_t)512 << 10)

/* Gives them one.  0; what stopped the handle; -ETIMEDOUT, -ECANCELED. */
int socki_stream_give_way(struct socki_socket *s, sock_time deadline);

/* Waits for what the last try lacked.  seen as it was before that try. */
struct socki_seen {
	uint32_t read, write;
};
static inline struct socki_seen
socki_stream_seen(struct socki_socket *s)
{
	return (struct socki_seen){
		socki_watch_seen(&s->watch, SOCKI_READ),
		socki_watch_seen(&s->watch, SOCKI_WRITE),
	};
}
int socki_stream_park(struct socki_socket *s, unsigned need,
    struct socki_seen seen, sock_time deadline);

/* After many reads that left something behind others have a turn. */
int socki_stream_read_on(struct socki_socket *s, sock_time deadline);

/*
 * Before the first try: waits if the last read came back short, since nothing
 * can be there before the next edge.
 */
static inline int
socki_stream_park_quiet(struct socki_socket *s, sock_time deadline)
{
	int rc;

	/* Under layers a writer reads below too, and decides what quiet is. */
	if (s->layers != NULL || !s->quiet || deadline == SOCK_NOWAIT)
		return socki_stream_read_on(s, deadline);
	s->quiet = false;
	rc = socki_watch_park(&s->watch, SOCKI_READ, s->quiet_seen, deadline);
	/* Bytes that are here count, though the call is late, or cancelled. */
	return rc == -ETIMEDOUT || rc == -ECANCELED ? 0 : rc;
}

/* Bytes that are here already: read ahead, or inside a layer. */
size_t socki_stream_pending(struct socki_socket *s);

#endif
