/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <sock/stream.h>
#include <string.h>

#include "socket/reader.h"

#define LINE_MAX_BYTES ((size_t)64 << 10)

static __attribute__((cold)) int
refuse(sock_t handle, struct socki_socket *s, int rc, const char *op)
{
	if (s == NULL) {
		if (rc == SOCK_ESTALE)
			socki_view_drop_closed(handle);
		return socki_handle_error(rc, op);
	}
	rc = socki_socket_error(s, rc, op);
	socki_socket_unpin(s);
	return rc;
}

/* Pins and takes the reader's turn.  In place where a request passes. */
static inline __attribute__((always_inline)) int
begin_here(sock_t handle, struct socki_socket **s, const char *op)
{
	int rc = socki_socket_pin(handle, s);

	if (rc == 0)
		rc = socki_read_begin(*s);
	return rc < 0 ? refuse(handle, *s, rc, op) : 0;
}

static inline __attribute__((always_inline)) ssize_t
finish_here(struct socki_socket *s, ssize_t rc, const char *op)
{
	if (rc < 0)
		rc = socki_socket_error(s, (int)rc, op);
	socki_read_end(s);
	socki_socket_unpin(s);
	return rc;
}

int
socki_reader_begin(sock_t handle, struct socki_socket **s, const char *op)
{
	return begin_here(handle, s, op);
}

static __attribute__((noinline)) ssize_t
finish(struct socki_socket *s, ssize_t rc, const char *op)
{
	return finish_here(s, rc, op);
}

/*
 * Whether sock_wait() is to tell of what is read ahead.  Who comes to wait is in
 * the crowd before it looks, so that one of the two sees the other.
 */
static void
count_ahead(struct socki_socket *s, bool counts)
{
	counts = counts && socki_reader_has(s) > 0;
	if (counts ==
	    atomic_load_explicit(&s->ahead_counts, memory_order_relaxed))
		return;
	atomic_store(&s->ahead_counts, counts);
	if (counts && atomic_load(&s->watch.crowd) > 0)
		socki_watch_nudge(&s->watch, SOCKI_READ);
}

void
socki_reader_consume(struct socki_socket *s, size_t n)
{
	assert(n <= socki_reader_has(s));
	s->in->begin += n;
	if (n > 0)
		s->in->mark_length = 0;
	if (socki_reader_has(s) !=
	    atomic_load_explicit(&s->ahead, memory_order_relaxed)) {
		atomic_store_explicit(&s->ahead, socki_reader_has(s),
		    memory_order_relaxed);
		count_ahead(s, true);
	}
	if (s->in->begin < s->in->end)
		return;
	socki_buffer_free(s->in);
	s->in = NULL;
}

static size_t
take_buffered(struct socki_socket *s, void *buf, size_t n)
{
	if (n > socki_reader_has(s))
		n = socki_reader_has(s);
	if (n > 0) {
		memcpy(buf, socki_reader_start(s), n);
		socki_reader_consume(s, n);
	}
	return n;
}

/* What every reading call looks at first: 0, or why there is no more. */
static int
ended(struct socki_socket *s)
{
	return atomic_load_explicit(&s->read_error, memory_order_relaxed);
}

/* 1 to n bytes past the buffer, 0 at the end, or an error. */
static inline __attribute__((always_inline)) ssize_t
read_some(struct socki_socket *s, void *buf, size_t n, sock_time deadline)
{
	int rc = ended(s);

	if (s->at_end || rc < 0)
		return s->at_end ? 0 : rc;
	rc = socki_stream_park_quiet(s, deadline);
	while (rc == 0) {
		const struct socki_seen seen = socki_stream_seen(s);
		const ssize_t got = socki_stream_read(s, buf, n);

		if (got != -EAGAIN)
			return got;
		rc = socki_stream_park(s, s->read_need, seen, deadline);
	}
	return rc;
}

