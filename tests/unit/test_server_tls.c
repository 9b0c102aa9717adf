/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "child.h"
#include "serving.h"
#include "toy_tls.h"

/* Servers of tls:, in each mode: their conversations begin with a handshake. */

static struct toy_tls client, server;
static int descriptors;

static int
set_up(void **state)
{
	(void)state;
	toy_tls_init(&client);
	toy_tls_init(&server);
	server.name = "127.0.0.1";
	aside_poke();
	descriptors = serving_descriptors();
	return 0;
}

/*
 * Nothing of a server is left, nor of whom it served; a thread of the one before
 * may have had something open for a moment.
 */
static int
tear_down(void **state)
{
	const sock_time deadline = sock_in(5000);

	(void)state;
	while ((client.alive + server.alive > 0 ||
		   serving_descriptors() > descriptors) &&
	    sock_now() < deadline)
		aside_poke();
	if (client.alive + server.alive != 0 || client.references != 1 ||
	    server.references != 1) {
		fprintf(stderr, "%d and %d states, %d and %d references\n",
		    client.alive, server.alive, client.references,
		    server.references);
		return -1;
	}
	return serving_descriptors() <= descriptors ? 0 : -1;
}

#define tls_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#define EVERY_MODE(s) \
	for (s = (struct serving){ .mode = -1 }; serving_next(&s, false, true);)

static void
serve(struct serving *s, struct sock_serve_options o)
{
	o.size = sizeof o;
	o.mode = modes[s->mode].mode;
	o.tls = &server.tls;
	if (o.on_stream == NULL)
		o.on_stream = serving_echo;
	if (o.listener == 0)
		o.address = "tls:127.0.0.1:0";
	s->v = sock_serve_with(&o);
	if (s->v == NULL)
		fprintf(stderr, "%s\n", sock_errmsg());
	serving_learn(s);
	assert_int_equal(strncmp(s->at, "tls:127.0.0.1:", 14), 0);
}

#define serve(s, ...) serve(s, (struct sock_serve_options){ __VA_ARGS__ })

static sock_t
guest(const struct serving *s)
{
	return sock_dial(s->at, .deadline = SOON, .tls = &client.tls);
}

/* Who speaks no TLS, or has not begun to. */
static sock_t
stranger(const struct serving *s)
{
	const sock_t t = sock_dial(strchr(s->at, ':') + 1, .deadline = SOON);

	assert_true(t > 0);
	return t;
}

/* Its end of the stream comes, whatever came before it. */
static bool
is_ended(sock_t s)
{
	char buf[64];
	ssize_t n;

	while ((n = sock_read(s, buf, sizeof buf, SOON)) > 0)
		;
	return n == 0 || n == -ECONNRESET;
}

static void
handlers_speak_over_tls(void **state)
{
	struct serving s;
	sock_t t;
	int i;

	(void)state;
	EVERY_MODE(s)
	{
		serve(&s, .workers = 2);
		for (i = 0; i < 5; i++) {
			t = guest(&s);
			if (t < 0)
				fail_msg("%s: %s", modes[s.mode].name,
				    sock_errmsg());
			assert_true(serving_echoes(t, "over tls"));
			assert_int_equal(sock_finish(t, SOON), 0);
		}
		UNTIL(serving_stats(&s).finished == 5);
		serving_stop(&s);
	}
}

/* What is made once, and stays, has been made. */
static int
warm_up(void **state)
{
	if (set_up(state) != 0)
		return -1;
	handlers_speak_over_tls(state);
	return 0;
}

static _Atomic int handled;

static void
count(sock_t s, void *arg)
{
	atomic_fetch_add(&handled, 1);
	serving_echo(s, arg);
}

/* Told why, in TLS's own words, and never the handler's. */
static void
a_handshake_that_fails_is_never_the_handlers(void **state)
{
	char line[64];
	struct serving s;
	sock_t t;

	(void)state;
	EVERY_MODE(s)
	{
		atomic_store(&handled, 0);
		serve(&s, .on_stream = count, .workers = 1, .finish_ms = -1);
		t = stranger(&s);
		assert_int_equal(sock_printf(t, "GET / HTTP/1.1\n\n"), 16);
		assert_int_equal(sock_read_line(t, line, sizeof line, SOON), 9);
		assert_string_equal(line, "NO thanks");
		assert_int_equal(sock_finish(t, SOON), 0);
		UNTIL(serving_stats(&s).aborted == 1);
		assert_int_equal(handled, 0);

		t = guest(&s);
		assert_true(serving_echoes(t, "yet"));
		assert_int_equal(sock_finish(t, SOON), 0);
		UNTIL(serving_stats(&s).finished == 1);
		serving_stop(&s);
	}
}

static void
a_handshake_has_its_time(void **state)
{
	struct serving s;
	sock_t t, half;

	(void)state;
	EVERY_MODE(s)
	{
		serve(&s, .handshake_ms = 200, .workers = 1);
		t = stranger(&s);
		half = stranger(&s);
		assert_int_equal(sock_write(half, "HELLO", 5, SOON), 0);
		assert_true(is_ended(t));
		assert_true(is_ended(half));
		assert_int_equal(sock_close(t), 0);
		(void)sock_close(half);
		UNTIL(serving_stats(&s).timed_out == 2);
		/* Afterwards the limit is none. */
		t = guest(&s);
		(void)sock_sleep(sock_in(250));
		assert_true(serving_echoes(t, "still"));
		assert_int_equal(sock_finish(t, SOON), 0);
		UNTIL(serving_stats(&s).finished == 1);
		serving_stop(&s);
	}
}

