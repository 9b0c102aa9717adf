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

#include "child.h"
#include "dialing_tls.h"
#include "plain.h"

/* Two addresses of toy.test; what comes of it, and whether the second was met. */
static const struct {
	enum manners first, second;
	int code;
	bool met_second;
	const char *text; /* behind "dial tls:toy.test:PORT: " */
} pairs[] = {
	/* A refusal is final. */
	{ OTHER_NAME, SPEAKS, SOCK_ENAME, false,
	    "it is \"other.test\", not \"toy.test\"" },
	/* A connection that breaks is not. */
	{ HANGS_UP, SPEAKS, 0, true, NULL },
	{ RESETS, SPEAKS, 0, true, NULL },
	{ HANGS_UP, OTHER_NAME, SOCK_ENAME, true,
	    "it is \"other.test\", not \"toy.test\"" },
	{ SPEAKS, SPEAKS, 0, false, NULL },
	{ SPEAKS, IS_SILENT, 0, false, NULL },
};

static void
a_refusal_is_final_and_a_broken_connection_is_not(void **state)
{
	char text[80], want[160];
	struct dialing d = DIALING(text, .deadline = SOON, .tls = &client.tls);
	struct tls_peer peer[2];
	int where, port, rc;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		port = tls_peer_open(&peer[0], pairs[i].first, "127.0.0.1", 0);
		assert_int_equal(tls_peer_open(&peer[1], pairs[i].second,
				     "127.0.0.2", port),
		    port);
		(void)snprintf(text, sizeof text, "tls:toy.test:%d", port);
		(void)snprintf(want, sizeof want, "dial %s: %s", text,
		    pairs[i].text != NULL ? pairs[i].text : "");
		for (where = 0; where <= WHERE_COUNT; where++) {
			rc = (int)dial(&d, where);
			if ((rc > 0 ? 0 : rc) != pairs[i].code)
				fail_msg("row %zu, %d: %d, %s", i, where, rc,
				    d.text);
			if (rc > 0)
				expect_hi(d.got);
			else
				assert_string_equal(d.text, want);
		}
		tls_peer_close(&peer[0]);
		tls_peer_close(&peer[1]);
		assert_int_equal(peer[1].met,
		    pairs[i].met_second ? WHERE_COUNT + 1 : 0);
	}
}

static void
one_error_lists_what_broke(void **state)
{
	char text[80], want[260];
	struct dialing d = DIALING(text, .deadline = SOON, .tls = &client.tls);
	struct tls_peer peer[2];
	int where, port;

	(void)state;
	port = tls_peer_open(&peer[0], HANGS_UP, "127.0.0.1", 0);
	(void)snprintf(text, sizeof text, "tls:127.0.0.1:%d", port);
	(void)snprintf(want, sizeof want,
	    "dial %s: %s: in the handshake of toy", text,
	    sock_strerror(SOCK_EEOF));
	for (where = 0; where <= WHERE_COUNT; where++) {
		assert_int_equal(dial(&d, where), SOCK_EEOF);
		assert_string_equal(d.text, want);
	}
	(void)tls_peer_open(&peer[1], HANGS_UP, "127.0.0.2", port);
	(void)snprintf(text, sizeof text, "tls:toy.test:%d", port);
	(void)snprintf(want, sizeof want,
	    "dial %s: 127.0.0.1:%d: %s; 127.0.0.2:%d: %s", text, port,
	    sock_strerror(SOCK_EEOF), port, sock_strerror(SOCK_EEOF));
	for (where = 0; where <= WHERE_COUNT; where++) {
		assert_int_equal(dial(&d, where), SOCK_EEOF);
		assert_string_equal(d.text, want);
	}
	tls_peer_close(&peer[0]);
	tls_peer_close(&peer[1]);
}

static void
the_deadline_is_the_handshakes_too(void **state)
{
	char text[80], want[160];
	struct dialing d = DIALING(text, .tls = &client.tls);
	struct tls_peer peer;
	int where;

	(void)state;
	(void)snprintf(text, sizeof text, "tls:127.0.0.1:%d",
	    tls_peer_open(&peer, IS_SILENT, "127.0.0.1", 0));
	(void)snprintf(want, sizeof want,
	    "dial %s: timed out: in the handshake of toy", text);
	for (where = 0; where <= WHERE_COUNT; where++) {
		d.options.deadline = SHORTLY;
		assert_int_equal(dial(&d, where), -ETIMEDOUT);
		assert_true(sock_now() >= d.options.deadline);
		assert_string_equal(d.text, want);
	}
	d.options.deadline = SOCK_NOWAIT;
	assert_int_equal(dial(&d, IN_THREAD), -EAGAIN);
	tls_peer_close(&peer);
}

/* Though its attempt delay is over, nobody begins beside a winner that speaks. */
static void
the_race_is_frozen_while_its_winner_shakes_hands(void **state)
{
	char text[80], line[32];
	struct dialing d = DIALING(text, .deadline = SOON, .tls = &client.tls,
	    .stagger_ms = 10);
	struct tls_peer peer[2];
	sock_t s, c;
	int port;

	(void)state;
	port = tls_peer_open(&peer[0], IS_SILENT, "127.0.0.1", 0);
	(void)tls_peer_open(&peer[1], SPEAKS, "127.0.0.2", port);
	(void)snprintf(text, sizeof text, "tls:toy.test:%d", port);
	s = sock_dial_start_with(&d.options);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	c = sock_accept(peer[0].l, SOON);
	assert_int_equal(sock_read_line(c, line, sizeof line, SOON), 14);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_printf(c, "OK toy.test\ndhdi."), 17);
	assert_int_equal(foreign(s), 0);
	assert_int_equal(sock_close(c), 0);
	expect_hi(s);
	assert_int_equal(peer[1].met, 0);
	tls_peer_close(&peer[0]);
	tls_peer_close(&peer[1]);
}

/* Three seconds of silence, and the next that connects has its turn. */
static void
a_silent_winner_loses_to_the_next_that_connects(void **state)
{
	char text[80];
	struct dialing d = DIALING(text, .deadline = SOON, .tls = &client.tls);
	struct tls_peer peer[2];
	sock_t s;
	sock_time due;
	int port;

	(void)state;
	port = tls_peer_open(&peer[0], IS_SILENT, "127.0.0.1", 0);
	(void)tls_peer_open(&peer[1], SPEAKS, "127.0.0.2", port);
	(void)snprintf(text, sizeof text, "tls:toy.test:%d", port);
	s = sock_dial_start_with(&d.options);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	due = sock_due(s);
	assert_true(due > sock_now() && due <= sock_in(3000));
	assert_int_equal(peer[1].met, 0);
	assert_true(dial(&d, IN_FIBER) > 0);
	expect_hi(d.got);
	assert_int_equal(foreign(s), 0);
	assert_true(sock_now() >= due);
	expect_hi(s);
	tls_peer_close(&peer[0]);
	tls_peer_close(&peer[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		tls_test(a_refusal_is_final_and_a_broken_connection_is_not),
		tls_test(one_error_lists_what_broke),
		tls_test(the_deadline_is_the_handshakes_too),
		tls_test(the_race_is_frozen_while_its_winner_shakes_hands),
		tls_test(a_silent_winner_loses_to_the_next_that_connects),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
