/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "traffic.h"

/* Request and reply. */

/* A server that answers a number of requests with these, in order. */
struct server {
	sock_t sock;
	int requests; /* before the first answer */
	const char *const *answers;
};

static void
serve(void *arg)
{
	const struct server *s = arg;
	char in[64];
	struct sock_message m = { .data = in, .capacity = sizeof in };
	int i;

	for (i = 0; i < s->requests; i++)
		if (sock_receive_many(s->sock, &m, 1, soon()) != 1)
			return;
	for (i = 0; s->answers[i] != NULL; i++)
		(void)traffic_reply(s->sock, &m, s->answers[i],
		    strlen(s->answers[i]));
}

/* A reply begins with its request. */
static bool
begins(const void *request, size_t n, const void *reply, size_t m)
{
	return m >= n && memcmp(request, reply, n) == 0;
}

static void
an_exchange_takes_what_is_accepted(struct flow *f)
{
	static const char *const answers[] = { "no", "", "q7 is what?",
		"q8 good", NULL };
	struct server s = { f->b, 1, answers };
	char in[64];

	flow_start(f, serve, &s);
	SAME(sock_exchange(f->a, "q8", 2, in, sizeof in, begins, soon()), 7);
	WANT(memcmp(in, "q8 good", 7) == 0);
	flow_join(f);
}

static void
any_message_will_do_without_accept(struct flow *f)
{
	static const char *const answers[] = { "yes", NULL };
	struct server s = { f->b, 1, answers };
	char in[64];

	flow_start(f, serve, &s);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, NULL, soon()), 3);
	flow_join(f);
}

static void
a_request_that_is_lost_goes_again(struct flow *f)
{
	static const char *const answers[] = { "q again", NULL };
	struct server s = { f->b, 2, answers };
	char in[64];

	flow_start(f, serve, &s);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, begins, soon()), 7);
	flow_join(f);
}

static void
a_reply_that_is_too_long_is_told(struct flow *f)
{
	static const char *const answers[] = { "other and long", "q and long",
		NULL };
	struct server s = { f->b, 1, answers };
	char in[4];

	flow_start(f, serve, &s);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, begins, soon()),
	    SOCK_ETOOBIG);
	WANT(strstr(sock_errmsg(), "has 10 bytes, and there was room for 4") !=
	    NULL);
	WANT(memcmp(in, "q an", 4) == 0);
	flow_join(f);
}

static void
an_exchange_ends_at_its_deadline(struct flow *f)
{
	char in[4];

	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, NULL, sock_in(5)),
	    -ETIMEDOUT);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, NULL, SOCK_NOWAIT),
	    SOCK_EUSAGE);
	if ((f->transport->kind & OVER_MANY) != 0)
		SAME(sock_exchange(f->b, "q", 1, in, sizeof in, NULL, soon()),
		    -EDESTADDRREQ);
}

#define FORGED_MAX 200000

static struct {
	sock_t from;
	struct sock_addr to;
	const struct sock_addr *peer; /* that, or NULL: its own */
	int count;
	int cancel_at;
	sock_t to_cancel;
	_Atomic bool enough;
} forger;

/* The next one is there before this one is looked at. */
static bool
refuses(const void *request, size_t n, const void *reply, size_t m)
{
	int rc;

	(void)request, (void)n, (void)reply, (void)m;
	if (forger.count++ < FORGED_MAX)
		do
			rc = sock_send(forger.from, "no", 2, forger.peer,
			    SOCK_NOWAIT);
		while (rc == -EAGAIN && unlucky());
	if (forger.count == forger.cancel_at)
		(void)sock_cancel(forger.to_cancel);
	return atomic_load(&forger.enough);
}

static void
begin_to_forge(struct flow *f)
{
	forger.from = f->b;
	forger.to_cancel = f->a;
	forger.count = forger.cancel_at = 0;
	atomic_store(&forger.enough, false);
	forger.peer = NULL;
	if (f->transport->kind != OVER_PACKET) {
		SAME(sock_local(f->a, &forger.to), 0);
		forger.peer = &forger.to;
	}
	SAME(sock_send(f->b, "no", 2, forger.peer, soon()), 0);
}

static void
replies_without_end_do_not_outlast_the_deadline(struct flow *f)
{
	char in[8];

	begin_to_forge(f);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, refuses, sock_in(20)),
	    -ETIMEDOUT);
	WANT(forger.count < FORGED_MAX);
}

static void
replies_without_end_are_cancelled(struct flow *f)
{
	char in[8];

	begin_to_forge(f);
	forger.cancel_at = 10;
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, refuses, soon()),
	    -ECANCELED);
	WANT(unlucky() || forger.count < 12);
}

static void
say_enough(void *arg)
{
	(void)arg;
	atomic_store(&forger.enough, true);
}

