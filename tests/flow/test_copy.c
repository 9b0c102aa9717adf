/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/switch.h"
#include "socket/socket.h"
#include "traffic.h"

#define SEED TRAFFIC_WAY_SEED

static size_t
much(const struct flow *f)
{
	return spares_bulk(f) ? 3000 : fewer(1500000);
}

static void
what_flows_arrives_as_it_was(struct flow *f)
{
	const size_t total = much(f);
	struct traffic_way w;

	WANT(traffic_way_open(&w, f, f->transport, total));
	flow_start(f, traffic_write, &w.in);
	flow_start(f, traffic_read, &w.out);
	SAME(sock_copy(w.to[0], f->b, -1, soon()), (int64_t)total);
	SAME(sock_copy(w.to[0], f->b, -1, soon()), 0);
	SAME(sock_shut(w.to[0], soon()), 0);
	flow_join(f);
	traffic_way_close(&w);
}

static void
no_more_is_taken_than_is_asked_for(struct flow *f)
{
	static const int64_t most[] = { 1, 0, 9, 16384, 16385, 70000, 1, 200000,
		300000, 65538 };
	const int64_t total = (int64_t)much(f);
	int64_t done = 0;
	struct traffic_way w;
	size_t i;

	WANT(traffic_way_open(&w, f, f->transport, (size_t)total));
	flow_start(f, traffic_write, &w.in);
	flow_start(f, traffic_read, &w.out);
	for (i = 0; done < total; i++) {
		int64_t n = most[i % (sizeof most / sizeof most[0])];

		if (n > total - done)
			n = total - done;
		SAME(sock_copy(w.to[0], f->b, n, soon()), n);
		/* What is behind it was left to the kernel. */
		SAME(sock_skip(f->b, 1), SOCK_EUSAGE);
		WANT(strstr(sock_errmsg(), ": so much is not buffered"));
		done += n;
	}
	SAME(sock_shut(w.to[0], soon()), 0);
	flow_join(f);
	traffic_way_close(&w);
}

static void
what_was_seen_goes_first(struct flow *f)
{
	struct traffic_way w;
	const void *view;

	WANT(traffic_way_open(&w, f, f->transport, 1000));
	flow_start(f, traffic_write, &w.in);
	flow_start(f, traffic_read, &w.out);
	WANT(sock_peek(f->b, &view, 500, soon()) >= 500);
	SAME(sock_copy(w.to[0], f->b, 3, soon()), 3);
	WANT(sock_peek(f->b, &view, 497, soon()) >= 497);
	SAME(sock_copy(w.to[0], f->b, -1, soon()), 997);
	SAME(sock_shut(w.to[0], soon()), 0);
	flow_join(f);
	traffic_way_close(&w);
}

/* IPv6 need not be. */
static bool
is_here(const struct transport *t)
{
	sock_t ends[2];
	const int rc = transport_open(t, ends);

	if (rc == 0) {
		(void)sock_close(ends[0]);
		(void)sock_close(ends[1]);
	}
	return rc != -EAFNOSUPPORT && rc != -EADDRNOTAVAIL;
}

/* Bytes from anybody to anybody, each way of moving them in turn. */
static void
every_stream_is_copied_into_every_other(struct flow *f)
{
	int i, k;

	for (i = 0; i < transport_count; i++)
		for (k = 0; k < transport_count; k++) {
			const size_t total =
			    spares_bulk(f) ? 500 : fewer(300000);
			struct flow one = *f;
			sock_t ends[2];
			struct traffic_way w;

			if ((transports[i].kind & OVER_ALL) == 0 ||
			    (transports[k].kind & OVER_ALL) == 0 ||
			    !is_here(&transports[k]) ||
			    transport_open(&transports[i], ends) < 0)
				continue;
			one.a = ends[0];
			WANT(traffic_way_open(&w, &one, &transports[k], total));
			flow_start(f, traffic_write, &w.in);
			flow_start(f, traffic_read, &w.out);
			SAME(sock_copy(w.to[0], ends[1], -1, soon()),
			    (int64_t)total);
			SAME(sock_shut(w.to[0], soon()), 0);
			flow_join(f);
			traffic_way_close(&w);
			(void)sock_close(ends[0]);
			(void)sock_close(ends[1]);
		}
}

static void
a_stream_is_copied_into_itself(struct flow *f)
{
	struct direction out = { f->a, SEED, much(f) / 4, 3000, true, 0 };
	struct direction in = out;

	flow_start(f, traffic_write, &out);
	flow_start(f, traffic_read, &in);
	SAME(sock_copy(f->b, f->b, -1, soon()), (int64_t)out.total);
	SAME(sock_shut(f->b, soon()), 0);
	flow_join(f);
}

