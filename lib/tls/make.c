/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>

#include "tls/choose.h"
#include "tls/file.h"
#include "tls/state.h"
#include "tls/tls.h"

/*
 * OpenSSL's for what must resist a million years: RSA of 2048 bits, SHA-2.
 * What a system's configuration asks beyond that stays.
 */
#define LEVEL_LEAST 2

static int
out_of_memory(struct socki_tls_why *why)
{
	return socki_tls_why(why, -ENOMEM, "%s", "");
}

static int
set_protocol(SSL_CTX *ctx, struct socki_tls_why *why)
{
	const long least = SSL_CTX_get_min_proto_version(ctx);

	if (least < TLS1_2_VERSION &&
	    !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION))
		return out_of_memory(why);
	if (SSL_CTX_get_security_level(ctx) < LEVEL_LEAST)
		SSL_CTX_set_security_level(ctx, LEVEL_LEAST);
	SSL_CTX_clear_options(ctx,
	    SSL_OP_ALL | SSL_OP_LEGACY_SERVER_CONNECT |
		SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
		SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ALLOW_NO_DHE_KEX |
		SSL_OP_NO_EXTENDED_MASTER_SECRET | SSL_OP_NO_ENCRYPT_THEN_MAC);
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* Else a flood of what is no data would be read to its end. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
		SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_read_ahead(ctx, 1);
	return 0;
}

static unsigned
count_pairs(const struct socki_tls_config *config)
{
	const struct socki_tls_file *file;
	unsigned n = 0;

	for (file = config->files; file != NULL; file = file->next)
		n += file->kind == SOCKI_TLS_CERTIFICATE;
	return n;
}

/* Whether a client that asks for no name could do with it alone. */
static bool
is_first_of_kind(const struct socki_tls_made *made)
{
	const struct socki_tls_pair *pair = &made->pairs[made->pair_count - 1];
	const struct socki_tls_pair *other;

	for (other = made->pairs; other < pair; other++)
		if (EVP_PKEY_get_base_id(other->key) ==
		    EVP_PKEY_get_base_id(pair->key))
			return false;
	return true;
}

/* As connections will use it that ask for its name. */
static bool
try_pair(SSL_CTX *ctx, const struct socki_tls_pair *pair)
{
	SSL *ssl = SSL_new(ctx);
	const bool fits = ssl != NULL &&
	    SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain,
		1) == 1;

	SSL_free(ssl);
	return fits;
}

static int
add_pair(struct socki_tls_made *made, const struct socki_tls_file *file,
    struct socki_tls_why *why)
{
	struct socki_tls_pair *pair = &made->pairs[made->pair_count++];
	int rc = socki_tls_read_pair(pair, file, why);
	bool fits;

	if (rc < 0)
		return rc;
	/* A server's others come with the name that they are for. */
	fits = is_first_of_kind(made) || !made->server ?
	    SSL_CTX_use_cert_and_key(made->ctx, pair->certificate, pair->key,
		pair->chain, 1) == 1 :
	    try_pair(made->ctx, pair);
	return fits ? 0 :
		      socki_tls_why(why, SOCK_ETLS,
			  "the certificate in \"%.120s\" cannot be used: %.80s",
			  file->name, socki_tls_queue_text());
}

static int
read_files(struct socki_tls_made *made, const struct socki_tls_config *config,
    struct socki_tls_why *why)
{
	X509_STORE *store = SSL_CTX_get_cert_store(made->ctx);
	const struct socki_tls_file *file;
	bool trusts = false, revokes = false;
	int rc = 0;

	for (file = config->files; file != NULL && rc == 0; file = file->next)
		switch (file->kind) {
		case SOCKI_TLS_TRUST:
			trusts = true;
			rc = socki_tls_read_trust_any(store, file->name, why);
			break;
		case SOCKI_TLS_REVOKED:
			revokes = true;
			rc = socki_tls_read_revoked(store, file->name, why);
			break;
		case SOCKI_TLS_CERTIFICATE:
			rc = add_pair(made, file, why);
			break;
		}
	if (rc < 0)
		return rc;
	/* Whom the program names is trusted, a root or not. */
	if (trusts)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	if (revokes)
		X509_STORE_set_flags(store,
		    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	if (!trusts && config->server && config->asks)
		socki_tls_why(&made->why, SOCK_ETLS,
		    "clients are asked for certificates, but nobody is "
		    "trusted: sock_tls_trust()");
	if (!trusts && !config->server && config->verifies)
		rc = socki_tls_read_system(store, &made->why);
	made->rootless = rc < 0;
	return rc == -ENOMEM ? out_of_memory(why) : 0;
}

/* Tells clients which of their certificates would do. */
static int
name_issuers(SSL_CTX *ctx, struct socki_tls_why *why)
{
	const STACK_OF(X509_OBJECT) *objects =
	    X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));
	int i;

	for (i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509 *certificate =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

		if (certificate != NULL &&
		    !SSL_CTX_add_client_CA(ctx, certificate))
			return out_of_memory(why);
	}
	return 0;
}

