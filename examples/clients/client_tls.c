/* SPDX-License-Identifier: MIT */
#include "client_tls.h"

#include "client.h"

const char *
client_tls_wrong(const struct client_tls *wanted)
{
	if (wanted->key != NULL && wanted->cert == NULL)
		return "--key needs --cert";
	/* Whoever is not verified is not looked up in a list, either. */
	if (wanted->insecure && wanted->crl != NULL)
		return "--crl and --insecure exclude each other";
	return NULL;
}

#ifndef WITHOUT_TLS
#include <sock/tls.h>
#include <stdio.h>
#include <string.h>

const char *
client_tls_missing(void)
{
	return NULL;
}

static int
fill(struct sock_tls *tls, const struct client_tls *wanted)
{
	if (tls == NULL)
		return complain(EXIT_FAILED, "TLS", sock_errmsg());
	if (wanted->cacert != NULL && sock_tls_trust(tls, wanted->cacert) < 0)
		return complain(EXIT_USAGE, "--cacert", sock_errmsg());
	if (wanted->crl != NULL && sock_tls_revoked(tls, wanted->crl) < 0)
		return complain(EXIT_USAGE, "--crl", sock_errmsg());
	if (wanted->cert != NULL &&
	    sock_tls_add(tls, wanted->cert, wanted->key) < 0)
		return complain(EXIT_USAGE, "--cert", sock_errmsg());
	if (wanted->alpn != NULL && sock_tls_alpn(tls, wanted->alpn) < 0)
		return complain(EXIT_FAILED, "TLS", sock_errmsg());
	if (wanted->resume && sock_tls_resume(tls, true) < 0)
		return complain(EXIT_FAILED, "TLS", sock_errmsg());
	if (wanted->insecure)
		sock_tls_insecure_no_verify(tls);
	return EXIT_OK;
}

int
client_tls_new(struct sock_tls **out, const struct client_tls *wanted)
{
	struct sock_tls *tls = sock_tls_client();
	const int code = fill(tls, wanted);

	if (code != EXIT_OK) {
		sock_tls_free(tls);
		tls = NULL;
	}
	*out = tls;
	return code;
}

void
client_tls_free(struct sock_tls *tls)
{
	sock_tls_free(tls);
}

int
client_tls_start(sock_t s, struct sock_tls *tls, const char *host,
    sock_time deadline)
{
	const bool bracket = host[0] == '[';
	char name[256];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(host + bracket, "]%"),
	    host + bracket);
	return sock_start_tls(s, tls, name, deadline);
}

#else

const char *
client_tls_missing(void)
{
	return "this program was built without TLS";
}

int
client_tls_new(struct sock_tls **out, const struct client_tls *wanted)
{
	(void)wanted;
	*out = NULL;
	return complain(EXIT_USAGE, "TLS", client_tls_missing());
}

void
client_tls_free(struct sock_tls *tls)
{
	(void)tls;
}

int
client_tls_start(sock_t s, struct sock_tls *tls, const char *host,
    sock_time deadline)
{
	(void)s;
	(void)tls;
	(void)host;
	(void)deadline;
	return SOCK_EUSAGE;
}

#endif
