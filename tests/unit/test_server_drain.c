/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

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

/* Clients without end, each of which wants its answer whole. */
struct crowd {
	const struct serving *s;
	_Atomic bool drained; /* who is refused from now on is not cut */
	_Atomic int served, refused, cut;
};

#define ANSWER_BYTES 20000

static void
answer_one(sock_t s, void *arg)
{
	static const char answer[ANSWER_BYTES];
	char byte;

	(void)arg;
	if (sock_read(s, &byte, 1, SOCK_DEFAULT) == 1)
		(void)sock_write(s, answer, sizeof answer, SOCK_DEFAULT);
}

static void
ask_without_end(void *arg)
{
	struct crowd *crowd = arg;
	char buf[4096];

	while (!atomic_load(&crowd->drained) ||
	    atomic_load(&crowd->refused) == 0) {
		const sock_t c =
		    sock_dial(crowd->s->at, .deadline = sock_in(100));
		size_t have = 0;
		ssize_t n = 0;

		if (c < 0) {
			atomic_fetch_add(&crowd->refused, 1);
			break;
		}
		if (sock_write(c, "?", 1, SOON) == 0)
			while ((n = sock_read(c, buf, sizeof buf, SOON)) > 0)
				have += (size_t)n;
		atomic_fetch_add(n == 0 && have == ANSWER_BYTES ?
			&crowd->served :
			&crowd->cut,
		    1);
		(void)sock_close(c);
	}
}

static void *
ask_in_thread(void *arg)
{
	ask_without_end(arg);
	return NULL;
}

#define ASKERS 8

static void
drain_at_once(struct crowd *crowd)
{
	assert_int_equal(sock_server_drain(crowd->s->v, SOON), 0);
	atomic_store(&crowd->drained, true);
}

/* Each acceptor that a client wakes sees it before anybody has told it. */
static void
drain_late(struct crowd *crowd)
{
	struct sock_server *v = crowd->s->v;
	const int before = atomic_load(&crowd->served);

	atomic_store(&v->shared->drain_by, SOON);
	atomic_store(&crowd->drained, true);
	/* Where one acceptor serves all, the queue may never be empty. */
	UNTIL(atomic_load(&crowd->refused) > 0 ||
	    atomic_load(&crowd->served) > before + 100);
	socki_server_stir(v, true);
}

static void
drain_under_load(const struct serving *s, void (*drain)(struct crowd *crowd))
{
	struct crowd crowd = { .s = s };
	pthread_t threads[ASKERS];
	int i;

	for (i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     ask_in_thread, &crowd),
		    0);
	UNTIL(atomic_load(&crowd.served) > 20);
	drain(&crowd);
	assert_int_equal(sock_server_wait(s->v, SOON), 0);
	for (i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	if (atomic_load(&crowd.cut) != 0)
		serving_failed(s);
	assert_int_equal(atomic_load(&crowd.cut), 0);
	assert_int_equal(serving_stats(s).aborted, 0);
	sock_server_free(s->v);
}

#define ROUNDS (UNDER_TSAN || RUNNING_ON_VALGRIND ? 1 : 3)

static void
under_load_nobody_is_cut(void **state)
{
	struct serving s;
	int round;

	(void)state;
	EVERY_ROW(s)
	for (round = 0; round < ROUNDS; round++) {
		serving_start(&s, .on_stream = answer_one);
		drain_under_load(&s, drain_at_once);
	}
}

static void
acceptors_that_see_it_first_cut_nobody(void **state)
{
	struct serving s;
	int round;

	(void)state;
	EACH_ROW(s)
	for (round = 0; round < ROUNDS; round++) {
		serving_start(&s, .on_stream = answer_one);
		drain_under_load(&s, drain_late);
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
		cmocka_unit_test(what_is_left_at_the_deadline_is_aborted),
		cmocka_unit_test(freeing_is_now),
		cmocka_unit_test(under_load_nobody_is_cut),
		cmocka_unit_test(acceptors_that_see_it_first_cut_nobody),
		cmocka_unit_test(ends_race),
		cmocka_unit_test(a_fork_leaves_the_server_to_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
