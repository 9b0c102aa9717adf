/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ends.h"

/* Clients' certificates, each shown by a client that trusts anybody. */
static const struct visitor {
	struct pki_cert cert;
	bool shown;
	int rc;
	const char *why;
} visitors[] = {
	{ { .name = "visitor", .flags = PKI_CLIENT }, true, 0, NULL },
	{ { .name = "nobody" }, false, SOCK_ETLS,
	    "the client showed no certificate" },
	{ { .name = "a server" }, true, SOCK_ECERT,
	    "certificate is not for a client" },
	{ { .name = "late",
	      .from = PKI_DAY_ONE,
	      .until = PKI_LAST_DAY,
	      .flags = PKI_CLIENT },
	    true, SOCK_ECERT, "certificate expired on 2025-02-03" },
	{ { .name = "stranger", .issuer = "strange root", .flags = PKI_CLIENT },
	    true, SOCK_ECERT,
	    "certificate is of an unknown issuer, \"strange root\", whose own the peer did not send" },
	{ { .name = "home-made", .flags = PKI_CLIENT | PKI_SELF }, true,
	    SOCK_ECERT, "certificate is self-signed" },
	{ { .name = "banned", .flags = PKI_CLIENT }, true, SOCK_ECERT,
	    "certificate was revoked on " },
	{ { .name = "weak", .rsa_bits = 1024, .flags = PKI_CLIENT }, true,
	    SOCK_ECERT, "certificate has a weak key, RSA 1024" },
};
#define VISITORS (sizeof visitors / sizeof visitors[0])

static struct sock_tls *
strict_server(void)
{
	struct sock_tls *t =
	    sock_tls_server(pki_path("good", ".pem"), pki_path("good", ".key"));

	assert_non_null(t);
	assert_int_equal(sock_tls_trust(t, pki_path("root", ".pem")), 0);
	assert_int_equal(sock_tls_ask_client(t, true), 0);
	assert_int_equal(sock_tls_revoked(t, pki_path("middle", ".crl")), 0);
	return t;
}

static bool
visitor_holds(const struct visitor *v, struct sock_tls *t)
{
	struct peer p = { .cert = v->shown ? v->cert.name : NULL };
	const sock_t s = peer_begin(&p);
	const int rc = sock_start_tls(s, t, NULL, soon());
	const bool holds =
	    rc == v->rc && (rc == 0 || strstr(sock_errmsg(), v->why) != NULL);

	if (!holds)
		fprintf(stderr, "visitor %s: %d (%s), not %d (%s)\n",
		    v->cert.name, rc, rc == 0 ? "fine" : sock_errmsg(), v->rc,
		    v->why);
	(void)sock_close(s);
	peer_end(&p);
	return holds;
}

static void
a_server_that_asks_refuses_wrong_certificates(void **state)
{
	const char *const revoked[] = { "banned", NULL };
	const struct pki_cert strange = { .name = "strange root",
		.flags = PKI_CA | PKI_SELF };
	struct sock_tls *t;
	size_t i, wrong = 0;

	(void)state;
	pki_make(&strange);
	for (i = 0; i < VISITORS; i++)
		pki_make(&visitors[i].cert);
	pki_revoke("middle", "middle", revoked);
	t = strict_server();
	for (i = 0; i < VISITORS; i++)
		wrong += !visitor_holds(&visitors[i], t);
	sock_tls_free(t);
	assert_int_equal(wrong, 0);
}

/* Asked, and not required: who shows one is verified all the same. */
static void
a_server_may_do_without_a_certificate(void **state)
{
	struct peer p = { .cert = NULL };
	struct sock_tls_info info = { .size = sizeof info };
	sock_t s;

	(void)state;
	assert_int_equal(sock_tls_trust(server, pki_path("root", ".pem")), 0);
	assert_int_equal(sock_tls_ask_client(server, false), 0);
	assert_int_equal(meet(&p, &s), 0);
	assert_int_equal(sock_tls_info(s, &info), 0);
	assert_false(info.verified);
	assert_string_equal(info.peer_name, "");
	part(&p, s);
	p.cert = "visitor";
	assert_int_equal(meet(&p, &s), 0);
	assert_int_equal(sock_tls_info(s, &info), 0);
	assert_true(info.verified);
	part(&p, s);
	p.cert = "stranger";
	assert_int_equal(meet(&p, &s), SOCK_ECERT);
	part(&p, s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_asks_refuses_wrong_certificates),
		cmocka_unit_test(a_server_may_do_without_a_certificate),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
