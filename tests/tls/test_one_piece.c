/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ends.h"

/* What a client sends in one piece with the last of its handshake. */

#define FIRST_MS 50

/* A client without a socket: its bytes go when the test says so. */
struct apart {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	sock_t sock;
};

static void
apart_begin(struct apart *c, struct sock_server *v)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	assert_int_equal(sock_server_address(v, 0, &addr), 0);
	addr.scheme = SOCK_SCHEME_TCP;
	c->sock = sock_dial(sock_addr_text(&addr, text, sizeof text),
	    .deadline = soon());
	assert_true(c->sock > 0);
	c->ctx = SSL_CTX_new(TLS_client_method());
	c->ssl = SSL_new(c->ctx);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	SSL_set_bio(c->ssl, c->in, c->out);
	SSL_set_connect_state(c->ssl);
}

static void
apart_send(struct apart *c)
{
	char *bytes;
	const long n = BIO_get_mem_data(c->out, &bytes);

	assert_int_equal(sock_write(c->sock, bytes, (size_t)n, soon()), 0);
	(void)BIO_reset(c->out);
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
	assert_int_equal(SSL_shutdown(c->ssl), 0);
	apart_send(c);
	assert_int_equal(sock_finish(c->sock, soon()), 0);
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
	apart_begin(&c, v);
	while (SSL_do_handshake(c.ssl) != 1) {
		apart_send(&c);
		apart_hear(&c);
	}
	assert_int_equal(SSL_write(c.ssl, "word\n", 5), 5);
	apart_send(&c);
	while (SSL_read(c.ssl, word, sizeof word) != 4)
		apart_hear(&c);
	apart_end(&c);
	assert_int_equal(sock_server_drain(v, soon()), 0);
	assert_int_equal(sock_server_wait(v, soon()), 0);
	assert_int_equal(sock_server_stats(v, &stats), 0);
	assert_int_equal(stats.timed_out, 0);
	assert_int_equal(stats.finished, 1);
	sock_server_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bytes_behind_a_handshake_are_no_silence),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
