/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_UNTRUSTED_H
#define SOCKI_TLS_UNTRUSTED_H

#include <openssl/x509_vfy.h>

#include "tls/why.h"

/*
 * Why a certificate is not trusted, from the error that verification stopped
 * at.  asked: the name that was to be in it, or NULL: of a client.
 * SOCK_ENAME, SOCK_ECERT.
 */
int socki_tls_untrusted(struct socki_tls_why *why, X509_STORE_CTX *at,
    const char *asked);

#endif
