/* SPDX-License-Identifier: MIT */
#include "secure.h"

#include <strings.h>

#include "options.h"
#include "say.h"

bool
secure_address(const char *address)
{
	return strncasecmp(address, "tls:", 4) == 0;
}

bool
secure_wanted(const struct options *o)
{
	return o->trust != NULL || o->crl != NULL || o->cert != NULL ||
	    o->key != NULL || o->alpn != NULL || o->server_name != NULL ||
	    o->insecure;
}

const char *
secure_wrong(const struct options *o, bool listens)
{
	if (listens && (o->insecure || o->server_name != NULL))
		return "--insecure and --servername are for connect and tls";
	if (o->key != NULL && o->cert == NULL)
		return "--key needs --cert";
	/* Whoever is not asked for a certificate shows none to look up. */
	if (listens && o->crl != NULL && o->trust == NULL)
		return "--crl needs --trust: else listen asks no client for a "
		       "certificate";
	if (o->insecure && o->crl != NULL)
		return "--crl and --insecure exclude each other";
	return NULL;
}

/* EXIT_OK: it is of TLS, or neither the address nor the options are. */
static int
check(const char *address, const char *stage, const struct options *o)
{
	if (secure_address(address) || !secure_wanted(o))
		return EXIT_OK;
	return complain(EXIT_USAGE, address, stage,
	    "it is no tls: address, and there are options for one");
}

#ifndef WITHOUT_TLS
#include <sock/tls.h>

/* What both ends may have.  The error is the caller's to tell. */
static int
set_common(struct sock_tls *tls, const struct options *o)
{
	int rc = 0;

	if (o->trust != NULL)
		rc = sock_tls_trust(tls, o->trust);
	if (rc == 0 && o->crl != NULL)
		rc = sock_tls_revoked(tls, o->crl);
	if (rc == 0 && o->alpn != NULL)
		rc = sock_tls_alpn(tls, o->alpn);
	return rc;
}

static int
give(struct sock_tls **out, struct sock_tls *tls, int rc)
{
	if (tls != NULL && rc == 0) {
		*out = tls;
		return EXIT_OK;
	}
	(void)complain_last("TLS");
	sock_tls_free(tls);
	return EXIT_USAGE;
}

int
secure_client(struct sock_tls **out, const char *address,
    const struct options *o)
{
	struct sock_tls *tls;
	int rc = check(address, "dial", o);

	*out = NULL;
	if (rc != EXIT_OK || !secure_address(address))
		return rc;
	tls = sock_tls_client();
	if (tls != NULL)
		rc = set_common(tls, o);
	if (tls != NULL && rc == 0 && o->cert != NULL)
		rc = sock_tls_add(tls, o->cert, o->key);
	if (tls != NULL && o->insecure)
		sock_tls_insecure_no_verify(tls);
	return give(out, tls, rc);
}

int
secure_server(struct sock_tls **out, const char *address,
    const struct options *o)
{
	struct sock_tls *tls;
	int rc = check(address, "listen", o);

	*out = NULL;
	if (rc != EXIT_OK || !secure_address(address))
		return rc;
	if (o->cert == NULL)
		return complain(EXIT_USAGE, address, "listen",
		    "TLS needs --cert FILE, and --key FILE unless the key is "
		    "in it");
	tls = sock_tls_server(o->cert, o->key);
	if (tls != NULL)
		rc = set_common(tls, o);
	if (tls != NULL && rc == 0 && o->trust != NULL)
		rc = sock_tls_ask_client(tls, true);
	return give(out, tls, rc);
}

void
secure_free(struct sock_tls *tls)
{
	sock_tls_free(tls);
}

void
secure_print(sock_t s)
{
	struct sock_tls_info i = { .size = sizeof i };

	if (sock_tls_info(s, &i) < 0)
		return;
	fprintf(stderr, "  tls   %s, %s", i.version, i.cipher);
	if (i.alpn[0] != '\0') {
		fputs(", ", stderr);
		put_safely(stderr, i.alpn);
	}
	if (i.peer_name[0] != '\0') {
		fputs("; the peer is ", stderr);
		put_safely(stderr, i.peer_name);
		fputs(i.verified ? "" : ", it says", stderr);
	}
	putc('\n', stderr);
}

void
secure_print_json(struct json *j, sock_t s)
{
	struct sock_tls_info i = { .size = sizeof i };

	if (sock_tls_info(s, &i) < 0)
		return;
	json_open(j, "tls", '{');
	json_string(j, "version", i.version);
	json_string(j, "cipher", i.cipher);
	json_string(j, "alpn", i.alpn);
	json_string(j, "server_name", i.server_name);
	json_string(j, "peer_name", i.peer_name);
	json_bool(j, "verified", i.verified);
	json_bool(j, "resumed", i.resumed);
	json_close(j, '}');
}

#else

static int
refuse(struct sock_tls **out, const char *address, const char *stage,
    const struct options *o)
{
	*out = NULL;
	if (!secure_address(address))
		return check(address, stage, o);
	return complain(EXIT_USAGE, address, stage,
	    "this program was built without TLS");
}

int
secure_client(struct sock_tls **out, const char *address,
    const struct options *o)
{
	return refuse(out, address, "dial", o);
}

int
secure_server(struct sock_tls **out, const char *address,
    const struct options *o)
{
	return refuse(out, address, "listen", o);
}

void
secure_free(struct sock_tls *tls)
{
	(void)tls;
}

void
secure_print(sock_t s)
{
	(void)s;
}

void
secure_print_json(struct json *j, sock_t s)
{
	(void)j;
	(void)s;
}

#endif
