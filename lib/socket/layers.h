/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_LAYERS_H
#define SOCKI_SOCKET_LAYERS_H

#include <sock/base.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The layers on a socket: sock/layer.h. */

struct sock_layer;
struct socki_layers;
struct socki_socket;
struct socki_why;

/*
 * Puts one on a socket that nobody else is inside.  From success on the state
 * is the socket's.  0; -ENOMEM, SOCK_ELIMIT.
 */
int socki_layers_push(struct socki_socket *s, const struct sock_layer *table,
    void *state);

/*
 * Through all layers, without waiting.  On -EAGAIN *need is SOCKI_READ or
 * SOCKI_WRITE, what the socket must become.
 */
ssize_t
socki_layers_read(struct socki_socket *s, void *buf, size_t n, unsigned *need);
ssize_t socki_layers_write(struct socki_socket *s, const void *buf, size_t n,
    unsigned *need);
/* Past all layers, at the end of what the topmost one had to say. */
ssize_t socki_layers_drop(struct socki_socket *s, void *buf, size_t n);
int socki_layers_shut(struct socki_socket *s, unsigned *need);

/*
 * Whatever layers have to do before the first byte, without waiting; and, with
 * or without any, until it is done, or why it failed, which ends both directions.
 */
int socki_layers_try_start(struct socki_socket *s, unsigned *need);
int socki_layers_start(struct socki_socket *s, sock_time deadline);
bool socki_layers_started(struct socki_socket *s);

/* Whether a layer says why it gave that code.  No layers are allowed. */
bool socki_layers_why(struct socki_socket *s, int code, struct socki_why *why);

/* Bytes that the topmost layer would give without reading below. */
size_t socki_layers_pending(struct socki_socket *s);

/* As sock_with_layer(). */
int socki_layers_look(struct socki_socket *s, const struct sock_layer *table,
    int (*look)(void *state, void *arg), void *arg);

/* NULL is allowed. */
void socki_layers_free(struct socki_layers *layers);
void socki_layers_forked(struct socki_layers *layers);

/* Below all layers: the socket itself.  -EAGAIN; nothing is noted. */
ssize_t socki_raw_read(struct socki_socket *s, void *buf, size_t n);
ssize_t socki_raw_write(struct socki_socket *s, const void *buf, size_t n);

#endif
