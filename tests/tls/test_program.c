/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "child.h"
#include "ends.h"

/* What the program around a connection has, lacks and may expect. */

/* As a program leaves it that looks at no error of OpenSSL's. */
static void
leave_errors(void)
{
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	ERR_raise(ERR_LIB_SYS, EPIPE);
}

/* Whose end comes after the other's. */
static void
hear_it_out(struct peer *p)
{
	char block[16];

	while (SSL_read(p->ssl, block, sizeof block) > 0)
		continue;
	peer_goodbye(p);
}

static void
old_errors_of_openssl_change_nothing(void **state)
{
	struct peer p = { .server = true, .cert = "good", .talk = hear_it_out };
	char buf[8];
	sock_t s;
	int i;

	(void)state;
	s = peer_begin(&p);
	leave_errors();
	assert_int_equal(sock_start_tls(s, client, "example.org", soon()), 0);
	leave_errors();
	assert_int_equal(sock_read(s, buf, sizeof buf, SOCK_NOWAIT), -EAGAIN);
	for (i = 0; i < 3; i++) {
		leave_errors();
		assert_int_equal(sock_write(s, "x", 1, soon()), 0);
	}
	leave_errors();
	assert_int_equal(sock_shut(s, soon()), 0);
	leave_errors();
	assert_int_equal(sock_read(s, buf, sizeof buf, soon()), 0);
	leave_errors();
	assert_int_equal(sock_close(s), 0);
	peer_end(&p);
	ERR_clear_error();
}

static void
no_error_of_openssl_is_left_behind(void **state)
{
	struct peer p = { .server = true, .cert = "good" };
	struct sock_tls *t = sock_tls_client();
	sock_t s;

	(void)state;
	ERR_clear_error();
	assert_int_equal(sock_tls_trust(t, pki_path("good", ".key")),
	    SOCK_ETLS);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(sock_tls_trust(t, pki_path("missing", ".pem")),
	    -ENOENT);
	assert_int_equal(ERR_peek_error(), 0);
	assert_null(sock_tls_server(pki_path("root", ".pem"),
	    pki_path("good", ".key")));
	assert_int_equal(ERR_peek_error(), 0);
	s = peer_begin(&p);
	assert_int_equal(sock_start_tls(s, client, "example.net", soon()),
	    SOCK_ENAME);
	assert_int_equal(ERR_peek_error(), 0);
	assert_true(sock_write(s, "x", 1, soon()) < 0);
	part(&p, s);
	assert_int_equal(ERR_peek_error(), 0);
	sock_tls_free(t);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
without_roots(void *arg)
{
	struct peer p = { .server = true, .cert = "good" };
	struct sock_tls *own = sock_tls_client();
	sock_t s;
	int i;

	(void)arg;
	CHECK(setenv("SSL_CERT_FILE", "/nowhere/cert.pem", 1) == 0);
	CHECK(setenv("SSL_CERT_DIR", "/nowhere/certs", 1) == 0);
	for (i = 0; i < 2; i++) {
		s = peer_begin(&p);
		CHECK_INT(sock_start_tls(s, i == 0 ? sock_tls_default() : own,
			      "example.org", soon()),
		    SOCK_ETLS);
		CHECK(strstr(sock_errmsg(), "/nowhere/cert.pem") != NULL);
		part(&p, s);
	}
	/* With roots of its own it needs none of the system's. */
	s = peer_begin(&p);
	CHECK_INT(sock_start_tls(s, client, "example.org", soon()), 0);
	part(&p, s);
	sock_tls_free(own);
}

static void
without_roots_nobody_is_trusted(void **state)
{
	(void)state;
	child_run(without_roots, NULL);
}

/* Roots that are there, and are not those of this server. */
static void
with_other_roots(void *arg)
{
	struct peer p = { .server = true, .cert = "good" };
	sock_t s;

	(void)arg;
	pki_make(&(struct pki_cert){ .name = "other",
	    .flags = PKI_CA | PKI_SELF });
	CHECK(setenv("SSL_CERT_FILE", pki_path("other", ".pem"), 1) == 0);
	CHECK(setenv("SSL_CERT_DIR", "/nowhere/certs", 1) == 0);
	s = peer_begin(&p);
	CHECK_INT(sock_start_tls(s, sock_tls_default(), "example.org", soon()),
	    SOCK_ECERT);
	part(&p, s);
	CHECK(setenv("SSL_CERT_FILE", pki_path("root", ".pem"), 1) == 0);
	CHECK_INT(sock_tls_reload(sock_tls_default()), 0);
	s = peer_begin(&p);
	CHECK_INT(sock_start_tls(s, sock_tls_default(), "example.org", soon()),
	    0);
	part(&p, s);
}

static void
the_default_goes_by_the_systems_roots(void **state)
{
	(void)state;
	child_run(with_other_roots, NULL);
}

enum call {
	WRITE,
	WRITE_SOME,
	PRINTF,
	SHUT,
	FINISH,
	SHAKE,
	CALLS
};

static int
call_it(sock_t s, enum call how)
{
	switch (how) {
	case WRITE:
		return sock_write(s, "x", 1, soon());
	case WRITE_SOME:
		return (int)sock_write_some(s, "x", 1, soon());
	case PRINTF:
		return sock_printf(s, "%d", 1);
	case SHUT:
		return sock_shut(s, soon());
	case FINISH:
		return sock_finish(s, soon());
	default:
		return sock_start_tls(s, client, "example.org", soon());
	}
}

static void
go_at_once(struct peer *p)
{
	(void)shutdown(p->fd, SHUT_RDWR);
}

/* Until it fails, and once more. */
static void
call_with_nobody_there(void *arg)
{
	const enum call how = *(enum call *)arg;
	struct peer p = { .server = true, .cert = "good", .talk = go_at_once };
	sigset_t pipe_only;
	sock_t ends[2];
	int i, rc = 0;

	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	CHECK(sigprocmask(SIG_UNBLOCK, &pipe_only, NULL) == 0);
	if (how == SHAKE) {
		CHECK(sock_pair(ends) == 0 && sock_close(ends[1]) == 0);
	} else {
		CHECK_INT(meet(&p, &ends[0]), 0);
		peer_end(&p);
	}
	for (i = 0; i < 10000 && rc >= 0; i++)
		rc = call_it(ends[0], how);
	CHECK(rc < 0);
	/* Nor does a call after the one that failed. */
	(void)call_it(ends[0], how);
	(void)sock_close(ends[0]);
}

static void
no_call_raises_sigpipe(void **state)
{
	enum call how;

	(void)state;
	for (how = WRITE; how < CALLS; how++)
		child_run(call_with_nobody_there, &how);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_errors_of_openssl_change_nothing),
		cmocka_unit_test(no_error_of_openssl_is_left_behind),
		cmocka_unit_test(without_roots_nobody_is_trusted),
		cmocka_unit_test(the_default_goes_by_the_systems_roots),
		cmocka_unit_test(no_call_raises_sigpipe),
	};

	return child_result(cmocka_run_group_tests(tests, ends_begin,
	    ends_end));
}