/* The bytes of the handshake are not the first byte. */
static void
first_ms_begins_after_the_handshake(void **state)
{
	struct serving s;
	sock_t t, mute;

	(void)state;
	EVERY_MODE(s)
	{
		serve(&s, .first_ms = 60, .handshake_ms = 20000, .workers = 1);
		mute = stranger(&s);
		if (!modes[s.mode].one) {
			t = guest(&s);
			assert_true(t > 0);
			assert_true(is_ended(t));
			(void)sock_close(t);
			UNTIL(serving_stats(&s).timed_out == 1);
			assert_int_equal(serving_stats(&s).active, 1);
		}
		assert_int_equal(sock_printf(mute, "HELLO 127.0.0.1\n"), 16);
		(void)is_ended(mute);
		(void)sock_close(mute);
		UNTIL(serving_stats(&s).active == 0);
		serving_stop(&s);
	}
}

static void
a_drain_ends_a_handshake(void **state)
{
	struct serving s;
	sock_t t;

	(void)state;
	EVERY_MODE(s)
	{
		serve(&s, .handshake_ms = -1, .workers = 1);
		t = stranger(&s);
		UNTIL(serving_stats(&s).active == 1);
		assert_int_equal(sock_server_drain(s.v, sock_in(30)), 0);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).aborted, 1);
		assert_true(is_ended(t));
		(void)sock_close(t);
		sock_server_free(s.v);
	}
}

/* A handshake that was under way is done, and what comes of it too. */
static void
a_drain_lets_a_handshake_finish(void **state)
{
	char line[64];
	struct serving s;
	sock_t t;

	(void)state;
	EVERY_MODE(s)
	{
		serve(&s, .workers = 1);
		t = stranger(&s);
		UNTIL(serving_stats(&s).active == 1);
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		assert_int_equal(sock_printf(t, "HELLO 127.0.0.1\ndx."), 19);
		assert_true(sock_read_line(t, line, sizeof line, SOON) == 12);
		assert_int_equal(sock_read_full(t, line, 3, SOON), 3);
		assert_memory_equal(line, "dx.", 3);
		(void)sock_finish(t, SOON);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, 1);
		sock_server_free(s.v);
	}
}

static void
without_memory_for_it_a_conversation_is_aborted(void **state)
{
	struct serving s;
	sock_t t;

	(void)state;
	EACH_MODE(s)
	{
		serve(&s, .workers = 1);
		server.no_memory = true;
		t = stranger(&s);
		assert_true(is_ended(t));
		(void)sock_close(t);
		UNTIL(serving_stats(&s).aborted == 1);
		server.no_memory = false;
		t = guest(&s);
		assert_true(serving_echoes(t, "again"));
		assert_int_equal(sock_finish(t, SOON), 0);
		serving_stop(&s);
	}
}

/* One of tls: has brought its own; one made elsewhere is given it. */
static void
a_listener_may_bring_it_or_be_given_it(void **state)
{
	struct toy_tls other = server;
	struct serving s;
	sock_t l, t;

	(void)state;
	EVERY_MODE(s)
	{
		int i;

		for (i = 0; i < 2; i++) {
			l = i == 0 ?
			    sock_listen("tls:127.0.0.1:0", .tls = &server.tls) :
			    sock_listen("tcp:127.0.0.1:0");
			s.v = sock_serve(NULL, .listener = l,
			    .mode = modes[s.mode].mode, .workers = 1,
			    .on_stream = serving_echo,
			    .tls = i == 0 ? NULL : &server.tls);
			serving_learn(&s);
			memcpy(s.at, "tls", 3);
			t = guest(&s);
			assert_true(serving_echoes(t, "mine"));
			assert_int_equal(sock_finish(t, SOON), 0);
			serving_stop(&s);
		}
	}
	l = sock_listen("tls:127.0.0.1:0", .tls = &server.tls);
	assert_null(sock_serve(NULL, .listener = l, .on_stream = serving_echo,
	    .tls = &other.tls));
	assert_non_null(strstr(sock_errmsg(), "the listener has another .tls"));
	assert_int_equal(sock_close(l), 0);
	l = sock_listen("tcp:127.0.0.1:0");
	assert_null(sock_serve(NULL, .listener = l, .on_stream = serving_echo,
	    .tls = &client.tls));
	assert_non_null(strstr(sock_errmsg(), "not a server's"));
	assert_int_equal(sock_close(l), 0);
	assert_null(sock_serve("tcp:127.0.0.1:0", .on_stream = serving_echo,
	    .tls = &server.tls));
	assert_int_equal(sock_last_error()->code, SOCK_EUSAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		tls_test(handlers_speak_over_tls),
		tls_test(a_handshake_that_fails_is_never_the_handlers),
		tls_test(a_handshake_has_its_time),
		tls_test(first_ms_begins_after_the_handshake),
		tls_test(a_drain_ends_a_handshake),
		tls_test(a_drain_lets_a_handshake_finish),
		tls_test(without_memory_for_it_a_conversation_is_aborted),
		tls_test(a_listener_may_bring_it_or_be_given_it),
	};

	return child_result(cmocka_run_group_tests(tests, warm_up, NULL));
}
