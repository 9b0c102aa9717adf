/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_CHOOSE_H
#define SOCKI_TLS_CHOOSE_H

#include <openssl/ssl.h>

#include "tls/tls.h"

/* What a server decides of each client's hello. */

/* The certificates for the name asked for; the first where none is. */
void socki_tls_choose_certificate(SSL_CTX *ctx);
/* The protocol, ours before the client's. */
void socki_tls_choose_protocol(SSL_CTX *ctx);

/*
 * A list "h2,http/1.1" as it is on the wire: out is NULL for an empty one.  0,
 * -ENOMEM; SOCK_EUSAGE: a name is empty, too long, or not printable.
 */
int socki_tls_protocols(unsigned char **out, size_t *length, const char *list);
/* Whether one is in a list of that form. */
bool socki_tls_has_protocol(const unsigned char *list, size_t length,
    const unsigned char *name, size_t n);

#endif
