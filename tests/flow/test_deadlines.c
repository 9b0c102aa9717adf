/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "socket/socket.h"
#include "traffic.h"

#define HOUR_MS INT64_C(3600000)
/* Longer than 32 bits of milliseconds, 49.7 days. */
#define LONG_MS (INT64_C(50) * 24 * HOUR_MS)

/* Fibers that run before their worker looks at the kernel. */
#define TURN 128

static _Atomic int64_t ahead_ms;

/* The kernel's clock, but later. */
static sock_time
shifted(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (sock_time)t.tv_sec * 1000000000 + t.tv_nsec +
	    atomic_load(&ahead_ms) * 1000000;
}

struct reading {
	sock_t sock;
	sock_time deadline;
	ssize_t want;
	_Atomic bool over;
};

static void
read_byte(void *arg)
{
	struct reading *r = arg;
	char byte;
	const ssize_t rc = sock_read(r->sock, &byte, 1, r->deadline);

	atomic_store(&r->over, true);
	SAME(rc, r->want);
}

/* As an event that says nothing: whoever waits looks at the time again. */
static void
nudge(sock_t handle)
{
	struct socki_socket *s;

	SAME(socki_socket_pin(handle, &s), 0);
	socki_watch_nudge(&s->watch, SOCKI_READ);
	socki_socket_unpin(s);
}

static void
fifty_days_are_fifty_days(struct flow *f)
{
	struct reading r = { .sock = f->b, .want = -ETIMEDOUT };
	int i;

	atomic_store(&ahead_ms, 0);
	socki_clock_source(shifted);
	r.deadline = sock_in(LONG_MS);
	flow_start(f, read_byte, &r);
	WANT(flow_await(f->b, 1));
	atomic_store(&ahead_ms, LONG_MS - HOUR_MS);
	for (i = 0; i < 10; i++) {
		nudge(f->b);
		WANT(flow_await(f->b, 1));
		WANT(!atomic_load(&r.over));
	}
	atomic_store(&ahead_ms, LONG_MS);
	nudge(f->b);
	flow_join(f);
	socki_clock_source(NULL);
}

static void
the_end_of_time_is_no_overflow(struct flow *f)
{
	const sock_time ends[] = { SOCK_FOREVER, SOCK_FOREVER - 1,
		sock_in(INT64_MAX), sock_in(INT64_MAX / 1000000 - 1), 0 };
	size_t i;

	traffic_greet(f);
	for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct reading r = { f->b, ends[i], 1, false };

		flow_start(f, read_byte, &r);
		WANT(flow_await(f->b, 1));
		SAME(sock_write(f->a, "x", 1, ends[i]), 0);
		flow_join(f);
	}
}

static void
what_needs_no_wait_is_never_late(struct flow *f)
{
	const sock_time late[] = { 1, sock_in(0), sock_in(-1),
		sock_in(INT64_MIN) };
	struct speech w = { f->a, "abcd\n", 5, 5, false };
	const void *view;
	char buf[8];
	size_t i;

	traffic_greet(f);
	for (i = 0; i < sizeof late / sizeof late[0]; i++) {
		flow_start(f, traffic_say, &w);
		flow_join(f);
		/* Where calls fail at random, a late one may find nothing. */
		if (unlucky())
			(void)sock_peek(f->b, &view, 5, soon());
		SAME(sock_peek(f->b, &view, 5, late[i]), 5);
		SAME(sock_read(f->b, buf, 1, late[i]), 1);
		SAME(sock_read_full(f->b, buf, 1, late[i]), 1);
		SAME(sock_read_line(f->b, buf, 8, late[i]), 2);
		SAME(sock_read(f->b, buf, 1, late[i]), -ETIMEDOUT);
		SAME(sock_read_line(f->b, buf, 8, late[i]), -ETIMEDOUT);
		SAME(sock_read_full(f->b, buf, 1, late[i]), -ETIMEDOUT);
		SAME(sock_peek(f->b, &view, 1, late[i]), -ETIMEDOUT);
		if (!unlucky())
			SAME(sock_write(f->b, "x", 1, late[i]), 0);
	}
}

struct feed {
	sock_t to;
	_Atomic bool stop;
};

/* A byte at a time, and the reader has its turn between them. */
static void
drip(void *arg)
{
	struct feed *d = arg;
	int i;

	while (!atomic_load(&d->stop)) {
		SAME(sock_write(d->to, "x", 1, soon()), 0);
		for (i = 0; i < TURN * 2 && !atomic_load(&d->stop); i++)
			flow_yield();
	}
}

