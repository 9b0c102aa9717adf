/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_LAYERS_H
#define SOCKI_SOCKET_LAYERS_H

#include <pthread.h>
#include <sock/base.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The layers on a socket: sock/layer.h. */

struct sock_layer;
struct sock_tls;
struct socki_socket;
struct socki_why;

#define SOCKI_LAYERS_MAX 4

struct sock_below {
	struct socki_socket *socket;
	unsigned level; /* of the layer above it, from 0 */
};

struct socki_layer {
	const struct sock_layer *table;
	void *state;
	struct sock_below below;
	/* What its last -EAGAIN wanted of what lies below it. */
	unsigned read_need, write_need;
	int start_rc; /* -EAGAIN: it is not over */
	int error;    /* the last that it gave, -EAGAIN aside */
	bool was_shut;
};

struct socki_layers {
	pthread_mutex_t lock; /* short: never held while somebody waits */
	unsigned count;
	bool moved; /* bytes went through the socket in this call */
	int fd;     /* in place of the socket's own, while it is dialed */
	struct socki_layer entry[SOCKI_LAYERS_MAX];
};

/*
 * Puts one on a socket that nobody else is inside.  From success on the state
 * is the socket's.  0; -ENOMEM, SOCK_ELIMIT.
 */
int socki_layers_push(struct socki_socket *s, const struct sock_layer *table,
    void *state);

/*
 * Makes one and puts it on: a client's for a server of that name, a server's
 * for NULL.  0; -ENOMEM, SOCK_EUSAGE, SOCK_ELIMIT.
 */
int socki_layers_open(struct socki_socket *s, struct sock_tls *tls,
    const char *server_name);

/* Takes all off again: nobody has used the socket with them. */
void socki_layers_undo(struct socki_socket *s);

/* While it is dialed they work on fd, afterwards (-1) on the socket itself. */
void socki_layers_point(struct socki_socket *s, int fd);

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
 * or without any, until it is done, or why it failed, which ends both
 * directions.
 */
int socki_layers_try_start(struct socki_socket *s, unsigned *need);
int socki_layers_start(struct socki_socket *s, sock_time deadline);
bool socki_layers_started(struct socki_socket *s);

/* Whether a layer says why it gave that code.  No layers are allowed. */
bool socki_layers_why(struct socki_socket *s, int code, struct socki_why *why);

/* The error that a start gave is to be told as another one. */
void socki_layers_rename(struct socki_socket *s, int from, int to);

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
