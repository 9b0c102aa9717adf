/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "serving.h"

/* A thousand who say a byte now and then, and one who wants to be served. */
#define DRIPS 1000

static void
slow_clients_do_not_keep_a_good_one_waiting(void **state)
{
	static sock_t drip[DRIPS];
	struct serving s;
	int i, round;

	(void)state;
	EACH_MODE(s)
	{
		const int drips = s.mode == 0 ? DRIPS : 100;
		sock_t good;

		if (modes[s.mode].one)
			continue;
		serving_start(&s, .on_stream = serving_echo,
		    .lifetime_ms = 600000);
		for (i = 0; i < drips; i++)
			assert_true((drip[i] = serving_dial(&s)) > 0);
		for (round = 0; round < 3; round++) {
			for (i = 0; i < drips; i++)
				assert_int_equal(sock_write(drip[i], "d", 1,
						     SOON),
				    0);
			good = serving_dial(&s);
			assert_true(serving_echoes(good, "good"));
			assert_int_equal(sock_finish(good, SOON), 0);
		}
		assert_true(serving_stats(&s).active >= (uint64_t)drips);
		for (i = 0; i < drips; i++)
			sock_close(drip[i]);
		serving_stop(&s);
	}
}

static void
read_by_bytes(sock_t s, void *arg)
{
	char byte;

	while (sock_read(s, &byte, 1, SOCK_DEFAULT) == 1)
		if (byte == '?')
			(void)sock_write(s, "!", 1, SOCK_DEFAULT);
	(void)arg;
}

static void *
flood_in_thread(void *arg)
{
	static const char block[65536];
	const sock_t c = *(const sock_t *)arg;

	while (sock_write(c, block, sizeof block, SOON) == 0)
		;
	return NULL;
}

static void
who_sends_without_end_does_not_keep_others_waiting(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EACH_ROW(s)
	{
		pthread_t thread;
		sock_t c, good;
		char byte;

		if (modes[s.mode].one)
			continue;
		serving_start(&s, .on_stream = read_by_bytes, .workers = 1);
		c = serving_dial(&s);
		good = serving_dial(&s);
		assert_int_equal(pthread_create(&thread, NULL, flood_in_thread,
				     &c),
		    0);
		UNTIL(serving_stats(&s).bytes_in > 100000);
		for (i = 0; i < 5; i++) {
			assert_int_equal(sock_write(good, "?", 1, SOON), 0);
			assert_int_equal(sock_read(good, &byte, 1, SOON), 1);
		}
		sock_close(good);
		sock_server_free(s.v);
		assert_int_equal(pthread_join(thread, NULL), 0);
		sock_close(c);
	}
}

/* Those in the queue are taken a few at a time. */
static void
a_flood_of_connections_does_not_keep_others_waiting(void **state)
{
	static sock_t c[200];
	const sock_t l = sock_listen("tcp:127.0.0.1:0");
	struct serving s = { .mode = 0 };
	int i;

	(void)state;
	assert_true(l > 0);
	serving_start(&s, .on_stream = serving_echo, .listener = l,
	    .workers = 1);
	c[0] = serving_dial(&s);
	assert_true(serving_echoes(c[0], "first"));
	for (i = 1; i < (int)COUNT(c); i++) {
		assert_true((c[i] = serving_dial(&s)) > 0);
		if (i % 20 == 0)
			assert_true(serving_echoes(c[0], "still"));
	}
	for (i = 0; i < (int)COUNT(c); i++) {
		assert_true(serving_echoes(c[i], "each"));
		sock_close(c[i]);
	}
	serving_stop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_clients_do_not_keep_a_good_one_waiting),
		cmocka_unit_test(
		    who_sends_without_end_does_not_keep_others_waiting),
		cmocka_unit_test(
		    a_flood_of_connections_does_not_keep_others_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