static void
replies_without_end_keep_nobody_waiting(struct flow *f)
{
	char in[8];

	begin_to_forge(f);
	flow_start(f, say_enough, NULL);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, refuses, soon()), 2);
	flow_join(f);
	WANT(forger.count < FORGED_MAX);
}

static void
answer_and_shut(void *arg)
{
	const struct server *s = arg;

	serve(arg);
	SAME(sock_shut(s->sock, soon()), 0);
}

/* From the end on each look finds a message of no bytes. */
static void
who_has_finished_does_not_reply(struct flow *f)
{
	static const char *const answers[] = { "", "no", "", NULL };
	struct server s = { f->b, 1, answers };
	char in[8];

	flow_start(f, answer_and_shut, &s);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, begins, soon()),
	    SOCK_EEOF);
	flow_join(f);
}

static void
what_was_sent_before_the_end_is_a_reply(struct flow *f)
{
	static const char *const answers[] = { "", "no", "", "q yes", NULL };
	struct server s = { f->b, 1, answers };
	char in[8];

	flow_start(f, answer_and_shut, &s);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, begins, soon()), 5);
	flow_join(f);
}

static sock_t to_close;

static bool
begins_and_closes(const void *request, size_t n, const void *reply, size_t m)
{
	if (to_close > 0)
		(void)sock_close(to_close);
	to_close = 0;
	return begins(request, n, reply, m);
}

/* As a request that is sent again behind its reply. */
static void
who_goes_and_leaves_a_request_has_replied(struct flow *f)
{
	char in[8];

	to_close = f->b;
	SAME(sock_send(f->b, "no", 2, NULL, soon()), 0);
	SAME(sock_send(f->b, "q yes", 5, NULL, soon()), 0);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, begins_and_closes,
		 soon()),
	    5);
}

struct asker {
	sock_t sock;
	ssize_t rc;
};

static void
ask(void *arg)
{
	struct asker *a = arg;
	char in[4];

	a->rc = sock_exchange(a->sock, "q", 1, in, sizeof in, NULL, soon());
}

static void
two_exchanges_do_not_share_a_handle(struct flow *f)
{
	struct asker a = { .sock = f->a };
	char in[4];

	flow_start(f, ask, &a);
	WANT(flow_await(f->a, 1));
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, NULL, soon()), -EBUSY);
	SAME(sock_cancel(f->a), 0);
	flow_join(f);
	SAME(a.rc, -ECANCELED);
}

static void
where_nobody_listens_an_exchange_ends_at_once(struct flow *f)
{
	char in[4];

	SAME(sock_close(f->b), 0);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, NULL, soon()),
	    f->transport->kind == OVER_PACKET ? -EPIPE : -ECONNREFUSED);
}

/* An error of an earlier message is no answer to this one. */
static void
what_was_refused_before_is_forgotten(struct flow *f)
{
	static const char *const answers[] = { "yes", NULL };
	struct server s = { .requests = 1, .answers = answers };
	char in[4], address[SOCK_ADDR_TEXT_MAX];
	struct sock_addr local;

	SAME(sock_local(f->b, &local), 0);
	(void)sock_addr_text(&local, address, sizeof address);
	SAME(sock_close(f->b), 0);
	SAME(sock_send(f->a, "lost", 4, NULL, soon()), 0);
	s.sock = sock_listen(address);
	WANT(s.sock > 0);
	flow_start(f, serve, &s);
	SAME(sock_exchange(f->a, "q", 1, in, sizeof in, NULL, soon()), 3);
	flow_join(f);
	SAME(sock_close(s.sock), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(an_exchange_takes_what_is_accepted, OVER_MESSAGES),
		FLOW_TEST(any_message_will_do_without_accept, OVER_MESSAGES),
		FLOW_TEST(a_request_that_is_lost_goes_again, OVER_UDP),
		FLOW_TEST(a_reply_that_is_too_long_is_told, OVER_MESSAGES),
		FLOW_TEST(an_exchange_ends_at_its_deadline, OVER_MESSAGES),
		FLOW_TEST(replies_without_end_do_not_outlast_the_deadline,
		    OVER_UDP),
		FLOW_TEST(replies_without_end_are_cancelled, OVER_MESSAGES),
		FLOW_TEST(replies_without_end_keep_nobody_waiting,
		    OVER_MESSAGES),
		FLOW_TEST(who_has_finished_does_not_reply, OVER_PACKET),
		FLOW_TEST(what_was_sent_before_the_end_is_a_reply, OVER_PACKET),
		FLOW_TEST(who_goes_and_leaves_a_request_has_replied,
		    OVER_PACKET),
		FLOW_TEST(two_exchanges_do_not_share_a_handle, OVER_MESSAGES),
		FLOW_TEST(where_nobody_listens_an_exchange_ends_at_once,
		    OVER_MESSAGES),
		FLOW_TEST(what_was_refused_before_is_forgotten, OVER_UDP),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
