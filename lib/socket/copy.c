/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/stream.h>

#include "socket/pipe.h"
#include "socket/reader.h"
#include "socket/writer.h"
#include "sys/sys.h"

/*
 * Small pieces are copied and what flows is spliced, for which each is cheaper
 * (half as much for 64 KiB and more).  Two reads in a row that come back full
 * are a flow, until a piece is smaller than this.
 */
#define FLOWS ((size_t)16 << 10)

struct copying {
	struct socki_socket *to, *from;
	sock_time deadline;
	int64_t left, done;
	size_t share;  /* moved since others had their turn */
	unsigned full; /* reads in a row */
	bool splices;  /* as far as is known */
	bool to_failed;
};

static size_t
piece(const struct copying *c, size_t most)
{
	return (uint64_t)c->left < most ? (size_t)c->left : most;
}

static void
moved(struct copying *c, size_t n)
{
	c->done += (int64_t)n;
	c->left -= (int64_t)n;
	c->share += n;
}

static ssize_t
fails_to(struct copying *c, ssize_t rc)
{
	c->to_failed = true;
	return rc;
}

static int
share(struct copying *c)
{
	int rc;

	if (c->share < SOCKI_SHARE)
		return 0;
	c->share = 0;
	rc = socki_stream_give_way(c->to,
	    socki_write_deadline(c->to, c->deadline));
	/* What comes and fits goes, also late. */
	if (rc < 0 && rc != -ETIMEDOUT)
		return (int)fails_to(c, rc);
	return atomic_load(&c->from->watch.stopped);
}

/* What is read ahead.  It stays where it is until it is delivered. */
static ssize_t
deliver(struct copying *c)
{
	while (c->left > 0 && socki_reader_has(c->from) > 0) {
		const ssize_t put =
		    socki_writer_some(c->to, socki_reader_start(c->from),
			piece(c, socki_reader_has(c->from)),
			socki_write_deadline(c->to, c->deadline));

		if (put < 0)
			return fails_to(c, put);
		socki_reader_consume(c->from, (size_t)put);
		moved(c, (size_t)put);
	}
	return 0;
}

static ssize_t
read_ahead(struct copying *c)
{
	struct socki_socket *from = c->from;
	const ssize_t got =
	    socki_reader_fill(from, c->full > 0 ? SOCKI_BUFFER_MOST : 0,
		piece(c, SIZE_MAX), socki_read_deadline(from, c->deadline));

	if (got > 0)
		c->full = from->in->end == from->in->capacity ? c->full + 1 : 0;
	return got;
}

/*
 * -EINVAL, -ENOSYS: this is not to be had here.  -EAGAIN: a read must look:
 * splice(2) does not get past urgent data, and takes it for the end where the
 * end is known to come.
 */
static ssize_t
splice_in(struct copying *c)
{
	struct socki_socket *from = c->from;
	ssize_t got;
	int tries;

	for (tries = 0; tries < 2; tries++) {
		const struct socki_seen seen = socki_stream_seen(from);

		if (from->pipe.in == 0 && socki_pipe_take(&from->pipe) < 0)
			return -ENOSYS;
		from->quiet = false;
		got = socki_sys_splice(from->watch.fd, from->pipe.in,
		    piece(c, SOCKI_PIPE_MOST));
		if (got > 0)
			socki_count(&from->bytes_in, got);
		if (got == -EINVAL || got == -ENOSYS || got > 0)
			return got;
		if (got < 0 && got != -EAGAIN)
			return socki_stream_read_ends(from, got);
		/* The pipe is empty, so it is the socket. */
		socki_pipe_give(&from->pipe);
		if (got == 0 || atomic_load(&from->watch.unsteady))
			break;
		got = socki_stream_park(from, SOCKI_READ, seen,
		    socki_read_deadline(from, c->deadline));
		if (got < 0)
			return got;
	}
	return -EAGAIN;
}

