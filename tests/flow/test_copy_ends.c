/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "traffic.h"

#define SEED TRAFFIC_WAY_SEED

static size_t
much(const struct flow *f)
{
	return spares_bulk(f) ? 3000 : fewer(1500000);
}

static bool
greet(const struct flow *f, const sock_t ends[2])
{
	struct flow g = *f;

	g.a = ends[0];
	g.b = ends[1];
	traffic_greet(&g);
	return g.thread_count == 0;
}

/* Somebody who reads later: what filled the stream, and what comes then. */
struct late {
	struct direction first, then;
	_Atomic bool may_begin;
};

static void
read_late(void *arg)
{
	struct late *late = arg;

	while (!atomic_load(&late->may_begin))
		flow_yield();
	traffic_read(&late->first);
	traffic_read(&late->then);
}

static int64_t
copy_until_to_is_full(sock_t to, sock_t from)
{
	int64_t rc;

	do
		rc = sock_copy(to, from, -1, sock_in(10));
	while (rc == -ETIMEDOUT &&
	    strcmp(sock_last_error()->op, "copy from") == 0);
	return rc;
}

static void
a_deadline_loses_nothing(struct flow *f)
{
	struct late late;
	struct traffic_way w;
	ssize_t n;
	int64_t rc;

	WANT(traffic_way_open(&w, f, f->transport, much(f) / 4));
	WANT(greet(f, w.to));
	/* A layer must be brought the same bytes again; let it take few. */
	(void)sock_set(w.to[0], SOCK_OPT_SNDBUF, 4096);
	n = f->transport->layers > 0 ? 0 : traffic_clog(w.to[0]);
	WANT(n >= 0);
	late = (struct late){
		.first = { w.to[1], 0, (size_t)n, 4096, false, 0 },
		.then = w.out,
	};
	flow_start(f, traffic_write, &w.in);
	flow_start(f, read_late, &late);
	rc = copy_until_to_is_full(w.to[0], f->b);
	/* Where the machine is slow there may be room for all of it by now. */
	WANT(rc == -ETIMEDOUT || rc >= 0);
	atomic_store(&late.may_begin, true);
	do
		rc = sock_copy(w.to[0], f->b, -1, sock_in(5));
	while (rc == -ETIMEDOUT);
	WANT(rc >= 0);
	SAME(sock_shut(w.to[0], soon()), 0);
	flow_join(f);
	traffic_way_close(&w);
}

struct copier {
	sock_t to, from;
	int64_t rc;
	char op[16];
	_Atomic bool done;
};

static void
copy(void *arg)
{
	struct copier *c = arg;

	c->rc = sock_copy(c->to, c->from, -1, soon());
	(void)strncat(c->op, sock_last_error()->op, sizeof c->op - 1);
	atomic_store(&c->done, true);
}

static void
copy_the_rest(struct flow *f, size_t from, size_t total)
{
	struct direction rest = { 0, SEED, total, 5000, true, from };
	sock_t to[2];

	SAME(transport_open(f->transport, to), 0);
	rest.sock = to[1];
	flow_start(f, traffic_read, &rest);
	SAME(sock_copy(to[0], f->b, -1, soon()), (int64_t)(total - from));
	SAME(sock_shut(to[0], soon()), 0);
	flow_join(f);
	(void)sock_close(to[0]);
	(void)sock_close(to[1]);
}

static void
a_cancel_loses_nothing(struct flow *f)
{
	const size_t total = unlucky() ? 20000 : 3000000;
	struct copier c = { .done = false };
	ssize_t first;
	struct traffic_way w;

	WANT(traffic_way_open(&w, f, f->transport, total));
	(void)sock_set(w.to[0], SOCK_OPT_SNDBUF, 4608);
	c.to = w.to[0];
	c.from = f->b;
	flow_start(f, traffic_write, &w.in);
	flow_start(f, copy, &c);
	/* TCP may take it all where it is little. */
	WANT(unlucky() || flow_await(w.to[0], 1));
	SAME(sock_cancel(w.to[0]), 0);
	while (!atomic_load(&c.done))
		flow_yield();
	WANT(c.rc == -ECANCELED || (unlucky() && c.rc > 0));
	(void)sock_close(w.to[0]);
	first = traffic_drain(w.to[1]);
	WANT(first >= 0);
	copy_the_rest(f, (size_t)first, total);
	traffic_way_close(&w);
}

static void
an_error_says_which_end_it_is_of(struct flow *f)
{
	struct direction in = { f->a, SEED, 10, 10, true, 0 };
	struct copier c = { .done = false };
	struct sock_error const *last;
	struct traffic_way w;

	WANT(traffic_way_open(&w, f, f->transport, 1));
	SAME(sock_copy(w.to[0], f->b, -1, SOCK_NOWAIT), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "wait") != NULL);
	SAME(sock_copy(w.to[0], f->b, -2, soon()), SOCK_EUSAGE);
	SAME(sock_copy(w.to[0], f->b, -1, sock_in(-1)), -ETIMEDOUT);
	last = sock_last_error();
	SAME(strcmp(last->op, "copy from"), 0);
	SAME(sock_copy(-EPIPE, f->b, -1, soon()), -EPIPE);
	SAME(sock_copy(w.to[0], -EPIPE, -1, soon()), -EPIPE);

	c.to = w.to[0];
	c.from = f->b;
	flow_start(f, copy, &c);
	WANT(flow_await(f->b, 1));
	SAME(sock_copy(w.to[0], f->b, 1, soon()), -EBUSY);
	SAME(strcmp(sock_last_error()->op, "copy from"), 0);
	SAME(sock_close(w.to[1]), 0);
	traffic_write(&in);
	flow_join(f);
	/* A reset may come too late for what was only ten bytes. */
	WANT(c.rc == 10 || c.rc == -EPIPE || c.rc == -ECONNRESET);
	SAME(sock_shut(w.to[0], soon()) < 1, 1);
	SAME(sock_copy(w.to[0], f->b, -1, soon()) < 1, 1);
	SAME(sock_close(f->b), 0);
	SAME(sock_copy(w.to[0], f->b, -1, soon()), SOCK_ESTALE);
	traffic_way_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_deadline_loses_nothing, OVER_ALL),
		FLOW_TEST(a_cancel_loses_nothing, OVER_BARE),
		FLOW_TEST(an_error_says_which_end_it_is_of, OVER_BARE),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
