/* SPDX-License-Identifier: MIT */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <sock/base.h>
#include <stdbool.h>

/*
 * The other end, by OpenSSL alone: what a test says of libsock-tls is not said
 * by libsock-tls.  A thread on a blocking socket, whose calls have a bound; it
 * agrees to whatever is asked, however weak.
 */

struct peer {
	/* Set before peer_begin(); the rest is for talk. */
	bool server;
	const char *cert;  /* a name of pki.h's, or NULL: none */
	const char *trust; /* the same, to verify this end; NULL: anybody */
	/* Changes ctx, which is new, if it is not NULL. */
	void (*prepare)(struct peer *p);
	/* Before the handshake, if it is not NULL. */
	void (*first)(struct peer *p);
	/* Goes on after a handshake that succeeded; NULL: says goodbye. */
	void (*talk)(struct peer *p);
	void *arg;

	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	int shook; /* what SSL_do_handshake returned: 1 */
	int error; /* its SSL_get_error */
	pthread_t thread;
};

/* Starts it on one end of a pair; the other, a handle to be closed, or < 0. */
sock_t peer_begin(struct peer *p);

/* The same on a connected socket, which it closes at its end. */
void peer_begin_on(struct peer *p, int fd);

/* Waits for its end. */
void peer_end(struct peer *p);

/* Sends close_notify and waits for the other's, or the end. */
void peer_goodbye(struct peer *p);

#endif
