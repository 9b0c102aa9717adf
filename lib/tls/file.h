/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_FILE_H
#define SOCKI_TLS_FILE_H

#include <openssl/ssl.h>

#include "tls/tls.h"
#include "tls/why.h"

/*
 * What is in PEM files.  A file that ends in the middle of something is damaged
 * as a whole.  Each: 0; an error, and why names the file.
 */

/* Certificates into a store, which must be one at least. */
int socki_tls_read_trust(X509_STORE *store, const char *name,
    struct socki_tls_why *why);
/* Of a file or a folder of certificates under their hashes. */
int socki_tls_read_trust_any(X509_STORE *store, const char *name,
    struct socki_tls_why *why);
/* The system's; SOCK_ETLS: there are none. */
int socki_tls_read_system(X509_STORE *store, struct socki_tls_why *why);
int socki_tls_read_revoked(X509_STORE *store, const char *name,
    struct socki_tls_why *why);
/* On failure the pair holds what there was, to be freed as any other. */
int socki_tls_read_pair(struct socki_tls_pair *pair,
    const struct socki_tls_file *file, struct socki_tls_why *why);
void socki_tls_free_pair(struct socki_tls_pair *pair);

#endif
