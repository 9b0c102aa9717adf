/* SPDX-License-Identifier: MIT */
#include "scramble.h"

#include <errno.h>
#include <sock/wait.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"

static _Atomic int alive;
static const char *_Atomic complaint;

static void
complain(const char *text)
{
	const char *none = NULL;

	(void)atomic_compare_exchange_strong(&complaint, &none, text);
}

static void
enter(struct scramble *s)
{
	if (atomic_exchange(&s->inside, true))
		complain("two calls at a time");
}

static void
leave(struct scramble *s)
{
	atomic_store(&s->inside, false);
}

static unsigned
sum(const unsigned char *bytes, size_t n)
{
	unsigned total = 5381;

	while (n-- > 0)
		total = total * 33 + *bytes++;
	return total;
}

static int
say_hello(struct scramble *s, struct sock_below *below)
{
	if (!s->hello_said) {
		frames_put_head(s, FRAME_HELLO, 0);
		s->hello_said = true;
	}
	return s->hello_heard ? 0 : frames_flush(s, below);
}

/* As far as it goes: who cannot send it is not kept from reading. */
static void
acknowledge(struct scramble *s, struct sock_below *below)
{
	if (s->taken >= SCRAMBLE_WINDOW / 2 && !s->end_said &&
	    sizeof s->out - s->out_end >= FRAME_HEAD) {
		frames_put_head(s, FRAME_ACK, s->taken);
		s->in_acks += s->taken;
		s->taken = 0;
	}
	(void)frames_flush(s, below);
}

static ssize_t
give(struct scramble *s, struct sock_below *below, void *buf, size_t n)
{
	if (n > s->plain_end - s->plain_begin)
		n = s->plain_end - s->plain_begin;
	memcpy(buf, s->plain + s->plain_begin, n);
	s->plain_begin += n;
	s->taken += n;
	/* Else pending() would say nothing of what waits behind. */
	if (s->plain_begin == s->plain_end && s->broken == 0)
		s->broken = frames_take(s);
	acknowledge(s, below);
	return (ssize_t)n;
}

static ssize_t
try_read(struct scramble *s, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	int rc = say_hello(s, below);

	*need = SOCK_WRITABLE;
	if (rc == -EAGAIN)
		return rc;
	while (s->plain_begin == s->plain_end) {
		if (s->end_heard)
			return 0;
		acknowledge(s, below);
		rc = frames_fill(s, below);
		/* The peer sends nothing more before it is told. */
		*need = s->owed == SCRAMBLE_WINDOW && s->body_left == 0 &&
			s->out_end > 0 ?
		    SOCK_WRITABLE :
		    SOCK_READABLE;
		if (rc <= 0)
			return rc == 0 ? SOCK_EEOF : rc;
	}
	return give(s, below, buf, n);
}

static ssize_t
scramble_read(void *state, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	struct scramble *s = state;
	ssize_t rc;

	enter(s);
	if (n == 0)
		complain("a read of nothing");
	rc = try_read(s, below, buf, n, need);
	leave(s);
	return rc;
}

/* Waits for the peer's hello and its acknowledgements. */
static int
may_write(struct scramble *s, struct sock_below *below, unsigned *need)
{
	int rc = say_hello(s, below);

	*need = SOCK_WRITABLE;
	if (rc < 0)
		return rc;
	*need = SOCK_READABLE;
	while (!s->hello_heard ||
	    (s->unacked == SCRAMBLE_WINDOW && !s->end_heard)) {
		rc = frames_fill(s, below);
		if (rc <= 0)
			return rc == 0 ? -EPIPE : rc;
	}
	*need = SOCK_WRITABLE;
	return frames_flush(s, below);
}

static void
start_frame(struct scramble *s, const void *buf, size_t n)
{
	s->flight = n < FRAME_BODY ? n : FRAME_BODY;
	if (!s->end_heard) {
		if (s->flight > SCRAMBLE_WINDOW - s->unacked)
			s->flight = SCRAMBLE_WINDOW - s->unacked;
		s->unacked += s->flight;
	}
	s->flight_sum = sum(buf, s->flight);
	frames_put_head(s, FRAME_DATA, s->flight);
	frames_put(s, buf, s->flight);
}

static ssize_t
try_write(struct scramble *s, struct sock_below *below, const void *buf,
    size_t n, unsigned *need)
{
	int rc;

	if (s->flight == 0) {
		rc = may_write(s, below, need);
		if (rc < 0)
			return rc;
		start_frame(s, buf, n);
	} else if (n < s->flight || sum(buf, s->flight) != s->flight_sum) {
		complain("other bytes after -EAGAIN");
	}
	*need = SOCK_WRITABLE;
	rc = frames_flush(s, below);
	if (rc < 0)
		return rc;
	n = s->flight;
	s->flight = 0;
	return (ssize_t)n;
}

static ssize_t
scramble_write(void *state, struct sock_below *below, const void *buf, size_t n,
    unsigned *need)
{
	struct scramble *s = state;
	ssize_t rc;

	enter(s);
	if (n == 0 || s->end_said)
		complain(n == 0 ? "a write of nothing" : "a write after shut");
	rc = try_write(s, below, buf, n, need);
	leave(s);
	return rc;
}

static int
try_shut(struct scramble *s, struct sock_below *below)
{
	int rc = say_hello(s, below);

	if (rc == 0 && !s->end_said) {
		rc = frames_flush(s, below);
		if (rc < 0)
			return rc;
		frames_put_head(s, FRAME_END, 0);
		s->end_said = true;
	}
	return rc < 0 ? rc : frames_flush(s, below);
}

static int
scramble_shut(void *state, struct sock_below *below, unsigned *need)
{
	struct scramble *s = state;
	int rc;

	enter(s);
	if (s->was_shut)
		complain("shut after it succeeded");
	*need = SOCK_WRITABLE;
	rc = try_shut(s, below);
	s->was_shut = rc == 0;
	leave(s);
	return rc;
}

static size_t
scramble_pending(void *state)
{
	struct scramble *s = state;
	size_t n;

	enter(s);
	n = s->plain_end - s->plain_begin;
	leave(s);
	return n;
}

static void
scramble_close(void *state)
{
	enter(state);
	atomic_fetch_sub(&alive, 1);
	free(state);
}

const struct sock_layer scramble = {
	.size = sizeof(struct sock_layer),
	.name = "scramble",
	.read = scramble_read,
	.write = scramble_write,
	.shut = scramble_shut,
	.pending = scramble_pending,
	.close = scramble_close,
};

int
scramble_push(sock_t s)
{
	void *state = calloc(1, sizeof(struct scramble));
	int rc;

	if (state == NULL)
		return -ENOMEM;
	atomic_fetch_add(&alive, 1);
	rc = sock_push_layer(s, &scramble, state);
	if (rc < 0)
		scramble_close(state);
	return rc;
}

int
scramble_alive(void)
{
	return atomic_load(&alive);
}

const char *
scramble_complaint(void)
{
	return atomic_load(&complaint);
}
