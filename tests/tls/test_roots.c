/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "ends.h"

/*
 * The system's roots, where they are and while they are not.  Each test is a
 * process of its own, since sock_tls_default() is the whole program's.
 */

static int
shake(struct sock_tls *t)
{
	struct peer p = { .server = true, .cert = "good" };
	const sock_t s = peer_begin(&p);
	const int rc = sock_start_tls(s, t, "example.org", soon());

	part(&p, s);
	return rc;
}

static void
look_for_roots(const char *file, const char *folders)
{
	CHECK(setenv("SSL_CERT_FILE", file, 1) == 0);
	CHECK(setenv("SSL_CERT_DIR", folders, 1) == 0);
}

static void
with_late_roots(void *arg)
{
	struct sock_tls *own = sock_tls_client();
	struct sock_tls *both[] = { sock_tls_default(), own };

	(void)arg;
	for (int i = 0; i < 2; i++) {
		look_for_roots("/nowhere/cert.pem", "/nowhere/certs");
		CHECK_INT(shake(both[i]), SOCK_ETLS);
		look_for_roots(pki_path("half", ".pem"), "/nowhere/certs");
		CHECK_INT(shake(both[i]), SOCK_ETLS);
		look_for_roots(pki_path("root", ".pem"), "/nowhere/certs");
		CHECK_INT(shake(both[i]), 0);
	}
	sock_tls_free(own);
}

static void
roots_that_were_not_read_are_read_the_next_time(void **state)
{
	(void)state;
	child_run(with_late_roots, NULL);
}

static void
with_damaged_roots(void *arg)
{
	struct sock_tls *own = sock_tls_client();
	struct sock_tls *both[] = { sock_tls_default(), own };

	(void)arg;
	look_for_roots(pki_path("half", ".pem"), "/nowhere/certs");
	/* It may yet be told whom to trust. */
	CHECK_INT(sock_tls_alpn(own, "h2"), 0);
	CHECK_INT(sock_tls_reload(own), SOCK_ETLS);
	look_for_roots(pki_path("root", ".pem"), "/nowhere/certs");
	CHECK_INT(shake(both[0]), 0);
	CHECK_INT(shake(both[1]), 0);
	look_for_roots(pki_path("half", ".pem"), "/nowhere/certs");
	for (int i = 0; i < 2; i++) {
		CHECK_INT(sock_tls_reload(both[i]), SOCK_ETLS);
		CHECK(strstr(sock_errmsg(), "half.pem") != NULL);
		CHECK_INT(shake(both[i]), 0);
	}
	CHECK_INT(sock_tls_resume(own, true), SOCK_ETLS);
	CHECK_INT(shake(own), 0);
	look_for_roots(pki_path("root", ".pem"), "/nowhere/certs");
	CHECK_INT(sock_tls_reload(own), 0);
	sock_tls_free(own);
}

static void
a_reload_without_roots_changes_nothing(void **state)
{
	(void)state;
	child_run(with_damaged_roots, NULL);
}

/* "root" in a folder of its own, by its hash. */
static void
make_folder(char *path, size_t size)
{
	FILE *f = fopen(pki_path("root", ".pem"), "r");
	X509 *root = PEM_read_X509(f, NULL, NULL, NULL);
	char link[256];

	CHECK(root != NULL && fclose(f) == 0);
	(void)snprintf(path, size, "%s", pki_path("folder", ""));
	CHECK(mkdir(path, 0700) == 0);
	(void)snprintf(link, sizeof link, "%s/%08lx.0", path,
	    X509_subject_name_hash(root));
	CHECK(symlink(pki_path("root", ".pem"), link) == 0);
	X509_free(root);
}

static void
with_two_folders(void *arg)
{
	char folder[128], list[256];

	(void)arg;
	make_folder(folder, sizeof folder);
	(void)snprintf(list, sizeof list, "/nowhere/certs:%s", folder);
	look_for_roots("/nowhere/cert.pem", list);
	CHECK_INT(shake(sock_tls_default()), 0);
}

static void
roots_may_lie_in_several_folders(void **state)
{
	(void)state;
	child_run(with_two_folders, NULL);
}

/* As a program has it that keeps its keys in memory of their own. */
static void
with_a_small_secure_heap(void *arg)
{
	struct sock_tls *t;
	char many[128], text[8192];
	size_t n;
	FILE *f;
	int i;

	(void)arg;
	(void)snprintf(many, sizeof many, "%s", pki_path("many", ".pem"));
	f = fopen(pki_path("root", ".pem"), "r");
	CHECK(f != NULL);
	n = fread(text, 1, sizeof text, f);
	CHECK(fclose(f) == 0 && n > 0);
	f = fopen(many, "w");
	CHECK(f != NULL);
	for (i = 0; i < 400; i++)
		CHECK(fwrite(text, 1, n, f) == n);
	CHECK(fclose(f) == 0);
	CHECK(CRYPTO_secure_malloc_init((size_t)64 << 10, 32) != 0);
	look_for_roots(many, "/nowhere/certs");
	CHECK_INT(shake(sock_tls_default()), 0);
	t = sock_tls_server(pki_path("good", ".pem"), pki_path("good", ".key"));
	CHECK(t != NULL);
	sock_tls_free(t);
}

static void
roots_need_no_secure_heap(void **state)
{
	(void)state;
	child_run(with_a_small_secure_heap, NULL);
}

static int
begin(void **state)
{
	const int rc = ends_begin(state);

	pki_copy(pki_path("root", ".pem"), pki_path("half", ".pem"), 200);
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    roots_that_were_not_read_are_read_the_next_time),
		cmocka_unit_test(a_reload_without_roots_changes_nothing),
		cmocka_unit_test(roots_may_lie_in_several_folders),
		cmocka_unit_test(roots_need_no_secure_heap),
	};

	return child_result(cmocka_run_group_tests(tests, begin, ends_end));
}
