/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "between.h"
#include "ends.h"

/* Several at once on one handle, on one object, and on its files. */

#define THREADS 4

static _Atomic int wrong;

/* A check in a thread, from which cmocka's cannot jump. */
#define WANT(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s; last error: %s\n", \
			    __FILE__, __LINE__, #condition, sock_errmsg()); \
			atomic_fetch_add(&wrong, 1); \
			return; \
		} \
	} while (0)

static void
run_all(void *(*run)(void *), void *arg)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, arg),
		    0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

#define MUCH ((size_t)512 << 10)
#define BLOCK 3000

static void
write_much(sock_t s, unsigned seed)
{
	unsigned char block[BLOCK];
	size_t at, i, n;

	for (at = 0; at < MUCH; at += n) {
		n = MUCH - at < BLOCK ? MUCH - at : BLOCK;
		for (i = 0; i < n; i++)
			block[i] = (unsigned char)((at + i) * 31 + seed);
		WANT(sock_write(s, block, n, soon()) == 0);
	}
	WANT(sock_shut(s, soon()) == 0);
}

static void
read_much(sock_t s, unsigned seed)
{
	unsigned char block[BLOCK + 1];
	size_t at = 0;
	ssize_t n, i;

	while ((n = sock_read(s, block, sizeof block, soon())) > 0)
		for (i = 0; i < n; i++, at++)
			WANT(block[i] == (unsigned char)(at * 31 + seed));
	WANT(n == 0 && at == MUCH);
}

static sock_t ends[2];

static void *
write_there(void *arg)
{
	(void)arg;
	write_much(ends[0], 1);
	return NULL;
}

static void *
read_there(void *arg)
{
	(void)arg;
	read_much(ends[0], 2);
	return NULL;
}

static void *
write_back(void *arg)
{
	(void)arg;
	write_much(ends[1], 2);
	return NULL;
}

static void *
take_all(void *arg)
{
	(void)arg;
	read_much(ends[1], 1);
	return NULL;
}

static void *
be_the_server(void *arg)
{
	(void)arg;
	if (sock_start_tls(ends[1], server, NULL, soon()) != 0)
		atomic_fetch_add(&wrong, 1);
	return NULL;
}

static void
a_reader_and_a_writer_share_a_handle(void **state)
{
	void *(*const run[THREADS])(void *) = { write_there, read_there,
		write_back, take_all };
	pthread_t threads[THREADS], other;
	int i;

	(void)state;
	assert_int_equal(sock_pair(ends), 0);
	assert_int_equal(pthread_create(&other, NULL, be_the_server, NULL), 0);
	assert_int_equal(sock_start_tls(ends[0], client, "example.org", soon()),
	    0);
	assert_int_equal(pthread_join(other, NULL), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run[i],
				     NULL),
		    0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(sock_close(ends[0]), 0);
	assert_int_equal(sock_close(ends[1]), 0);
	assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

/* Keys are updated under a reader and a writer: each of them writes, then. */
static void
echo_and_update(struct peer *p)
{
	unsigned char block[BLOCK];
	int n, i = 0;

	while ((n = SSL_read(p->ssl, block, sizeof block)) > 0) {
		if (i++ % 16 == 0)
			(void)SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED);
		if (SSL_write(p->ssl, block, n) != n)
			return;
	}
	peer_goodbye(p);
}

static void *
read_echo(void *arg)
{
	(void)arg;
	read_much(ends[0], 1);
	return NULL;
}

static void
keys_are_updated_under_both(void **state)
{
	struct peer p = { .server = true,
		.cert = "good",
		.talk = echo_and_update };
	pthread_t reader;

	(void)state;
	assert_int_equal(meet(&p, &ends[0]), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_echo, NULL), 0);
	write_much(ends[0], 1);
	assert_int_equal(pthread_join(reader, NULL), 0);
	part(&p, ends[0]);
	assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

/* One connection between the two, with a byte for whom it is. */
static void
talk_once(struct sock_tls *c, struct sock_tls *srv, bool *resumed)
{
	struct sock_tls_info info = { .size = sizeof info };
	struct between b;
	char byte;

	*resumed = false;
	WANT(between_open(&b, c, srv, "example.org") == 0);
	between_shake(&b);
	WANT(b.rc[CLIENT] == 0 && b.rc[SERVER] == 0);
	WANT(sock_write(b.end[SERVER], "x", 1, soon()) == 0);
	while (between_pass(&b))
		continue;
	WANT(sock_read(b.end[CLIENT], &byte, 1, soon()) == 1);
	WANT(sock_tls_info(b.end[CLIENT], &info) == 0);
	*resumed = info.resumed;
	WANT(sock_shut(b.end[CLIENT], soon()) == 0);
	while (between_pass(&b))
		continue;
	WANT(sock_read(b.end[SERVER], &byte, 1, soon()) == 0);
	between_close(&b);
}

