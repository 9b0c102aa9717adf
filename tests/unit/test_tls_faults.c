/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "aside.h"
#include "child.h"
#include "dialing.h"
#include "sys/fault.h"
#include "toy_tls.h"
#include "where.h"

/*
 * A dial and an accept over TLS while the n-th call of each kind fails, for every
 * n there is: an end, good or bad, and nothing left behind.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define N_MAX 60

static const char *const faults[] = { "alloc:ENOMEM", "recv:ECONNRESET",
	"recv:EAGAIN", "recv:ENOMEM", "send:EPIPE", "send:EAGAIN",
	"send:ENOBUFS", "connect:ENOBUFS", "getpeername:ENOBUFS",
	"shutdown:ENOTCONN", "epoll_create:EMFILE", "epoll_ctl:ENOMEM",
	"eventfd:EMFILE" };

static struct toy_tls client, server;

struct conversation {
	sock_t l, c, s;
	int dialed, accepted; /* 1: not known yet */
};

static void
accept_another(struct conversation *k)
{
	const sock_t c = sock_accept(k->l, SOCK_NOWAIT);

	if (c < 0)
		return;
	(void)sock_close(k->c);
	k->c = c;
	k->accepted = 1;
}

/* One step of each; the dialer may go from one address on to another. */
static void
step(struct conversation *k)
{
	if (k->dialed == 1)
		k->dialed = sock_connected(k->s, SOCK_NOWAIT);
	if (k->dialed == -EAGAIN)
		k->dialed = 1;
	accept_another(k);
	if (k->c > 0 && k->accepted == 1)
		k->accepted = sock_connected(k->c, SOCK_NOWAIT);
	if (k->accepted < 0 && k->accepted != -EAGAIN) {
		(void)sock_close(k->c);
		k->c = 0;
	}
	if (k->accepted < 0)
		k->accepted = 1;
}

static void
converse(void *arg)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct conversation *k = arg;
	struct sock_addr addr;
	const sock_time until = SOON;

	*k = (struct conversation){ .dialed = 1, .accepted = 1 };
	k->l = sock_listen("tls:localhost:0", .tls = &server.tls);
	if (k->l < 0 || sock_local(k->l, &addr) < 0)
		return;
	(void)snprintf(text, sizeof text, "tls:localhost:%d",
	    sock_addr_port(&addr));
	k->s = sock_dial_start(text, .tls = &client.tls, .deadline = until);
	while (k->s > 0 && sock_now() < until &&
	    (k->dialed == 1 || (k->dialed == 0 && k->accepted == 1))) {
		step(k);
		(void)sock_sleep(sock_in(1));
	}
	if (k->dialed == 0 && k->accepted == 0)
		k->dialed = sock_write(k->s, "x", 1, SOON);
}

/* Whether all went well, which ends the count. */
static bool
survive(const char *fault, int n, enum where where)
{
	struct conversation k = { .l = 0 };
	const sock_time deadline = SOON;
	char text[64];

	(void)snprintf(text, sizeof text, "%s@%d", fault, n);
	assert_int_equal(socki_fault_set(text, 1), 0);
	if (!where_run(where, converse, &k)) /* what lacked was the fiber */
		k = (struct conversation){ .dialed = -ENOMEM };
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	(void)sock_close(k.c);
	(void)sock_close(k.s);
	(void)sock_close(k.l);
	while (client.alive + server.alive > 0 && sock_now() < deadline)
		aside_poke();
	if (sock_now() >= deadline || client.references != 1 ||
	    server.references != 1)
		fail_msg("%s: %d and %d states, %d and %d references", text,
		    client.alive, server.alive, client.references,
		    server.references);
	return k.dialed == 0 && k.accepted == 0 && k.c > 0;
}

static void
each_call_may_fail_once(void **state)
{
	size_t fault;
	int where, n, well;

	toy_tls_init(&client);
	toy_tls_init(&server);
	server.name = "localhost";
	for (fault = 0; fault < COUNT(faults); fault++)
		for (where = 0; where < WHERE_COUNT; where++) {
			for (n = 1, well = 0; n < N_MAX && well < 3; n++)
				well = survive(faults[fault], n, where) ?
				    well + 1 :
				    0;
			if (well == 0)
				fail_msg("%s: never well", faults[fault]);
			if (where_same(state) != 0)
				fail_msg("%s", faults[fault]);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(each_call_may_fail_once),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
