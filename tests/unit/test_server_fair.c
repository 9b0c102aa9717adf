/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "server/server.h"
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
		UNTIL(serving_stats(&s).active >= (uint64_t)drips);
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

/* Those taken when the first handler runs. */
static void
note_the_first(sock_t s, void *arg)
{
	_Atomic uint64_t *first = arg;
	struct socki_socket *socket;
	uint64_t none = 0;

	if (socki_socket_pin(s, &socket) < 0)
		return;
	(void)atomic_compare_exchange_strong(first, &none,
	    atomic_load(&socki_conversation_of(socket)
			     ->station->counts->accepted));
	socki_socket_unpin(socket);
}

static void
a_worker_takes_64_in_a_row(void **state)
{
	static sock_t c[200];
	const sock_t l = sock_listen("tcp:127.0.0.1:0");
	struct serving s = { .mode = 0 };
	struct sock_addr addr;
	_Atomic uint64_t first = 0;
	int i;

	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("handlers have threads of their own here");
	assert_int_equal(sock_local(l, &addr), 0);
	(void)sock_addr_text(&addr, s.at, sizeof s.at);
	for (i = 0; i < (int)COUNT(c); i++)
		assert_true((c[i] = serving_dial(&s)) > 0);
	serving_start(&s, .on_stream = note_the_first, .arg = &first,
	    .listener = l, .workers = 1);
	for (i = 0; i < (int)COUNT(c); i++)
		assert_int_equal(sock_finish(c[i], SOON), 0);
	assert_in_range(atomic_load(&first), 1, 64);
	serving_stop(&s);
}

#define IDLERS 1000

static void
idle(void *arg)
{
	(void)arg;
	(void)sock_sleep(SOCK_FOREVER);
}

static void
start_idlers(void *arg)
{
	int i;

	for (i = 0; i < IDLERS; i++)
		EXPECT_INT(sock_go(arg, idle, NULL), 0);
}

/* A group of fibers on the first worker. */
static struct sock_group *
load_the_first(void)
{
	struct sock_group *g = sock_group_new();
	int rc = 0;
	struct socki_worker *first = socki_worker_at(0, &rc);
	struct socki_task *task =
	    socki_fiber_new_on(first, start_idlers, g, &rc);

	assert_non_null(task);
	assert_int_equal(socki_fiber_start(task), 0);
	UNTIL(socki_worker_load(first) >= IDLERS);
	return g;
}

static void
conversations_go_where_there_is_room(void **state)
{
	static sock_t c[100];
	struct serving s;
	struct sock_group *g;
	uint64_t on_first;
	int i;

	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("there are no workers here");
	g = load_the_first();
	for (s = (struct serving){ .mode = 0 };
	     s.transport < (int)COUNT(transports); s.transport++) {
		if (!serving_can(transports[s.transport]))
			continue;
		serving_start(&s, .on_stream = serving_echo, .workers = 2);
		for (i = 0; i < (int)COUNT(c); i++) {
			c[i] = serving_dial(&s);
			assert_true(serving_echoes(c[i], "here"));
		}
		on_first = atomic_load(&s.v->shared->counts[0].accepted);
		/*
		 * Of siblings the kernel gives each about half, and each hands
		 * on every other one.
		 */
		if (s.v->acceptors == 1)
			assert_int_equal(on_first, 0);
		else
			assert_true(on_first < COUNT(c) / 2);
		for (i = 0; i < (int)COUNT(c); i++)
			sock_close(c[i]);
		serving_stop(&s);
	}
	sock_group_free(g);
	assert_aside();
}

/* Before the first fiber. */
static int
two_workers(void **state)
{
	const struct sock_runtime_options o = { .size = sizeof o,
		.workers = 2 };

	(void)state;
	return sock_runtime(&o);
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
		cmocka_unit_test(a_worker_takes_64_in_a_row),
		cmocka_unit_test(conversations_go_where_there_is_room),
	};

	return cmocka_run_group_tests(tests, two_workers, NULL);
}
