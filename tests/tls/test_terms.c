/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/conf.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "ends.h"

/* What a handshake settles, and refuses to settle on. */

static void
only_tls_1_1(struct peer *p)
{
	(void)SSL_CTX_set_min_proto_version(p->ctx, TLS1_VERSION);
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_1_VERSION);
}

static void
without_a_certificate(struct peer *p)
{
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_cipher_list(p->ctx, "aNULL:eNULL:@SECLEVEL=0");
}

static void
without_encryption(struct peer *p)
{
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_cipher_list(p->ctx,
	    "NULL-SHA256:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0");
}

static void
what_is_weak_is_refused(void **state)
{
	static void (*const weak[])(struct peer * p) = { only_tls_1_1,
		without_a_certificate, without_encryption };
	struct peer p = { .cert = "good" };
	sock_t s;
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++) {
		p.server = i < 3;
		p.prepare = weak[i % 3];
		assert_int_equal(meet(&p, &s), SOCK_ETLS);
		/* It is the server that finds nothing to settle on. */
		if (strstr(sock_errmsg(),
			p.server ? "the peer refused" : "in common") == NULL)
			fail_msg("%zu: %s", i, sock_errmsg());
		part(&p, s);
		assert_int_not_equal(p.shook, 1);
	}
}

static void
only_tls_1_2(struct peer *p)
{
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
	/* Nor does the configuration count at this end. */
	SSL_CTX_clear_options(p->ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
}

/* Whether keys are bound to the handshake (RFC 7627). */
static void
note_binding(struct peer *p)
{
	*(bool *)p->arg = SSL_get_extms_support(p->ssl) == 1;
	peer_goodbye(p);
}

static void
under_a_configuration(void *arg)
{
	static const char text[] = "openssl_conf = all\n"
				   "[all]\nssl_conf = ssl\n"
				   "[ssl]\nsystem_default = less\n"
				   "[less]\nOptions = -ExtendedMasterSecret\n";
	bool bound = false;
	struct peer p = { .server = true,
		.cert = "good",
		.prepare = only_tls_1_2,
		.talk = note_binding,
		.arg = &bound };
	const char *path = pki_path("less", ".cnf");
	struct sock_tls *own;
	FILE *f = fopen(path, "w");
	sock_t s;

	(void)arg;
	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	CHECK(CONF_modules_load_file(path, NULL, 0) == 1);
	own = sock_tls_client();
	CHECK_INT(sock_tls_trust(own, pki_path("root", ".pem")), 0);
	s = peer_begin(&p);
	CHECK_INT(sock_start_tls(s, own, "example.org", soon()), 0);
	part(&p, s);
	CHECK(bound);
	sock_tls_free(own);
}

static void
a_configuration_makes_nothing_weaker(void **state)
{
	(void)state;
	child_run(under_a_configuration, NULL);
}

/* The name that the client asked for, "-" for none. */
static void
note_name(struct peer *p)
{
	const char *name =
	    SSL_get_servername(p->ssl, TLSEXT_NAMETYPE_host_name);

	(void)strncat(p->arg, name != NULL ? name : "-", 63);
	peer_goodbye(p);
}

static void
names_are_asked_for_and_addresses_are_not(void **state)
{
	static const struct {
		const char *host, *asked;
	} rows[] = { { "example.org", "example.org" },
		{ "WWW.Example.org.", "WWW.Example.org" }, { "127.0.0.1", "-" },
		{ "::1", "-" } };
	char asked[64];
	struct peer p = { .server = true,
		.cert = "good",
		.talk = note_name,
		.arg = asked };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const sock_t s = peer_begin(&p);

		asked[0] = '\0';
		if (sock_start_tls(s, client, rows[i].host, soon()) != 0)
			fail_msg("%s: %s", rows[i].host, sock_errmsg());
		assert_int_equal(sock_finish(s, soon()), 0);
		peer_end(&p);
		assert_string_equal(asked, rows[i].asked);
	}
}

static void
offer_an_old_protocol(struct peer *p)
{
	(void)SSL_CTX_set_alpn_protos(p->ctx,
	    (const unsigned char *)"\x08http/1.0\x08http/0.9", 18);
}

static void
a_server_refuses_who_speaks_none_of_its_protocols(void **state)
{
	struct peer p = { .prepare = offer_an_old_protocol };
	sock_t s;

	(void)state;
	assert_int_equal(sock_tls_alpn(server, "h2,http/1.1"), 0);
	assert_int_equal(meet(&p, &s), SOCK_ETLS);
	assert_non_null(strstr(sock_errmsg(), "protocol"));
	part(&p, s);
	assert_int_equal(sock_tls_alpn(server, NULL), 0);
}

/* arg is the answer. */
static int
answer(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *asked, unsigned asked_n, void *arg)
{
	(void)ssl;
	(void)asked;
	(void)asked_n;
	if (arg == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	*out = arg;
	*n = (unsigned char)strlen(arg);
	return SSL_TLSEXT_ERR_OK;
}

static void
answer_with_arg(struct peer *p)
{
	SSL_CTX_set_alpn_select_cb(p->ctx, answer, p->arg);
}

static void
a_client_is_told_the_protocol(void **state)
{
	static char h2[] = "h2", spdy[] = "spdy/1";
	const struct {
		char *answered;
		int rc;
		const char *alpn;
	} rows[] = { { h2, 0, "h2" }, { NULL, 0, "" },
		{ spdy, SOCK_ETLS, "" } };
	struct peer p = { .server = true,
		.cert = "good",
		.prepare = answer_with_arg };
	sock_t s;
	size_t i;

	(void)state;
	assert_int_equal(sock_tls_alpn(client, "h2,http/1.1"), 0);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sock_tls_info info = { .size = sizeof info };

		p.arg = rows[i].answered;
		if (meet(&p, &s) != rows[i].rc)
			fail_msg("row %zu: %s", i, sock_errmsg());
		if (rows[i].rc == 0) {
			assert_int_equal(sock_tls_info(s, &info), 0);
			assert_string_equal(info.alpn, rows[i].alpn);
		}
		part(&p, s);
	}
	assert_int_equal(sock_tls_alpn(client, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_weak_is_refused),
		cmocka_unit_test(a_configuration_makes_nothing_weaker),
		cmocka_unit_test(names_are_asked_for_and_addresses_are_not),
		cmocka_unit_test(
		    a_server_refuses_who_speaks_none_of_its_protocols),
		cmocka_unit_test(a_client_is_told_the_protocol),
	};

	return child_result(cmocka_run_group_tests(tests, ends_begin,
	    ends_end));
}
