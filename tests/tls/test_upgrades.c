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
#include <unistd.h>

#include "between.h"
#include "ends.h"
#include "meeting.h"

/* sock_start_tls(), on whatever carries a stream. */

/*
 * What fibers have here: what sock/tls.h says of a handshake, and a little for
 * the rest.  Instruments take room of their own.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK ((size_t)128 << 10)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK ((size_t)128 << 10)
#endif
#endif
#ifndef STACK
#define STACK ((size_t)24 << 10)
#endif

static struct side c, s;

static int
begin(void **state)
{
	const struct sock_runtime_options small = { .size = sizeof small,
		.stack = STACK };
	const struct pki_cert rsa = { .name = "rsa",
		.san = "DNS:example.org",
		.rsa_bits = 2048 };
	int rc = ends_begin(state);

	if (rc == 0)
		rc = sock_runtime(&small);
	pki_make(&rsa);
	c = (struct side){ .tls = client, .name = "example.org" };
	s = (struct side){ .tls = server };
	return rc;
}

static int
open_pair(const char *address, sock_t out[2])
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	sock_t listener;

	if (address == NULL)
		return sock_pair(out);
	listener = sock_listen(address);
	if (sock_local(listener, &addr) < 0)
		return (int)listener;
	out[0] = sock_dial(sock_addr_text(&addr, text, sizeof text),
	    .deadline = soon());
	out[1] = sock_accept(listener, soon());
	(void)sock_close(listener);
	return out[0] < 0 || out[1] < 0 ? -EIO : 0;
}

static void
any_stream_can_be_upgraded(void **state)
{
	char at[64];
	const char *const addresses[] = { NULL, "tcp:127.0.0.1:0",
		"tcp:[::1]:0", at };
	sock_t pair[2];
	int kind;
	size_t i;

	(void)state;
	(void)snprintf(at, sizeof at, "unix:@upgrade-%d", (int)getpid());
	for (i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		for (kind = FIBERS; kind <= THREADS; kind++) {
			const int rc = open_pair(addresses[i], pair);

			if (i == 2 &&
			    (rc == -EADDRNOTAVAIL || rc == -EAFNOSUPPORT)) {
				print_message("SKIP: no IPv6 here\n");
				continue;
			}
			assert_int_equal(rc, 0);
			c.s = pair[0];
			s.s = pair[1];
			meeting_hold(&c, &s, (enum meeting_kind)kind);
			if (c.heard != 4 || s.heard != 4)
				fail_msg("%zu, %d: %s; %s", i, kind, c.why,
				    s.why);
			assert_int_equal(c.version, 13);
			assert_true(c.verified);
			assert_int_equal(c.end, 0);
			assert_int_equal(s.end, 0);
		}
	}
}

/* A key of the kind that takes most, and a refusal at its end. */
static void
a_fibers_stack_is_enough(void **state)
{
	struct sock_tls *large =
	    sock_tls_server(pki_path("rsa", ".pem"), pki_path("rsa", ".key"));
	struct side it = { .tls = large };

	(void)state;
	assert_non_null(large);
	assert_true(meeting_of(&c, &it));
	c.name = "other.example";
	assert_false(meeting_of(&c, &it));
	assert_int_equal(c.rc, SOCK_ENAME);
	c.name = "example.org";
	sock_tls_free(large);
}

static void
answer(sock_t it, void *arg)
{
	char word[4];

	(void)arg;
	if (sock_read_full(it, word, 4, soon()) == 4)
		(void)sock_write(it, "pong", 4, soon());
}

struct caller {
	char address[64];
	ssize_t heard;
	int end;
};

static void
call(void *arg)
{
	struct caller *it = arg;
	char word[4];
	const sock_t to = sock_dial(it->address, .tls = client,
	    .server_name = "example.org", .deadline = soon());

	it->heard = sock_write(to, "ping", 4, soon());
	if (it->heard == 0)
		it->heard = sock_read_full(to, word, 4, soon());
	it->end = sock_finish(to, soon());
}

static void
it_is_enough_to_dial_by_name_and_to_serve(void **state)
{
	struct sock_tls *large =
	    sock_tls_server(pki_path("rsa", ".pem"), pki_path("rsa", ".key"));
	struct sock_server *v = sock_serve("tls:127.0.0.1:0", .tls = large,
	    .on_stream = answer, .mode = SOCK_FIBERS);
	struct sock_group *group = sock_group_new();
	struct caller it = { .heard = 0 };
	struct sock_addr addr;

	(void)state;
	assert_non_null(v);
	assert_int_equal(sock_server_address(v, 0, &addr), 0);
	(void)snprintf(it.address, sizeof it.address, "tls:localhost:%d",
	    sock_addr_port(&addr));
	assert_int_equal(sock_go(group, call, &it), 0);
	assert_int_equal(sock_group_wait(group, soon()), 0);
	assert_int_equal(it.heard, 4);
	assert_int_equal(it.end, 0);
	sock_group_free(group);
	assert_int_equal(sock_server_drain(v, soon()), 0);
	sock_server_free(v);
	sock_tls_free(large);
}

