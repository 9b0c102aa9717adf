/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_LAYERS_H
#define SOCKI_SOCKET_LAYERS_H

#include <stddef.h>
#include <sys/types.h>

/* The layers on a socket: sock/layer.h. */

struct socki_layers;
struct socki_socket;

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

/* Bytes that the topmost layer would give without reading below. */
size_t socki_layers_pending(struct socki_socket *s);

/* NULL is allowed. */
void socki_layers_free(struct socki_layers *layers);
void socki_layers_forked(struct socki_layers *layers);

/* Below all layers: the socket itself.  -EAGAIN; nothing is noted. */
ssize_t socki_raw_read(struct socki_socket *s, void *buf, size_t n);
ssize_t socki_raw_write(struct socki_socket *s, const void *buf, size_t n);

#endif