static ssize_t
splice_out(struct copying *c, size_t *held)
{
	struct socki_socket *to = c->to;

	while (*held > 0) {
		const struct socki_seen seen = socki_stream_seen(to);
		ssize_t put;

		socki_nagle_write(to);
		put = socki_sys_splice(c->from->pipe.out, to->watch.fd, *held);
		if (put > 0) {
			socki_count(&to->bytes_out, put);
			*held -= (size_t)put;
			moved(c, (size_t)put);
			continue;
		}
		if (put == -EINVAL || put == -ENOSYS)
			return put;
		put = put != -EAGAIN ?
		    socki_stream_write_fails(to, put) :
		    socki_stream_park(to, SOCKI_WRITE, seen,
			socki_write_deadline(to, c->deadline));
		if (put < 0)
			return fails_to(c, put);
	}
	return 0;
}

/* What was taken and not delivered is to be read where it was to be read. */
static int
put_back(struct socki_socket *from, size_t held)
{
	ssize_t got = 0;

	if (from->in == NULL && (from->in = socki_buffer_new()) == NULL)
		got = -ENOMEM;
	if (got == 0)
		got = socki_buffer_room(&from->in, held);
	while (held > 0 && (got >= 0 || got == -EAGAIN)) {
		got = socki_sys_read(from->pipe.out,
		    from->in->data + from->in->end, held);
		if (got > 0) {
			from->in->end += (size_t)got;
			held -= (size_t)got;
		}
	}
	if (from->in != NULL)
		socki_reader_consume(from, 0);
	if (held == 0)
		return 0;
	socki_pipe_drop(&from->pipe);
	return socki_socket_fail(from, SOCKI_READ, (int)got);
}

/* 1: go on; 0 at the end; an error. */
static ssize_t
splice_piece(struct copying *c)
{
	size_t held = 0;
	ssize_t rc = splice_in(c);
	int lost = 0;

	if (rc > 0) {
		held = (size_t)rc;
		if (held < FLOWS)
			c->full = 0;
		rc = splice_out(c, &held);
		if (rc == 0)
			return 1;
	}
	if (held > 0)
		lost = put_back(c->from, held);
	if (rc == -EINVAL || rc == -ENOSYS)
		c->splices = false;
	else if (rc == -EAGAIN)
		c->full = 0;
	else
		return rc;
	return lost < 0 ? lost : 1;
}

static bool
bare(const struct socki_socket *s)
{
	return s->is_socket && !s->blocking && s->layers == NULL;
}

static ssize_t
copy_all(struct copying *c)
{
	ssize_t rc = 1;

	c->splices = bare(c->from) && bare(c->to);
	while (rc > 0 && c->left > 0) {
		rc = share(c);
		if (rc == 0)
			rc = deliver(c);
		if (rc < 0 || c->left == 0)
			break;
		rc =
		    c->splices && c->full > 1 ? splice_piece(c) : read_ahead(c);
	}
	if (c->from->pipe.in != 0)
		socki_pipe_give(&c->from->pipe);
	return rc;
}

int64_t
sock_copy(sock_t to, sock_t from, int64_t max, sock_time deadline)
{
	struct copying c = { .deadline = deadline,
		.left = max < 0 ? INT64_MAX : max };
	const char *reason = NULL;
	ssize_t rc = socki_reader_begin(from, &c.from, "copy from");

	if (rc < 0)
		return rc;
	rc = socki_writer_begin(to, &c.to, &deadline, "copy to");
	if (rc < 0)
		goto end_reading;
	if (deadline == SOCK_NOWAIT)
		reason = "which of the two to wait for it could not say";
	else if (max < -1)
		reason = "a number below -1";
	rc = reason != NULL ? SOCK_EUSAGE : copy_all(&c);
	if (rc < 0)
		rc = socki_socket_error_why(c.to_failed ? c.to : c.from,
		    (int)rc, c.to_failed ? "copy to" : "copy from", reason);
	socki_write_end(c.to);
	socki_socket_unpin(c.to);
end_reading:
	socki_read_end(c.from);
	socki_socket_unpin(c.from);
	if (rc >= 0)
		socki_task_went_on();
	return rc < 0 ? rc : c.done;
}
