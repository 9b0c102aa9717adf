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

#include "layering.h"

/* The other end, aside. */
struct start {
	sock_t s;
	struct toy_tls *toy;
	int rc;
	pthread_t thread;
};

static void *
start_server(void *arg)
{
	struct start *it = arg;

	it->rc = sock_start_layer(it->s, &toy_layer,
	    toy_tls_state(it->toy, NULL), SOON);
	return NULL;
}

static void
begin_server(struct start *it)
{
	*it = (struct start){ pair[1], &server, 1, 0 };
	assert_int_equal(pthread_create(&it->thread, NULL, start_server, it),
	    0);
}

static int
end_server(struct start *it)
{
	assert_int_equal(pthread_join(it->thread, NULL), 0);
	return it->rc;
}

static int
start_client(const char *name, sock_time deadline)
{
	return sock_start_layer(pair[0], &toy_layer,
	    toy_tls_state(&client, name), deadline);
}

static void
what_comes_first_is_over_when_it_has_started(void **state)
{
	struct start other;
	char byte;

	(void)state;
	begin_server(&other);
	assert_int_equal(start_client("toy.example", SOON), 0);
	assert_int_equal(end_server(&other), 0);
	assert_int_equal(sock_connected(pair[0], SOCK_NOWAIT), 0);
	assert_int_equal(sock_want(pair[0], SOCK_WRITABLE), SOCK_WRITABLE);
	aside_say(pair[0], "hello");
	aside_hear(pair[1], "hello");
	assert_int_equal(sock_shut(pair[0], SOON), 0);
	assert_int_equal(client.shut, 1);
	assert_int_equal(sock_read(pair[1], &byte, 1, SOON), 0);
	assert_aside();
}

static void
start_in_a_fiber(void *arg)
{
	struct start *it = arg;

	it->rc = start_client("toy.example", SOON);
}

static void
a_fiber_may_start_one(void **state)
{
	struct start other, mine;

	(void)state;
	begin_server(&other);
	aside_fiber(start_in_a_fiber, &mine);
	assert_int_equal(mine.rc, 0);
	assert_int_equal(end_server(&other), 0);
	assert_aside();
}

