/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ends.h"

/* RFC 8446, 2.3: what is sent early may be sent again by anybody. */

/* What a server of OpenSSL's skips, unless told otherwise. */
#define SKIPPED 16384

static SSL_SESSION *session;
static char early[2 * SKIPPED];
static size_t early_length;

static int
keep_session(SSL *ssl, SSL_SESSION *it)
{
	(void)ssl;
	SSL_SESSION_free(session);
	session = it;
	return 1;
}

static void
keep_sessions(struct peer *p)
{
	SSL_CTX_set_session_cache_mode(p->ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p->ctx, keep_session);
}

static void
hear_a_word(struct peer *p)
{
	char word[4];

	(void)SSL_read(p->ssl, word, sizeof word);
	peer_goodbye(p);
}

static void
have_a_session(void)
{
	struct peer p = { .prepare = keep_sessions, .talk = hear_a_word };
	sock_t s;

	assert_int_equal(meet(&p, &s), 0);
	assert_int_equal(sock_write(s, "word", 4, soon()), 0);
	assert_int_equal(sock_finish(s, soon()), 0);
	peer_end(&p);
	assert_non_null(session);
}

/* Whatever the ticket says. */
static void
speak_early(struct peer *p)
{
	size_t put = 0;

	if (SSL_SESSION_set_max_early_data(session, sizeof early) != 1 ||
	    SSL_set_session(p->ssl, session) != 1 ||
	    SSL_write_early_data(p->ssl, early, early_length, &put) != 1 ||
	    put != early_length)
		p->arg = NULL;
}

static void
speak_late(struct peer *p)
{
	int *status = p->arg;

	if (status != NULL)
		*status = SSL_get_early_data_status(p->ssl);
	(void)SSL_write(p->ssl, "late", 4);
	peer_goodbye(p);
}

static void
a_server_takes_nothing_before_the_handshake(void **state)
{
	int status = -1;
	struct peer p = { .first = speak_early,
		.talk = speak_late,
		.arg = &status };
	struct sock_tls_info info = { .size = sizeof info };
	char word[16];
	sock_t s;

	(void)state;
	have_a_session();
	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
	early_length = 5;
	assert_int_equal(meet(&p, &s), 0);
	assert_int_equal(sock_read(s, word, sizeof word, soon()), 4);
	assert_memory_equal(word, "late", 4);
	assert_int_equal(sock_tls_info(s, &info), 0);
	assert_true(info.resumed);
	assert_int_equal(sock_finish(s, soon()), 0);
	peer_end(&p);
	assert_int_equal(status, SSL_EARLY_DATA_REJECTED);
}

static void
a_server_does_not_skip_without_end(void **state)
{
	struct peer p = { .first = speak_early };
	sock_t s;

	(void)state;
	have_a_session();
	early_length = sizeof early;
	assert_int_equal(meet(&p, &s), SOCK_ETLS);
	assert_non_null(strstr(sock_errmsg(), "early data"));
	part(&p, s);
}

static void
take_early(struct peer *p)
{
	static unsigned char keys[80]; /* the same for each context */

	(void)SSL_CTX_set_max_early_data(p->ctx, SKIPPED);
	(void)SSL_CTX_set_tlsext_ticket_keys(p->ctx, keys, sizeof keys);
	/* Else a session would be this context's alone. */
	SSL_CTX_set_options(p->ctx, SSL_OP_NO_ANTI_REPLAY);
}

struct heard {
	int status, read;
	bool resumed;
};

static void
listen_early(struct peer *p)
{
	struct heard *heard = p->arg;
	char word[16];
	size_t got = 0;

	heard->read = SSL_read_early_data(p->ssl, word, sizeof word, &got);
}

static void
note_status(struct peer *p)
{
	struct heard *heard = p->arg;

	heard->status = SSL_get_early_data_status(p->ssl);
	heard->resumed = SSL_session_reused(p->ssl) == 1;
	(void)SSL_write(p->ssl, "word", 4);
	peer_goodbye(p);
}

static void
a_client_sends_nothing_before_the_handshake(void **state)
{
	struct heard heard;
	struct peer p = { .server = true,
		.cert = "good",
		.prepare = take_early,
		.first = listen_early,
		.talk = note_status,
		.arg = &heard };
	char word[4];
	sock_t s;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		heard = (struct heard){ .status = -1 };
		assert_int_equal(meet(&p, &s), 0);
		assert_int_equal(sock_write(s, "ours", 4, soon()), 0);
		assert_int_equal(sock_read_full(s, word, 4, soon()), 4);
		assert_int_equal(sock_finish(s, soon()), 0);
		peer_end(&p);
		assert_int_equal(heard.resumed, i > 0);
		assert_int_equal(heard.read, SSL_READ_EARLY_DATA_FINISH);
		assert_int_equal(heard.status, SSL_EARLY_DATA_NOT_SENT);
	}
}

static int
begin(void **state)
{
	int rc = ends_begin(state);

	if (rc == 0)
		rc = sock_tls_resume(server, true);
	return rc == 0 ? sock_tls_resume(client, true) : rc;
}

static int
end(void **state)
{
	SSL_SESSION_free(session);
	return ends_end(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_takes_nothing_before_the_handshake),
		cmocka_unit_test(a_server_does_not_skip_without_end),
		cmocka_unit_test(a_client_sends_nothing_before_the_handshake),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
