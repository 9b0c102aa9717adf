/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <string.h>

#include "traffic.h"

#define MANY 20 /* more than fit on the stack of a wait */

/* Asks without waiting, so often that a fault is not taken for an answer. */
static int
ask(struct sock_event *e, int count)
{
	int rc = -EAGAIN, i;

	for (i = 0; i < (unlucky() ? 20 : 1) && rc == -EAGAIN; i++)
		rc = sock_wait(e, count, SOCK_NOWAIT);
	return rc;
}

static void
a_stream_is_readable_once_bytes_come(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	struct speech w = { f->a, "ab", 2, 2, false };
	char byte;

	traffic_greet(f);
	SAME(ask(&e, 1), -EAGAIN);
	SAME(e.got, 0);
	SAME(sock_wait(&e, 1, sock_in(-1)), -ETIMEDOUT);
	SAME(sock_wait(&e, 1, sock_in(5)), -ETIMEDOUT);
	flow_start(f, traffic_say, &w);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(e.got, SOCK_READABLE);
	flow_join(f);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(ask(&e, 1), -EAGAIN);
}

static void
bytes_in_the_handle_count(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	struct speech w = { f->a, "one\ntwo\n", 8, 8, false };
	const void *view;
	char buf[8];

	flow_start(f, traffic_say, &w);
	SAME(sock_peek(f->b, &view, 8, soon()), 8);
	flow_join(f);
	SAME(sock_read_line(f->b, buf, 8, soon()), 3);
	/* The kernel has nothing more to tell. */
	SAME(sock_wait(&e, 1, SOCK_NOWAIT), 1);
	SAME(e.got, SOCK_READABLE);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READY);
	SAME(sock_read_line(f->b, buf, 8, soon()), 3);
	SAME(ask(&e, 1), -EAGAIN);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READABLE);
}

static void
a_stream_is_writable_until_it_is_full(struct flow *f)
{
	struct sock_event e = { .sock = f->a, .want = SOCK_WRITABLE };

	traffic_greet(f);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(e.got, SOCK_WRITABLE);
	WANT(traffic_clog(f->a) >= 0);
	if ((f->transport->kind & (OVER_TCP | OVER_TLS)) == 0)
		SAME(ask(&e, 1), -EAGAIN);
}

