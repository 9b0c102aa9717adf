/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ends.h"
#include "meeting.h"

/* Which certificate is shown, and to whom. */

static struct side c, s;

static void
make(const char *name, const char *san, int rsa_bits, unsigned flags)
{
	const struct pki_cert cert = { .name = name,
		.issuer = "root",
		.san = san,
		.rsa_bits = rsa_bits,
		.flags = flags };

	pki_make(&cert);
}

static int
begin(void **state)
{
	const int rc = ends_begin(state);

	make("a", "DNS:a.example,DNS:*.wild.example", 0, 0);
	make("a-rsa", "DNS:a.example", 2048, 0);
	make("a-late", "DNS:a.example,DNS:late.example", 0, 0);
	make("b", "DNS:b.example", 0, 0);
	make("short", "DNS:short.example", 1024, 0);
	make("me", "DNS:me.example", 0, PKI_CLIENT);
	make("me-rsa", "DNS:me-rsa.example", 2048, PKI_CLIENT);
	c = (struct side){ .tls = client, .name = "example.org" };
	s = (struct side){ .tls = server };
	return rc;
}

static int
add(struct sock_tls *t, const char *name)
{
	return sock_tls_add(t, pki_path(name, ".pem"), pki_path(name, ".key"));
}

static void
the_certificate_goes_by_the_name_asked_for(void **state)
{
	static const struct {
		const char *name;
		int rc;
		const char *shown;
	} rows[] = {
		{ "example.org", 0, "example.org" },
		{ "a.example", 0, "a.example, *.wild.example" },
		{ "A.Example", 0, "a.example, *.wild.example" },
		{ "x.wild.example", 0, "a.example, *.wild.example" },
		{ "late.example", 0, "a.example, late.example" },
		{ "b.example", 0, "b.example" },
		/* The first, which a client may take or not. */
		{ "127.0.0.1", 0, "example.org" },
		{ "x.y.wild.example", SOCK_ENAME, "" },
		{ "c.example", SOCK_ENAME, "" },
	};
	size_t i;

	(void)state;
	assert_int_equal(add(server, "a"), 0);
	assert_int_equal(add(server, "a-late"), 0);
	assert_int_equal(add(server, "b"), 0);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		c.name = rows[i].name;
		(void)meeting_of(&c, &s);
		if (c.rc != rows[i].rc ||
		    strncmp(c.peer_name, rows[i].shown, strlen(rows[i].shown)))
			fail_msg("%s: %d, %s; %s", rows[i].name, c.rc, c.why,
			    c.peer_name);
	}
	c.name = "b.example";
	assert_true(meeting_of(&c, &s));
	assert_string_equal(s.server_name, "b.example");
}

static void
one_that_cannot_serve_is_refused_also_as_the_second(void **state)
{
	(void)state;
	assert_int_equal(add(server, "a-rsa"), 0);
	assert_int_equal(add(server, "short"), SOCK_ETLS);
	assert_non_null(strstr(sock_errmsg(), "cannot be used: ee key too"));
	c.name = "a.example";
	assert_true(meeting_of(&c, &s));
}

static void
only_rsa(struct peer *p)
{
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_cipher_list(p->ctx, "ECDHE-RSA-AES128-GCM-SHA256");
}

static void
keys_of_two_kinds_serve_one_name(void **state)
{
	struct peer p = { .prepare = only_rsa };
	struct sock_tls *both =
	    sock_tls_server(pki_path("a", ".pem"), pki_path("a", ".key"));
	struct side it = { .tls = both };
	sock_t end;

	(void)state;
	assert_int_equal(add(both, "a-rsa"), 0);
	c.name = "a.example";
	assert_true(meeting_of(&c, &it));
	assert_string_equal(c.key, "EC 256");
	end = peer_begin(&p);
	assert_int_equal(sock_start_tls(end, both, NULL, soon()), 0);
	part(&p, end);
	sock_tls_free(both);
	c.name = "example.org";
}

static void
a_client_shows_the_certificate_it_has(void **state)
{
	struct sock_tls *me = sock_tls_client();
	struct side it = { .tls = me, .name = "example.org" };

	(void)state;
	assert_int_equal(sock_tls_trust(me, pki_path("root", ".pem")), 0);
	assert_int_equal(sock_tls_trust(server, pki_path("root", ".pem")), 0);
	assert_int_equal(sock_tls_ask_client(server, true), 0);
	(void)meeting_of(&it, &s);
	assert_int_equal(s.rc, SOCK_ETLS);
	assert_non_null(strstr(s.why, "no certificate"));
	/* In TLS 1.3 a client learns that when it first reads. */
	assert_int_equal(it.heard, SOCK_ETLS);
	assert_non_null(strstr(it.why, "it wants a certificate"));

	assert_int_equal(add(me, "me"), 0);
	assert_int_equal(add(me, "me-rsa"), 0);
	assert_true(meeting_of(&it, &s));
	assert_true(s.verified);
	assert_int_equal(s.certificates, 1);
	assert_string_equal(s.peer_name, "me.example");

	assert_int_equal(sock_tls_ask_client(server, false), 0);
	assert_true(meeting_of(&c, &s));
	assert_false(s.verified);
	assert_int_equal(s.certificates, 0);
	assert_string_equal(s.peer_name, "");
	sock_tls_free(me);
}

static void
who_asks_must_trust_somebody(void **state)
{
	struct sock_tls *lonely =
	    sock_tls_server(pki_path("good", ".pem"), pki_path("good", ".key"));
	struct side it = { .tls = lonely };

	(void)state;
	assert_int_equal(sock_tls_ask_client(lonely, true), 0);
	assert_false(meeting_of(&c, &it));
	assert_int_equal(it.rc, SOCK_ETLS);
	assert_non_null(strstr(it.why, "nobody is trusted"));
	sock_tls_free(lonely);
}

static void
without_verification_anybody_will_do(void **state)
{
	struct sock_tls *reckless = sock_tls_client();
	struct side it = { .tls = reckless, .name = "nobody.example" };

	(void)state;
	sock_tls_insecure_no_verify(reckless);
	assert_true(meeting_of(&it, &s));
	assert_false(it.verified);
	it.name = NULL;
	assert_true(meeting_of(&it, &s));
	assert_string_equal(it.server_name, "");
	assert_string_equal(s.server_name, "");
	sock_tls_free(reckless);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_goes_by_the_name_asked_for),
		cmocka_unit_test(
		    one_that_cannot_serve_is_refused_also_as_the_second),
		cmocka_unit_test(keys_of_two_kinds_serve_one_name),
		cmocka_unit_test(a_client_shows_the_certificate_it_has),
		cmocka_unit_test(who_asks_must_trust_somebody),
		cmocka_unit_test(without_verification_anybody_will_do),
	};

	return cmocka_run_group_tests(tests, begin, ends_end);
}
