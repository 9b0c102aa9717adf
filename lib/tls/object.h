/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_OBJECT_H
#define SOCKI_TLS_OBJECT_H

#include "tls/tls.h"

/* What a program's struct sock_tls * points to. */
struct socki_tls_object {
	struct sock_tls face; /* first */
	_Atomic unsigned references;
	bool shared;           /* sock_tls_default() */
	bool server;           /* for good */
	_Atomic bool verifies; /* as in config, for who holds no lock */
	struct socki_tls_config config; /* under the lock of changes */
	struct socki_tls_made *made; /* under the short lock; NULL: not yet */
};

/* NULL: it is not one of ours. */
struct socki_tls_object *socki_tls_object(struct sock_tls *tls);
struct socki_tls_object *socki_tls_object_new(bool server);

/*
 * What is made of it as it is now: a reference.  0; an error and why.  System's
 * roots that could not be read are tried again.
 */
int socki_tls_object_made(struct socki_tls_object *object,
    struct socki_tls_made **out, struct socki_tls_why *why);
/*
 * Makes it anew from a configuration, which becomes the object's if that
 * succeeds.  Without the system's roots it does so only where it had none
 * before, and strict is not set.  Under the lock of changes.
 */
int socki_tls_object_remake(struct socki_tls_object *object,
    const struct socki_tls_config *config, bool strict,
    struct socki_tls_why *why);

#endif
