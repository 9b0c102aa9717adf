/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "server/server.h"
#include "serving.h"

static void
conversations_finish_and_nobody_else_comes(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		sock_t c, late;

		serving_start(&s, .on_stream = serving_echo);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "before"));
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, SOCK_NOWAIT), -EAGAIN);
		assert_true(serving_echoes(c, "after"));
		/* Dropped or refused, but never answered. */
		late = sock_dial(s.at, .deadline = sock_in(50));
		assert_true(late < 0);
		assert_true(serving_echoes(c, "still"));
		assert_int_equal(sock_finish(c, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, 1);
		late = serving_dial(&s);
		assert_true(late == -ECONNREFUSED || late == -ENOENT);
		sock_server_free(s.v);
	}
}

static void
whoever_waits_in_the_queue_is_still_served(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EACH_ROW(s)
	{
		sock_t c[8];

		/* One keeps the others waiting; which, is up to the kernel. */
		serving_start(&s, .on_stream = serving_echo, .max_streams = 1);
		for (i = 0; i < 8; i++)
			assert_true((c[i] = serving_dial(&s)) > 0);
		UNTIL(serving_stats(&s).active == 1);
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		for (i = 0; i < 8; i++) {
			assert_int_equal(sock_write(c[i], "x", 1, SOON), 0);
			assert_int_equal(sock_shut(c[i], SOON), 0);
		}
		for (i = 0; i < 8; i++) {
			char byte = 0;

			assert_int_equal(sock_read(c[i], &byte, 1, SOON), 1);
			assert_int_equal(sock_read(c[i], &byte, 1, SOON), 0);
			assert_int_equal(sock_close(c[i]), 0);
		}
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, 8);
		sock_server_free(s.v);
	}
}

/*
 * Many wait, and in fibers in the queues of siblings, each of which would take
 * its own along when it is closed.
 */
#define PENDING 1000

static void
a_thousand_who_wait_are_served(void **state)
{
	static sock_t c[PENDING];
	struct rlimit limit;
	struct serving s;
	char byte;
	int i;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	EACH_MODE(s)
	{
		serving_start(&s, .on_stream = serving_echo, .max_streams = 1);
		for (i = 0; i < PENDING; i++) {
			assert_true((c[i] = serving_dial(&s)) > 0);
			assert_int_equal(sock_write(c[i], "x", 1, SOON), 0);
		}
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		for (i = 0; i < PENDING; i++)
			assert_int_equal(sock_shut(c[i], SOON), 0);
		for (i = 0; i < PENDING; i++) {
			assert_int_equal(sock_read(c[i], &byte, 1, SOON), 1);
			assert_int_equal(sock_finish(c[i], SOON), 0);
		}
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, PENDING);
		sock_server_free(s.v);
	}
}

static void
hear_it(sock_t s, void *arg)
{
	_Atomic int *code = arg;
	char byte;

	atomic_store(code, (int)sock_read(s, &byte, 1, SOCK_DEFAULT));
	/* And whatever else it waits for. */
	EXPECT_INT(sock_sleep(SOON), -ECANCELED);
}

static void
what_is_left_at_the_deadline_is_aborted(void **state)
{
	struct serving s;
	int twice;

	(void)state;
	EACH_ROW(s)
	for (twice = 0; twice < 2; twice++) {
		_Atomic int code = 0;
		char byte;
		sock_t c;
		ssize_t n;

		serving_start(&s, .on_stream = hear_it, .arg = &code);
		c = serving_dial(&s);
		UNTIL(serving_stats(&s).active == 1);
		assert_int_equal(sock_server_drain(s.v,
				     twice ? SOON : sock_in(20)),
		    0);
		/* The second call is now. */
		if (twice)
			assert_int_equal(sock_server_drain(s.v, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		if (atomic_load(&code) != SOCK_ESTALE)
			assert_int_equal(atomic_load(&code), -ECANCELED);
		assert_int_equal(serving_stats(&s).aborted, 1);
		n = sock_read(c, &byte, 1, SOON);
		if (strncmp(s.at, "tcp", 3) == 0)
			assert_int_equal(n, -ECONNRESET);
		else
			assert_true(n <= 0);
		sock_close(c);
		sock_server_free(s.v);
		assert_aside();
	}
}

static void
who_asks_first_sets_the_deadline_though_the_listener_went(void **state)
{
	struct serving s;

	(void)state;
	for (s = (struct serving){ .mode = -1 };
	     serving_next(&s, false, true);) {
		sock_t c, l;

		/* The acceptor holds the conversation, or is in a child. */
		if (modes[s.mode].one || modes[s.mode].mode == SOCK_PROCESSES)
			continue;
		l = sock_listen("tcp:127.0.0.1:0");
		serving_start(&s, .on_stream = serving_echo, .listener = l);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "before"));
		assert_int_equal(sock_close(l), 0);
		UNTIL(atomic_load(&s.v->accepting) == 0);
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, sock_in(50)),
		    -ETIMEDOUT);
		assert_true(serving_echoes(c, "after"));
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).aborted, 1);
		assert_int_equal(sock_close(c), 0);
		sock_server_free(s.v);
	}
}