struct copier {
	sock_t to, from;
	int64_t rc;
	_Atomic bool done;
};

static void
copy(void *arg)
{
	struct copier *c = arg;

	c->rc = sock_copy(c->to, c->from, -1, soon());
	atomic_store(&c->done, true);
}

/* splice(2) stops there for good. */
static void
urgent_data_does_not_stop_it(struct flow *f)
{
	struct traffic_way w;
	struct copier c = { .done = false };
	const size_t half = unlucky() ? 1000 : 500000;

	WANT(traffic_way_open(&w, f, f->transport, half));
	w.in.ends = false;
	w.out.total = 2 * half;
	c.to = w.to[0];
	c.from = f->b;
	flow_start(f, copy, &c);
	flow_start(f, traffic_read, &w.out);
	traffic_write(&w.in);
	WANT(send(sock_fd(f->a), "!", 1, MSG_OOB) == 1);
	w.in.from = half;
	w.in.total = 2 * half;
	traffic_write(&w.in);
	SAME(sock_shut(f->a, soon()), 0);
	while (!atomic_load(&c.done))
		flow_yield();
	SAME(c.rc, (int64_t)w.out.total);
	SAME(sock_shut(w.to[0], soon()), 0);
	flow_join(f);
	traffic_way_close(&w);
}

static void
pipes_and_sockets_that_block_are_copied(struct flow *f)
{
	struct direction out = { 0, SEED, spares_bulk(f) ? 500 : fewer(200000),
		5000, false, 0 };
	struct direction in = out;
	int i, one[2], two[2];
	sock_t from, to;

	for (i = 0; i < 3; i++) {
		const int flags = O_CLOEXEC | (i == 0 ? O_NONBLOCK : 0);

		if (i < 2) {
			SAME(pipe2(one, flags), 0);
			SAME(pipe2(two, flags), 0);
		} else {
			SAME(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				 one),
			    0);
			SAME(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				 two),
			    0);
		}
		from = sock_adopt(one[0]);
		out.sock = sock_adopt(one[1]);
		in.sock = sock_adopt(two[0]);
		to = sock_adopt(two[1]);
		flow_start(f, traffic_write, &out);
		flow_start(f, traffic_read, &in);
		SAME(sock_copy(to, from, (int64_t)out.total, soon()),
		    (int64_t)out.total);
		flow_join(f);
		SAME(sock_close(from) | sock_close(to), 0);
		SAME(sock_close(in.sock) | sock_close(out.sock), 0);
	}
}

static void
note_a_turn(void *arg)
{
	*(bool *)arg = true;
}

/* So much room that nothing ever waits. */
static void
a_flood_leaves_others_their_turn(struct flow *f)
{
	const int room = 16 << 20;
	const size_t size = unlucky() ? 1 : 1 << 20;
	struct sock_group *g = sock_group_new();
	bool had_one = size == 1 || !SOCKI_SWITCH;
	char *block = calloc(1, size);
	sock_t to[2];

	SAME(sock_pair(to), 0);
	if (setsockopt(sock_fd(f->a), SOL_SOCKET, SO_SNDBUFFORCE, &room,
		sizeof room) < 0 ||
	    setsockopt(sock_fd(to[0]), SOL_SOCKET, SO_SNDBUFFORCE, &room,
		sizeof room) < 0)
		printf("SKIP: larger buffers are not allowed\n");
	else if (f->kind == ALL_FIBERS || f->kind == FIBER_AND_THREADS) {
		SAME(sock_write(f->a, block, size, soon()), 0);
		SAME(sock_go(g, note_a_turn, &had_one), 0);
		SAME(sock_copy(to[0], f->b, (int64_t)size, soon()),
		    (int64_t)size);
		WANT(had_one);
	}
	free(block);
	(void)sock_close(to[0]);
	(void)sock_close(to[1]);
	SAME(sock_group_wait(g, soon()), 0);
	sock_group_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(what_flows_arrives_as_it_was, OVER_ALL),
		FLOW_TEST(no_more_is_taken_than_is_asked_for, OVER_ALL),
		FLOW_TEST(what_was_seen_goes_first, OVER_ALL),
		KIND_TEST(every_stream_is_copied_into_every_other),
		FLOW_TEST(a_stream_is_copied_into_itself, OVER_ALL),
		FLOW_TEST(urgent_data_does_not_stop_it, OVER_TCP),
		KIND_TEST(pipes_and_sockets_that_block_are_copied),
		FLOW_TEST(a_flood_leaves_others_their_turn, OVER_PAIR),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