/* As a foreign loop has it. */
static void
one_that_must_wait_goes_on_when_it_is_asked_again(void **state)
{
	const int want = SOCK_READABLE;

	(void)state;
	assert_int_equal(start_client("toy.example", SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_want(pair[0], SOCK_WRITABLE), want);
	assert_int_equal(sock_connected(pair[0], SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_connected(pair[0], sock_in(5)), -ETIMEDOUT);
	assert_int_equal(sock_start_layer(pair[1], &toy_layer,
			     toy_tls_state(&server, NULL), SOON),
	    0);
	assert_int_equal(sock_connected(pair[0], SOON), 0);
	assert_int_equal(sock_want(pair[0], SOCK_WRITABLE), SOCK_WRITABLE);
	aside_say(pair[1], "x");
	aside_hear(pair[0], "x");
	assert_aside();
}

/* In place of the sentence, and no terminal is the worse for it. */
static void
its_reason_is_the_message(void **state)
{
	struct start other;
	char byte;

	(void)state;
	client.refuses = SOCK_ECERT;
	begin_server(&other);
	assert_int_equal(start_client("toy.example", SOON), SOCK_ECERT);
	assert_string_equal(sock_errmsg(),
	    "handshake unix: not\\x1b[2J to my liking");
	assert_int_equal(end_server(&other), 0);
	assert_int_equal(sock_read(pair[0], &byte, 1, SOON), SOCK_ECERT);
	assert_string_equal(sock_errmsg(),
	    "read unix: not\\x1b[2J to my liking");
	assert_int_equal(sock_write(pair[0], "x", 1, SOON), SOCK_ECERT);
	assert_int_equal(sock_connected(pair[0], SOON), SOCK_ECERT);
	/* Of the layer's error alone. */
	assert_int_equal(sock_write_some(0, "x", 1, SOON), SOCK_EUSAGE);
	assert_null(strstr(sock_errmsg(), "liking"));
	assert_int_equal(sock_read(pair[1], &byte, 1, SOON), SOCK_ETLS);
	assert_string_equal(sock_last_error()->reason, "no data");
	assert_int_equal(sock_close(pair[0]), SOCK_ECERT);
}

/* What would leave the state to the caller is no start's to say. */
static void
a_refusal_that_a_start_says_is_none(void **state)
{
	static const int codes[] = { -EBUSY, SOCK_EUSAGE, SOCK_ELIMIT };
	char byte;
	size_t i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(layering_tear_down(state), 0);
		assert_int_equal(layering_set_up(state), 0);
		client.refuses = codes[i];
		assert_int_equal(sock_write(pair[1], "OK x\n", 5, SOON), 0);
		assert_int_equal(start_client("x", SOON), -EPROTO);
		assert_non_null(sock_last_error()->reason);
		assert_int_equal(sock_read(pair[0], &byte, 1, SOON), -EPROTO);
		assert_int_equal(sock_write(pair[0], "x", 1, SOON), -EPROTO);
		assert_int_equal(sock_connected(pair[0], SOON), -EPROTO);
		assert_int_equal(sock_close(pair[0]), -EPROTO);
	}
}

static void
a_start_that_takes_too_long_ends_both_ways(void **state)
{
	char byte;

	(void)state;
	assert_int_equal(start_client("x", sock_in(20)), -ETIMEDOUT);
	assert_int_equal(sock_read(pair[0], &byte, 1, SOON), -ETIMEDOUT);
	assert_int_equal(sock_write(pair[0], "x", 1, SOON), -ETIMEDOUT);
	assert_int_equal(sock_close(pair[0]), -ETIMEDOUT);
}

static void
a_peer_that_ends_it_is_told_as_an_end(void **state)
{
	(void)state;
	assert_int_equal(sock_close(pair[1]), 0);
	assert_in_range(-start_client("x", SOON), 1, -SOCK_EEOF);
}

static void
say_aside(void *arg)
{
	(void)arg;
	aside_say(pair[0], "up");
}

static void
whoever_reads_or_writes_first_starts_it(void **state)
{
	struct aside_call say = { say_aside, NULL };
	pthread_t thread;

	(void)state;
	assert_int_equal(sock_push_layer(pair[0], &toy_layer,
			     toy_tls_state(&client, "toy.example")),
	    0);
	assert_int_equal(sock_push_layer(pair[1], &toy_layer,
			     toy_tls_state(&server, NULL)),
	    0);
	assert_int_equal(pthread_create(&thread, NULL, aside_call, &say), 0);
	aside_hear(pair[1], "up");
	assert_int_equal(pthread_join(thread, NULL), 0);
	aside_say(pair[1], "down");
	aside_hear(pair[0], "down");
	assert_aside();
}

/* What a read was waiting for is no reason for a write to wait. */
static void
after_it_has_started_nobody_waits_for_what_it_lacked(void **state)
{
	struct sock_event e = { .sock = pair[0], .want = SOCK_WRITABLE };
	char byte;

	(void)state;
	assert_int_equal(start_client("toy.example", SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_start_layer(pair[1], &toy_layer,
			     toy_tls_state(&server, NULL), SOON),
	    0);
	assert_int_equal(sock_read(pair[0], &byte, 1, SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_wait(&e, 1, SOON), 1);
	assert_int_equal(e.got, SOCK_WRITABLE);
}

/* There is nobody yet to say the end to: the stream below ends. */
static void
what_has_not_started_starts_before_it_is_shut(void **state)
{
	char byte;

	(void)state;
	assert_int_equal(start_client("toy.example", SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_shut(pair[0], SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_shut(pair[0], sock_in(5)), -ETIMEDOUT);
	assert_int_equal(client.shut, 0);
	assert_int_equal(sock_start_layer(pair[1], &toy_layer,
			     toy_tls_state(&server, NULL), SOON),
	    0);
	assert_int_equal(sock_shut(pair[0], SOON), 0);
	assert_int_equal(client.shut, 1);
	assert_int_equal(sock_read(pair[1], &byte, 1, SOON), 0);
}

static void
what_never_starts_is_not_waited_for_without_end(void **state)
{
	(void)state;
	assert_int_equal(start_client("x", SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_finish(pair[0], sock_in(5)), -ETIMEDOUT);
	assert_int_equal(client.shut, 0);
}

/* Its last word arrives: the stream is ended and read to its end. */
static void
one_that_failed_is_still_finished(void **state)
{
	char buf[64] = "";

	(void)state;
	assert_int_equal(sock_write(pair[1], "SSH-2.0\n", 8, SOON), 0);
	assert_int_equal(start_client("x", SOON), SOCK_ETLS);
	assert_string_equal(sock_last_error()->reason,
	    "no hello but \"SSH-2.0\"");
	assert_int_equal(sock_write(pair[1], "more", 4, SOON), 0);
	assert_int_equal(sock_shut(pair[1], SOON), 0);
	assert_int_equal(sock_finish(pair[0], SOON), SOCK_ETLS);
	assert_int_equal(sock_read_line(pair[1], buf, sizeof buf, SOON), 7);
	assert_int_equal(sock_read_line(pair[1], buf, sizeof buf, SOON), 9);
	assert_string_equal(buf, "NO thanks");
	assert_int_equal(sock_read(pair[1], buf, 1, SOON), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LAYER_TEST(what_comes_first_is_over_when_it_has_started),
		LAYER_TEST(a_fiber_may_start_one),
		LAYER_TEST(one_that_must_wait_goes_on_when_it_is_asked_again),
		LAYER_TEST(its_reason_is_the_message),
		LAYER_TEST(a_refusal_that_a_start_says_is_none),
		LAYER_TEST(a_start_that_takes_too_long_ends_both_ways),
		LAYER_TEST(a_peer_that_ends_it_is_told_as_an_end),
		LAYER_TEST(whoever_reads_or_writes_first_starts_it),
		LAYER_TEST(
		    after_it_has_started_nobody_waits_for_what_it_lacked),
		LAYER_TEST(what_has_not_started_starts_before_it_is_shut),
		LAYER_TEST(what_never_starts_is_not_waited_for_without_end),
		LAYER_TEST(one_that_failed_is_still_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