static bool
resumes(void)
{
	bool resumed = false;

	talk_once(client, server, &resumed);
	assert_int_equal(atomic_exchange(&wrong, 0), 0);
	return resumed;
}

static void
sessions_are_resumed_where_both_ends_want_it(void **state)
{
	(void)state;
	assert_false(resumes());
	assert_false(resumes());
	assert_int_equal(sock_tls_resume(client, true), 0);
	assert_false(resumes());
	assert_false(resumes());
	assert_int_equal(sock_tls_resume(server, true), 0);
	assert_false(resumes());
	assert_true(resumes());
	assert_true(resumes());
	/* Other roots might not trust whom the old ones did. */
	assert_int_equal(sock_tls_reload(client), 0);
	assert_false(resumes());
	assert_true(resumes());
	assert_int_equal(sock_tls_resume(client, false), 0);
	assert_false(resumes());
}

static void *
talk_often(void *arg)
{
	_Atomic int *count = arg;
	bool resumed;
	int i;

	for (i = 0; i < 25; i++) {
		talk_once(client, server, &resumed);
		atomic_fetch_add(count, resumed);
	}
	return NULL;
}

static void
threads_share_the_sessions_of_an_object(void **state)
{
	_Atomic int count = 0;

	(void)state;
	assert_int_equal(sock_tls_resume(client, true), 0);
	assert_int_equal(sock_tls_resume(server, true), 0);
	run_all(talk_often, &count);
	assert_true(count > 0);
	assert_int_equal(sock_tls_resume(client, false), 0);
	assert_int_equal(sock_tls_resume(server, false), 0);
}

/* A server whose files somebody is writing. */
static struct sock_tls *renewed;
static _Atomic bool done;

static void *
talk_until_done(void *arg)
{
	bool resumed;

	(void)arg;
	while (!atomic_load(&done))
		talk_once(client, renewed, &resumed);
	return NULL;
}

/* As much of each file as that, and then all of it. */
static void
renew(const char *name, size_t cert_n, size_t key_n)
{
	pki_copy(pki_path(name, ".pem"), pki_path("live", ".pem"), cert_n);
	pki_copy(pki_path(name, ".key"), pki_path("live", ".key"), key_n);
}

static void *
renew_often(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 20; i++) {
		const char *name = i % 2 == 0 ? "second" : "good";

		/* A key that is none; one that is not this certificate's. */
		renew(name, SIZE_MAX, 60);
		if (sock_tls_reload(renewed) != SOCK_ETLS)
			atomic_fetch_add(&wrong, 1);
		renew(name, 100, SIZE_MAX);
		if (sock_tls_reload(renewed) != SOCK_ETLS)
			atomic_fetch_add(&wrong, 1);
		pki_copy(pki_path(i % 2 == 0 ? "good" : "second", ".pem"),
		    pki_path("live", ".pem"), SIZE_MAX);
		if (sock_tls_reload(renewed) != SOCK_ETLS)
			atomic_fetch_add(&wrong, 1);
		renew(name, SIZE_MAX, SIZE_MAX);
		if (sock_tls_reload(renewed) != 0)
			atomic_fetch_add(&wrong, 1);
	}
	atomic_store(&done, true);
	return NULL;
}

static void
files_half_written_serve_nobody(void **state)
{
	pthread_t writer;

	(void)state;
	pki_make(&(struct pki_cert){ .name = "second",
	    .san = "DNS:example.org" });
	renew("good", SIZE_MAX, SIZE_MAX);
	renewed =
	    sock_tls_server(pki_path("live", ".pem"), pki_path("live", ".key"));
	assert_non_null(renewed);
	assert_int_equal(pthread_create(&writer, NULL, renew_often, NULL), 0);
	run_all(talk_until_done, NULL);
	assert_int_equal(pthread_join(writer, NULL), 0);
	sock_tls_free(renewed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_and_a_writer_share_a_handle),
		cmocka_unit_test(keys_are_updated_under_both),
		cmocka_unit_test(sessions_are_resumed_where_both_ends_want_it),
		cmocka_unit_test(threads_share_the_sessions_of_an_object),
		cmocka_unit_test(files_half_written_serve_nobody),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
