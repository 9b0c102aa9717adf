/* SPDX-License-Identifier: MIT */
#ifndef SOCK_WAIT_H
#define SOCK_WAIT_H

#include <sock/base.h>

/*
 * Several handles at once, and somebody else's event loop.
 *
 * A foreign loop calls with SOCK_NOWAIT.  After -EAGAIN it polls sock_fd()
 * for what sock_want() says and calls again; while a handle connects, by
 * sock_due() at the latest.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum {
	SOCK_READABLE = 1, /* a read, or an accept, would not wait */
	SOCK_WRITABLE = 2, /* a write would take some bytes */
	SOCK_HANGUP = 4,   /* both directions ended, or an error is pending */
	SOCK_READY = 8     /* sock_want: call again at once */
};

struct sock_event {
	sock_t sock;   /* 0 or an error code: passed over */
	unsigned want; /* SOCK_READABLE, SOCK_WRITABLE */
	unsigned got;  /* what is so; SOCK_HANGUP is told unasked */
	void *tag;     /* the caller's */
};

/*
 * Waits until one of count events is so, and sets got in each.  Bytes that are
 * buffered in a handle count as readable, unless a call wanted more than there
 * are (sock_read_line(), sock_read_until() or sock_peek() after -EAGAIN or
 * -ETIMEDOUT): until more comes, or an end, or somebody takes of them.  A handle
 * that still dials is writable when sock_connected() would get on; where it
 * tries again after a while, nothing tells, so the deadline must not be later
 * than sock_due().
 *
 * How many have got something; -ETIMEDOUT, -EAGAIN; SOCK_ESTALE, -ECANCELED:
 * of a handle among them, whose got is then SOCK_HANGUP.
 */
int sock_wait(struct sock_event *events, int count, sock_time deadline);

/*
 * What to poll sock_fd() for so that a read (SOCK_READABLE) or a write
 * (SOCK_WRITABLE) gets on: after -EAGAIN a layer such as TLS may want the
 * opposite of what the call was.  SOCK_READY: bytes are buffered that count, as
 * above, and the descriptor may stay silent; call at once.  While a handle dials
 * it is what sock_connected() waits for, whatever the intent.
 *
 * SOCK_READABLE, SOCK_WRITABLE, both, or SOCK_READY; or an error code:
 * SOCK_EUSAGE: the intent is neither.
 */
int sock_want(sock_t s, unsigned intent);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