static void
the_end_is_readable(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	char byte;

	SAME(sock_close(f->a), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	WANT((e.got & SOCK_READABLE) != 0);
	WANT(sock_read(f->b, &byte, 1, soon()) <= 0);
	SAME(sock_wait(&e, 1, soon()), 1);
}

struct waiting {
	struct sock_event event;
	int want;
	unsigned got;
};

static void
wait_for_it(void *arg)
{
	struct waiting *w = arg;

	SAME(sock_wait(&w->event, 1, soon()), w->want);
	SAME(w->event.got & w->got, w->got);
}

static void
a_hangup_is_told_unasked(struct flow *f)
{
	struct waiting w = { { .sock = f->b }, 1, SOCK_HANGUP };

	flow_start(f, wait_for_it, &w);
	WANT(flow_await(f->b, 1));
	SAME(sock_abort(f->a), 0);
	flow_join(f);
	SAME(sock_wait(&w.event, 1, soon()), 1);
	SAME(w.event.got, SOCK_HANGUP);
}

static void
who_waits_for_nothing_hears_the_close(struct flow *f)
{
	struct waiting w = { { .sock = f->b }, SOCK_ESTALE, SOCK_HANGUP };

	flow_start(f, wait_for_it, &w);
	WANT(flow_await(f->b, 1));
	SAME(sock_close(f->b), 0);
	flow_join(f);
}

static void
who_waits_for_nothing_hears_the_cancel(struct flow *f)
{
	struct waiting w = { { .sock = f->b }, -ECANCELED, SOCK_HANGUP };

	flow_start(f, wait_for_it, &w);
	WANT(flow_await(f->b, 1));
	SAME(sock_cancel(f->b), 0);
	flow_join(f);
}

struct crowd {
	struct sock_event event[MANY];
	sock_t peer[MANY];
};

static bool
open_crowd(struct crowd *c, unsigned want)
{
	sock_t ends[2];
	int i;

	memset(c, 0, sizeof *c);
	for (i = 0; i < MANY; i++) {
		if (sock_pair(ends) < 0)
			return false;
		c->event[i] = (struct sock_event){ .sock = ends[0],
			.want = want,
			.tag = &c->peer[i] };
		c->peer[i] = ends[1];
	}
	return true;
}

static void
close_crowd(struct crowd *c)
{
	int i;

	for (i = 0; i < MANY; i++) {
		(void)sock_close(c->event[i].sock);
		(void)sock_close(c->peer[i]);
	}
}

struct crowd_waiting {
	struct crowd *crowd;
	int count, want;
};

static void
wait_for_crowd(void *arg)
{
	const struct crowd_waiting *w = arg;

	SAME(sock_wait(w->crowd->event, w->count, soon()), w->want);
}

/* Which of the first count got what; -1: somebody else got something. */
static int
who_got(const struct crowd *c, int count, unsigned what)
{
	int i, who = -1;

	for (i = 0; i < count; i++)
		if (c->event[i].got == what && who < 0)
			who = i;
		else if (c->event[i].got != 0)
			return -1;
	return who;
}

static void
one_of(struct flow *f, struct crowd *c, int count, int which)
{
	struct crowd_waiting w = { c, count, 1 };
	char byte;

	flow_start(f, wait_for_crowd, &w);
	WANT(flow_await(c->event[count - 1].sock, 1));
	SAME(sock_write(c->peer[which], "x", 1, soon()), 0);
	flow_join(f);
	SAME(who_got(c, count, SOCK_READABLE), which);
	SAME(sock_read(c->event[which].sock, &byte, 1, soon()), 1);
}

static void
one_of_many_is_found(struct flow *f)
{
	struct crowd c;

	WANT(open_crowd(&c, SOCK_READABLE));
	one_of(f, &c, 2, 1);
	one_of(f, &c, 8, 0);
	one_of(f, &c, 9, 8);
	one_of(f, &c, MANY, 13);
	close_crowd(&c);
}

static void
all_that_are_ready_are_told(struct flow *f)
{
	struct crowd c;
	int i;

	(void)f;
	WANT(open_crowd(&c, SOCK_READABLE | SOCK_WRITABLE));
	for (i = 0; i < MANY; i += 2)
		SAME(sock_write(c.peer[i], "x", 1, soon()), 0);
	/* What holds none is passed over. */
	(void)sock_close(c.event[5].sock);
	c.event[5].sock = 0;
	(void)sock_close(c.event[7].sock);
	c.event[7].sock = -ECONNREFUSED;
	SAME(sock_wait(c.event, MANY, soon()), MANY - 2);
	for (i = 0; i < MANY; i++)
		SAME(c.event[i].got,
		    i == 5 || i == 7 ? 0 :
			i % 2 == 0   ? SOCK_READABLE | SOCK_WRITABLE :
				       SOCK_WRITABLE);
	close_crowd(&c);
}

static void
a_stale_one_among_them_is_named(struct flow *f)
{
	struct crowd c;
	struct crowd_waiting w = { &c, MANY, SOCK_ESTALE };

	WANT(open_crowd(&c, SOCK_READABLE));
	flow_start(f, wait_for_crowd, &w);
	WANT(flow_await(c.event[MANY - 1].sock, 1));
	SAME(sock_close(c.event[4].sock), 0);
	flow_join(f);
	SAME(who_got(&c, MANY, SOCK_HANGUP), 4);
	SAME(sock_wait(c.event, MANY, soon()), SOCK_ESTALE);
	SAME(who_got(&c, MANY, SOCK_HANGUP), 4);
	close_crowd(&c);
}

static void
waiting_for_none_is_sleeping(struct flow *f)
{
	struct sock_event none[2] = { { .sock = 0 }, { .sock = -EBADF } };

	(void)f;
	SAME(sock_wait(none, 2, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_wait(none, 2, sock_in(5)), -ETIMEDOUT);
	SAME(sock_wait(NULL, 0, sock_in(5)), -ETIMEDOUT);
	SAME(sock_wait(none, -1, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), ": a negative number") != NULL);
}

static void
the_same_handle_may_be_asked_twice(struct flow *f)
{
	struct sock_event e[2] = { { .sock = f->a, .want = SOCK_READABLE },
		{ .sock = f->a, .want = SOCK_WRITABLE } };

	SAME(sock_wait(e, 2, soon()), 1);
	SAME(e[0].got, 0);
	SAME(e[1].got, SOCK_WRITABLE);
}

static void
a_listener_is_readable_when_somebody_dials(struct flow *f)
{
	struct sock_event e = { .sock = f->l, .want = SOCK_READABLE };
	sock_t dialed, s;

	SAME(ask(&e, 1), -EAGAIN);
	dialed = sock_dial(f->address, .deadline = soon());
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(e.got, SOCK_READABLE);
	s = sock_accept(f->l, soon());
	SAME(sock_close(s), 0);
	SAME(sock_close(dialed), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_stream_is_readable_once_bytes_come, OVER_ALL),
		FLOW_TEST(bytes_in_the_handle_count, OVER_ALL),
		FLOW_TEST(a_stream_is_writable_until_it_is_full, OVER_ALL),
		FLOW_TEST(the_end_is_readable, OVER_ALL),
		FLOW_TEST(a_hangup_is_told_unasked, OVER_BARE),
		FLOW_TEST(who_waits_for_nothing_hears_the_close, OVER_ALL),
		FLOW_TEST(who_waits_for_nothing_hears_the_cancel, OVER_ALL),
		KIND_TEST(one_of_many_is_found),
		KIND_TEST(all_that_are_ready_are_told),
		KIND_TEST(a_stale_one_among_them_is_named),
		KIND_TEST(waiting_for_none_is_sleeping),
		FLOW_TEST(the_same_handle_may_be_asked_twice, OVER_BARE),
		LISTENER_TEST(a_listener_is_readable_when_somebody_dials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