static void
expect_late(struct flow *f, int how)
{
	const size_t n = 60000;
	struct feed d = { .to = f->a };
	char *buf = malloc(n);
	const void *view;
	const sock_time deadline = sock_in(20);
	ssize_t rc;

	flow_start(f, drip, &d);
	if (how == 0)
		rc = sock_read_full(f->b, buf, n, deadline);
	else if (how == 1)
		rc = sock_read_line(f->b, buf, n, deadline);
	else if (how == 2)
		rc = sock_read_until(f->b, buf, n, ";", 1, deadline);
	else
		rc = sock_peek(f->b, &view, n, deadline);
	atomic_store(&d.stop, true);
	flow_join(f);
	free(buf);
	SAME(rc, -ETIMEDOUT);
}

static void
a_file_that_fits_waits_for_nobody(struct flow *f)
{
	const size_t size = (size_t)700 << 10;
	const int fd = traffic_file(size, 1);
	int64_t room = 0;

	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 8 << 20);
	SAME(sock_get(f->a, SOCK_OPT_SNDBUF, &room), 0);
	if (room < (int64_t)size * 4 && !unlucky())
		puts("SKIP: the kernel has no room for so much");
	if (room >= (int64_t)size * 4 && !unlucky())
		for (int i = 0; i < 2; i++) {
			struct direction in = { f->b, 1, size, 65536, false,
				0 };
			const sock_time deadline =
			    i == 0 ? sock_in(-1) : soon();

			/* Nor is what need not wait ended by a cancel. */
			if (i == 1)
				SAME(sock_cancel(f->a), 0);
			SAME(sock_send_file(f->a, fd, 0, -1, deadline), size);
			traffic_read(&in);
		}
	SAME(close(fd), 0);
}

static void
a_drip_of_bytes_puts_no_deadline_off(struct flow *f)
{
	int how;

	traffic_greet(f);
	for (how = 0; how < 4; how++)
		expect_late(f, how);
}

static void
a_handle_has_timeouts_of_its_own(struct flow *f)
{
	struct reading r = { f->b, SOCK_FOREVER, 1, false };
	char buf[8];

	traffic_greet(f);
	SAME(sock_set(f->b, SOCK_OPT_READ_TIMEOUT_MS, 5), 0);
	SAME(sock_read(f->b, buf, 1, SOCK_DEFAULT), -ETIMEDOUT);
	SAME(sock_read_line(f->b, buf, 8, SOCK_DEFAULT), -ETIMEDOUT);
	SAME(sock_read_full(f->b, buf, 8, SOCK_DEFAULT), -ETIMEDOUT);
	/* It is not for those who say for ever, nor after it is taken off. */
	flow_start(f, read_byte, &r);
	SAME(sock_sleep(sock_in(20)), 0);
	WANT(!atomic_load(&r.over));
	SAME(sock_write(f->a, "x", 1, soon()), 0);
	flow_join(f);
	SAME(sock_set(f->b, SOCK_OPT_READ_TIMEOUT_MS, -1), 0);
	r.deadline = SOCK_DEFAULT;
	flow_start(f, read_byte, &r);
	WANT(flow_await(f->b, 1));
	SAME(sock_write(f->a, "x", 1, soon()), 0);
	flow_join(f);
}

static void
writing_has_a_timeout_of_its_own(struct flow *f)
{
	int rc;

	traffic_greet(f);
	SAME(sock_set(f->a, SOCK_OPT_SNDBUF, 4096), 0);
	SAME(sock_set(f->a, SOCK_OPT_WRITE_TIMEOUT_MS, 5), 0);
	do
		rc = sock_printf(f->a, "%10000d", 1);
	while (rc == 10000);
	SAME(rc, -ETIMEDOUT);
}

static void
accepting_has_deadlines(struct flow *f)
{
	sock_t dialed, s;

	SAME(sock_accept(f->l, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_accept(f->l, sock_in(-1)), -ETIMEDOUT);
	SAME(sock_accept(f->l, sock_in(5)), -ETIMEDOUT);
	SAME(sock_set(f->l, SOCK_OPT_READ_TIMEOUT_MS, 5), 0);
	SAME(sock_accept(f->l, SOCK_DEFAULT), -ETIMEDOUT);
	dialed = sock_dial(f->address, .deadline = soon());
	WANT(dialed > 0);
	s = sock_accept(f->l, unlucky() ? soon() : sock_in(-1));
	WANT(s > 0);
	SAME(sock_close(s), 0);
	SAME(sock_close(dialed), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(fifty_days_are_fifty_days, OVER_ALL),
		FLOW_TEST(the_end_of_time_is_no_overflow, OVER_ALL),
		FLOW_TEST(what_needs_no_wait_is_never_late, OVER_ALL),
		FLOW_TEST(a_file_that_fits_waits_for_nobody,
		    OVER_UNIX | OVER_PAIR),
		FLOW_TEST(a_drip_of_bytes_puts_no_deadline_off, OVER_ALL),
		FLOW_TEST(a_handle_has_timeouts_of_its_own, OVER_ALL),
		FLOW_TEST(writing_has_a_timeout_of_its_own, OVER_ALL),
		LISTENER_TEST(accepting_has_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
