/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "traffic.h"

/* What one call sends, one call receives. */

static void
messages_keep_their_boundaries(struct flow *f)
{
	unsigned char out[64], in[64];
	size_t n;

	memset(out, 7, sizeof out);
	for (n = 1; n <= sizeof out; n++) {
		out[0] = (unsigned char)n;
		SAME(sock_send(f->a, out, n, NULL, soon()), 0);
		if (n % 2 == 1)
			continue;
		SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), n - 1);
		SAME(in[0], n - 1);
		SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), n);
		SAME(in[0], n);
	}
}

static void
a_message_of_no_bytes_is_one(struct flow *f)
{
	struct sock_message m = { .capacity = 0 };
	char in[8];

	SAME(sock_send(f->a, "", 0, NULL, soon()), 0);
	SAME(sock_receive_many(f->b, &m, 1, soon()), 1);
	SAME(m.length, 0);
	WANT(!m.truncated);
	SAME(traffic_reply(f->b, &m, "", 0), 0);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 0);
	/* It was taken, and ended nothing. */
	SAME(traffic_reply(f->b, &m, "x", 1), 0);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 1);
}

static void
what_is_cut_tells_its_length(struct flow *f)
{
	char out[2000], in[100];
	struct sock_message m = { .data = in, .capacity = sizeof in };
	int i;

	memset(out, 'o', sizeof out);
	for (i = 0; i < 2; i++)
		SAME(sock_send(f->a, out, sizeof out, NULL, soon()), 0);
	SAME(sock_send(f->a, "next", 4, NULL, soon()), 0);

	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), SOCK_ETOOBIG);
	WANT(strstr(sock_errmsg(),
		 "2000 bytes came, and there was room for 100") != NULL);
	SAME(in[sizeof in - 1], 'o');
	SAME(sock_receive_many(f->b, &m, 1, soon()), 1);
	SAME(m.length, sizeof out);
	WANT(m.truncated);
	SAME(sock_receive_many(f->b, &m, 1, soon()), 1);
	SAME(m.length, 4);
	WANT(!m.truncated && memcmp(in, "next", 4) == 0);
}

static void
both_ends_are_told(struct flow *f)
{
	struct sock_addr from, peer, local;
	char in[8];

	SAME(sock_send(f->a, "one", 3, NULL, soon()), 0);
	SAME(sock_receive(f->b, in, sizeof in, &from, soon()), 3);
	SAME(sock_local(f->a, &local), 0);
	if (f->transport->kind != OVER_PACKET) {
		WANT(sock_addr_equal(&from, &local));
		SAME(sock_peer(f->b, &peer), -ENOTCONN);
		SAME(sock_send(f->b, "two", 3, &from, soon()), 0);
	} else {
		SAME(sock_send(f->b, "two", 3, NULL, soon()), 0);
	}
	SAME(sock_receive(f->a, in, sizeof in, &from, soon()), 3);
	SAME(sock_peer(f->a, &peer), 0);
	WANT(sock_addr_equal(&from, &peer));
}

