/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/err.h>
#include <sock/wait.h>
#include <stdio.h>
#include <string.h>

#include "tls/choose.h"
#include "tls/state.h"

/*
 * Calls in a row without a byte for the program, or from it; OpenSSL may take
 * two for a record.  A server's tickets come to a handful.  Who only listens may
 * ask for new keys as long as we talk: once for each record of ours, of which so
 * many are remembered, since what is asked may come late, and together.
 */
#define CALLS_A_RECORD 2
#define IDLE_MAX (32 * CALLS_A_RECORD)
#define TALK_MAX (1024 * CALLS_A_RECORD)

static void
enter(struct socki_tls_state *state, struct sock_below *below)
{
	state->below.stream = below;
	state->below.error = 0;
	state->below.answers = false;
	socki_tls_queue_clean();
}

static ssize_t
leave(struct socki_tls_state *state, ssize_t rc, int saved_errno)
{
	/* What goes on, or waits, has left nothing in the queue. */
	if (!state->started || (rc < 0 && rc != -EAGAIN))
		socki_tls_queue_clean();
	state->below.stream = NULL;
	errno = saved_errno;
	return rc;
}

static int
why_plain(struct socki_tls_state *state)
{
	const struct socki_tls_below *b = &state->below;
	char text[sizeof b->first + 1];
	size_t i;

	for (i = 0;
	     i < b->first_length && b->first[i] >= 0x20 && b->first[i] <= 0x7e;
	     i++)
		text[i] = (char)b->first[i];
	text[i] = '\0';
	return socki_tls_why(&state->why, SOCK_ETLS,
	    i > 3 ? "the peer does not speak TLS: it sent \"%s...\"" :
		    "the peer does not speak TLS",
	    text);
}

static int
why_ended(struct socki_tls_state *state)
{
	return socki_tls_why(&state->why, SOCK_ETRUNC, "%s",
	    state->started ? "" :
			     "the peer closed the connection in the handshake");
}

/* Why OpenSSL cannot go on. */
static int
why_failed(struct socki_tls_state *state, bool below)
{
	const struct socki_tls_below *b = &state->below;
	const unsigned long e = ERR_peek_error();

	if (b->error == SOCK_ETOOBIG)
		return socki_tls_why(&state->why, SOCK_ETLS,
		    "the peer's handshake has no end");
	if (below && b->error < 0 && b->error != -EAGAIN)
		return socki_tls_why(&state->why, b->error, "%s", "");
	if (!state->started && socki_tls_below_is_plain(b))
		return why_plain(state);
	if (b->at_end)
		return why_ended(state);
	if (state->untrusted.code != 0 && ERR_GET_LIB(e) == ERR_LIB_SSL &&
	    ERR_GET_REASON(e) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		state->why = state->untrusted;
		return state->why.code;
	}
	return socki_tls_why_queue(&state->why);
}

/*
 * What a call means that did not succeed: -EAGAIN and *need; an error; 1: it is
 * to be made again; 0: the peer has finished.
 */
static int
outcome(struct socki_tls_state *state, int rc, unsigned *need)
{
	const int error = SSL_get_error(state->ssl, rc);

	switch (error) {
	case SSL_ERROR_WANT_READ:
		*need = SOCK_READABLE;
		break;
	case SSL_ERROR_WANT_WRITE:
		*need = SOCK_WRITABLE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		return state->started ? 0 : why_ended(state);
	default:
		rc = why_failed(state, error == SSL_ERROR_SYSCALL);
		/* Of the moment are those below; OpenSSL's own spoil it. */
		if (error != SSL_ERROR_SYSCALL ||
		    (rc != -ENOMEM && rc != -ENOBUFS))
			state->dead = rc;
		return rc;
	}
	if (state->below.error == -EAGAIN)
		return -EAGAIN;
	if (++state->idle <= IDLE_MAX)
		return 1;
	state->dead = SOCK_ETLS;
	return socki_tls_why(&state->why, SOCK_ETLS,
	    "the peer sends records without end, and no data");
}

/* RFC 7301, 3.1: one of those that were offered. */
static int
check_protocol(struct socki_tls_state *state)
{
	const struct socki_tls_made *made = state->made;
	const unsigned char *name;
	unsigned n;

	SSL_get0_alpn_selected(state->ssl, &name, &n);
	if (made->server || n == 0 ||
	    socki_tls_has_protocol(made->alpn, made->alpn_length, name, n))
		return 0;
	return state->dead = socki_tls_why(&state->why, SOCK_ETLS,
		   "the server chose an application protocol that it was not "
		   "offered");
}

static int
flush(struct socki_tls_state *state, unsigned *need)
{
	const int rc = socki_tls_below_flush(&state->below);

	if (rc == -EAGAIN)
		*need = SOCK_WRITABLE;
	return rc;
}

