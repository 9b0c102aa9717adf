/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>

#include "socket/layers.h"
#include "socket/socket.h"
#include "sys/sys.h"

/*
 * After poll(2) said that a blocking pipe or terminal takes bytes, so many
 * cannot block: PIPE_BUF of a pipe, pipe(7); of a terminal less.
 */
#define POLITE_MAX ((size_t)512)

/* 4 MiB, if each takes 64 KiB. */
#define READS_IN_A_ROW 64

/* Pauses for a writer that has been told, and has yet to say so. */
#define WRITER_PAUSES 16

static int
flags(const struct socki_socket *s)
{
	return s->blocking ? MSG_DONTWAIT : 0;
}

static ssize_t
read_file(struct socki_socket *s, void *buf, size_t n)
{
	if (s->blocking && !socki_watch_ready(&s->watch, SOCKI_READ))
		return -EAGAIN;
	return socki_sys_read(s->watch.fd, buf, n);
}

/*
 * A UNIX stream stops short where a message brought descriptors, which are
 * dropped here: that proves nothing about what is behind.
 */
static ssize_t
read_unix(struct socki_socket *s, void *buf, size_t n, bool *dropped)
{
	struct iovec piece = { buf, n };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };
	const ssize_t got = socki_sys_recvmsg(s->watch.fd, &msg, flags(s));

	*dropped = got > 0 && (msg.msg_flags & MSG_CTRUNC) != 0;
	return got;
}

/* An error of the moment leaves the stream as it was. */
static bool
passes(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM || rc == -ENOBUFS ||
	    rc == -EMFILE || rc == -ENFILE;
}

/* A write fails by what breaks the stream, or may. */
static void
note_told(struct socki_socket *s, ssize_t rc)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&s->write_told, &none, (int)rc);
}

static bool
is_closed_both_ways(struct socki_socket *s)
{
	struct socki_watch_wait wait = { .watch = &s->watch };
	unsigned got;

	return socki_watch_look(&wait, 1, &got) > 0;
}

/*
 * What breaks a stream the kernel tells once: if it has told a write, a read
 * finds an end, as if the peer had finished.  0: it has; or why not.
 */
static int
why_ended(struct socki_socket *s)
{
	bool writes = !socki_turn_is_free(&s->writing);
	int i, told = atomic_load(&s->write_told);

	if ((told == 0 && !writes) || told == -EPIPE || !is_closed_both_ways(s))
		return 0;
	/* Nobody writes beside a reader that has the lock of layers. */
	for (i = 0;
	     i < WRITER_PAUSES && told == 0 && writes && s->layers == NULL;
	     i++) {
		socki_task_pause(socki_task());
		writes = !socki_turn_is_free(&s->writing);
		told = atomic_load(&s->write_told);
	}
	/* The peer had finished before it was written to in vain. */
	return told == -EPIPE ? 0 : told;
}

ssize_t
socki_raw_read(struct socki_socket *s, void *buf, size_t n)
{
	const uint32_t seen = socki_watch_seen(&s->watch, SOCKI_READ);
	bool proves_nothing = false;
	ssize_t got;

	if (n > SOCKI_MOVE_MAX)
		n = SOCKI_MOVE_MAX;
	if (!s->is_socket)
		got = read_file(s, buf, n);
	else if (s->scheme == SOCK_SCHEME_UNIX)
		got = read_unix(s, buf, n, &proves_nothing);
	else
		got = socki_sys_recv(s->watch.fd, buf, n, flags(s));
	s->quiet = got > 0 && (size_t)got < n && !proves_nothing &&
	    s->is_socket &&
	    !atomic_load_explicit(&s->watch.unsteady, memory_order_relaxed);
	s->quiet_seen = seen;
	if (got > 0)
		socki_count(&s->bytes_in, got);
	return got == 0 && s->is_socket && s->layers != NULL ? why_ended(s) :
							       got;
}

