/* SPDX-License-Identifier: MIT */
#include "tls/info.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sock/tls.h>
#include <stdio.h>
#include <string.h>

#include "tls/names.h"
#include "tls/state.h"

/* The names of one certificate, cut: a certificate may hold thousands. */
#define NAMES_ROOM ((size_t)4096)

struct text {
	char subject[512], issuer[512];
	char names[NAMES_ROOM];
	char key[40];
	char sha256[65];
};

struct socki_tls_texts {
	char alpn[256], peer_name[NAMES_ROOM];
	int count;
	bool has_info;
	struct text *of[]; /* those asked for */
};

void
socki_tls_texts_free(struct socki_tls_texts *texts)
{
	int i;

	for (i = 0; texts != NULL && i < texts->count; i++)
		OPENSSL_free(texts->of[i]);
	OPENSSL_free(texts);
}

/* A client knows the server's among them, a server has its client's apart. */
static X509 *
certificate_at(const struct socki_tls_state *state, int i)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(state->ssl);

	if (i == 0)
		return SSL_get0_peer_certificate(state->ssl);
	return sk_X509_value(chain, state->made->server ? i - 1 : i);
}

static int
count_of(const struct socki_tls_state *state)
{
	int n = 0;

	while (certificate_at(state, n) != NULL)
		n++;
	return n;
}

static struct socki_tls_texts *
texts_of(struct socki_tls_state *state)
{
	const int n = count_of(state);

	if (state->texts == NULL) {
		state->texts = OPENSSL_zalloc(sizeof *state->texts +
		    (size_t)n * sizeof(struct text *));
		if (state->texts != NULL)
			state->texts->count = n;
	}
	return state->texts;
}

static void
write_names(char *buf, size_t n, const X509 *certificate)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	char name[SOCKI_TLS_NAME_MAX];
	size_t at = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (!socki_tls_name(sk_GENERAL_NAME_value(names, i), name))
			continue;
		if (at + strlen(name) + 3 > n)
			break;
		at += (size_t)snprintf(buf + at, n - at, "%s%s",
		    at > 0 ? ", " : "", name);
	}
	GENERAL_NAMES_free(names);
}

static void
write_info(struct socki_tls_texts *texts, const struct socki_tls_state *state)
{
	const X509 *peer = certificate_at(state, 0);
	const unsigned char *alpn;
	unsigned n;

	SSL_get0_alpn_selected(state->ssl, &alpn, &n);
	if (n > 0 && n < sizeof texts->alpn)
		memcpy(texts->alpn, alpn, n);
	if (peer != NULL) {
		write_names(texts->peer_name, sizeof texts->peer_name, peer);
		if (texts->peer_name[0] == '\0')
			socki_tls_short(X509_get_subject_name(peer),
			    texts->peer_name);
	}
	texts->has_info = true;
}

/* The client's wish: the server's side has it of OpenSSL. */
static const char *
name_asked(const struct socki_tls_state *state)
{
	const char *name;

	if (!state->made->server)
		return state->server_name;
	name = SSL_get_servername(state->ssl, TLSEXT_NAMETYPE_host_name);
	return name != NULL ? name : "";
}

static int
look_info(void *arg, void *out)
{
	struct socki_tls_state *state = arg;
	struct sock_tls_info *info = out;
	struct socki_tls_texts *texts;
	X509 *peer;

	if (!state->started)
		return -ENOTCONN;
	texts = texts_of(state);
	if (texts == NULL)
		return -ENOMEM;
	if (!texts->has_info)
		write_info(texts, state);
	peer = certificate_at(state, 0);
	info->version = SSL_get_version(state->ssl);
	info->cipher = SSL_get_cipher_name(state->ssl);
	info->alpn = texts->alpn;
	info->server_name = name_asked(state);
	info->peer_name = texts->peer_name;
	info->certificates = texts->count;
	info->resumed = SSL_session_reused(state->ssl);
	info->verified = peer != NULL &&
	    (SSL_get_verify_mode(state->ssl) & SSL_VERIFY_PEER) &&
	    SSL_get_verify_result(state->ssl) == X509_V_OK;
	return 0;
}

static void
write_sha256(char out[65], const X509 *certificate)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;

	if (!X509_digest(certificate, EVP_sha256(), digest, &n))
		n = 0;
	for (i = 0; i < n && i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static struct text *
new_text(const X509 *certificate)
{
	struct text *text = OPENSSL_zalloc(sizeof *text);

	if (text == NULL)
		return NULL;
	socki_tls_long(X509_get_subject_name(certificate), text->subject,
	    sizeof text->subject);
	socki_tls_long(X509_get_issuer_name(certificate), text->issuer,
	    sizeof text->issuer);
	write_names(text->names, sizeof text->names, certificate);
	socki_tls_key(certificate, text->key);
	write_sha256(text->sha256, certificate);
	return text;
}

struct wish {
	int i;
	struct sock_tls_certificate *out;
};

static int
look_certificate(void *arg, void *wish)
{
	struct socki_tls_state *state = arg;
	struct sock_tls_certificate *out = ((struct wish *)wish)->out;
	const int i = ((struct wish *)wish)->i;
	struct socki_tls_texts *texts;
	const X509 *certificate;
	struct text *text;

	if (!state->started)
		return -ENOTCONN;
	texts = texts_of(state);
	if (texts == NULL)
		return -ENOMEM;
	if (i < 0 || i >= texts->count)
		return -ENOENT;
	certificate = certificate_at(state, i);
	if (texts->of[i] == NULL)
		texts->of[i] = new_text(certificate);
	text = texts->of[i];
	if (text == NULL)
		return -ENOMEM;
	out->subject = text->subject;
	out->issuer = text->issuer;
	out->names = text->names;
	out->key = text->key;
	out->sha256 = text->sha256;
	out->not_before = socki_tls_seconds(X509_get0_notBefore(certificate));
	out->not_after = socki_tls_seconds(X509_get0_notAfter(certificate));
	return 0;
}

static int
look(sock_t s, int (*what)(void *state, void *arg), void *arg, const char *op)
{
	const int saved_errno = errno;
	int rc;

	socki_tls_queue_clean();
	rc = sock_with_layer(s, &socki_tls_layer, what, arg);
	socki_tls_queue_clean();
	errno = saved_errno;
	/* A handle that is none leaves its own text. */
	if (rc == -ENOTCONN || rc == -ENOENT || rc == -ENOMEM)
		return sock_fail(rc, op, NULL, NULL);
	return rc;
}

int
sock_tls_info(sock_t s, struct sock_tls_info *info)
{
	if (s >= 0 && info->size < sizeof *info)
		return sock_fail(SOCK_EUSAGE, "tls info", NULL,
		    "the struct's size is not set");
	return look(s, look_info, info, "tls info");
}

int
sock_tls_certificate(sock_t s, int i, struct sock_tls_certificate *out)
{
	if (s >= 0 && out->size < sizeof *out)
		return sock_fail(SOCK_EUSAGE, "tls certificate", NULL,
		    "the struct's size is not set");
	return look(s, look_certificate, &(struct wish){ i, out },
	    "tls certificate");
}
