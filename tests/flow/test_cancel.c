/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "traffic.h"

/* Each call that can wait, ended by another task. */

enum how {
	BY_READ,
	BY_LINE,
	BY_PEEK,
	BY_FULL,
	BY_WAIT,
	READS,
	BY_WRITE = READS,
	BY_PIECES,
	BY_SOME,
	HOWS
};

struct call {
	sock_t sock;
	enum how how;
	int want;
};

static int
write_forever(sock_t s, enum how how)
{
	char block[4096] = "";
	int rc;

	do
		if (how == BY_WRITE)
			rc = sock_write(s, block, sizeof block, soon());
		else if (how == BY_PIECES)
			rc = sock_printf(s, "%4000d", 1);
		else
			rc = (int)sock_write_some(s, block, sizeof block,
			    soon());
	while (rc >= 0);
	return rc;
}

static int
do_call(sock_t s, enum how how)
{
	struct sock_event e = { .sock = s, .want = SOCK_READABLE };
	const void *view;
	char buf[16];

	switch (how) {
	case BY_READ:
		return (int)sock_read(s, buf, sizeof buf, soon());
	case BY_LINE:
		return (int)sock_read_line(s, buf, sizeof buf, soon());
	case BY_PEEK:
		return (int)sock_peek(s, &view, 1, soon());
	case BY_FULL:
		return (int)sock_read_full(s, buf, sizeof buf, soon());
	case BY_WAIT:
		return sock_wait(&e, 1, soon());
	default:
		return write_forever(s, how);
	}
}

static void
call(void *arg)
{
	const struct call *c = arg;

	SAME(do_call(c->sock, c->how), c->want);
	/* It sticks: to the same call, and to the others. */
	SAME(do_call(c->sock, c->how), c->want);
}

static void
reopen(struct flow *f)
{
	sock_t ends[2];

	(void)sock_close(f->a);
	(void)sock_close(f->b);
	SAME(transport_open(f->transport, ends), 0);
	f->a = ends[0];
	f->b = ends[1];
}

/* By a call that waits already, and by one that is made at the same time. */
static void
end_each_call(struct flow *f, int (*end)(sock_t s), int code)
{
	int i;

	for (i = 0; i < HOWS * 2; i++) {
		struct call c = { f->a, (enum how)(i / 2), code };

		traffic_greet(f);
		(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4096);
		flow_start(f, call, &c);
		if (i % 2 == 0)
			WANT(flow_await(f->a, 1));
		SAME(end(f->a), 0);
		flow_join(f);
		reopen(f);
	}
}

static void
closing_ends_each_call(struct flow *f)
{
	end_each_call(f, sock_close, SOCK_ESTALE);
}

static void
aborting_ends_each_call(struct flow *f)
{
	end_each_call(f, sock_abort, SOCK_ESTALE);
}

static void
cancelling_ends_each_call(struct flow *f)
{
	end_each_call(f, sock_cancel, -ECANCELED);
}

static void
a_cancel_sticks_and_the_handle_wants_closing(struct flow *f)
{
	struct speech w = { f->b, "x", 1, 1, false };
	struct sock_event e = { .sock = f->a, .want = SOCK_READABLE };
	char byte;

	SAME(sock_cancel(f->a), 0);
	SAME(sock_cancel(f->a), 0);
	SAME(sock_read(f->a, &byte, 1, soon()), -ECANCELED);
	SAME(sock_read(f->a, &byte, 1, sock_in(-1)), -ECANCELED);
	SAME(sock_wait(&e, 1, soon()), -ECANCELED);
	SAME(e.got, SOCK_HANGUP);
	WANT(sock_fd(f->a) >= 0);
	/* A call that need not wait works. */
	if (f->transport->layers == 0 && !unlucky()) {
		flow_start(f, traffic_say, &w);
		flow_join(f);
		SAME(sock_read(f->a, &byte, 1, soon()), 1);
		SAME(sock_write(f->a, "y", 1, soon()), 0);
	}
	SAME(sock_close(f->a), 0);
	SAME(sock_close(f->a), SOCK_ESTALE);
}

static void
accept_one(void *arg)
{
	const struct call *c = arg;

	SAME(sock_accept(c->sock, soon()), c->want);
	SAME(sock_accept(c->sock, soon()), c->want);
}