static void
a_receive_waits_until_its_deadline(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	struct sock_message m = { .capacity = 0 };
	char in[8];

	SAME(sock_receive(f->b, in, sizeof in, NULL, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_want(f->b, SOCK_READABLE), SOCK_READABLE);
	SAME(sock_receive_many(f->b, &m, 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_receive(f->b, in, sizeof in, NULL, sock_in(5)), -ETIMEDOUT);
	SAME(sock_set(f->b, SOCK_OPT_READ_TIMEOUT_MS, 5), 0);
	SAME(sock_receive_many(f->b, &m, 1, SOCK_DEFAULT), -ETIMEDOUT);
	SAME(sock_wait(&e, 1, SOCK_NOWAIT), -EAGAIN);

	SAME(sock_send(f->a, "x", 1, NULL, soon()), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(e.got, SOCK_READABLE);
	/* What is here counts, however late the call is. */
	SAME(sock_receive(f->b, in, sizeof in, NULL,
		 unlucky() ? soon() : sock_in(-1)),
	    1);
}

/* What was here before a message went out is not waited behind. */
static void
what_came_before_a_send_is_received_after_it(struct flow *f)
{
	struct sock_message m = { .capacity = 0 };
	char in[8];
	int i;

	for (i = 0; i < 20; i++) {
		SAME(sock_send(f->a, "q", 1, NULL, soon()), 0);
		SAME(sock_receive_many(f->b, &m, 1, soon()), 1);
		SAME(traffic_reply(f->b, &m, "1", 1), 0);
		SAME(traffic_reply(f->b, &m, "2", 1), 0);
		SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 1);
		SAME(sock_send(f->a, "thanks", 6, NULL, soon()), 0);
		SAME(sock_receive(f->a, in, sizeof in, NULL, SOCK_FOREVER), 1);
		SAME(in[0], '2');
		SAME(sock_receive_many(f->b, &m, 1, soon()), 1);
		if (!unlucky())
			SAME(sock_receive(f->a, in, sizeof in, NULL,
				 sock_in(1)),
			    -ETIMEDOUT);
	}
}

struct receiver {
	sock_t sock;
	_Atomic int rc, *received;
};

static void
receive_one(void *arg)
{
	struct receiver *r = arg;
	char in[8];

	r->rc = (int)sock_receive(r->sock, in, sizeof in, NULL, soon());
	if (r->rc > 0)
		atomic_fetch_add(r->received, 1);
}

#define RECEIVERS 6

static void
wait_in_many(struct flow *f, struct receiver *r, _Atomic int *received)
{
	int i;

	for (i = 0; i < RECEIVERS; i++) {
		r[i] = (struct receiver){ .sock = f->b, .received = received };
		flow_start(f, receive_one, &r[i]);
	}
	WANT(flow_await(f->b, RECEIVERS));
}

static void
each_message_comes_to_one_of_many(struct flow *f)
{
	struct receiver r[RECEIVERS];
	_Atomic int received = 0;
	int i;

	wait_in_many(f, r, &received);
	for (i = 0; i < RECEIVERS; i++)
		SAME(sock_send(f->a, "m", 1, NULL, soon()), 0);
	flow_join(f);
	SAME(received, RECEIVERS);
}

static void
a_cancel_wakes_all_who_receive(struct flow *f)
{
	struct receiver r[RECEIVERS];
	_Atomic int received = 0;
	char in[8];
	int i;

	wait_in_many(f, r, &received);
	SAME(sock_cancel(f->b), 0);
	flow_join(f);
	for (i = 0; i < RECEIVERS; i++)
		SAME(r[i].rc, -ECANCELED);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), -ECANCELED);
}

static void
a_close_wakes_all_who_receive(struct flow *f)
{
	struct receiver r[RECEIVERS];
	_Atomic int received = 0;
	int i;

	wait_in_many(f, r, &received);
	SAME(sock_close(f->b), 0);
	flow_join(f);
	for (i = 0; i < RECEIVERS; i++)
		SAME(r[i].rc, SOCK_ESTALE);
	SAME(sock_send(f->b, "x", 1, NULL, soon()), SOCK_ESTALE);
}

#define MANY 10 /* net.unix.max_dgram_qlen; over what one system call moves */

static void
many_go_and_come(struct flow *f)
{
	struct sock_message m[MANY] = { { .data = NULL } };
	char bytes[MANY][8] = { { 0 } };
	int i, got = 0;

	for (i = 0; i < MANY; i++) {
		bytes[i][0] = (char)i;
		m[i].data = bytes[i];
		m[i].length = 1 + (size_t)i % 4;
		m[i].capacity = sizeof bytes[i];
	}
	for (i = 0; i < MANY;) {
		const int sent = sock_send_many(f->a, m + i, MANY - i, soon());

		WANT(sent > 0);
		i += sent;
	}
	memset(bytes, 99, sizeof bytes);
	while (got < MANY) {
		const int n =
		    sock_receive_many(f->b, m + got, MANY - got, soon());

		WANT(n > 0);
		got += n;
	}
	for (i = 0; i < MANY; i++) {
		SAME(m[i].length, 1 + i % 4);
		SAME(bytes[i][0], i);
	}
	SAME(sock_receive_many(f->b, m, 0, soon()), 0);
	SAME(sock_receive_many(f->b, m, -1, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), ": a negative number") != NULL);
}

static void
calls_for_streams_are_refused(struct flow *f)
{
	const void *view;
	char in[8];

	SAME(sock_read(f->a, in, sizeof in, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "it carries messages") != NULL);
	SAME(sock_write(f->a, "x", 1, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "it carries messages") != NULL);
	SAME(sock_read_line(f->b, in, sizeof in, soon()), SOCK_EUSAGE);
	SAME(sock_peek(f->b, &view, 1, soon()), SOCK_EUSAGE);
	SAME(sock_accept(f->b, soon()), SOCK_EUSAGE);
	SAME(sock_set(f->a, SOCK_OPT_NODELAY, 1), SOCK_EUSAGE);
	SAME(sock_shut(f->a, soon()),
	    f->transport->kind == OVER_PACKET ? 0 : SOCK_EUSAGE);
	SAME(sock_finish(f->a, soon()), 0);
}

