/* SPDX-License-Identifier: MIT */
#ifndef SOCK_LAYER_H
#define SOCK_LAYER_H

#include <sock/base.h>
#include <stdbool.h>
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
	size_t size; /* sizeof(struct sock_layer); before start: an older one */
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
	/*
	 * Whatever comes before the first byte of the program's, such as a
	 * handshake: called before read, write and shut, again after -EAGAIN,
	 * and not after 0, nor after an error, which ends both directions.
	 * Where it failed shut is not called.  0.  NULL: nothing.
	 */
	int (*start)(void *state, struct sock_below *below, unsigned *need);
	/*
	 * Why the layer's last error came, for a person, in place of the code's
	 * sentence: text that the state owns, until its next call.  NULL, also
	 * in place of the function: the sentence says it all.
	 */
	const char *(*reason)(void *state);
};

/*
 * Puts a layer between the handle and what is there now.  From success on the
 * state is the handle's, which closes it.  The table must live as long.
 *
 * 0; -EBUSY: bytes are buffered, or another call is inside; SOCK_EUSAGE: not a
 * stream, or a table without read or write; SOCK_ELIMIT: four layers are on.
 */
int sock_push_layer(sock_t s, const struct sock_layer *layer, void *state);

/*
 * The same, and starts it: what comes before the first byte is over when this
 * returns 0.  After -EAGAIN (SOCK_NOWAIT) it is under way, and sock_connected()
 * goes on with it.
 *
 * -EBUSY, SOCK_EUSAGE, SOCK_ELIMIT: refused, and all is as it was.  After any
 * other error the state is closed, at the latest with the handle, and the
 * stream has ended both ways: what start says, but -EPROTO, for its reason, if
 * that is one of those three; -ETIMEDOUT, -ECANCELED, SOCK_ESTALE, -ENOMEM.
 */
int sock_start_layer(sock_t s, const struct sock_layer *layer, void *state,
    sock_time deadline);

/*
 * Calls look() with the state of the topmost layer of that table, while nothing
 * else is called in any layer of the handle.
 *
 * What look() returns; SOCK_EUSAGE: there is no such layer.
 */
int sock_with_layer(sock_t s, const struct sock_layer *layer,
    int (*look)(void *state, void *arg), void *arg);

/*
 * For a library beside this one: leaves the error "OP ADDR: REASON" for
 * sock_last_error() and returns its code.  op is static.  addr NULL: about
 * nothing; reason NULL: the code's sentence.
 */
int sock_fail(int code, const char *op, const char *addr, const char *reason);

/*
 * What .tls of the options points to: makes a layer for each connection.
 * sock/tls.h gives such objects; another library may give its own.  The options
 * hold a reference only while the call lasts that they are given to; what needs
 * it longer (a dialing handle, a listener, a server) takes one.
 */
struct sock_tls {
	size_t size; /* sizeof(struct sock_tls) */
	const struct sock_layer *layer;
	/*
	 * The state of a new connection of a client's to server_name, a host
	 * name or the text of an address, or of a server's, where that is NULL.
	 * What is wrong with the object itself is better told by start, and its
	 * reason.  0, -ENOMEM, SOCK_EUSAGE: it is not for this end.
	 */
	int (*open)(struct sock_tls *tls, bool server, const char *server_name,
	    void **state);
	void (*retain)(struct sock_tls *tls);
	void (*release)(struct sock_tls *tls);
};

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
