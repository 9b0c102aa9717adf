/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "processes.h"

/* Each byte is a request, answered with whether it drains; a 'd' drains. */
static void
answer_each(sock_t s, void *arg)
{
	char c;

	(void)arg;
	while (sock_idle(s, SOCK_DEFAULT) == 1) {
		if (sock_read(s, &c, 1, SOCK_NOWAIT) != 1)
			break;
		if (c == 'd')
			(void)sock_server_drain(atomic_load(&page->v), SOON);
		c = sock_draining(s) ? 'y' : 'n';
		if (sock_write(s, &c, 1, SOCK_DEFAULT) < 0)
			break;
	}
}

static char
ask(sock_t s, const char *request)
{
	char answer = '\0';

	assert_int_equal(sock_write(s, request, strlen(request), SOON), 0);
	assert_int_equal(sock_read(s, &answer, 1, SOON), 1);
	return answer;
}

static void
ends_without_a_word(sock_t s)
{
	char byte;

	assert_int_equal(sock_read(s, &byte, 1, SOON), 0);
	assert_int_equal(sock_finish(s, SOON), 0);
}

static void
the_drain_ends_who_rests(void **state)
{
	struct serving s;

	(void)state;
	/* Each takes the second that is waited for requests under way. */
	for (s = (struct serving){ .mode = -1 };
	     serving_next(&s, false, true);) {
		sock_t c[3];
		int i;
		const int many = modes[s.mode].one ? 1 : 3;

		serving_start(&s, .on_stream = answer_each);
		for (i = 0; i < many; i++)
			c[i] = serving_dial(&s);
		/* One of them has not asked for anything yet. */
		for (i = 0; i < many && i < 2; i++) {
			assert_int_equal(ask(c[i], "a"), 'n');
			assert_int_equal(ask(c[i], "b"), 'n');
		}
		UNTIL(serving_stats(&s).active == (uint64_t)many);
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		for (i = 0; i < many; i++)
			ends_without_a_word(c[i]);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, many);
		sock_server_free(s.v);
	}
}

static void
requests_under_way_are_answered(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		char answers[3];
		sock_t c;

		serving_start(&s, .on_stream = answer_each);
		atomic_store(&page->v, s.v);
		c = serving_dial(&s);
		assert_int_equal(ask(c, "a"), 'n');
		assert_int_equal(sock_write(c, "bdc", 3, SOON), 0);
		assert_int_equal(sock_read_full(c, answers, 3, SOON), 3);
		assert_memory_equal(answers, "nyy", 3);
		assert_int_equal(sock_finish(c, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, 1);
		sock_server_free(s.v);
	}
}

static void
who_has_finished_rests_no_more(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		sock_t c;

		serving_start(&s, .on_stream = answer_each);
		c = serving_dial(&s);
		assert_int_equal(ask(c, "a"), 'n');
		assert_int_equal(sock_finish(c, SOON), 0);
		UNTIL(serving_stats(&s).finished == 1);
		serving_stop(&s);
	}
}

static void
any_stream_may_rest(void **state)
{
	sock_t pair[2];
	char c;

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	assert_int_equal(sock_idle(pair[0], SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_idle(pair[0], sock_in(5)), -ETIMEDOUT);
	assert_int_equal(sock_idle(pair[0], sock_in(-5)), -ETIMEDOUT);
	assert_string_equal(sock_last_error()->op, "idle");
	assert_int_equal(sock_write(pair[1], "xy", 2, SOON), 0);
	assert_int_equal(sock_idle(pair[0], sock_in(-5)), 1);
	assert_int_equal(sock_idle(pair[0], SOCK_NOWAIT), 1);
	assert_int_equal(sock_read(pair[0], &c, 1, SOCK_NOWAIT), 1);
	assert_int_equal(sock_idle(pair[0], SOON), 1);
	assert_int_equal(sock_read(pair[0], &c, 1, SOCK_NOWAIT), 1);
	assert_false(sock_draining(pair[0]));
	/* Nothing came behind a short read: it has looked all the same. */
	assert_int_equal(sock_write(pair[1], "z", 1, SOON), 0);
	assert_int_equal(sock_idle(pair[0], sock_in(-5)), 1);
	assert_int_equal(sock_read(pair[0], &c, 1, SOCK_NOWAIT), 1);
	assert_int_equal(sock_close(pair[1]), 0);
	assert_int_equal(sock_idle(pair[0], SOON), 0);
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_idle(pair[0], SOON), SOCK_ESTALE);
	assert_int_equal(sock_idle(0, SOON), SOCK_EUSAGE);
	assert_false(sock_draining(pair[0]));
	assert_false(sock_draining(0));
}

/* However much the read before it has found. */
static void
what_is_here_is_told_after_a_cancel(void **state)
{
	char buf[2];
	size_t room;

	(void)state;
	for (room = 1; room <= sizeof buf; room++) {
		sock_t pair[2];

		assert_int_equal(sock_pair(pair), 0);
		assert_int_equal(sock_write(pair[1], "x", 1, SOON), 0);
		assert_int_equal(sock_read(pair[0], buf, room, SOON), 1);
		assert_int_equal(sock_write(pair[1], "y", 1, SOON), 0);
		assert_int_equal(sock_cancel(pair[0]), 0);
		assert_int_equal(sock_idle(pair[0], SOON), 1);
		assert_int_equal(sock_read(pair[0], buf, room, SOON), 1);
		assert_int_equal(sock_idle(pair[0], SOON), -ECANCELED);
		assert_int_equal(sock_close(pair[0]), 0);
		assert_int_equal(sock_close(pair[1]), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_drain_ends_who_rests),
		cmocka_unit_test(requests_under_way_are_answered),
		cmocka_unit_test(who_has_finished_rests_no_more),
		cmocka_unit_test(any_stream_may_rest),
		cmocka_unit_test(what_is_here_is_told_after_a_cancel),
	};

	return cmocka_run_group_tests(tests, process_setup, NULL);
}
