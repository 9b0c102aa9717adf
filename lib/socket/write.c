/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/stream.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/memory.h"
#include "socket/layers.h"
#include "socket/socket.h"
#include "socket/writer.h"
#include "sys/sys.h"

/* Pieces that one sendmsg(2) takes here; the kernel would take 1,024. */
#define PIECES_MAX 64
/* What sock_printf() formats without memory of its own. */
#define FORMATTED_MAX 512

static __attribute__((cold)) int
refuse(struct socki_socket *s, int rc, const char *op)
{
	if (s == NULL)
		return socki_handle_error(rc, op);
	rc = socki_socket_error(s, rc, op);
	socki_socket_unpin(s);
	return rc;
}

/* Pins and takes a writer's turn.  In place where a request passes. */
static inline __attribute__((always_inline)) int
begin_here(sock_t handle, struct socki_socket **s, sock_time *deadline,
    const char *op)
{
	int rc = socki_socket_pin(handle, s);

	if (rc < 0)
		return refuse(NULL, rc, op);
	*deadline = socki_write_deadline(*s, *deadline);
	rc = socki_write_begin(*s, *deadline);
	if (rc < 0)
		return refuse(*s, rc, op);
	rc = atomic_load_explicit(&(*s)->write_error, memory_order_relaxed);
	if (rc < 0) {
		socki_write_end(*s);
		return refuse(*s, rc, op);
	}
	return 0;
}

static inline __attribute__((always_inline)) ssize_t
finish_here(struct socki_socket *s, ssize_t rc, const char *op)
{
	if (rc < 0)
		rc = socki_socket_error(s, (int)rc, op);
	socki_write_end(s);
	socki_socket_unpin(s);
	if (rc >= 0)
		socki_task_went_on();
	return rc;
}

int
socki_writer_begin(sock_t handle, struct socki_socket **s, sock_time *deadline,
    const char *op)
{
	return begin_here(handle, s, deadline, op);
}

static __attribute__((noinline)) ssize_t
finish(struct socki_socket *s, ssize_t rc, const char *op)
{
	return finish_here(s, rc, op);
}

ssize_t
socki_writer_some(struct socki_socket *s, const void *buf, size_t n,
    sock_time deadline)
{
	int rc;

	do {
		const struct socki_seen seen = socki_stream_seen(s);
		const ssize_t put = socki_stream_write(s, buf, n);

		if (put != -EAGAIN)
			return put;
		rc = socki_stream_park(s, s->write_need, seen, deadline);
	} while (rc == 0);
	return rc;
}

int
socki_writer_cut_off(struct socki_socket *s, bool begun, int rc)
{
	if (begun || s->layers != NULL)
		return socki_socket_fail(s, SOCKI_WRITE, rc);
	return rc;
}

int
socki_writer_all(struct socki_socket *s, const void *buf, size_t n, bool begun,
    sock_time deadline)
{
	size_t done = 0;

	while (done < n) {
		const ssize_t put = socki_writer_some(s,
		    (const char *)buf + done, n - done, deadline);

		if (put < 0)
			return socki_writer_cut_off(s, begun || done > 0,
			    (int)put);
		done += (size_t)put;
	}
	return 0;
}

/* After a first try with that result. */
static int
write_rest(struct socki_socket *s, const void *buf, size_t n, ssize_t put,
    sock_time deadline)
{
	if (put < 0 && put != -EAGAIN)
		return socki_writer_cut_off(s, false, (int)put);
	if (put < 0)
		put = 0;
	return socki_writer_all(s, (const char *)buf + put, n - (size_t)put,
	    put > 0, deadline);
}

int
sock_write(sock_t handle, const void *buf, size_t n, sock_time deadline)
{
	struct socki_socket *s;
	int rc = begin_here(handle, &s, &deadline, "write");

	if (rc < 0)
		return rc;
	if (deadline == SOCK_NOWAIT) {
		rc = SOCK_EUSAGE;
	} else if (n > 0) {
		/* Nearly always there is room for all of it. */
		const ssize_t put = socki_stream_write(s, buf, n);

		if (put != (ssize_t)n)
			rc = write_rest(s, buf, n, put, deadline);
	}
	return (int)finish_here(s, rc, "write");
}