static void
what_is_here_is_read_after_a_cancel(struct flow *f)
{
	struct sock_event e = { .sock = f->a, .want = SOCK_READABLE };
	char buf[16];
	ssize_t n, had;

	SAME(sock_write(f->b, "one", 3, soon()), 0);
	for (had = 0; had < 3; had += n) {
		n = sock_read(f->a, buf, sizeof buf, soon());
		WANT(n > 0);
	}
	SAME(sock_write(f->b, "two", 3, soon()), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(sock_cancel(f->a), 0);
	n = sock_read(f->a, buf, sizeof buf, soon());
	/* A lie that nothing is there would be waited for. */
	WANT(n > 0 || (n == -ECANCELED && unlucky()));
}

#define MANY 200 /* reads: more than go before others have a turn */

static void
read_each(void *arg)
{
	const sock_t s = *(sock_t *)arg;
	char byte;
	int i;

	for (i = 0; i < MANY; i++) {
		const ssize_t n = sock_read(s, &byte, 1, soon());

		/* As above. */
		WANT(n == 1 || (n == -ECANCELED && unlucky()));
	}
}

static void
all_that_is_here_is_read_after_a_cancel(struct flow *f)
{
	struct sock_event e = { .sock = f->a, .want = SOCK_READABLE };
	char bytes[MANY] = "";

	SAME(sock_write(f->b, bytes, sizeof bytes, soon()), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(sock_cancel(f->a), 0);
	read_each(&f->a);
}

struct cancelled {
	struct sock_group *group;
	sock_t sock;
};

static void
read_each_cancelled(void *arg)
{
	struct cancelled *c = arg;

	sock_group_cancel(c->group);
	read_each(&c->sock);
}

static void
a_cancelled_fiber_reads_what_is_here(struct flow *f)
{
	struct sock_event e = { .sock = f->a, .want = SOCK_READABLE };
	struct cancelled c = { sock_group_new(), f->a };
	char bytes[MANY] = "";

	SAME(sock_write(f->b, bytes, sizeof bytes, soon()), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(sock_go(c.group, read_each_cancelled, &c), 0);
	SAME(sock_group_wait(c.group, SOCK_FOREVER), 0);
	sock_group_free(c.group);
}

static void
everybody_who_accepts_hears_the_close(struct flow *f)
{
	struct call c = { f->l, BY_READ, SOCK_ESTALE };
	int i;

	for (i = 0; i < 4; i++)
		flow_start(f, accept_one, &c);
	WANT(flow_await(f->l, 4));
	SAME(sock_close(f->l), 0);
	flow_join(f);
}

static void
everybody_who_accepts_hears_the_cancel(struct flow *f)
{
	struct call c = { f->l, BY_READ, -ECANCELED };
	int i;

	for (i = 0; i < 4; i++)
		flow_start(f, accept_one, &c);
	WANT(flow_await(f->l, 4));
	SAME(sock_cancel(f->l), 0);
	flow_join(f);
}

/* One holds the turn and waits for room, others wait for the turn. */
static void
writers_in_a_queue_hear_the_close(struct flow *f)
{
	struct call c = { f->a, BY_WRITE, SOCK_ESTALE };
	int i;

	traffic_greet(f);
	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4096);
	for (i = 0; i < 4; i++)
		flow_start(f, call, &c);
	WANT(flow_await(f->a, 4));
	SAME(sock_close(f->a), 0);
	flow_join(f);
}

static void
a_second_reader_is_sent_away(struct flow *f)
{
	struct call c = { f->a, BY_READ, SOCK_ESTALE };
	const void *view;
	char buf[8];

	traffic_greet(f);
	flow_start(f, call, &c);
	WANT(flow_await(f->a, 1));
	SAME(sock_read(f->a, buf, 1, soon()), -EBUSY);
	SAME(sock_read_full(f->a, buf, 1, soon()), -EBUSY);
	SAME(sock_read_line(f->a, buf, 8, soon()), -EBUSY);
	SAME(sock_read_until(f->a, buf, 8, "x", 1, soon()), -EBUSY);
	SAME(sock_peek(f->a, &view, 1, soon()), -EBUSY);
	SAME(sock_skip(f->a, 0), -EBUSY);
	SAME(sock_detach(f->a),
	    f->transport->layers > 0 ? SOCK_EUSAGE : -EBUSY);
	SAME(sock_close(f->a), 0);
	flow_join(f);
}

struct closers {
	sock_t sock;
	_Atomic int closed, stale;
};

static void
close_too(void *arg)
{
	struct closers *c = arg;
	const int rc = sock_close(c->sock);

	atomic_fetch_add(rc == 0 ? &c->closed : &c->stale, 1);
	WANT(rc == 0 || rc == SOCK_ESTALE);
}

static void
one_of_many_closes_and_the_others_are_late(struct flow *f)
{
	struct closers c = { .sock = f->a };
	int i;

	for (i = 0; i < 8; i++)
		flow_start(f, close_too, &c);
	flow_join(f);
	SAME(atomic_load(&c.closed), 1);
	SAME(atomic_load(&c.stale), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(closing_ends_each_call, OVER_ALL),
		FLOW_TEST(aborting_ends_each_call, OVER_ALL),
		FLOW_TEST(cancelling_ends_each_call, OVER_ALL),
		FLOW_TEST(a_cancel_sticks_and_the_handle_wants_closing,
		    OVER_ALL),
		FLOW_TEST(what_is_here_is_read_after_a_cancel,
		    OVER_TCP | OVER_UNIX | OVER_PAIR),
		FLOW_TEST(all_that_is_here_is_read_after_a_cancel, OVER_BARE),
		FLOW_TEST(a_cancelled_fiber_reads_what_is_here, OVER_BARE),
		LISTENER_TEST(everybody_who_accepts_hears_the_close),
		LISTENER_TEST(everybody_who_accepts_hears_the_cancel),
		FLOW_TEST(writers_in_a_queue_hear_the_close, OVER_ALL),
		FLOW_TEST(a_second_reader_is_sent_away, OVER_ALL),
		FLOW_TEST(one_of_many_closes_and_the_others_are_late, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
