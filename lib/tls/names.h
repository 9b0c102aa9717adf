/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_NAMES_H
#define SOCKI_TLS_NAMES_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What is in a certificate, for people.  The peer chose it: bytes that are not
 * printable ASCII, quotes and backslashes show as \xNN.
 */

#define SOCKI_TLS_NAME_MAX 256 /* with its end; a longer name is cut */

/* The name or address at that place; false: of another kind, such as a mail's. */
bool socki_tls_name(const GENERAL_NAME *name, char buf[SOCKI_TLS_NAME_MAX]);

/* The common name, else all of it; in RFC 2253's form. */
void socki_tls_short(const X509_NAME *name, char buf[SOCKI_TLS_NAME_MAX]);
void socki_tls_long(const X509_NAME *name, char *buf, size_t n);

/* "2026-01-03" */
void socki_tls_date(const ASN1_TIME *time, char buf[16]);
/* Since 1970; 0: it cannot be told. */
int64_t socki_tls_seconds(const ASN1_TIME *time);

/* "RSA 2048", "EC 256" */
void socki_tls_key(const X509 *certificate, char buf[40]);

#endif
