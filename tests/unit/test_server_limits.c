/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "serving.h"

static void
beyond_max_streams_they_wait_in_the_queue(void **state)
{
	struct serving s;
	int i;

	(void)state;
	EACH_ROW(s)
	{
		sock_t c[6];

		if (modes[s.mode].one)
			continue;
		serving_start(&s, .on_stream = serving_echo, .max_streams = 2);
		for (i = 0; i < 6; i++) {
			c[i] = serving_dial(&s);
			assert_int_equal(sock_write(c[i], "x", 1, SOON), 0);
		}
		/* Two at a time, each as soon as another has ended. */
		for (i = 0; i < 6; i++) {
			int k, first;

			for (first = -1; first < 0;)
				for (k = 0; k < 6 && first < 0; k++) {
					char byte;

					if (c[k] != 0 &&
					    sock_read(c[k], &byte, 1,
						sock_in(1)) == 1)
						first = k;
				}
			assert_true(serving_stats(&s).active <= 2);
			sock_close(c[first]);
			c[first] = 0;
		}
		UNTIL(serving_stats(&s).finished == 6);
		assert_int_equal(serving_stats(&s).accepted, 6);
		serving_stop(&s);
	}
}

#define BACKLOG 2 /* and the kernel lets one more in */
#define COMERS 6

/* What finds it full is dropped, and the kernel of who dials tries again. */
static void
a_full_queue_delays_and_loses_nobody(void **state)
{
	struct sock_info info = { .size = sizeof info };
	struct serving s;
	int i;

	(void)state;
	EACH_MODE(s)
	{
		struct sock_addr addr;
		sock_t c[COMERS], l;

		if (modes[s.mode].one)
			continue;
		l = sock_listen("tcp:127.0.0.1:0", .backlog = BACKLOG);
		assert_int_equal(sock_local(l, &addr), 0);
		(void)sock_addr_text(&addr, s.at, sizeof s.at);
		for (i = 0; i < COMERS; i++)
			c[i] = sock_dial_start(s.at, .deadline = SOON);
		for (i = 0; i < BACKLOG + 1; i++)
			assert_int_equal(sock_connected(c[i], SOON), 0);
		for (; i < COMERS; i++)
			assert_int_equal(sock_connected(c[i], SOCK_NOWAIT),
			    -EAGAIN);
		assert_int_equal(sock_info(l, &info), 0);
		if (!under_emulation()) { /* without TCP_INFO */
			assert_int_equal(info.accept_backlog, BACKLOG);
			assert_int_equal(info.accept_queue, BACKLOG + 1);
		}
		serving_start(&s, .on_stream = serving_echo, .listener = l);
		for (i = 0; i < COMERS; i++) {
			assert_int_equal(sock_connected(c[i], SOON), 0);
			assert_true(serving_echoes(c[i], "late"));
			assert_int_equal(sock_finish(c[i], SOON), 0);
		}
		serving_stop(&s);
	}
}

static sock_t
dial_from(const struct serving *s, const char *local)
{
	return sock_dial(s->at, .deadline = SOON, .local = local);
}

static void
beyond_max_per_peer_they_are_closed(void **state)
{
	struct serving s;
	char byte;
	int round;

	(void)state;
	EACH_MODE(s)
	{
		if (modes[s.mode].one)
			continue;
		serving_start(&s, .on_stream = serving_echo, .max_per_peer = 2);
		for (round = 0; round < 3; round++) {
			const sock_t a = dial_from(&s, "127.0.0.1");
			const sock_t b = dial_from(&s, "127.0.0.1");
			const sock_t other = dial_from(&s, "127.0.0.2");
			sock_t over;

			assert_true(serving_echoes(a, "a"));
			assert_true(serving_echoes(b, "b"));
			over = dial_from(&s, "127.0.0.1");
			assert_true(sock_read(over, &byte, 1, SOON) <= 0);
			sock_close(over);
			/* Another one is not concerned. */
			assert_true(serving_echoes(other, "other"));
			assert_int_equal(serving_stats(&s).shed, round + 1);
			sock_close(a);
			sock_close(b);
			sock_close(other);
			UNTIL(serving_stats(&s).active == 0);
		}
		serving_stop(&s);
	}
}

/* What a limit ends, and how it shows. */
static void
hear_the_end(sock_t s, void *arg)
{
	_Atomic int *code = arg;
	char buf[16];
	ssize_t n;

	do
		n = sock_read(s, buf, sizeof buf, SOCK_DEFAULT);
	while (n > 0);
	/* It sticks, in both directions. */
	if (n < 0) {
		EXPECT_INT(sock_read(s, buf, 1, SOON), n);
		EXPECT_INT(sock_write(s, "x", 1, SOON), n);
	}
	atomic_store(code, n == 0 ? 1 : (int)n);
}

/* Whether one who has said something outlives first_ms, 50 of them. */
static bool
outlives_first_ms(const struct serving *s, _Atomic int *code)
{
	sock_t c;
	bool did;

	atomic_store(code, 0);
	c = serving_dial(s);
	(void)sock_write(c, "x", 1, SOON);
	sock_sleep(sock_in(120));
	did = atomic_load(code) == 0;
	sock_close(c);
	UNTIL(atomic_load(code) != 0);
	return did;
}

