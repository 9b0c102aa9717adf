/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ends.h"
#include "meeting.h"

/*
 * One allocation of OpenSSL's or of ours fails, and then another: every so manyth,
 * for there are tens of thousands.
 */

static long until; /* > 0: the allocation that fails, counted down */
static bool failed;

static bool
fails(void)
{
	if (until == 0 || --until > 0)
		return false;
	failed = true;
	return true;
}

static void *
give(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(n);
}

static void *
give_more(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void
take(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void
arm(long at)
{
	until = at;
	failed = false;
}

static void
an_object_is_made_or_is_not(void **state)
{
	char cert[128], key[128], root[128];
	struct sock_tls *t;
	long at;
	int rc;

	(void)state;
	(void)snprintf(cert, sizeof cert, "%s", pki_path("good", ".pem"));
	(void)snprintf(key, sizeof key, "%s", pki_path("good", ".key"));
	(void)snprintf(root, sizeof root, "%s", pki_path("root", ".pem"));
	for (at = 1, failed = true; failed; at += 61) {
		arm(at);
		t = sock_tls_server(cert, key);
		rc = t == NULL ? sock_last_error()->code :
				 sock_tls_trust(t, root);
		if (rc == 0)
			rc = sock_tls_ask_client(t, true);
		until = 0;
		if (rc != 0 && rc != -ENOMEM && rc != SOCK_ETLS)
			fail_msg("allocation %ld: %d, %s", at, rc,
			    sock_errmsg());
		sock_tls_free(t);
	}
	assert_true(at > 100);
}

/* What is left of an object where a change of it failed serves on. */
static void
a_change_that_fails_changes_nothing(void **state)
{
	struct side c = { .tls = client, .name = "example.org" };
	struct side s = { .tls = server };
	long at;

	(void)state;
	for (at = 1, failed = true; failed; at += 211) {
		arm(at);
		(void)sock_tls_reload(server);
		until = 0;
	}
	assert_true(meeting_of(&c, &s));
}

static void
a_handshake_succeeds_or_fails(void **state)
{
	struct side c = { .tls = client, .name = "example.org" };
	struct side s = { .tls = server };
	long at;

	(void)state;
	for (at = 1, failed = true; failed; at += 53) {
		arm(at);
		(void)meeting_of(&c, &s);
		until = 0;
		if (!failed && (c.heard != 4 || s.heard != 4))
			fail_msg("%ld: %s; %s", at, c.why, s.why);
		if (c.rc == -EAGAIN || s.rc == -EAGAIN)
			fail_msg("%ld: %d, %d", at, c.rc, s.rc);
	}
	assert_true(meeting_of(&c, &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_made_or_is_not),
		cmocka_unit_test(a_change_that_fails_changes_nothing),
		cmocka_unit_test(a_handshake_succeeds_or_fails),
	};

	if (!CRYPTO_set_mem_functions(give, give_more, take))
		return 1;
	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