static int
set_server(struct socki_tls_made *made, const struct socki_tls_config *config,
    struct socki_tls_why *why)
{
	static const unsigned char context[] = "libsock";
	SSL_CTX *ctx = made->ctx;

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (!SSL_CTX_set_session_id_context(ctx, context, sizeof context - 1))
		return out_of_memory(why);
	/* A second ticket would cost part of a full handshake. */
	if (!SSL_CTX_set_num_tickets(ctx, config->resumes ? 1 : 0))
		return out_of_memory(why);
	if (made->pair_count > 1)
		socki_tls_choose_certificate(ctx);
	if (made->alpn != NULL)
		socki_tls_choose_protocol(ctx);
	if (!config->asks)
		return 0;
	socki_tls_state_verifies(ctx, config->requires);
	return name_issuers(ctx, why);
}

static int
set_client(struct socki_tls_made *made, const struct socki_tls_config *config,
    struct socki_tls_why *why)
{
	SSL_CTX *ctx = made->ctx;

	if (config->verifies)
		socki_tls_state_verifies(ctx, true);
	if (config->resumes)
		socki_tls_state_keeps_sessions(ctx);
	else
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* 0 is success, here alone. */
	if (made->alpn != NULL &&
	    SSL_CTX_set_alpn_protos(ctx, made->alpn,
		(unsigned)made->alpn_length) != 0)
		return out_of_memory(why);
	return 0;
}

static int
build(struct socki_tls_made *made, const struct socki_tls_config *config,
    struct socki_tls_why *why)
{
	const unsigned pairs = count_pairs(config);
	int rc;

	made->server = config->server;
	made->verifies = config->verifies;
	made->ctx = SSL_CTX_new(config->server ? TLS_server_method() :
						 TLS_client_method());
	if (made->ctx == NULL)
		return socki_tls_why_queue(why);
	rc = set_protocol(made->ctx, why);
	if (rc < 0)
		return rc;
	if (!config->resumes)
		SSL_CTX_set_options(made->ctx, SSL_OP_NO_TICKET);
	if (pairs > 0)
		made->pairs = OPENSSL_zalloc(pairs * sizeof *made->pairs);
	if (config->alpn != NULL)
		made->alpn = OPENSSL_memdup(config->alpn, config->alpn_length);
	made->alpn_length = config->alpn_length;
	if ((pairs > 0 && made->pairs == NULL) ||
	    (config->alpn != NULL && made->alpn == NULL))
		return out_of_memory(why);
	rc = read_files(made, config, why);
	if (rc < 0)
		return rc;
	return config->server ? set_server(made, config, why) :
				set_client(made, config, why);
}

int
socki_tls_make(struct socki_tls_made **out,
    const struct socki_tls_config *config, struct socki_tls_why *why)
{
	struct socki_tls_made *made = OPENSSL_zalloc(sizeof *made);
	int rc = -ENOMEM;

	*out = NULL;
	/*
	 * The library's threads may still hold conversations while the program
	 * ends: what they use must not be torn down by atexit(3).
	 */
	(void)OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL);
	socki_tls_queue_clean();
	(void)socki_tls_why(why, 0, "%s", "");
	if (made == NULL) {
		(void)out_of_memory(why);
	} else {
		atomic_init(&made->references, 1);
		rc = build(made, config, why);
	}
	socki_tls_queue_clean();
	if (rc == 0)
		*out = made;
	else
		socki_tls_drop(made);
	return rc;
}

void
socki_tls_drop(struct socki_tls_made *made)
{
	if (made == NULL || atomic_fetch_sub(&made->references, 1) > 1)
		return;
	SSL_CTX_free(made->ctx);
	while (made->pair_count > 0)
		socki_tls_free_pair(&made->pairs[--made->pair_count]);
	OPENSSL_free(made->pairs);
	OPENSSL_free(made->alpn);
	socki_tls_sessions_free(&made->sessions);
	OPENSSL_free(made);
}
