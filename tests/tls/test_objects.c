/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ends.h"
#include "meeting.h"

/* What a program sets, and what it cannot. */

static struct side c, s;

static int
begin(void **state)
{
	const int rc = ends_begin(state);

	c = (struct side){ .tls = client, .name = "example.org" };
	s = (struct side){ .tls = server };
	return rc;
}

static void
a_file_that_will_not_do_is_told(void **state)
{
	static const struct {
		const char *cert, *key;
		int rc;
		const char *reason;
	} rows[] = {
		{ "none.pem", "good.key", -ENOENT, "none.pem\": no such file" },
		{ "good.pem", "none.key", -ENOENT, "none.key\": no such file" },
		{ "good.key", "good.key", SOCK_ETLS, "has no certificate" },
		{ "good.pem", "good.pem", SOCK_ETLS, "has no private key" },
		{ "good.pem", "root.key", SOCK_ETLS, "is not that of the" },
		{ "half.pem", "good.key", SOCK_ETLS, "certificate" },
		{ "good.pem", "half.key", SOCK_ETLS, "has no private key" },
		{ "good.pem", "locked.key", SOCK_ETLS, "asks for a password" },
		{ "empty.pem", "good.key", SOCK_ETLS, "has no certificate" },
		{ "", "good.key", -EISDIR, "is a directory" },
		{ "fifo", "good.key", SOCK_ETLS, "is no regular file" },
		{ "good.pem", "fifo", SOCK_ETLS, "is no regular file" },
	};
	size_t i;

	(void)state;
	/* Nobody writes to it, and nobody waits for that. */
	assert_int_equal(mkfifo(pki_path("fifo", ""), 0600), 0);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char cert[128], key[128];

		(void)snprintf(cert, sizeof cert, "%s",
		    pki_path(rows[i].cert, ""));
		(void)snprintf(key, sizeof key, "%s",
		    pki_path(rows[i].key, ""));
		assert_null(sock_tls_server(cert, key));
		if (sock_last_error()->code != rows[i].rc ||
		    strstr(sock_errmsg(), rows[i].reason) == NULL)
			fail_msg("%s, %s: %d, %s", rows[i].cert, rows[i].key,
			    sock_last_error()->code, sock_errmsg());
	}
}

