/* SPDX-License-Identifier: MIT */
#include "ftp_get_tls.h"

#ifndef WITHOUT_TLS
#include <sock/tls.h>
#include <stdio.h>
#include <string.h>

int
ftp_tls_new(struct sock_tls **out, const struct options *o)
{
	*out = sock_tls_client();
	if (o->cacert != NULL && sock_tls_trust(*out, o->cacert) < 0)
		return complain(EXIT_USAGE, o->cacert, sock_errmsg());
	if (o->cert != NULL && sock_tls_add(*out, o->cert, o->key) < 0)
		return complain(EXIT_USAGE, o->cert, sock_errmsg());
	if (o->insecure)
		sock_tls_insecure_no_verify(*out);
	return EXIT_OK;
}

int
ftp_tls_start(sock_t s, struct sock_tls *tls, const char *host,
    sock_time deadline)
{
	const size_t n = strcspn(host, "]");
	char name[256];

	if (host[0] != '[')
		return sock_start_tls(s, tls, host, deadline);
	snprintf(name, sizeof name, "%.*s", (int)n - 1, host + 1);
	return sock_start_tls(s, tls, name, deadline);
}

void
ftp_tls_free(struct sock_tls *tls)
{
	sock_tls_free(tls);
}

#else

int
ftp_tls_new(struct sock_tls **out, const struct options *o)
{
	(void)o;
	*out = NULL;
	return complain(EXIT_USAGE, "--tls", "ftp_get was built without TLS");
}

int
ftp_tls_start(sock_t s, struct sock_tls *tls, const char *host,
    sock_time deadline)
{
	(void)s;
	(void)tls;
	(void)host;
	(void)deadline;
	return SOCK_EUSAGE;
}

void
ftp_tls_free(struct sock_tls *tls)
{
	(void)tls;
}
#endif
