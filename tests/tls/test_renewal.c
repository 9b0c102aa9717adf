/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ends.h"
#include "meeting.h"
#include "tls/sessions.h"

/* Sessions that go on, and files that change under an object. */

static struct side c, s;

static int
begin(void **state)
{
	const int rc = ends_begin(state);

	c = (struct side){ .tls = client, .name = "example.org" };
	s = (struct side){ .tls = server };
	return rc;
}

/* What comes of n meetings in a row: "01" where the second was resumed. */
static const char *
resumed(int n, char text[16])
{
	int i;

	for (i = 0; i < n; i++) {
		if (!meeting_of(&c, &s))
			fail_msg("%s; %s", c.why, s.why);
		assert_int_equal(c.resumed, s.resumed);
		assert_true(c.verified);
		text[i] = c.resumed ? '1' : '0';
	}
	text[n] = '\0';
	return text;
}

static void
nothing_is_resumed_unless_it_was_asked_for(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(resumed(2, text), "00");
	assert_int_equal(sock_tls_resume(client, true), 0);
	assert_string_equal(resumed(2, text), "00");
	assert_int_equal(sock_tls_resume(client, false), 0);
	assert_int_equal(sock_tls_resume(server, true), 0);
	assert_string_equal(resumed(2, text), "00");
}

static void
sessions_last_until_the_object_changes(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(sock_tls_resume(client, true), 0);
	assert_int_equal(sock_tls_resume(server, true), 0);
	assert_string_equal(resumed(3, text), "011");
	assert_string_equal(c.peer_name,
	    "example.org, *.example.org, "
	    "127.0.0.1, ::1");
	/* Of another name there is none. */
	c.name = "www.example.org";
	assert_string_equal(resumed(2, text), "01");
	c.name = "example.org";
	assert_string_equal(resumed(1, text), "1");

	assert_int_equal(sock_tls_reload(client), 0);
	assert_string_equal(resumed(2, text), "01");
	assert_int_equal(sock_tls_reload(server), 0);
	assert_string_equal(resumed(2, text), "01");
	assert_int_equal(sock_tls_resume(client, false), 0);
	assert_int_equal(sock_tls_resume(server, false), 0);
}

/* Who waits for a visitor, and that one, who comes once somebody waits. */
struct visit {
	struct sock_group *group;
	sock_t listener;
	int rc;
	char alpn[16];
};

static void
change_and_come(void *arg)
{
	struct visit *v = arg;
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	v->rc = sock_tls_alpn(server, "h2");
	(void)sock_local(v->listener, &addr);
	(void)sock_finish(sock_dial(sock_addr_text(&addr, text, sizeof text),
			      .tls = client, .server_name = "example.org",
			      .deadline = soon()),
	    soon());
}

static void
wait_for_one(void *arg)
{
	struct sock_tls_info info = { .size = sizeof info };
	struct visit *v = arg;
	sock_t one;

	/* On the same worker: it runs when this one waits. */
	v->rc = sock_go(v->group, change_and_come, v);
	one = sock_accept(v->listener, soon());
	if (v->rc == 0)
		v->rc = sock_connected(one, soon());
	if (v->rc == 0)
		v->rc = sock_tls_info(one, &info);
	if (v->rc == 0)
		(void)snprintf(v->alpn, sizeof v->alpn, "%s", info.alpn);
	(void)sock_finish(one, soon());
}

static void
who_waits_for_a_visitor_has_what_it_is_now(void **state)
{
	struct visit v = { .group = sock_group_new() };

	(void)state;
	v.listener = sock_listen("tls:127.0.0.1:0", .tls = server);
	assert_true(v.listener > 0);
	assert_int_equal(sock_tls_alpn(client, "h2"), 0);
	assert_int_equal(sock_go(v.group, wait_for_one, &v), 0);
	assert_int_equal(sock_group_wait(v.group, soon()), 0);
	assert_int_equal(v.rc, 0);
	assert_string_equal(v.alpn, "h2");
	sock_group_free(v.group);
	assert_int_equal(sock_close(v.listener), 0);
	assert_int_equal(sock_tls_alpn(client, NULL), 0);
	assert_int_equal(sock_tls_alpn(server, NULL), 0);
}

static SSL_SESSION *
session_of(int version)
{
	SSL_SESSION *session = SSL_SESSION_new();
	static const unsigned char id[] = "sixteen bytes id";

	assert_non_null(session);
	assert_int_equal(SSL_SESSION_set_protocol_version(session, version), 1);
	assert_int_equal(SSL_SESSION_set1_id(session, id, 16), 1);
	return session;
}

static void
a_session_of_tls_1_3_serves_once(void **state)
{
	struct socki_tls_sessions all = { 0 };
	SSL_SESSION *old = session_of(TLS1_2_VERSION);
	SSL_SESSION *new = session_of(TLS1_3_VERSION);
	int i;

	(void)state;
	socki_tls_sessions_put(&all, "old", old);
	socki_tls_sessions_put(&all, "new", new);
	assert_null(socki_tls_sessions_take(&all, "other"));
	for (i = 0; i < 3; i++) {
		SSL_SESSION *it = socki_tls_sessions_take(&all, "old");

		assert_ptr_equal(it, old);
		SSL_SESSION_free(it);
	}
	assert_ptr_equal(socki_tls_sessions_take(&all, "new"), new);
	SSL_SESSION_free(new);
	assert_null(socki_tls_sessions_take(&all, "new"));
	socki_tls_sessions_free(&all);
}