static void
whom_to_trust_is_read_at_once(void **state)
{
	static const struct {
		const char *file;
		int rc;
		const char *reason;
	} rows[] = {
		{ "none", -ENOENT, "no such file" },
		{ "root.key", SOCK_ETLS, "has no certificate" },
		{ "half.pem", SOCK_ETLS, "certificate" },
		{ "", SOCK_ETLS, "under its hash" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(sock_tls_trust(client,
				     pki_path(rows[i].file, "")),
		    rows[i].rc);
		if (strstr(sock_errmsg(), rows[i].reason) == NULL)
			fail_msg("%s: %s", rows[i].file, sock_errmsg());
	}
	assert_int_equal(sock_tls_revoked(client, pki_path("root", ".pem")),
	    SOCK_ETLS);
	assert_non_null(strstr(sock_errmsg(), "has no revocation list"));
	/* All is as before. */
	assert_true(meeting_of(&c, &s));
}

static void
an_object_is_for_its_own_end(void **state)
{
	struct sock_tls *everybodys = sock_tls_default();
	void *connection;

	(void)state;
	assert_ptr_equal(everybodys, sock_tls_default());
	sock_tls_free(everybodys);
	sock_tls_free(NULL);
	assert_int_equal(sock_tls_trust(everybodys, pki_path("root", ".pem")),
	    SOCK_EUSAGE);
	assert_int_equal(sock_tls_resume(everybodys, true), SOCK_EUSAGE);
	assert_int_equal(sock_tls_alpn(everybodys, "h2"), SOCK_EUSAGE);
	assert_int_equal(sock_tls_ask_client(client, true), SOCK_EUSAGE);
	assert_int_equal(sock_tls_reload(NULL), SOCK_EUSAGE);
	assert_int_equal(sock_tls_trust(client, ""), SOCK_EUSAGE);
	assert_int_equal(sock_tls_trust(client, NULL), SOCK_EUSAGE);
	sock_tls_insecure_no_verify(everybodys);
	sock_tls_insecure_no_verify(server);

	assert_int_equal(server->open(server, false, "example.org",
			     &connection),
	    SOCK_EUSAGE);
	assert_int_equal(client->open(client, true, NULL, &connection),
	    SOCK_EUSAGE);
}

static void
everybodys_is_never_without_verification(void **state)
{
	struct side it = { .tls = sock_tls_default(), .name = "example.org" };

	(void)state;
	sock_tls_insecure_no_verify(it.tls);
	assert_false(meeting_of(&it, &s));
	assert_true(it.rc == SOCK_ECERT || it.rc == SOCK_ETLS);
}

static void
lists_of_protocols_are_checked(void **state)
{
	static const char *const wrong[] = { ",", "h2,", ",h2", "a,,b", "a b",
		"h2, http/1.1", "\x80", "h2\n" };
	char longest[257];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (sock_tls_alpn(client, wrong[i]) != SOCK_EUSAGE)
			fail_msg("\"%s\" is taken", wrong[i]);
	memset(longest, 'a', 256);
	longest[256] = '\0';
	assert_int_equal(sock_tls_alpn(client, longest), SOCK_EUSAGE);
	longest[255] = '\0';
	assert_int_equal(sock_tls_alpn(client, longest), 0);
	assert_int_equal(sock_tls_alpn(client, "h2,http/1.1"), 0);
	assert_int_equal(sock_tls_alpn(client, NULL), 0);
}

static void
the_server_has_the_choice_of_protocol(void **state)
{
	(void)state;
	assert_int_equal(sock_tls_alpn(client, "x,http/1.1,h2"), 0);
	assert_int_equal(sock_tls_alpn(server, "h2,http/1.1"), 0);
	assert_true(meeting_of(&c, &s));
	assert_string_equal(c.alpn, "h2");
	assert_string_equal(s.alpn, "h2");

	assert_int_equal(sock_tls_alpn(server, "y"), 0);
	assert_false(meeting_of(&c, &s));
	assert_int_equal(s.rc, SOCK_ETLS);
	assert_non_null(strstr(s.why, "no application protocol in common"));
	assert_int_equal(c.rc, SOCK_ETLS);
	assert_non_null(strstr(c.why, "the peer refused: no application"));

	assert_int_equal(sock_tls_alpn(client, ""), 0);
	assert_true(meeting_of(&c, &s));
	assert_string_equal(c.alpn, "");
	assert_int_equal(sock_tls_alpn(server, NULL), 0);
}

static void
what_is_freed_lives_while_a_connection_does(void **state)
{
	struct sock_tls *mine = sock_tls_client();
	struct side it = { .tls = mine, .name = "example.org" };
	void *connection;

	(void)state;
	assert_int_equal(sock_tls_trust(mine, pki_path("root", ".pem")), 0);
	assert_true(meeting_of(&it, &s));
	mine->retain(mine);
	sock_tls_free(mine);
	assert_true(meeting_of(&it, &s));
	assert_int_equal(mine->open(mine, false, "example.org", &connection),
	    0);
	mine->release(mine);
	((const struct sock_layer *)server->layer)->close(connection);
}

static void
errno_is_the_programs(void **state)
{
	(void)state;
	errno = ERANGE;
	assert_int_equal(sock_tls_trust(client, pki_path("none", "")), -ENOENT);
	assert_int_equal(sock_tls_reload(client), 0);
	assert_null(sock_tls_server("/", NULL));
	assert_int_equal(errno, ERANGE);
}

/* A key that a password protects, halves of files, an empty one. */
static void
spoil(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(pki_path("locked", ".key"), "we");

	if (key == NULL || f == NULL ||
	    !PEM_write_PKCS8PrivateKey(f, key, EVP_aes_128_cbc(), "secret", 6,
		NULL, NULL))
		abort();
	(void)fclose(f);
	EVP_PKEY_free(key);
	pki_copy(pki_path("good", ".pem"), pki_path("half", ".pem"), 300);
	pki_copy(pki_path("good", ".key"), pki_path("half", ".key"), 100);
	pki_copy(pki_path("good", ".pem"), pki_path("empty", ".pem"), 0);
}

static int
begin_spoilt(void **state)
{
	const int rc = begin(state);

	spoil();
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_will_not_do_is_told),
		cmocka_unit_test(whom_to_trust_is_read_at_once),
		cmocka_unit_test(an_object_is_for_its_own_end),
		cmocka_unit_test(everybodys_is_never_without_verification),
		cmocka_unit_test(lists_of_protocols_are_checked),
		cmocka_unit_test(the_server_has_the_choice_of_protocol),
		cmocka_unit_test(what_is_freed_lives_while_a_connection_does),
		cmocka_unit_test(errno_is_the_programs),
	};

	return cmocka_run_group_tests(tests, begin_spoilt, ends_end);
}
