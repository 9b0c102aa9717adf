/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_STATE_H
#define SOCKI_TLS_STATE_H

#include "tls/below.h"
#include "tls/tls.h"

/* A connection. */
struct socki_tls_state {
	SSL *ssl; /* NULL: it is doomed, why says why */
	struct socki_tls_made *made;
	struct socki_tls_below below;
	/*
	 * Bytes of the program's in a record that is not sent yet: they count
	 * as written when it is.
	 */
	size_t flight;
	bool started;  /* the handshake is over, and all of it sent */
	bool finished; /* close_notify is said */
	int dead;      /* the error after which OpenSSL says nothing more */
	int idle;      /* calls in a row without data, less those for ours */
	struct socki_tls_why why;       /* of the last failure */
	struct socki_tls_why untrusted; /* the peer's certificate */
	struct socki_tls_texts *texts;  /* info.h */
	char server_name[];             /* "": none */
};

/* For the contexts of all connections. */
void socki_tls_state_verifies(SSL_CTX *ctx, bool required);
void socki_tls_state_keeps_sessions(SSL_CTX *ctx);

void socki_tls_state_free(void *state);

#endif