static void
streams_refuse_calls_for_messages(struct flow *f)
{
	struct sock_message m = { .capacity = 0 };
	char in[8];

	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "it is a stream") != NULL);
	SAME(sock_send(f->a, "x", 1, NULL, soon()), SOCK_EUSAGE);
	SAME(sock_receive_many(f->a, &m, 1, soon()), SOCK_EUSAGE);
	SAME(sock_send_many(f->a, &m, 1, soon()), SOCK_EUSAGE);
	SAME(sock_reply(f->a, &m, "x", 1), SOCK_EUSAGE);
	SAME(sock_exchange(f->a, "x", 1, in, 1, NULL, soon()), SOCK_EUSAGE);
	SAME(sock_join(f->a, "224.0.0.9", NULL), SOCK_EUSAGE);
	SAME(sock_send(0, "x", 1, NULL, soon()), SOCK_EUSAGE);
	SAME(sock_send(-EPIPE, "x", 1, NULL, soon()), -EPIPE);
}

static void
packets_end_with_0(struct flow *f)
{
	char in[8];

	SAME(sock_send(f->a, "last", 4, NULL, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), 4);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), 0);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), 0);
	SAME(sock_send(f->b, "yes", 3, NULL, soon()), 0);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 3);
	SAME(sock_close(f->b), 0);
	SAME(sock_send(f->a, "x", 1, NULL, soon()), -EPIPE);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 0);
}

/* Its reset comes behind them, to who sends and to who receives. */
static void
packets_come_though_their_sender_took_not_all(struct flow *f)
{
	char in[8];
	struct sock_message m = { .data = in, .capacity = sizeof in };

	SAME(sock_send(f->a, "unread", 6, NULL, soon()), 0);
	SAME(sock_send(f->b, "last", 4, NULL, soon()), 0);
	SAME(sock_send(f->b, "", 0, NULL, soon()), 0);
	SAME(sock_send(f->b, "of all", 6, NULL, soon()), 0);
	SAME(sock_close(f->b), 0);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 4);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 0);
	SAME(sock_receive_many(f->a, &m, 1, soon()), 1);
	SAME(m.length, 6);
	SAME(sock_receive_many(f->a, &m, 1, soon()), -ECONNRESET);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 0);
}

static void
a_send_takes_no_reset_from_who_receives(struct flow *f)
{
	char in[8];

	SAME(sock_send(f->a, "unread", 6, NULL, soon()), 0);
	SAME(sock_send(f->b, "last", 4, NULL, soon()), 0);
	SAME(sock_close(f->b), 0);
	SAME(sock_send(f->a, "x", 1, NULL, soon()), -ECONNRESET);
	SAME(sock_send(f->a, "x", 1, NULL, soon()), -EPIPE);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 4);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), -ECONNRESET);
	SAME(sock_receive(f->a, in, sizeof in, NULL, soon()), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(messages_keep_their_boundaries, OVER_MESSAGES),
		FLOW_TEST(a_message_of_no_bytes_is_one, OVER_MESSAGES),
		FLOW_TEST(what_is_cut_tells_its_length, OVER_MESSAGES),
		FLOW_TEST(both_ends_are_told, OVER_MESSAGES),
		FLOW_TEST(a_receive_waits_until_its_deadline, OVER_MESSAGES),
		FLOW_TEST(what_came_before_a_send_is_received_after_it,
		    OVER_MESSAGES),
		FLOW_TEST(each_message_comes_to_one_of_many, OVER_MESSAGES),
		FLOW_TEST(a_cancel_wakes_all_who_receive, OVER_MESSAGES),
		FLOW_TEST(a_close_wakes_all_who_receive, OVER_MESSAGES),
		FLOW_TEST(many_go_and_come, OVER_MESSAGES),
		FLOW_TEST(calls_for_streams_are_refused, OVER_MESSAGES),
		FLOW_TEST(streams_refuse_calls_for_messages, OVER_PAIR),
		FLOW_TEST(packets_end_with_0, OVER_PACKET),
		FLOW_TEST(packets_come_though_their_sender_took_not_all,
		    OVER_PACKET),
		FLOW_TEST(a_send_takes_no_reset_from_who_receives, OVER_PACKET),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