static void
sessions_are_few(void **state)
{
	struct socki_tls_sessions all = { 0 };
	SSL_SESSION *session;
	char name[16];
	int i, n;

	(void)state;
	for (i = 0; i < 3 * SOCKI_TLS_NAMES; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		for (n = 0; n < 2 * SOCKI_TLS_SESSIONS_EACH; n++)
			socki_tls_sessions_put(&all, name,
			    session_of(TLS1_3_VERSION));
		/* The first is used again and again, and stays. */
		session = socki_tls_sessions_take(&all, "0");
		SSL_SESSION_free(session);
		socki_tls_sessions_put(&all, "0", session_of(TLS1_3_VERSION));
	}
	assert_int_equal(all.count, SOCKI_TLS_NAMES);
	assert_null(socki_tls_sessions_take(&all, "1"));
	for (n = 0; (session = socki_tls_sessions_take(&all, name)) != NULL;
	     n++)
		SSL_SESSION_free(session);
	assert_int_equal(n, SOCKI_TLS_SESSIONS_EACH);
	session = socki_tls_sessions_take(&all, "0");
	assert_non_null(session);
	SSL_SESSION_free(session);
	socki_tls_sessions_free(&all);
}

static void
replace(const char *name, const char *with)
{
	char from[128];

	(void)snprintf(from, sizeof from, "%s", pki_path(with, ""));
	pki_copy(from, pki_path(name, ""), SIZE_MAX);
}

static void
renewed_files_serve_after_a_reload(void **state)
{
	const struct pki_cert renewed = { .name = "renewed",
		.issuer = "root",
		.san = "DNS:example.org,DNS:renewed.example" };
	struct sock_tls *t;
	struct side it;

	(void)state;
	pki_make(&renewed);
	replace("live.pem", "good.pem");
	replace("live.key", "good.key");
	t = sock_tls_server(pki_path("live", ".pem"), pki_path("live", ".key"));
	it = (struct side){ .tls = t };

	/* The certificate comes before its key: what there was stays. */
	replace("live.pem", "renewed.pem");
	assert_int_equal(sock_tls_reload(t), SOCK_ETLS);
	assert_non_null(strstr(sock_errmsg(), "is not that of the"));
	assert_true(meeting_of(&c, &it));
	assert_null(strstr(c.peer_name, "renewed"));

	replace("live.key", "renewed.key");
	assert_int_equal(sock_tls_reload(t), 0);
	assert_true(meeting_of(&c, &it));
	assert_non_null(strstr(c.peer_name, "renewed"));

	assert_int_equal(remove(pki_path("live", ".key")), 0);
	assert_int_equal(sock_tls_reload(t), -ENOENT);
	assert_true(meeting_of(&c, &it));
	sock_tls_free(t);
}

static void
a_revocation_counts_from_the_reload_on(void **state)
{
	const char *const nobody[] = { NULL };
	const char *const us[] = { "seen", NULL };
	const struct pki_cert seen = { .name = "seen",
		.issuer = "middle",
		.san = "DNS:example.org" };
	struct sock_tls *t = sock_tls_client(), *there;
	struct side it = { .tls = t, .name = "example.org" }, peer;

	(void)state;
	pki_make(&seen);
	there =
	    sock_tls_server(pki_path("seen", ".pem"), pki_path("seen", ".key"));
	peer = (struct side){ .tls = there };
	assert_int_equal(sock_tls_trust(t, pki_path("root", ".pem")), 0);
	assert_int_equal(sock_tls_resume(t, true), 0);
	assert_int_equal(sock_tls_resume(there, true), 0);
	pki_revoke("list", "middle", nobody);
	assert_int_equal(sock_tls_revoked(t, pki_path("list", ".crl")), 0);
	assert_true(meeting_of(&it, &peer));
	assert_true(meeting_of(&it, &peer));
	assert_true(it.resumed);

	pki_revoke("list", "middle", us);
	assert_true(meeting_of(&it, &peer));
	assert_int_equal(sock_tls_reload(t), 0);
	assert_false(meeting_of(&it, &peer));
	assert_int_equal(it.rc, SOCK_ECERT);
	assert_non_null(strstr(it.why, "was revoked on "));

	/* Of the issuer of this one there is no list. */
	sock_tls_free(there);
	peer.tls = sock_tls_server(pki_path("renewed", ".pem"),
	    pki_path("renewed", ".key"));
	assert_false(meeting_of(&it, &peer));
	assert_int_equal(it.rc, SOCK_ECERT);
	assert_non_null(strstr(it.why, "there is no revocation list of"));
	sock_tls_free(peer.tls);
	sock_tls_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_resumed_unless_it_was_asked_for),
		cmocka_unit_test(sessions_last_until_the_object_changes),
		cmocka_unit_test(who_waits_for_a_visitor_has_what_it_is_now),
		cmocka_unit_test(a_session_of_tls_1_3_serves_once),
		cmocka_unit_test(sessions_are_few),
		cmocka_unit_test(renewed_files_serve_after_a_reload),
		cmocka_unit_test(a_revocation_counts_from_the_reload_on),
	};

	return cmocka_run_group_tests(tests, begin, ends_end);
}
