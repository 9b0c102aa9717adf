/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_TOY_TLS_H
#define SOCK_TEST_TOY_TLS_H

#include <sock/layer.h>
#include <stdatomic.h>

/*
 * TLS for tests, with no secret in it.  The client says "HELLO NAME\n", the
 * server "OK NAME\n"; each byte of data is sent as 'd' and the byte, the end as
 * '.'.  Who takes offence says "NO REASON\n", and fails with SOCK_ETLS.
 */
struct toy_tls {
	struct sock_tls tls; /* first */
	const char *name;    /* a server's: what it says it is */
	bool stalls;         /* it hears, and never answers */
	bool closes;         /* it ends what it has heard without an answer */
	int refuses;         /* with this code, once it has heard the other */
	bool no_memory;      /* open fails */

	_Atomic int references, alive, opened, shut;
	char asked[256]; /* the last client's server_name */
};

/* Its one reference is the caller's, and goes with the object. */
void toy_tls_init(struct toy_tls *toy);

/* The layer that it makes; toy_tls_open() is the object's open(). */
extern const struct sock_layer toy_layer;
void *toy_tls_state(struct toy_tls *toy, const char *server_name);
void toy_tls_drop(void *state);

#endif