ssize_t
sock_read(sock_t handle, void *buf, size_t n, sock_time deadline)
{
	struct socki_socket *s;
	ssize_t rc = begin_here(handle, &s, "read");

	if (rc < 0)
		return rc;
	if (n > 0) {
		if (s->in != NULL)
			rc = (ssize_t)take_buffered(s, buf, n);
		if (rc == 0)
			rc = read_some(s, buf, n,
			    socki_read_deadline(s, deadline));
	}
	return finish_here(s, rc, "read");
}

ssize_t
sock_read_full(sock_t handle, void *buf, size_t n, sock_time deadline)
{
	struct socki_socket *s;
	ssize_t rc = socki_reader_begin(handle, &s, "read");
	size_t have;

	if (rc < 0)
		return rc;
	if (deadline == SOCK_NOWAIT && n > 0)
		return finish(s, SOCK_EUSAGE, "read");
	deadline = socki_read_deadline(s, deadline);
	for (have = take_buffered(s, buf, n); have < n; have += (size_t)rc) {
		rc = read_some(s, (char *)buf + have, n - have, deadline);
		if (rc == 0)
			rc = SOCK_EEOF;
		if (rc < 0)
			return finish(s, rc, "read");
	}
	return finish(s, (ssize_t)n, "read");
}

ssize_t
socki_reader_fill(struct socki_socket *s, size_t min, size_t most,
    sock_time deadline)
{
	struct socki_seen seen;
	ssize_t got;
	size_t room;
	int rc = ended(s);

	if (s->at_end || rc < 0)
		return s->at_end ? 0 : rc;
	rc = socki_stream_park_quiet(s, deadline);
	while (rc == 0) {
		if (s->in == NULL && (s->in = socki_buffer_new()) == NULL)
			return -ENOMEM;
		rc = socki_buffer_room(&s->in, min);
		if (rc < 0)
			return rc;
		seen = socki_stream_seen(s);
		room = s->in->capacity - s->in->end;
		got = socki_stream_read(s, s->in->data + s->in->end,
		    room < most ? room : most);
		if (got > 0)
			s->in->end += (size_t)got;
		socki_reader_consume(s, 0);
		count_ahead(s, got != -EAGAIN);
		if (got != -EAGAIN)
			return got;
		rc = socki_stream_park(s, s->read_need, seen, deadline);
	}
	return rc;
}

ssize_t
sock_peek(sock_t handle, const void **view, size_t min, sock_time deadline)
{
	struct socki_socket *s;
	ssize_t rc = socki_reader_begin(handle, &s, "peek");

	*view = NULL;
	if (rc < 0)
		return rc;
	if (min > LINE_MAX_BYTES)
		return finish(s, SOCK_ETOOBIG, "peek");
	deadline = socki_read_deadline(s, deadline);
	for (rc = 1; rc > 0 && socki_reader_has(s) < (min > 0 ? min : 1);)
		rc = socki_reader_fill(s, min, SIZE_MAX, deadline);
	/* An end or an error comes after the bytes before it. */
	if (socki_reader_has(s) > 0 && (rc >= 0 || ended(s) < 0)) {
		struct socki_socket *same;

		rc = (ssize_t)socki_reader_has(s);
		*view = socki_reader_start(s);
		count_ahead(s, true);
		if (socki_socket_pin(handle, &same) == 0)
			atomic_store_explicit(&s->viewer, socki_task(),
			    memory_order_relaxed);
		else
			rc = SOCK_ESTALE;
	}
	return finish(s, rc, "peek");
}

int
sock_skip(sock_t handle, size_t n)
{
	struct socki_socket *s;
	int rc = socki_reader_begin(handle, &s, "skip");

	if (rc < 0)
		return rc;
	if (n > socki_reader_has(s))
		rc = SOCK_EUSAGE;
	else if (n > 0)
		socki_reader_consume(s, n);
	return (int)finish(s, rc, "skip");
}

struct mark {
	const void *bytes;
	size_t length;
	size_t most; /* bytes to look at, the mark included */
};