static int
start(struct socki_tls_state *state, unsigned *need)
{
	int rc;

	if (state->ssl == NULL)
		return state->why.code;
	do {
		rc = SSL_do_handshake(state->ssl);
		if (rc == 1)
			break;
		rc = outcome(state, rc, need);
	} while (rc == 1);
	if (rc == 1)
		rc = check_protocol(state);
	/* The peer waits for this, or is told why there is no more. */
	if (socki_tls_below_waits(&state->below) &&
	    (rc == 0 || rc == -EAGAIN)) {
		const int sent = flush(state, need);

		rc = sent < 0 ? sent : rc;
	}
	if (rc == 0) {
		socki_tls_queue_clean();
		state->started = true;
		state->idle = 0;
		state->below.bound = SIZE_MAX;
	}
	return rc;
}

static ssize_t
read_some(struct socki_tls_state *state, void *buf, size_t n, unsigned *need)
{
	size_t got = 0;
	int rc;

	state->below.answers = true;
	do {
		rc = SSL_read_ex(state->ssl, buf, n, &got);
		if (rc == 1) {
			if (state->idle > 0)
				state->idle = 0;
			return (ssize_t)got;
		}
		rc = outcome(state, rc, need);
	} while (rc == 1);
	/* An answer to what was read, such as to a KeyUpdate. */
	if (rc == -EAGAIN)
		(void)socki_tls_below_flush(&state->below);
	return rc;
}

static ssize_t
write_some(struct socki_tls_state *state, const void *buf, size_t n,
    unsigned *need)
{
	size_t put = state->flight;
	int rc = flush(state, need);

	if (rc < 0)
		return rc;
	if (put == 0) {
		do {
			rc = SSL_write_ex(state->ssl, buf, n, &put);
			if (rc == 1)
				break;
			rc = outcome(state, rc, need);
		} while (rc == 1);
		if (rc <= 0)
			return rc < 0 ? rc : -EPIPE;
		if (state->idle > 0)
			state->idle = 0;
		else if (state->idle > -TALK_MAX)
			state->idle -= CALLS_A_RECORD;
		rc = flush(state, need);
	}
	if (rc < 0) {
		state->flight = rc == -EAGAIN ? put : 0;
		return rc;
	}
	/* Who comes again with fewer has the others still to count. */
	state->flight = put > n ? put - n : 0;
	return (ssize_t)(put > n ? n : put);
}

/* Not with half a message, such as a ticket: OpenSSL says no end then. */
static int
say_end(struct socki_tls_state *state, unsigned *need)
{
	int rc = 1;

	while (rc == 1 && SSL_in_init(state->ssl)) {
		rc = SSL_do_handshake(state->ssl);
		rc = rc == 1 ? 1 : outcome(state, rc, need);
	}
	if (rc <= 0)
		return rc;
	rc = SSL_shutdown(state->ssl);
	return rc < 0 ? outcome(state, rc, need) : 0;
}

static int
shut_all(struct socki_tls_state *state, unsigned *need)
{
	int rc = 0;

	/* The alert, if OpenSSL had one to send, is sent as far as may be. */
	if (state->dead < 0) {
		(void)socki_tls_below_flush(&state->below);
		return 0;
	}
	/* Else the end might find no room behind answers that wait. */
	rc = flush(state, need);
	if (rc == 0 && !state->finished) {
		rc = say_end(state, need);
		state->finished = rc >= 0;
	}
	return rc < 0 ? rc : flush(state, need);
}

static ssize_t
layer_read(void *arg, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	struct socki_tls_state *state = arg;
	const int saved_errno = errno;

	enter(state, below);
	return leave(state, read_some(state, buf, n, need), saved_errno);
}

static ssize_t
layer_write(void *arg, struct sock_below *below, const void *buf, size_t n,
    unsigned *need)
{
	struct socki_tls_state *state = arg;
	const int saved_errno = errno;

	enter(state, below);
	return leave(state, write_some(state, buf, n, need), saved_errno);
}

static int
layer_shut(void *arg, struct sock_below *below, unsigned *need)
{
	struct socki_tls_state *state = arg;
	const int saved_errno = errno;

	enter(state, below);
	return (int)leave(state, shut_all(state, need), saved_errno);
}

static int
layer_start(void *arg, struct sock_below *below, unsigned *need)
{
	struct socki_tls_state *state = arg;
	const int saved_errno = errno;

	enter(state, below);
	return (int)leave(state, start(state, need), saved_errno);
}

static size_t
layer_pending(void *arg)
{
	const struct socki_tls_state *state = arg;

	if (!state->started)
		return 0;
	/* At least: how much is in a record shows when it is opened. */
	return (size_t)SSL_pending(state->ssl) +
	    socki_tls_below_has_record(&state->below);
}

static const char *
layer_reason(void *arg)
{
	const struct socki_tls_state *state = arg;

	return state->why.text[0] != '\0' ? state->why.text : NULL;
}

const struct sock_layer socki_tls_layer = {
	.size = sizeof(struct sock_layer),
	.name = "tls",
	.read = layer_read,
	.write = layer_write,
	.shut = layer_shut,
	.pending = layer_pending,
	.close = socki_tls_state_free,
	.start = layer_start,
	.reason = layer_reason,
};