static void
freeing_is_now(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EVERY_ROW(s)
	{
		sock_t c[4];
		char byte;

		serving_start(&s, .on_stream = serving_echo);
		for (i = 0; i < 4; i++)
			assert_true((c[i] = serving_dial(&s)) > 0);
		assert_true(serving_echoes(c[0], "x"));
		sock_server_free(s.v);
		for (i = 0; i < 4; i++) {
			assert_true(sock_read(c[i], &byte, 1, SOON) <= 0);
			sock_close(c[i]);
		}
	}
}

/* Everybody ends it at once. */
static void *
drain_too(void *arg)
{
	struct serving *s = arg;

	EXPECT_INT(sock_server_drain(s->v, sock_in(2)), 0);
	EXPECT_INT(sock_server_wait(s->v, SOON), 0);
	return NULL;
}

static void
ends_race(void **state)
{
	struct serving s;
	int round, i;

	(void)state;
	EACH_MODE(s)
	for (round = 0; round < (RUNNING_ON_VALGRIND ? 3 : 20); round++) {
		pthread_t threads[4];
		sock_t c[4];

		serving_start(&s, .on_stream = serving_echo, .idle_ms = 1,
		    .max_streams = 3, .max_per_peer = 3);
		for (i = 0; i < 4; i++) {
			c[i] = serving_dial(&s);
			(void)sock_write_some(c[i], "x", 1, SOCK_NOWAIT);
		}
		for (i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
					     drain_too, &s),
			    0);
		(void)serving_stats(&s);
		for (i = 0; i < 4; i++) {
			(void)sock_close(c[i]);
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		}
		assert_int_equal(serving_stats(&s).active, 0);
		sock_server_free(s.v);
		assert_aside();
	}
}

static void
a_child_of_fork_has_nobody_to_drain(void *arg)
{
	struct serving *s = arg;

	EXPECT_INT(sock_server_drain(s->v, SOCK_NOWAIT), 0);
	EXPECT_INT(sock_server_wait(s->v, SOON), 0);
	sock_server_free(s->v);
}

static void
a_fork_leaves_the_server_to_the_parent(void **state)
{
	struct serving s;
	sock_t c;

	(void)state;
	EACH_ROW(s)
	{
		serving_start(&s, .on_stream = serving_echo);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "before"));
		assert_int_equal(
		    aside_child(a_child_of_fork_has_nobody_to_drain, &s), 0);
		assert_true(serving_echoes(c, "after"));
		sock_finish(c, SOON);
		c = serving_dial(&s);
		assert_true(serving_echoes(c, "another"));
		sock_finish(c, SOON);
		serving_stop(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_finish_and_nobody_else_comes),
		cmocka_unit_test(whoever_waits_in_the_queue_is_still_served),
		cmocka_unit_test(a_thousand_who_wait_are_served),
		cmocka_unit_test(what_is_left_at_the_deadline_is_aborted),
		cmocka_unit_test(
		    who_asks_first_sets_the_deadline_though_the_listener_went),
		cmocka_unit_test(freeing_is_now),
		cmocka_unit_test(ends_race),
		cmocka_unit_test(a_fork_leaves_the_server_to_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
