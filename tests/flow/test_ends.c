/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "traffic.h"

/* Reads a question to its end, then answers. */
static void
answer(void *arg)
{
	sock_t *s = arg;
	char buf[16];

	SAME(sock_read_line(*s, buf, sizeof buf, soon()), 8);
	WANT(strcmp(buf, "question") == 0);
	SAME(sock_read(*s, buf, sizeof buf, soon()), 0);
	SAME(sock_write(*s, "answer", 6, soon()), 0);
	SAME(sock_shut(*s, soon()), 0);
}

static void
half_a_stream_ends_and_the_other_goes_on(struct flow *f)
{
	const void *view;
	char buf[16];
	int i;

	flow_start(f, answer, &f->b);
	SAME(sock_write(f->a, "question", 8, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_write(f->a, "x", 1, soon()), -EPIPE);
	SAME(sock_write(f->a, "x", 1, soon()), -EPIPE);
	SAME(sock_write_some(f->a, "x", 1, SOCK_NOWAIT), -EPIPE);
	SAME(sock_read_full(f->a, buf, 6, soon()), 6);
	WANT(memcmp(buf, "answer", 6) == 0);
	for (i = 0; i < 3; i++) {
		SAME(sock_read(f->a, buf, sizeof buf, soon()), 0);
		SAME(sock_read(f->a, buf, sizeof buf, SOCK_NOWAIT), 0);
		SAME(sock_read_line(f->a, buf, 16, soon()), SOCK_EEOF);
		SAME(sock_read_full(f->a, buf, 1, soon()), SOCK_EEOF);
		SAME(sock_peek(f->a, &view, 1, soon()), 0);
	}
	flow_join(f);
	SAME(sock_shut(f->b, soon()), 0);
	/* The end is no error, and a write behind it is the caller's. */
	SAME(sock_close(f->a), 0);
	SAME(sock_close(f->b), 0);
}

static void
both_may_end_at_once(struct flow *f)
{
	struct speech w = { f->b, "", 0, 1, true };
	char byte;

	flow_start(f, traffic_say, &w);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_read(f->a, &byte, 1, soon()), 0);
	flow_join(f);
	SAME(sock_read(f->b, &byte, 1, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_close(f->a), 0);
	SAME(sock_close(f->b), 0);
}

/* Like a server that was about to answer. */
static void
talk_until_the_end(void *arg)
{
	sock_t *s = arg;
	char byte;

	SAME(sock_write(*s, "one more thing", 14, soon()), 0);
	SAME(sock_read(*s, &byte, 1, soon()), 0);
	SAME(sock_finish(*s, soon()), 0);
	SAME(sock_finish(*s, soon()), SOCK_ESTALE);
}

static void
finishing_lets_the_peer_finish(struct flow *f)
{
	sock_t a = f->a;

	flow_start(f, talk_until_the_end, &f->b);
	SAME(sock_finish(a, soon()), 0);
	SAME(sock_fd(a), SOCK_ESTALE);
	SAME(sock_finish(a, soon()), SOCK_ESTALE);
	flow_join(f);
	SAME(sock_finish(0, soon()), 0);
}

static void
finishing_has_a_deadline(struct flow *f)
{
	traffic_greet(f);
	SAME(sock_finish(f->a, sock_in(10)), -ETIMEDOUT);
	SAME(sock_fd(f->a), SOCK_ESTALE);
	/* It has finished, and no time is needed to see it. */
	if (f->transport->layers == 0)
		SAME(sock_finish(f->b, sock_in(-1)), 0);
}

static void
flood(void *arg)
{
	char block[4096] = "";
	int rc;

	do
		rc = sock_write(*(sock_t *)arg, block, sizeof block, soon());
	while (rc == 0);
	WANT(rc == -EPIPE || rc == -ECONNRESET);
}

static void
finishing_drains_so_much_and_no_more(struct flow *f)
{
	/* Byte by byte the two seconds pass first. */
	if (unlucky())
		return;
	traffic_greet(f);
	flow_start(f, flood, &f->b);
	SAME(sock_finish(f->a, SOCK_DEFAULT), SOCK_ETOOBIG);
	flow_join(f);
}

static void
finishing_drains_all_by_a_deadline_of_its_own(struct flow *f)
{
	struct direction out = { f->b, 2, fewer(300000), 4096, true, 0 };

	traffic_greet(f);
	flow_start(f, traffic_write, &out);
	SAME(sock_finish(f->a, soon()), 0);
	flow_join(f);
}

static void
wait_on_it(void *arg)
{
	struct sock_event e = { .sock = *(sock_t *)arg, .want = SOCK_READABLE };

	SAME(sock_wait(&e, 1, soon()), SOCK_ESTALE);
}

static void
finishing_returns_when_the_descriptor_is_gone(struct flow *f)
{
	const int fd = sock_fd(f->a);

	traffic_greet(f);
	flow_start(f, wait_on_it, &f->a);
	WANT(flow_await(f->a, 1));
	SAME(sock_finish(f->a, sock_in(10)), -ETIMEDOUT);
	SAME(fcntl(fd, F_GETFD), -1);
	flow_join(f);
}

/* Its layer cannot say the end while the peer reads nothing. */
static void
shut_in_vain(struct flow *f, ssize_t *clogged)
{
	traffic_greet(f);
	*clogged = traffic_clog(f->a);
	WANT(*clogged >= 0);
	SAME(sock_shut(f->a, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_shut(f->a, sock_in(5)), -ETIMEDOUT);
	SAME(sock_write(f->a, "x", 1, sock_in(5)), -EPIPE);
	SAME(sock_write_some(f->a, "x", 1, SOCK_NOWAIT), -EPIPE);
}

struct drained {
	sock_t sock;
	ssize_t n;
};

static void
drain(void *arg)
{
	struct drained *d = arg;

	d->n = traffic_drain(d->sock);
}

static void
behind_an_end_that_is_late_nothing_is_written(struct flow *f)
{
	struct drained d = { f->b, 0 };
	ssize_t clogged = 0;

	if (spares_bulk(f))
		return;
	shut_in_vain(f, &clogged);
	flow_start(f, drain, &d);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	flow_join(f);
	/* A layer held some of what came last. */
	WANT(d.n >= clogged && d.n <= clogged + 4096);
	SAME(sock_write(f->a, "x", 1, soon()), -EPIPE);
	SAME(sock_close(f->a), 0);
}

static void
an_end_that_never_went_out_is_told(struct flow *f)
{
	ssize_t clogged = 0;

	if (spares_bulk(f))
		return;
	shut_in_vain(f, &clogged);
	SAME(sock_close(f->a), -ETIMEDOUT);
}

static void
a_listener_has_no_end_to_send(struct flow *f)
{
	SAME(sock_shut(f->l, soon()), SOCK_EUSAGE);
	SAME(sock_cork(f->l, true), SOCK_EUSAGE);
	SAME(sock_finish(f->l, soon()), 0);
	SAME(sock_fd(f->l), SOCK_ESTALE);
}

static ssize_t
read_without_end(void *state, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	(void)state, (void)below, (void)need;
	memset(buf, 'x', n);
	return (ssize_t)n;
}

static ssize_t
write_through(void *state, struct sock_below *below, const void *buf, size_t n,
    unsigned *need)
{
	(void)state, (void)need;
	return sock_below_write(below, buf, n);
}

/* A peer that is faster than its reader, for ever. */
static void
finishing_ends_though_the_peer_does_not(struct flow *f)
{
	static const struct sock_layer flood = { .size = sizeof flood,
		.name = "flood",
		.read = read_without_end,
		.write = write_through };

	SAME(sock_push_layer(f->a, &flood, NULL), 0);
	SAME(sock_push_layer(f->b, &flood, NULL), 0);
	SAME(sock_finish(f->a, sock_in(10)), -ETIMEDOUT);
	SAME(sock_cancel(f->b), 0);
	SAME(sock_finish(f->b, soon()), -ECANCELED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(half_a_stream_ends_and_the_other_goes_on, OVER_ALL),
		FLOW_TEST(both_may_end_at_once, OVER_ALL),
		FLOW_TEST(finishing_lets_the_peer_finish, OVER_ALL),
		FLOW_TEST(finishing_has_a_deadline, OVER_ALL),
		FLOW_TEST(finishing_drains_so_much_and_no_more, OVER_ALL),
		FLOW_TEST(finishing_drains_all_by_a_deadline_of_its_own,
		    OVER_ALL),
		FLOW_TEST(finishing_ends_though_the_peer_does_not, OVER_BARE),
		FLOW_TEST(finishing_returns_when_the_descriptor_is_gone,
		    OVER_ALL),
		FLOW_TEST(behind_an_end_that_is_late_nothing_is_written,
		    OVER_LAYERS | OVER_UNMET),
		FLOW_TEST(an_end_that_never_went_out_is_told,
		    OVER_LAYERS | OVER_UNMET),
		LISTENER_TEST(a_listener_has_no_end_to_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
