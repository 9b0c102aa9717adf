/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_TLS_H
#define CLIENT_TLS_H

#include <sock.h>
#include <stdbool.h>

/*
 * TLS as the command line of a client has it.  Its one file that needs
 * libsock-tls; built WITHOUT_TLS there is none.
 */

struct sock_tls;

struct client_tls {
	const char *cacert; /* trusted instead of the system's roots, or NULL */
	const char *crl;    /* lists of those that are revoked, or NULL */
	const char *cert;   /* the client's own, or NULL */
	const char *key;    /* its key; NULL: in the same file */
	const char *alpn;   /* the protocols it speaks, or NULL */
	bool resume;        /* a second connection is shown to be the first's */
	bool insecure;      /* whoever answers is taken for the server */
};

/* NULL, or why there is none, for a person. */
const char *client_tls_missing(void);

/* NULL, or which of the options do not go together, for usage(). */
const char *client_tls_wrong(const struct client_tls *wanted);

/* EXIT_OK; or an exit code, and the error has been told. */
int client_tls_new(struct sock_tls **out, const struct client_tls *wanted);
void client_tls_free(struct sock_tls *tls);

/*
 * TLS from here on, of the server at host, which may be an address in brackets.
 * As sock_start_tls().
 */
int client_tls_start(sock_t s, struct sock_tls *tls, const char *host,
    sock_time deadline);

#endif
