/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Messages for which there is no room: in a queue, or at all. */

static void
drain(void *sock)
{
	char in[512];
	size_t count = 0;

	/* The last one is short. */
	while (sock_receive(*(sock_t *)sock, in, sizeof in, NULL, soon()) > 1)
		count++;
	(void)count;
}

static void
a_full_queue_is_waited_for(struct flow *f)
{
	char out[512] = { 0 };
	int rc, sent = 0;

	do {
		rc = sock_send(f->a, out, sizeof out, NULL, SOCK_NOWAIT);
		sent += rc == 0;
	} while (rc == 0 || (unlucky() && rc == -EAGAIN && sent < 5));
	SAME(rc, -EAGAIN);
	if (!unlucky())
		SAME(sock_send(f->a, out, sizeof out, NULL, sock_in(5)),
		    -ETIMEDOUT);
	flow_start(f, drain, &f->b);
	for (sent = 0; sent < 50; sent++)
		SAME(sock_send(f->a, out, sizeof out, NULL, soon()), 0);
	SAME(sock_send(f->a, out, 1, NULL, soon()), 0);
	flow_join(f);
}

/* One without a peer of its own, whom nothing tells of room elsewhere. */
static void
a_full_queue_elsewhere_is_waited_for(struct flow *f)
{
	char out[512] = { 0 };
	char address[64];
	struct sock_addr to;
	sock_t s;
	int rc;

	(void)snprintf(address, sizeof address, "unixgram:@flow-other-%d",
	    (int)getpid());
	s = sock_listen(address);
	SAME(sock_local(f->b, &to), 0);
	do
		rc = sock_send(s, out, sizeof out, &to, SOCK_NOWAIT);
	while (rc == 0);
	SAME(rc, -EAGAIN);
	if (!unlucky())
		SAME(sock_send(s, out, sizeof out, &to, sock_in(5)),
		    -ETIMEDOUT);
	flow_start(f, drain, &f->b);
	SAME(sock_send(s, out, sizeof out, &to, soon()), 0);
	SAME(sock_send(s, out, 1, &to, soon()), 0);
	flow_join(f);
	SAME(sock_close(s), 0);
}

static char much[1 << 20];

/* It is too much, whatever a machine gives to a socket by itself. */
static void
limit(struct flow *f)
{
	if (f->transport->kind != OVER_UDP)
		SAME(sock_set(f->a, SOCK_OPT_SNDBUF, 65536), 0);
}

static void
what_is_too_long_tells_what_would_fit(struct flow *f)
{
	const char *text = f->transport->kind == OVER_UDP ?
	    "message too long: of 1048576 bytes; at most 655" :
	    "message too long: of 1048576 bytes; at most ";
	const struct sock_message m = { .data = much, .length = sizeof much };

	limit(f);
	SAME(sock_send(f->a, much, sizeof much, NULL, soon()), -EMSGSIZE);
	WANT(strstr(sock_errmsg(), text) != NULL);
	SAME(sock_send_many(f->a, &m, 1, soon()), -EMSGSIZE);
	WANT(strstr(sock_errmsg(), text) != NULL);
	/* It ended nothing. */
	SAME(sock_send(f->a, much, 100, NULL, soon()), 0);
	SAME(sock_receive(f->b, much, sizeof much, NULL, soon()), 100);
}

static void
the_first_go_though_a_later_one_fails(struct flow *f)
{
	const struct sock_message m[] = {
		{ .data = much, .length = 1 },
		{ .data = much, .length = 2 },
		{ .data = much, .length = sizeof much },
		{ .data = much, .length = 4 },
	};
	char in[8];

	limit(f);
	SAME(sock_send_many(f->a, m, 4, soon()), 2);
	SAME(sock_send_many(f->a, m + 2, 2, soon()), -EMSGSIZE);
	SAME(sock_send_many(f->a, m + 3, 1, soon()), 1);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), 1);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), 2);
	SAME(sock_receive(f->b, in, sizeof in, NULL, soon()), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_full_queue_is_waited_for, OVER_QUEUES),
		FLOW_TEST(a_full_queue_elsewhere_is_waited_for, OVER_GRAM),
		FLOW_TEST(what_is_too_long_tells_what_would_fit, OVER_MESSAGES),
		FLOW_TEST(the_first_go_though_a_later_one_fails, OVER_MESSAGES),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