static void
bytes_in_plain_text_refuse_it(void **state)
{
	const void *view;
	sock_t pair[2];
	char text[8];

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	assert_int_equal(sock_write(pair[1], "STARTTLS\nEVIL\n", 14, soon()),
	    0);
	assert_int_equal(sock_peek(pair[0], &view, 14, soon()), 14);
	assert_int_equal(sock_skip(pair[0], 9), 0);
	assert_int_equal(sock_start_tls(pair[0], server, NULL, soon()), -EBUSY);
	assert_non_null(strstr(sock_errmsg(), "plain text"));
	/* They are still there, and so is the stream. */
	assert_int_equal(sock_read(pair[0], text, 5, soon()), 5);
	assert_memory_equal(text, "EVIL\n", 5);
	assert_int_equal(sock_write(pair[0], "x", 1, soon()), 0);
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_close(pair[1]), 0);
}

static void
what_cannot_be_verified_is_refused(void **state)
{
	char long_name[257];
	const char *const names[] = { NULL, "", ".", ".example.org",
		"%lo:", long_name };
	sock_t pair[2];
	size_t i;

	(void)state;
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_int_equal(sock_pair(pair), 0);
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_int_equal(sock_start_tls(pair[0], client, names[i],
				     soon()),
		    SOCK_EUSAGE);
	assert_int_equal(sock_start_tls(pair[0], NULL, "a", soon()),
	    SOCK_EUSAGE);
	assert_int_equal(sock_start_tls(-EPIPE, client, "a", soon()), -EPIPE);
	/* The stream is as it was. */
	assert_int_equal(sock_write(pair[0], "x", 1, soon()), 0);
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_close(pair[1]), 0);
	assert_int_equal(sock_start_tls(pair[0], client, "a", soon()),
	    SOCK_ESTALE);
}

static void
nothing_is_known_before_the_handshake(void **state)
{
	struct sock_tls_certificate peer = { .size = sizeof peer };
	struct sock_tls_info info = { .size = sizeof info };
	struct between b;

	(void)state;
	assert_int_equal(between_open(&b, client, server, "example.org"), 0);
	assert_int_equal(sock_tls_info(b.end[CLIENT], &info), -ENOTCONN);
	assert_int_equal(sock_tls_certificate(b.end[CLIENT], 0, &peer),
	    -ENOTCONN);
	between_shake(&b);
	assert_int_equal(b.rc[CLIENT], 0);
	assert_int_equal(sock_tls_info(b.end[CLIENT], &info), 0);
	assert_string_equal(info.version, "TLSv1.3");
	assert_int_equal(info.certificates, 2);
	assert_int_equal(sock_tls_certificate(b.end[CLIENT], 1, &peer), 0);
	assert_string_equal(peer.subject, "CN=middle");
	assert_string_equal(peer.issuer, "CN=root");
	assert_string_equal(peer.names, "");
	assert_int_equal(strlen(peer.sha256), 64);
	assert_true(peer.not_before > 1500000000 &&
	    peer.not_after > peer.not_before);
	assert_int_equal(sock_tls_certificate(b.end[CLIENT], 2, &peer),
	    -ENOENT);
	assert_int_equal(sock_tls_certificate(b.end[CLIENT], -1, &peer),
	    -ENOENT);
	info.size--;
	assert_int_equal(sock_tls_info(b.end[CLIENT], &info), SOCK_EUSAGE);
	between_close(&b);
}

static void
where_there_is_no_tls_nothing_is_known(void **state)
{
	struct sock_tls_info info = { .size = sizeof info };
	sock_t pair[2];

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	assert_int_equal(sock_tls_info(pair[0], &info), SOCK_EUSAGE);
	assert_int_equal(sock_tls_info(-EPIPE, &info), -EPIPE);
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_close(pair[1]), 0);
	assert_int_equal(sock_tls_info(pair[0], &info), SOCK_ESTALE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_stream_can_be_upgraded),
		cmocka_unit_test(a_fibers_stack_is_enough),
		cmocka_unit_test(it_is_enough_to_dial_by_name_and_to_serve),
		cmocka_unit_test(bytes_in_plain_text_refuse_it),
		cmocka_unit_test(what_cannot_be_verified_is_refused),
		cmocka_unit_test(nothing_is_known_before_the_handshake),
		cmocka_unit_test(where_there_is_no_tls_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, begin, ends_end);
}
