/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "traffic.h"

/*
 * What a reader has found too little is no reason to call it again, until more
 * comes, or somebody takes of it.
 */

static ssize_t
by_line(sock_t s, char *buf, sock_time deadline)
{
	return sock_read_line(s, buf, 16, deadline);
}

static ssize_t
by_mark(sock_t s, char *buf, sock_time deadline)
{
	return sock_read_until(s, buf, 16, "s\n", 2, deadline);
}

static ssize_t
by_number(sock_t s, char *buf, sock_time deadline)
{
	const void *view;
	const ssize_t n = sock_peek(s, &view, 6, deadline);

	if (n < 0)
		return n;
	memcpy(buf, view, (size_t)n);
	return sock_skip(s, (size_t)n) < 0 ? -EINVAL : n;
}

static const struct way {
	ssize_t (*read)(sock_t s, char *buf, sock_time deadline);
	ssize_t length;
} ways[] = { { by_line, 5 }, { by_mark, 6 }, { by_number, 6 } };
#define WAYS (sizeof ways / sizeof ways[0])

static bool
is_told(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	int rc = -EAGAIN, i;

	for (i = 0; i < (unlucky() ? 20 : 1) && rc == -EAGAIN; i++)
		rc = sock_wait(&e, 1, SOCK_NOWAIT);
	return rc == 1 && e.got == SOCK_READABLE;
}

/* "part" is read ahead, and the kernel has nothing behind it. */
static void
send_part(struct flow *f)
{
	struct speech w = { f->a, "part", 4, 4, false };
	const void *view;

	flow_start(f, traffic_say, &w);
	SAME(sock_peek(f->b, &view, 4, soon()), 4);
	flow_join(f);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READY);
	WANT(is_told(f));
}

static void
look_in_vain(struct flow *f, const struct way *way, sock_time deadline, int rc)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	char buf[16];

	SAME(way->read(f->b, buf, deadline), rc);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READABLE);
	WANT(!is_told(f));
	SAME(sock_wait(&e, 1, sock_in(1)), -ETIMEDOUT);
	SAME(way->read(f->b, buf, deadline), rc);
	WANT(!is_told(f));
}

static void
more_is_waited_for(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	struct speech w = { f->a, "s\n", 2, 2, false };
	char buf[16];
	size_t i;

	traffic_greet(f);
	for (i = 0; i < WAYS; i++) {
		send_part(f);
		look_in_vain(f, &ways[i], SOCK_NOWAIT, -EAGAIN);
		look_in_vain(f, &ways[i], sock_in(-1), -ETIMEDOUT);
		look_in_vain(f, &ways[i], sock_in(1), -ETIMEDOUT);
		flow_start(f, traffic_say, &w);
		SAME(sock_wait(&e, 1, soon()), 1);
		SAME(e.got, SOCK_READABLE);
		SAME(ways[i].read(f->b, buf, soon()), ways[i].length);
		WANT(memcmp(buf, "parts", 5) == 0);
		flow_join(f);
		WANT(!is_told(f));
	}
}

static void
what_comes_before_the_wait_is_told(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	struct speech w = { f->a, "s\n", 2, 2, false };
	char buf[16];

	traffic_greet(f);
	send_part(f);
	look_in_vain(f, &ways[0], SOCK_NOWAIT, -EAGAIN);
	flow_start(f, traffic_say, &w);
	flow_join(f);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 5);
}

static void
the_end_is_told(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	char buf[16];

	traffic_greet(f);
	send_part(f);
	look_in_vain(f, &ways[0], SOCK_NOWAIT, -EAGAIN);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(sock_read_until(f->b, buf, 16, "\n", 1, soon()), SOCK_EEOF);
	/* Nothing can come any more, so what is there is all there is. */
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READY);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 4);
}

static void
who_takes_less_gets_it_at_once(struct flow *f)
{
	const void *view;
	char buf[16];

	traffic_greet(f);
	send_part(f);
	look_in_vain(f, &ways[0], SOCK_NOWAIT, -EAGAIN);
	SAME(sock_peek(f->b, &view, 3, SOCK_NOWAIT), 4);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READY);
	WANT(is_told(f));
	look_in_vain(f, &ways[1], SOCK_NOWAIT, -EAGAIN);
	SAME(sock_read(f->b, buf, 1, SOCK_NOWAIT), 1);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READY);
	WANT(is_told(f));
	look_in_vain(f, &ways[2], SOCK_NOWAIT, -EAGAIN);
	SAME(sock_skip(f->b, 1), 0);
	WANT(is_told(f));
	look_in_vain(f, &ways[0], SOCK_NOWAIT, -EAGAIN);
	SAME(sock_read(f->b, buf, sizeof buf, SOCK_NOWAIT), 2);
	WANT(memcmp(buf, "rt", 2) == 0);
	WANT(!is_told(f));
}

static void
wait_to_read(void *arg)
{
	struct sock_event e = { .sock = *(sock_t *)arg, .want = SOCK_READABLE };

	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(e.got, SOCK_READABLE);
}

static void
who_waits_already_hears_of_what_is_left(struct flow *f)
{
	struct speech w = { f->a, "one\ntwo\n", 8, 8, false };
	char buf[16];

	traffic_greet(f);
	send_part(f);
	look_in_vain(f, &ways[0], SOCK_NOWAIT, -EAGAIN);
	flow_start(f, wait_to_read, &f->b);
	WANT(flow_await(f->b, 1));
	SAME(sock_read(f->b, buf, 1, soon()), 1);
	flow_join(f);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), 3);
	/* It may find the kernel's part taken. */
	flow_start(f, wait_to_read, &f->b);
	WANT(flow_await(f->b, 1));
	flow_start(f, traffic_say, &w);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 3);
	flow_join(f);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 3);
}

static void
a_foreign_loop_turns_once_for_each_byte(struct flow *f)
{
	static const char text[] = "one\ntwo\r\nthree\n";
	size_t lines = 0, i;
	char buf[16];

	traffic_greet(f);
	for (i = 0; i < sizeof text - 1; i++) {
		struct pollfd p = { sock_fd(f->b), POLLIN, 0 };
		ssize_t rc;

		SAME(sock_write(f->a, text + i, 1, soon()), 0);
		SAME(poll(&p, 1, 10000), 1);
		while ((rc = by_line(f->b, buf, SOCK_NOWAIT)) >= 0)
			lines++;
		SAME(rc, -EAGAIN);
		SAME(sock_want(f->b, SOCK_READABLE), SOCK_READABLE);
	}
	for (; lines < 3; lines++)
		WANT(by_line(f->b, buf, soon()) >= 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(more_is_waited_for, OVER_ALL),
		FLOW_TEST(what_comes_before_the_wait_is_told, OVER_ALL),
		FLOW_TEST(the_end_is_told, OVER_ALL),
		FLOW_TEST(who_takes_less_gets_it_at_once, OVER_ALL),
		FLOW_TEST(who_waits_already_hears_of_what_is_left, OVER_ALL),
		FLOW_TEST(a_foreign_loop_turns_once_for_each_byte, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
