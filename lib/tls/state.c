/* SPDX-License-Identifier: MIT */
#include "tls/state.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tls/info.h"
#include "tls/untrusted.h"

/* Ten times what OpenSSL lets a peer's certificates have. */
#define HANDSHAKE_MAX ((size_t)1 << 20)

const struct socki_tls_made *
socki_tls_made_of(const struct socki_tls_state *state)
{
	return state->made;
}

static struct socki_tls_state *
state_of(X509_STORE_CTX *at)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(at,
	    SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_get_app_data(ssl);
}

static int
verify(int passes, X509_STORE_CTX *at)
{
	struct socki_tls_state *state = state_of(at);

	if (passes)
		return 1;
	/* Those above the peer's own need a revocation list only if there is. */
	if (X509_STORE_CTX_get_error(at) == X509_V_ERR_UNABLE_TO_GET_CRL &&
	    X509_STORE_CTX_get_error_depth(at) > 0) {
		X509_STORE_CTX_set_error(at, X509_V_OK);
		return 1;
	}
	(void)socki_tls_untrusted(&state->untrusted, at,
	    state->made->server ? NULL : state->server_name);
	return 0;
}

void
socki_tls_state_verifies(SSL_CTX *ctx, bool required)
{
	SSL_CTX_set_verify(ctx,
	    SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
	    verify);
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct socki_tls_state *state = SSL_get_app_data(ssl);

	if (!SSL_SESSION_is_resumable(session) || state->server_name[0] == '\0')
		return 0;
	socki_tls_sessions_put(&state->made->sessions, state->server_name,
	    session);
	return 1;
}

void
socki_tls_state_keeps_sessions(SSL_CTX *ctx)
{
	SSL_CTX_set_session_cache_mode(ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

/* An address is checked as such, and never asked for: RFC 6066, 3. */
static int
set_name(struct socki_tls_state *state)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(state->ssl);
	char *name = state->server_name;
	SSL_SESSION *session;

	if (name[0] == '\0')
		return 0;
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
		X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!X509_VERIFY_PARAM_set1_ip_asc(param, name) &&
	    (!X509_VERIFY_PARAM_set1_host(param, name, 0) ||
		!SSL_set_tlsext_host_name(state->ssl, name)))
		return -ENOMEM;
	session = socki_tls_sessions_take(&state->made->sessions, name);
	if (session != NULL) {
		(void)SSL_set_session(state->ssl, session);
		SSL_SESSION_free(session);
	}
	return 0;
}

static int
set_up(struct socki_tls_state *state)
{
	BIO *bio;

	state->ssl = SSL_new(state->made->ctx);
	if (state->ssl == NULL)
		return -ENOMEM;
	SSL_set_app_data(state->ssl, (char *)state);
	bio = socki_tls_below_new(&state->below);
	if (bio == NULL)
		return -ENOMEM;
	SSL_set_bio(state->ssl, bio, bio);
	SSL_set_msg_callback(state->ssl, socki_tls_below_message);
	SSL_set_msg_callback_arg(state->ssl, &state->below);
	if (state->made->server) {
		SSL_set_accept_state(state->ssl);
		return 0;
	}
	SSL_set_connect_state(state->ssl);
	return set_name(state);
}

bool
socki_tls_is_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && name[0] != '%' &&
	    strlen(name) <= TLSEXT_MAXLEN_host_name;
}

static struct socki_tls_state *
alloc(const char *server_name, size_t n)
{
	struct socki_tls_state *state = OPENSSL_zalloc(sizeof *state + n + 1);

	if (state != NULL)
		memcpy(state->server_name, server_name, n);
	return state;
}

static void
state_free(struct socki_tls_state *state)
{
	/* The session goes with whoever is cut off; nothing is sent. */
	SSL_free(state->ssl);
	socki_tls_below_free(&state->below);
	socki_tls_texts_free(state->texts);
	OPENSSL_free(state);
}

int
socki_tls_state_new(struct socki_tls_state **out, struct socki_tls_made *made,
    const char *server_name)
{
	const char *name = server_name != NULL ? server_name : "";
	/* Where an address says by which interface, its peer does not know. */
	size_t n =
	    strchr(name, ':') != NULL ? strcspn(name, "%") : strlen(name);
	int rc;

	if (n > 0 && name[n - 1] == '.')
		n--;
	*out = alloc(name, n);
	if (*out == NULL)
		return -ENOMEM;
	(*out)->made = made;
	(*out)->below.bound = HANDSHAKE_MAX;
	socki_tls_queue_clean();
	rc = set_up(*out);
	socki_tls_queue_clean();
	if (rc < 0) {
		state_free(*out);
		*out = NULL;
	}
	return rc;
}

int
socki_tls_state_doomed(struct socki_tls_state **out,
    const struct socki_tls_why *why)
{
	*out = alloc("", 0);
	if (*out == NULL)
		return -ENOMEM;
	(*out)->why = *why;
	return 0;
}

void
socki_tls_state_free(void *state)
{
	struct socki_tls_made *made = ((struct socki_tls_state *)state)->made;

	socki_tls_queue_clean();
	state_free(state);
	socki_tls_drop(made);
	socki_tls_queue_clean();
}
