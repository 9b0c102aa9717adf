/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_TLS_H
#define FTP_GET_TLS_H

#include "ftp_get.h"

/* TLS as the options have it, where this program is built with it. */

struct sock_tls;

/* EXIT_OK, or an exit code, and the error has been told. */
int ftp_tls_new(struct sock_tls **out, const struct options *o);

/*
 * 0, or an error; sock_errmsg() tells it.  host as URLs have it.  A second
 * connection to the same host resumes the session of the first.
 */
int ftp_tls_start(sock_t s, struct sock_tls *tls, const char *host,
    sock_time deadline);

void ftp_tls_free(struct sock_tls *tls);

#endif
