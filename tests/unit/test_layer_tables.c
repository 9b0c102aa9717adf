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

/* Who is refused has its state back, and nobody else has. */
static void
a_state_is_closed_unless_it_was_refused(void **state)
{
	const void *view;
	void *mine = toy_tls_state(&client, "x");
	struct sock_layer odd = toy_layer;
	int i;

	(void)state;
	odd.size = offsetof(struct sock_layer, start) - 1;
	assert_int_equal(sock_start_layer(pair[0], &odd, mine, SOON),
	    SOCK_EUSAGE);
	assert_int_equal(sock_start_layer(0, &toy_layer, mine, SOON),
	    SOCK_EUSAGE);
	assert_int_equal(sock_write(pair[1], "early", 5, SOON), 0);
	assert_int_equal(sock_peek(pair[0], &view, 1, SOON), 5);
	assert_int_equal(sock_start_layer(pair[0], &toy_layer, mine, SOON),
	    -EBUSY);
	assert_int_equal(sock_skip(pair[0], 5), 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(sock_push_layer(pair[0], &toy_layer,
				     toy_tls_state(&client, "x")),
		    0);
	assert_int_equal(sock_start_layer(pair[0], &toy_layer, mine, SOON),
	    SOCK_ELIMIT);
	assert_int_equal(sock_close(pair[0]), 0);
	while (client.alive > 1)
		aside_poke();
	assert_int_equal(sock_start_layer(pair[0], &toy_layer, mine, SOON),
	    SOCK_ESTALE);
	assert_int_equal(client.alive, 0);
}

static ssize_t
plain_read(void *state, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	(void)state;
	(void)need;
	return sock_below_read(below, buf, n);
}

static ssize_t
plain_write(void *state, struct sock_below *below, const void *buf, size_t n,
    unsigned *need)
{
	(void)state;
	(void)need;
	return sock_below_write(below, buf, n);
}

static int
refuse_to_start(void *state, struct sock_below *below, unsigned *need)
{
	(void)below;
	(void)need;
	return *(int *)state;
}

/* Else its caller would close it, too. */
static void
a_start_cannot_pass_for_a_refusal(void **state)
{
	static const struct sock_layer l = { .size = sizeof l,
		.name = "odd",
		.read = plain_read,
		.write = plain_write,
		.start = refuse_to_start };
	static int rc = SOCK_EUSAGE;

	(void)state;
	assert_int_equal(sock_start_layer(pair[0], &l, &rc, SOON), -EPROTO);
}

/* A table from before there was a start. */
static void
an_older_table_starts_as_it_always_did(void **state)
{
	static struct sock_layer old;

	(void)state;
	old = (struct sock_layer){ .size = offsetof(struct sock_layer, start),
		.name = "old",
		.read = plain_read,
		.write = plain_write };
	memset((char *)&old + old.size, 0xff, sizeof old - old.size);
	assert_int_equal(sock_start_layer(pair[0], &old, NULL, SOON), 0);
	assert_int_equal(sock_push_layer(pair[1], &old, NULL), 0);
	aside_say(pair[0], "x");
	aside_hear(pair[1], "x");
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_write(pair[1], "x", 1, SOON), -EPIPE);
	assert_string_equal(sock_last_error()->reason, "broken pipe");
	assert_aside();
}

/* Whose calls need no turn. */
static void *
ask_on(void *arg)
{
	_Atomic sock_t *whom = arg;
	sock_t s;

	while ((s = *whom) >= 0)
		if (s > 0)
			(void)sock_want(s, SOCK_READABLE);
	return NULL;
}

static void
another_thread_may_ask_while_a_layer_comes(void **state)
{
	static const struct sock_layer plain = { .size = sizeof plain,
		.name = "plain",
		.read = plain_read,
		.write = plain_write };
	_Atomic sock_t whom = 0;
	pthread_t asker;
	sock_t ends[2];
	int i, rc = 0;

	(void)state;
	assert_int_equal(pthread_create(&asker, NULL, ask_on, &whom), 0);
	for (i = 0; i < 10000 && rc == 0; i++) {
		rc = sock_pair(ends);
		whom = ends[0];
		if (rc == 0)
			rc = sock_push_layer(ends[0], &plain, NULL);
		(void)sock_close(ends[0]);
		(void)sock_close(ends[1]);
	}
	whom = -1;
	assert_int_equal(pthread_join(asker, NULL), 0);
	assert_int_equal(rc, 0);
}

static int
look(void *state, void *arg)
{
	*(void **)arg = state;
	return 7;
}

static void
a_layer_is_found_by_its_table(void **state)
{
	void *mine = toy_tls_state(&client, "x"), *seen = NULL;
	static struct sock_layer other;

	(void)state;
	other = toy_layer;
	assert_int_equal(sock_with_layer(pair[0], &toy_layer, look, &seen),
	    SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "layer unix: the call makes no sense here: it has no such layer");
	assert_int_equal(sock_push_layer(pair[0], &toy_layer, mine), 0);
	other.close = NULL;
	assert_int_equal(sock_push_layer(pair[0], &other, mine), 0);
	assert_int_equal(sock_with_layer(pair[0], &toy_layer, look, &seen), 7);
	assert_ptr_equal(seen, mine);
	assert_int_equal(sock_with_layer(0, &toy_layer, look, &seen),
	    SOCK_EUSAGE);
}

static void
another_library_leaves_errors_as_this_one_does(void **state)
{
	(void)state;
	assert_int_equal(sock_fail(SOCK_ECERT, "tls", "a\tb", "it\n is odd"),
	    SOCK_ECERT);
	assert_string_equal(sock_errmsg(), "tls a\\x09b: it\\x0a is odd");
	assert_int_equal(sock_last_error()->code, SOCK_ECERT);
	assert_int_equal(sock_fail(-ENOENT, "tls", NULL, NULL), -ENOENT);
	assert_string_equal(sock_errmsg(), "tls: no such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LAYER_TEST(a_state_is_closed_unless_it_was_refused),
		LAYER_TEST(a_start_cannot_pass_for_a_refusal),
		LAYER_TEST(an_older_table_starts_as_it_always_did),
		LAYER_TEST(another_thread_may_ask_while_a_layer_comes),
		LAYER_TEST(a_layer_is_found_by_its_table),
		LAYER_TEST(another_library_leaves_errors_as_this_one_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