ssize_t
sock_write_some(sock_t handle, const void *buf, size_t n, sock_time deadline)
{
	struct socki_socket *s;
	ssize_t rc = socki_writer_begin(handle, &s, &deadline, "write");

	if (rc < 0)
		return rc;
	if (n > 0)
		rc = socki_writer_some(s, buf, n, deadline);
	return finish(s, rc, "write");
}

/* What is left to write of a list of pieces. */
struct rest {
	const struct iovec *pieces;
	int count;
	size_t offset; /* into the first */
};

/* Past n bytes, and past what is empty behind them. */
static void
advance(struct rest *rest, size_t n)
{
	while (rest->count > 0 && n >= rest->pieces->iov_len - rest->offset) {
		n -= rest->pieces->iov_len - rest->offset;
		rest->pieces++;
		rest->count--;
		rest->offset = 0;
	}
	rest->offset += n;
}

static ssize_t
gather_once(struct socki_socket *s, const struct rest *rest)
{
	struct iovec piece[PIECES_MAX];
	struct msghdr msg = { .msg_iov = piece };
	ssize_t put;
	int i;

	for (i = 0; i < rest->count && i < PIECES_MAX; i++)
		piece[i] = rest->pieces[i];
	piece[0].iov_base = (char *)piece[0].iov_base + rest->offset;
	piece[0].iov_len -= rest->offset;
	msg.msg_iovlen = (size_t)i;
	socki_nagle_write(s);
	put = socki_sys_sendmsg(s->watch.fd, &msg,
	    s->blocking ? MSG_DONTWAIT : 0);
	if (put > 0)
		socki_count(&s->bytes_out, put);
	return put < 0 ? socki_stream_write_fails(s, put) : put;
}

/* Pieces in one system call, where there is one for that. */
static int
gather(struct socki_socket *s, struct rest rest, sock_time deadline)
{
	bool begun = false;

	advance(&rest, 0);
	while (rest.count > 0) {
		const struct socki_seen seen = socki_stream_seen(s);
		ssize_t put = gather_once(s, &rest);

		if (put >= 0) {
			begun = begun || put > 0;
			advance(&rest, (size_t)put);
			continue;
		}
		if (put == -EAGAIN)
			put = socki_stream_park(s, SOCKI_WRITE, seen, deadline);
		if (put < 0)
			return socki_writer_cut_off(s, begun, (int)put);
	}
	return 0;
}

static int
write_each(struct socki_socket *s, const struct iovec *pieces, int count,
    sock_time deadline)
{
	bool begun = false;
	int i, rc = 0;

	for (i = 0; i < count && rc == 0; i++) {
		rc = socki_writer_all(s, pieces[i].iov_base, pieces[i].iov_len,
		    begun, deadline);
		begun = begun || pieces[i].iov_len > 0;
	}
	return rc;
}

int
sock_writev(sock_t handle, const struct iovec *pieces, int count,
    sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_writer_begin(handle, &s, &deadline, "write");

	if (rc < 0)
		return rc;
	if (deadline == SOCK_NOWAIT || count < 0)
		rc = SOCK_EUSAGE;
	else if (s->is_socket && s->layers == NULL)
		rc = gather(s, (struct rest){ pieces, count, 0 }, deadline);
	else
		rc = write_each(s, pieces, count, deadline);
	return (int)finish(s, rc, "write");
}

int
sock_printf(sock_t handle, const char *format, ...)
{
	char few[FORMATTED_MAX], *text = few;
	struct socki_why why;
	va_list ap, again;
	int n, rc;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(few, sizeof few, format, ap);
	va_end(ap);
	if (n >= (int)sizeof few) {
		text = socki_alloc((size_t)n + 1);
		if (text != NULL)
			n = vsnprintf(text, (size_t)n + 1, format, again);
	}
	va_end(again);
	if (handle > 0 && text == NULL)
		return socki_handle_error(-ENOMEM, "printf");
	if (handle > 0 && n < 0)
		rc = socki_error(socki_why(&why, SOCK_EUSAGE,
				     "the format fails"),
		    "printf", NULL, &why);
	else
		rc = sock_write(handle, text, n < 0 ? 0 : (size_t)n,
		    SOCK_DEFAULT);
	if (text != few)
		socki_free(text);
	return rc < 0 ? rc : n;
}
