/* SPDX-License-Identifier: MIT */
#include "tls/choose.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <string.h>

#define PROTOCOLS_MAX 1024 /* bytes; a name has at most 255, RFC 7301, 3.1 */

/* As a client of ours would check it. */
static bool
is_for(const struct socki_tls_pair *pair, const char *name)
{
	return X509_check_host(pair->certificate, name, 0,
		   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
		       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
		   NULL) == 1;
}

/* Of two with the same kind of key the first is taken. */
static bool
is_first_of_kind(const struct socki_tls_made *made, unsigned i,
    const char *name)
{
	const int kind = EVP_PKEY_get_base_id(made->pairs[i].key);
	unsigned k;

	for (k = 0; k < i; k++)
		if (EVP_PKEY_get_base_id(made->pairs[k].key) == kind &&
		    is_for(&made->pairs[k], name))
			return false;
	return true;
}

/* 1, 0: it fails. */
static int
choose_certificate(SSL *ssl, void *arg)
{
	const struct socki_tls_made *made =
	    socki_tls_made_of(SSL_get_app_data(ssl));
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	bool found = false;
	unsigned i;

	(void)arg;
	for (i = 0; name != NULL && i < made->pair_count; i++) {
		const struct socki_tls_pair *pair = &made->pairs[i];

		if (!is_for(pair, name) || !is_first_of_kind(made, i, name))
			continue;
		if (!found)
			SSL_certs_clear(ssl);
		found = true;
		if (SSL_use_cert_and_key(ssl, pair->certificate, pair->key,
			pair->chain, 1) != 1)
			return 0;
	}
	return 1;
}

void
socki_tls_choose_certificate(SSL_CTX *ctx)
{
	SSL_CTX_set_cert_cb(ctx, choose_certificate, NULL);
}

bool
socki_tls_has_protocol(const unsigned char *list, size_t length,
    const unsigned char *name, size_t n)
{
	size_t at;

	for (at = 0; at < length; at += (size_t)list[at] + 1)
		if (list[at] == n && memcmp(list + at + 1, name, n) == 0)
			return true;
	return false;
}

/* SSL_select_next_proto() reads past a malformed list: CVE-2024-5535. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length,
    const unsigned char *theirs, unsigned their_length, void *arg)
{
	const struct socki_tls_made *made =
	    socki_tls_made_of(SSL_get_app_data(ssl));
	size_t at;

	(void)arg;
	for (at = 0; at < made->alpn_length; at += (size_t)made->alpn[at] + 1) {
		*out = made->alpn + at + 1;
		*length = made->alpn[at];
		if (socki_tls_has_protocol(theirs, their_length, *out, *length))
			return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void
socki_tls_choose_protocol(SSL_CTX *ctx)
{
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

int
socki_tls_protocols(unsigned char **out, size_t *length, const char *list)
{
	const size_t n = list != NULL ? strlen(list) : 0;
	size_t begin = 0, i;

	*out = NULL;
	*length = 0;
	if (n == 0)
		return 0;
	if (n + 1 > PROTOCOLS_MAX)
		return SOCK_EUSAGE;
	*out = OPENSSL_malloc(n + 1);
	if (*out == NULL)
		return -ENOMEM;
	for (i = 0; i <= n; i++) {
		const bool ends = i == n || list[i] == ',';

		if (ends && (i == begin || i - begin > 255))
			break;
		if (ends) {
			(*out)[begin] = (unsigned char)(i - begin);
			begin = i + 1;
		} else if (list[i] <= ' ' || list[i] > '~') {
			break;
		} else {
			(*out)[i + 1] = (unsigned char)list[i];
		}
	}
	*length = n + 1;
	if (i > n)
		return 0;
	OPENSSL_free(*out);
	*out = NULL;
	return SOCK_EUSAGE;
}
