/* SPDX-License-Identifier: MIT */
#include "httpd_tls.h"

#include <sock.h>

#ifndef WITHOUT_TLS
#include <sock/tls.h>

const char *
httpd_tls_new(struct sock_tls **out, const char *cert, const char *key)
{
	struct sock_tls *tls = sock_tls_server(cert, key);

	*out = tls;
	/* Browsers come again soon, and with many connections at once. */
	if (tls != NULL && sock_tls_alpn(tls, "http/1.1") == 0 &&
	    sock_tls_resume(tls, true) == 0)
		return NULL;
	*out = NULL;
	sock_tls_free(tls);
	return sock_errmsg();
}

void
httpd_tls_free(struct sock_tls *tls)
{
	sock_tls_free(tls);
}

#else

const char *
httpd_tls_new(struct sock_tls **out, const char *cert, const char *key)
{
	(void)cert;
	(void)key;
	*out = NULL;
	return "this program was built without TLS";
}

void
httpd_tls_free(struct sock_tls *tls)
{
	(void)tls;
}

#endif
