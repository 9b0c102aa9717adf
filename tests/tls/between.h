/* SPDX-License-Identifier: MIT */
#ifndef TLS_BETWEEN_H
#define TLS_BETWEEN_H

#include <sock/base.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Two ends of libsock-tls with somebody between them, who brings as many bytes
 * from each to the other as the test allows.  Nobody waits: all of it is one
 * thread, which lets each in turn do what it can.
 */

struct sock_tls;

enum {
	CLIENT,
	SERVER
};

struct between {
	sock_t end[2];
	int rc[2];        /* of sock_connected(): 0, -EAGAIN, an error */
	size_t passed[2]; /* bytes that came from it */
	/* For the test to set. */
	size_t limit[2]; /* of them; SIZE_MAX: none */
	size_t step;     /* the most at a time */
	int fd[2];       /* its side of each pair */
};

/* Without limits.  0, or an error, and then nothing is open. */
int between_open(struct between *b, struct sock_tls *client,
    struct sock_tls *server, const char *server_name);

/* What may pass does.  Whether anything did. */
bool between_pass(struct between *b);

/* Both ends shake hands until nothing more moves. */
void between_shake(struct between *b);

/* The same for one end, which may wait no more than a moment. */
int between_wait(struct between *b, int end);

/* Both ends see the end of the stream, or a reset. */
void between_cut(struct between *b);

/* Bytes of somebody else's, as if that end had sent them. */
void between_say(struct between *b, int as, const void *bytes, size_t n);

void between_close(struct between *b);

#endif
