/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TLS_INFO_H
#define SOCKI_TLS_INFO_H

/* The texts of sock_tls_info() and sock_tls_certificate(), once asked for. */
struct socki_tls_texts;

/* NULL is allowed. */
void socki_tls_texts_free(struct socki_tls_texts *texts);

#endif
