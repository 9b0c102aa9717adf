/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "ends.h"

/* What comes in one piece with the last of a handshake, or half of it. */

#define FIRST_MS 50

/* What makes a session's ticket larger than a record may be here. */
#define TICKET 2000
#define RECORD 512

/* OpenSSL without a socket: its bytes go when the test says so. */
struct apart {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	sock_t sock;
};

static void
apart_make(struct apart *c, const SSL_METHOD *method)
{
	c->ctx = SSL_CTX_new(method);
	c->ssl = SSL_new(c->ctx);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	SSL_set_bio(c->ssl, c->in, c->out);
}

static void
apart_dial(struct apart *c, struct sock_server *v)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	assert_int_equal(sock_server_address(v, 0, &addr), 0);
	addr.scheme = SOCK_SCHEME_TCP;
	c->sock = sock_dial(sock_addr_text(&addr, text, sizeof text),
	    .deadline = soon());
	assert_true(c->sock > 0);
	apart_make(c, TLS_client_method());
	SSL_set_connect_state(c->ssl);
}

static void
apart_send_some(struct apart *c, size_t n)
{
	char bytes[16384];
	const int has =
	    BIO_read(c->out, bytes, (int)(n < sizeof bytes ? n : sizeof bytes));

	if (has > 0)
		assert_int_equal(sock_write(c->sock, bytes, (size_t)has,
				     soon()),
		    0);
}

static void
apart_send(struct apart *c)
{
	apart_send_some(c, SIZE_MAX);
}

static void
apart_hear(struct apart *c)
{
	char bytes[4096];
	const ssize_t n = sock_read(c->sock, bytes, sizeof bytes, soon());

	assert_true(n > 0);
	assert_int_equal(BIO_write(c->in, bytes, (int)n), n);
}

static void
apart_end(struct apart *c)
{
	assert_true(SSL_shutdown(c->ssl) >= 0);
	apart_send(c);
	assert_int_equal(sock_shut(c->sock, soon()), 0);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
}

/* When it answers, who sends nothing would have been ended for long. */
static void
answer_late(sock_t s, void *arg)
{
	char line[8];

	(void)arg;
	if (sock_read_line(s, line, sizeof line, soon()) < 0)
		return;
	(void)sock_sleep(sock_in(4 * FIRST_MS));
	(void)sock_printf(s, "%s", line);
	(void)sock_finish(s, soon());
}

static void
first_bytes_behind_a_handshake_are_no_silence(void **state)
{
	struct sock_server *v = sock_serve("tls:127.0.0.1:0", .tls = server,
	    .on_stream = answer_late, .mode = SOCK_THREADS,
	    .first_ms = FIRST_MS);
	struct sock_server_stats stats = { .size = sizeof stats };
	struct apart c;
	char word[8];

	(void)state;
	assert_non_null(v);
	apart_dial(&c, v);
	while (SSL_do_handshake(c.ssl) != 1) {
		apart_send(&c);
		apart_hear(&c);
	}
	assert_int_equal(SSL_write(c.ssl, "word\n", 5), 5);
	apart_send(&c);
	while (SSL_read(c.ssl, word, sizeof word) != 4)
		apart_hear(&c);
	apart_end(&c);
	assert_int_equal(sock_finish(c.sock, soon()), 0);
	assert_int_equal(sock_server_drain(v, soon()), 0);
	assert_int_equal(sock_server_wait(v, soon()), 0);
	assert_int_equal(sock_server_stats(v, &stats), 0);
	assert_int_equal(stats.timed_out, 0);
	assert_int_equal(stats.finished, 1);
	sock_server_free(v);
}

static int
make_large(SSL *ssl, void *arg)
{
	static const char much[TICKET];

	(void)arg;
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), much,
	    sizeof much);
}

static SSL_TICKET_RETURN
refuse(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t n,
    SSL_TICKET_STATUS status, void *arg)
{
	(void)ssl, (void)session, (void)name, (void)n, (void)status, (void)arg;
	return SSL_TICKET_RETURN_IGNORE_RENEW;
}

/* A server that sends large tickets in small records. */
static void
apart_serve(struct apart *c, sock_t *ours)
{
	sock_t pair[2];

	assert_int_equal(sock_pair(pair), 0);
	*ours = pair[0];
	c->sock = pair[1];
	apart_make(c, TLS_server_method());
	SSL_set_accept_state(c->ssl);
	assert_int_equal(SSL_use_certificate_chain_file(c->ssl,
			     pki_path("good", ".pem")),
	    1);
	assert_int_equal(SSL_use_PrivateKey_file(c->ssl,
			     pki_path("good", ".key"), SSL_FILETYPE_PEM),
	    1);
	assert_int_equal(SSL_set_max_send_fragment(c->ssl, RECORD), 1);
	assert_int_equal(SSL_CTX_set_session_ticket_cb(c->ctx, make_large,
			     refuse, NULL),
	    1);
}

static void
half_a_ticket_puts_an_end_off(void **state)
{
	struct apart c;
	char buf[4096];
	sock_t s;

	(void)state;
	apart_serve(&c, &s);
	assert_int_equal(sock_start_tls(s, client, "example.org", SOCK_NOWAIT),
	    -EAGAIN);
	while (SSL_do_handshake(c.ssl) != 1) {
		apart_send(&c);
		(void)sock_connected(s, SOCK_NOWAIT);
		apart_hear(&c);
	}
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), 0);
	apart_send_some(&c, RECORD + 100);
	assert_int_equal(sock_read(s, buf, sizeof buf, SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_shut(s, SOCK_NOWAIT), -EAGAIN);
	apart_send(&c);
	assert_int_equal(sock_shut(s, SOCK_NOWAIT), 0);
	apart_hear(&c);
	assert_int_equal(SSL_read(c.ssl, buf, sizeof buf), 0);
	assert_int_equal(SSL_get_shutdown(c.ssl), SSL_RECEIVED_SHUTDOWN);
	apart_end(&c);
	assert_int_equal(sock_finish(s, soon()), 0);
	assert_int_equal(sock_close(c.sock), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bytes_behind_a_handshake_are_no_silence),
		cmocka_unit_test(half_a_ticket_puts_an_end_off),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
