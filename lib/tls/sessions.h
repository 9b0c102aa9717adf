/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_SESSIONS_H
#define SOCKI_TLS_SESSIONS_H

#include <openssl/ssl.h>

/*
 * A client's sessions, by the name of the server; the latest names, and of each
 * the latest sessions.
 */
#define SOCKI_TLS_NAMES 64
#define SOCKI_TLS_SESSIONS_EACH 4 /* as many connections at once resume */

struct socki_tls_known;

struct socki_tls_sessions {
	struct socki_tls_known *latest;
	unsigned count;
};

/* Takes the reference over.  No memory: the session is forgotten. */
void socki_tls_sessions_put(struct socki_tls_sessions *sessions,
    const char *server_name, SSL_SESSION *session);
/*
 * The latest for that name, with a reference, or NULL.  One of TLS 1.3 is for
 * one connection (RFC 8446, C.4), and goes.
 */
SSL_SESSION *socki_tls_sessions_take(struct socki_tls_sessions *sessions,
    const char *server_name);
void socki_tls_sessions_free(struct socki_tls_sessions *sessions);

#endif
