/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_TLS_H
#define SOCKI_TLS_TLS_H

#include <openssl/ssl.h>
#include <sock/layer.h>
#include <stdatomic.h>

#include "tls/sessions.h"
#include "tls/why.h"

/*
 * Two kinds of things.  An object, struct sock_tls to the program, is a list of
 * what was asked for.  What is made of it (struct socki_tls_made) never changes
 * again: connections hold it, and a change to the object makes another.
 */

enum socki_tls_kind {
	SOCKI_TLS_TRUST,
	SOCKI_TLS_REVOKED,
	SOCKI_TLS_CERTIFICATE
};

/* A file that the program named, in the order it did. */
struct socki_tls_file {
	struct socki_tls_file *next;
	enum socki_tls_kind kind;
	const char *key; /* a certificate's: may be name */
	char name[];
};

struct socki_tls_config {
	struct socki_tls_file *files;
	unsigned char *alpn; /* as on the wire: length, name, ... */
	size_t alpn_length;
	bool server;
	bool asks, requires; /* a server's clients, for certificates */
	bool resumes;
	bool verifies;
};

struct socki_tls_pair {
	X509 *certificate;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

struct socki_tls_made {
	_Atomic unsigned references;
	SSL_CTX *ctx;
	struct socki_tls_pair *pairs;
	unsigned pair_count;
	unsigned char *alpn; /* its own copy */
	size_t alpn_length;
	bool server;
	bool verifies;
	struct socki_tls_sessions sessions;
	struct socki_tls_why why; /* it cannot be used */
	bool rootless;            /* since the system's roots were not read */
};

/*
 * Makes it: one reference.  Waits for files.  An error and why: nothing was
 * made.  What the program may still set, such as whom to trust, is no error
 * here, but of each connection.
 */
int socki_tls_make(struct socki_tls_made **out,
    const struct socki_tls_config *config, struct socki_tls_why *why);
/* NULL is allowed. */
void socki_tls_drop(struct socki_tls_made *made);

/* A connection's, from SSL_get_app_data(). */
struct socki_tls_state;
const struct socki_tls_made *
socki_tls_made_of(const struct socki_tls_state *state);

extern const struct sock_layer socki_tls_layer;

/* Whether it could be anybody's: not empty, nor a dot, nor a zone, alone. */
bool socki_tls_is_name(const char *server_name);

/* A connection's state; the reference is its own from success on. */
int socki_tls_state_new(struct socki_tls_state **out,
    struct socki_tls_made *made, const char *server_name);
/* One whose start gives that error: why is copied. */
int socki_tls_state_doomed(struct socki_tls_state **out,
    const struct socki_tls_why *why);

#endif
