/* SPDX-License-Identifier: MIT */
#ifndef SOCK_LAYER_H
#define SOCK_LAYER_H

#include <sock/base.h>
#include <sys/types.h>

/*
 * Something under a handle that changes the bytes: TLS, compression, a
 * cipher.  A layer is a table of functions over what lies below it.  It never
 * waits: where it cannot go on it says what it needs, and the handle waits for
 * that and calls again.  The handle calls one function of a layer at a time,
 * from whichever thread, so a layer needs no lock; it must not call back into
 * the handle.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What lies below a layer: the socket, or the layer that was pushed before. */
struct sock_below;

/*
 * For a layer to call.  1 to n bytes, 0 at the end; -EAGAIN and then, at the
 * end of the layer's own call, its need; else an error to hand on.
 */
ssize_t sock_below_read(struct sock_below *below, void *buf, size_t n);
ssize_t sock_below_write(struct sock_below *below, const void *buf, size_t n);

/*
 * A layer's functions.  need is set by a function that returns -EAGAIN:
 * SOCK_READABLE or SOCK_WRITABLE, what must become possible below before the
 * call gets on; a read may need writing and a write reading.  After -EAGAIN
 * from write the next write brings the same bytes again (perhaps more, perhaps
 * at another address).  Any other error is fatal for its direction.
 */
struct sock_layer {
	size_t size;      /* sizeof(struct sock_layer) */
	const char *name; /* "tls", for messages; static */
	/* 1 to n bytes, 0 at the orderly end, -EAGAIN, an error */
	ssize_t (*read)(void *state, struct sock_below *below, void *buf,
	    size_t n, unsigned *need);
	/* 1 to n bytes taken, -EAGAIN, an error */
	ssize_t (*write)(void *state, struct sock_below *below, const void *buf,
	    size_t n, unsigned *need);
	/*
	 * Sends what the layer still holds and its own end; called again after
	 * -EAGAIN, and at most once with success.  0.  NULL: nothing to send.
	 */
	int (*shut)(void *state, struct sock_below *below, unsigned *need);
	/* Bytes that read would give without reading below.  NULL: none. */
	size_t (*pending)(void *state);
	/* Frees the state; the last call, exactly once.  May be NULL. */
	void (*close)(void *state);
};

/*
 * Puts a layer between the handle and what is there now.  From success on the
 * state is the handle's, which closes it.  The table must live as long.
 *
 * 0; -EBUSY: bytes are buffered, or another call is inside; SOCK_EUSAGE: not a
 * stream, or a table without read or write; SOCK_ELIMIT: four layers are on.
 */
int sock_push_layer(sock_t s, const struct sock_layer *layer, void *state);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
