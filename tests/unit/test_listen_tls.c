/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "dialing.h"
#include "toy_tls.h"
#include "aside.h"
#include "where.h"

static struct toy_tls client, server;

static int
set_up(void **state)
{
	toy_tls_init(&client);
	toy_tls_init(&server);
	server.name = "localhost";
	return where_count(state);
}

static int
tear_down(void **state)
{
	const sock_time deadline = sock_in(5000);

	while (client.alive + server.alive > 0 && sock_now() < deadline)
		aside_poke();
	if (client.alive + server.alive != 0 || client.references != 1 ||
	    server.references != 1 || atomic_exchange(&aside_failures, 0) != 0)
		return -1;
	return where_same(state);
}

#define tls_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static sock_t
listen_at(const char *address, char text[SOCK_ADDR_TEXT_MAX])
{
	const sock_t l = sock_listen(address, .tls = &server.tls);
	struct sock_addr addr;

	if (l < 0)
		fail_msg("%s", sock_errmsg());
	assert_int_equal(sock_local(l, &addr), 0);
	(void)sock_addr_text(&addr, text, SOCK_ADDR_TEXT_MAX);
	return l;
}

/* A client at a time, aside; it hears "hi". */
struct guest {
	const char *address;
	int code;
	pthread_t thread;
};

static void *
visit(void *arg)
{
	struct guest *g = arg;
	const sock_t s = sock_dial(g->address, .deadline = SOON,
	    .tls = &client.tls, .server_name = "localhost");

	g->code = s < 0 ? (int)s : 0;
	if (s > 0) {
		aside_hear(s, "hi");
		EXPECT_INT(sock_finish(s, SOON), 0);
	}
	return NULL;
}

static void
guest_come(struct guest *g, const char *address)
{
	g->address = address;
	assert_int_equal(pthread_create(&g->thread, NULL, visit, g), 0);
}

static int
guest_left(struct guest *g)
{
	assert_int_equal(pthread_join(g->thread, NULL), 0);
	return g->code;
}

static void
an_accepted_stream_shakes_hands_by_itself(void **state)
{
	static const char *const addresses[] = { "tls:127.0.0.1:0",
		"tls:localhost:0", "tls:*:0" };
	char text[SOCK_ADDR_TEXT_MAX], shown[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	struct guest g;
	int how;
	sock_t l, s;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		l = listen_at(addresses[i], text);
		assert_int_equal(strncmp(text, "tls:", 4), 0);
		if (i == 2)
			(void)snprintf(text, sizeof text, "tls:localhost:%d",
			    (int)strtol(strrchr(text, ':') + 1, NULL, 10));
		for (how = 0; how < 3; how++) {
			guest_come(&g, text);
			s = sock_accept(l, SOON);
			assert_true(s > 0);
			assert_int_equal(sock_peer(s, &addr), 0);
			(void)sock_addr_text(&addr, shown, sizeof shown);
			assert_int_equal(strncmp(shown, "tls:", 4), 0);
			if (how == 1)
				assert_int_equal(sock_connected(s, SOON), 0);
			assert_int_equal(sock_write(s, "hi", 2, SOON), 0);
			assert_int_equal(sock_finish(s, SOON), 0);
			assert_int_equal(guest_left(&g), 0);
		}
		assert_int_equal(sock_close(l), 0);
	}
}

/* Whoever accepts waits for no peer's handshake. */
static void
accept_returns_before_the_handshake(void **state)
{
	char text[SOCK_ADDR_TEXT_MAX], byte;
	const sock_t l = listen_at("tls:127.0.0.1:0", text);
	sock_t mute, s;

	(void)state;
	mute = sock_dial(strchr(text, ':') + 1, .deadline = SOON);
	s = sock_accept(l, SOON);
	assert_true(s > 0);
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_want(s, SOCK_WRITABLE), SOCK_READABLE);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	/* It goes on, a hello at a time. */
	assert_int_equal(sock_write(mute, "HELLO localhost", 15, SOON), 0);
	assert_int_equal(sock_read(s, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_write(mute, "\n", 1, SOON), 0);
	assert_int_equal(sock_connected(s, SOON), 0);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(mute), 0);
	assert_int_equal(sock_close(l), 0);
}

static void
a_peer_that_speaks_no_tls_is_told_of(void **state)
{
	char text[SOCK_ADDR_TEXT_MAX], line[32], byte;
	const sock_t l = listen_at("tls:127.0.0.1:0", text);
	sock_t mute, s;

	(void)state;
	mute = sock_dial(strchr(text, ':') + 1, .deadline = SOON);
	s = sock_accept(l, SOON);
	assert_int_equal(sock_printf(mute, "GET / HTTP/1.1\r\n\r\n"), 18);
	assert_int_equal(sock_connected(s, SOON), SOCK_ETLS);
	assert_string_equal(sock_last_error()->reason,
	    "no hello but \"GET / HTTP/1.1\\x0d\"");
	assert_int_equal(strncmp(sock_errmsg(), "handshake tls:127.0.0.1:", 24),
	    0);
	assert_int_equal(sock_read(s, &byte, 1, SOON), SOCK_ETLS);
	assert_int_equal(sock_shut(mute, SOON), 0);
	assert_int_equal(sock_finish(s, SOON), SOCK_ETLS);
	assert_int_equal(sock_read_line(mute, line, sizeof line, SOON), 9);
	assert_string_equal(line, "NO thanks");
	assert_int_equal(sock_close(mute), 0);
	assert_int_equal(sock_close(l), 0);
}

/* It is the caller's to let go as soon as the call has returned. */
static void
a_listener_keeps_its_object(void **state)
{
	char text[SOCK_ADDR_TEXT_MAX];
	const sock_t l = listen_at("tls:localhost:0", text);
	sock_t s;

	(void)state;
	assert_int_equal(server.references, 2);
	assert_int_equal(server.alive, 0);
	assert_int_equal(sock_accept(l, SOCK_NOWAIT), -EAGAIN);
	server.no_memory = true;
	s = sock_dial(strchr(text, ':') + 1, .deadline = SOON);
	assert_int_equal(sock_accept(l, SOON), -ENOMEM);
	server.no_memory = false;
	assert_int_equal(sock_close(s), 0);
	s = sock_accept(l, SOON);
	assert_true(s > 0);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(l), 0);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_int_equal(sock_listen("tcp:127.0.0.1:0", .tls = &server.tls),
	    SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "listen tcp:127.0.0.1:0: the call makes no sense here: .tls is for "
	    "tls:HOST:PORT");
	assert_int_equal(sock_listen("unix:@toy", .tls = &server.tls),
	    SOCK_EUSAGE);
	assert_int_equal(sock_listen("udp:127.0.0.1:0", .tls = &server.tls),
	    SOCK_EUSAGE);
	assert_int_equal(sock_listen("tls:127.0.0.1:0", .tls = &client.tls),
	    SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "listen tls:127.0.0.1:0: the call makes no sense here: the .tls is "
	    "not a server's");
	server.no_memory = true;
	assert_int_equal(sock_listen("tls:127.0.0.1:0", .tls = &server.tls),
	    -ENOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		tls_test(an_accepted_stream_shakes_hands_by_itself),
		tls_test(accept_returns_before_the_handshake),
		tls_test(a_peer_that_speaks_no_tls_is_told_of),
		tls_test(a_listener_keeps_its_object),
		tls_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