/* How far others have looked for it in vain. */
static size_t
searched(const struct socki_socket *s, const struct mark *mark)
{
	const struct socki_buffer *b = s->in;

	return b != NULL && b->mark_length == mark->length &&
		memcmp(b->mark, mark->bytes, mark->length) == 0 ?
	    b->searched :
	    0;
}

static void
note_searched(struct socki_socket *s, const struct mark *mark, size_t n)
{
	struct socki_buffer *b = s->in;

	if (b == NULL || mark->length > sizeof b->mark)
		return;
	memcpy(b->mark, mark->bytes, mark->length);
	b->mark_length = (unsigned char)mark->length;
	b->searched = n;
}

/*
 * The length of what ends with the first mark.  SOCK_EEOF: the data end
 * without one, SOCK_ETOOBIG: there is none within most bytes; the bytes stay.
 */
static ssize_t
find(struct socki_socket *s, const struct mark *mark, sock_time deadline)
{
	size_t looked = searched(s, mark);

	for (;;) {
		const size_t have = socki_reader_has(s) < mark->most ?
		    socki_reader_has(s) :
		    mark->most;
		const size_t from =
		    looked < mark->length ? 0 : looked - (mark->length - 1);
		const unsigned char *at = have <= from ?
		    NULL :
		    memmem(socki_reader_start(s) + from, have - from,
			mark->bytes, mark->length);
		ssize_t rc;

		if (at != NULL)
			return at - socki_reader_start(s) +
			    (ssize_t)mark->length;
		if (have == mark->most)
			return SOCK_ETOOBIG;
		looked = have;
		note_searched(s, mark, have);
		rc = socki_reader_fill(s, 0, SIZE_MAX, deadline);
		if (rc <= 0)
			return rc == 0 ? SOCK_EEOF : rc;
	}
}

/* Takes length bytes of the buffer, of which text of them are a line. */
static ssize_t
take_line(struct socki_socket *s, char *buf, size_t cap, size_t length,
    size_t text)
{
	if (text >= cap || text > LINE_MAX_BYTES)
		return SOCK_ETOOBIG;
	memcpy(buf, socki_reader_start(s), text);
	buf[text] = '\0';
	socki_reader_consume(s, length);
	return (ssize_t)text;
}

ssize_t
sock_read_line(sock_t handle, char *buf, size_t cap, sock_time deadline)
{
	struct socki_socket *s;
	struct mark lf = { "\n", 1, SOCKI_BUFFER_MOST };
	ssize_t rc = socki_reader_begin(handle, &s, "read line");

	if (rc < 0)
		return rc;
	if (cap == 0)
		return finish(s, SOCK_EUSAGE, "read line");
	/* The text, its CR and its LF. */
	if (cap - 1 < LINE_MAX_BYTES)
		lf.most = cap - 1 + 2;
	rc = find(s, &lf, socki_read_deadline(s, deadline));
	if (rc > 0) {
		size_t text = (size_t)rc - 1;

		if (text > 0 && socki_reader_start(s)[text - 1] == '\r')
			text--;
		rc = take_line(s, buf, cap, (size_t)rc, text);
	} else if (rc == SOCK_EEOF && socki_reader_has(s) > 0) {
		rc = take_line(s, buf, cap, socki_reader_has(s),
		    socki_reader_has(s));
	}
	return finish(s, rc, "read line");
}

ssize_t
sock_read_until(sock_t handle, void *buf, size_t cap, const void *mark,
    size_t marklen, sock_time deadline)
{
	struct socki_socket *s;
	const struct mark m = { mark, marklen,
		cap < LINE_MAX_BYTES ? cap : LINE_MAX_BYTES };
	ssize_t rc = socki_reader_begin(handle, &s, "read until");

	if (rc < 0)
		return rc;
	if (marklen == 0)
		return finish(s, SOCK_EUSAGE, "read until");
	rc = find(s, &m, socki_read_deadline(s, deadline));
	if (rc > 0)
		(void)take_buffered(s, buf, (size_t)rc);
	return finish(s, rc, "read until");
}