static void
who_says_nothing_is_ended_by_first_ms(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		_Atomic int code = 0;
		const sock_time begin = sock_now();
		char byte;
		sock_t c;

		serving_start(&s, .on_stream = hear_the_end, .arg = &code,
		    .first_ms = 50);
		c = serving_dial(&s);
		assert_int_equal(sock_read(c, &byte, 1, SOON), 0);
		assert_int_equal(atomic_load(&code), -ETIMEDOUT);
		assert_true(sock_now() - begin >= 50000000);
		sock_close(c);
		UNTIL(serving_stats(&s).timed_out == 1);
		/*
		 * One byte, and it does not concern it any more, unless a busy
		 * machine brings that byte too late.
		 */
		UNTIL(outlives_first_ms(&s, &code));
		serving_stop(&s);
		assert_aside();
	}
}

#define IDLE_MS 100
#define BYTES 10 /* one every fifth of that, and it goes on twice as long */

struct silence {
	_Atomic int heard; /* bytes */
	_Atomic sock_time end;
};

static void
hear_the_silence(sock_t s, void *arg)
{
	struct silence *silence = arg;
	ssize_t n;
	char c;

	while ((n = sock_read(s, &c, 1, SOCK_DEFAULT)) == 1)
		atomic_fetch_add(&silence->heard, 1);
	EXPECT_INT(n, -ETIMEDOUT);
	atomic_store(&silence->end, sock_now());
}

/* How many bytes it heard, no two of them too far apart. */
static int
fall_silent(const struct serving *s, struct silence *silence)
{
	const sock_t c = serving_dial(s);
	sock_time sent[BYTES + 1] = { sock_now() };
	int i, heard;

	atomic_store(&silence->heard, 0);
	atomic_store(&silence->end, 0);
	for (i = 1; i <= BYTES; i++) {
		sent[i] = sock_now();
		(void)sock_write(c, "x", 1, SOON);
		sock_sleep(sock_in(IDLE_MS / 5));
	}
	UNTIL(atomic_load(&silence->end) != 0);
	heard = atomic_load(&silence->heard);
	assert_in_range(heard, 0, BYTES);
	if (heard > 0)
		assert_true(atomic_load(&silence->end) - sent[heard] >=
		    IDLE_MS * 1000000);
	sock_close(c);
	return heard;
}

static void
who_falls_silent_is_ended_by_idle_ms(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		struct silence silence = { 0, 0 };

		serving_start(&s, .on_stream = hear_the_silence,
		    .arg = &silence, .idle_ms = IDLE_MS);
		/* A busy machine may bring one of them too late. */
		UNTIL(fall_silent(&s, &silence) == BYTES);
		UNTIL(serving_stats(&s).active == 0);
		assert_int_equal(serving_stats(&s).timed_out,
		    serving_stats(&s).accepted);
		serving_stop(&s);
		assert_aside();
	}
}

static void
a_drip_of_bytes_does_not_outlive_lifetime_ms(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		_Atomic int code = 0;
		sock_t c;

		serving_start(&s, .on_stream = hear_the_end, .arg = &code,
		    .lifetime_ms = 80, .idle_ms = 60000);
		c = serving_dial(&s);
		UNTIL(sock_write(c, "x", 1, SOON) < 0 ||
		    atomic_load(&code) != 0);
		assert_int_equal(atomic_load(&code), -ETIMEDOUT);
		sock_close(c);
		UNTIL(serving_stats(&s).timed_out == 1);
		serving_stop(&s);
		assert_aside();
	}
}

static void
flood(sock_t s, void *arg)
{
	static const char block[65536];
	int rc;

	do
		rc = sock_write(s, block, sizeof block, SOCK_DEFAULT);
	while (rc == 0);
	atomic_store((_Atomic int *)arg, rc);
}

static void
who_does_not_read_is_ended_by_idle_ms(void **state)
{
	struct serving s;

	(void)state;
	EACH_ROW(s)
	{
		_Atomic int code = 0;
		sock_t c;

		serving_start(&s, .on_stream = flood, .arg = &code,
		    .idle_ms = 50, .finish_ms = 50);
		c = serving_dial(&s);
		UNTIL(atomic_load(&code) != 0);
		assert_int_equal(atomic_load(&code), -ETIMEDOUT);
		UNTIL(serving_stats(&s).timed_out == 1);
		sock_close(c);
		serving_stop(&s);
	}
}

static void
say_and_return(sock_t s, void *arg)
{
	(void)arg;
	(void)sock_write(s, "bye", 3, SOCK_DEFAULT);
}

static void
who_does_not_finish_is_closed_after_finish_ms(void **state)
{
	struct serving s;

	(void)state;
	EVERY_ROW(s)
	{
		char buf[4];
		sock_t c;

		serving_start(&s, .on_stream = say_and_return, .finish_ms = 50);
		c = serving_dial(&s);
		assert_int_equal(sock_read_full(c, buf, 3, SOON), 3);
		assert_int_equal(sock_read(c, buf, 1, SOON), 0);
		UNTIL(serving_stats(&s).timed_out == 1);
		sock_close(c);
		serving_stop(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beyond_max_streams_they_wait_in_the_queue),
		cmocka_unit_test(a_full_queue_delays_and_loses_nobody),
		cmocka_unit_test(beyond_max_per_peer_they_are_closed),
		cmocka_unit_test(who_says_nothing_is_ended_by_first_ms),
		cmocka_unit_test(who_falls_silent_is_ended_by_idle_ms),
		cmocka_unit_test(a_drip_of_bytes_does_not_outlive_lifetime_ms),
		cmocka_unit_test(who_does_not_read_is_ended_by_idle_ms),
		cmocka_unit_test(who_does_not_finish_is_closed_after_finish_ms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
