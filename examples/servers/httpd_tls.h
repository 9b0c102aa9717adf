/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_TLS_H
#define HTTPD_TLS_H

struct sock_tls;

/*
 * The one file of httpd that needs libsock-tls; built WITHOUT_TLS there is none.
 *
 * key NULL: it is in the certificate's file.  NULL, or what is wrong, for a
 * person, until the next error of this thread.
 */
const char *
httpd_tls_new(struct sock_tls **out, const char *cert, const char *key);
void httpd_tls_free(struct sock_tls *tls);

#endif