static ssize_t
write_file(struct socki_socket *s, const void *buf, size_t n)
{
	if (s->blocking) {
		if (!socki_watch_ready(&s->watch, SOCKI_WRITE))
			return -EAGAIN;
		if (n > POLITE_MAX)
			n = POLITE_MAX;
	}
	return socki_sys_write(s->watch.fd, buf, n);
}

ssize_t
socki_raw_write(struct socki_socket *s, const void *buf, size_t n)
{
	ssize_t put;

	if (n > SOCKI_MOVE_MAX)
		n = SOCKI_MOVE_MAX;
	if (!s->is_socket)
		return write_file(s, buf, n);
	socki_nagle_write(s);
	put = socki_sys_send(s->watch.fd, buf, n, flags(s));
	if (put > 0)
		socki_count(&s->bytes_out, put);
	if (put < 0 && !passes(put))
		note_told(s, put);
	return put;
}

ssize_t
socki_stream_read_ends(struct socki_socket *s, ssize_t rc)
{
	if (rc == 0 && s->is_socket && s->layers == NULL)
		rc = why_ended(s);
	/* A terminal may go on after its end, a socket does not. */
	if (rc == 0 && s->is_socket)
		s->at_end = true;
	if (rc < 0 && !passes(rc))
		(void)socki_socket_fail(s, SOCKI_READ, (int)rc);
	return rc;
}

ssize_t
socki_stream_write_fails(struct socki_socket *s, ssize_t rc)
{
	if (passes(rc))
		return rc;
	if (s->layers == NULL)
		note_told(s, rc);
	return socki_socket_fail(s, SOCKI_WRITE, (int)rc);
}

ssize_t
socki_stream_read_any(struct socki_socket *s, void *buf, size_t n)
{
	unsigned need = SOCKI_READ;
	const ssize_t got = s->layers != NULL ?
	    socki_layers_read(s, buf, n, &need) :
	    socki_raw_read(s, buf, n);

	atomic_store_explicit(&s->read_need, (uint8_t)need,
	    memory_order_relaxed);
	return got > 0 ? got : socki_stream_read_ends(s, got);
}

ssize_t
socki_stream_write_any(struct socki_socket *s, const void *buf, size_t n)
{
	unsigned need = SOCKI_WRITE;
	const ssize_t put = s->layers != NULL ?
	    socki_layers_write(s, buf, n, &need) :
	    socki_raw_write(s, buf, n);

	atomic_store_explicit(&s->write_need, (uint8_t)need,
	    memory_order_relaxed);
	return put >= 0 ? put : socki_stream_write_fails(s, put);
}

int
socki_stream_park(struct socki_socket *s, unsigned need, struct socki_seen seen,
    sock_time deadline)
{
	if (deadline == SOCK_NOWAIT)
		return -EAGAIN;
	return socki_watch_park(&s->watch, need,
	    need == SOCKI_READ ? seen.read : seen.write, deadline);
}

int
socki_stream_give_way(struct socki_socket *s, sock_time deadline)
{
	struct socki_task *task = socki_task();
	int rc;

	/* Threads have the kernel's turns. */
	if (task->worker != NULL)
		socki_task_pause(task);
	rc = atomic_load(&s->watch.stopped);
	return rc < 0 ? rc : socki_task_may_park(task, deadline);
}

/* A peer that is faster than its reader would never let that park. */
int
socki_stream_read_on(struct socki_socket *s, sock_time deadline)
{
	int rc;

	if (++s->in_a_row < READS_IN_A_ROW || deadline == SOCK_NOWAIT)
		return 0;
	s->in_a_row = 0;
	rc = socki_stream_give_way(s, deadline);
	/* Who need not wait is not late, and not cancelled. */
	return rc == -ETIMEDOUT || rc == -ECANCELED ? 0 : rc;
}

size_t
socki_stream_pending(struct socki_socket *s)
{
	size_t n = atomic_load_explicit(&s->ahead, memory_order_relaxed);

	if (n == 0 && s->layers != NULL)
		n = socki_layers_pending(s);
	return n;
}
