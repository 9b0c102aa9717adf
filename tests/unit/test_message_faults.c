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
#include <unistd.h>

#include "sys/fault.h"
#include "where.h"

/* Messages whose calls fail now and then. */

#define SOON sock_in(20000)

/* Of a handle with one peer, to another: what poll(2) says is the peer's. */
static void
a_full_peer_elsewhere_is_tried_now_and_then(void **state)
{
	char address[2][64];
	sock_t peer, full, s;
	struct sock_message m = { .data = (char[1]){ 1 }, .length = 1 };

	(void)state;
	(void)snprintf(address[0], sizeof address[0], "unixgram:@sock-peer-%d",
	    (int)getpid());
	(void)snprintf(address[1], sizeof address[1], "unixgram:@sock-full-%d",
	    (int)getpid());
	peer = sock_listen(address[0]);
	full = sock_listen(address[1]);
	s = sock_dial(address[0]);
	assert_true(peer > 0 && full > 0 && s > 0);
	assert_int_equal(sock_local(full, &m.peer), 0);
	while (sock_send(s, "x", 1, &m.peer, SOCK_NOWAIT) == 0)
		;
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	assert_int_equal(sock_send(s, "x", 1, &m.peer, sock_in(50)),
	    -ETIMEDOUT);
	assert_in_range(socki_fault_count(SOCKI_CALL_sendto), 1, 20);
	assert_int_equal(sock_send_many(s, &m, 1, sock_in(50)), -ETIMEDOUT);
	assert_in_range(socki_fault_count(SOCKI_CALL_sendmmsg), 1, 20);
	/* Meanwhile the handle's own is sent to. */
	assert_int_equal(sock_send(s, "x", 1, NULL, SOON), 0);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(full), 0);
	assert_int_equal(sock_close(peer), 0);
}

#define MANY 12 /* more than one system call moves */

/* Two ends over udp, and a batch for each. */
struct ends {
	sock_t listener, dialed;
	struct sock_addr address; /* of the dialed one */
	struct sock_message m[MANY];
	char in[MANY][8];
};

static void
open_ends(struct ends *e)
{
	struct sock_addr own;
	char address[SOCK_ADDR_TEXT_MAX];
	int i;

	memset(e, 0, sizeof *e);
	e->listener = sock_listen("udp:127.0.0.1:0");
	assert_int_equal(sock_local(e->listener, &own), 0);
	e->dialed = sock_dial(sock_addr_text(&own, address, sizeof address));
	assert_int_equal(sock_local(e->dialed, &e->address), 0);
	for (i = 0; i < MANY; i++) {
		e->m[i].data = e->in[i];
		e->m[i].length = 1;
		e->m[i].capacity = sizeof e->in[i];
	}
}

static void
close_ends(struct ends *e)
{
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	assert_int_equal(sock_close(e->dialed), 0);
	assert_int_equal(sock_close(e->listener), 0);
}

/* The second batch fails; it may be empty, and not asked for, a few times. */
static void
receive_until_refused(struct ends *e, sock_t to, const struct sock_addr *addr,
    sock_t from)
{
	int i;

	do {
		for (i = 0; i < MANY; i++)
			assert_int_equal(sock_send(from, "x", 1, addr, SOON),
			    0);
		assert_int_equal(socki_fault_set("recvmmsg:ECONNREFUSED@2", 1),
		    0);
		assert_in_range(sock_receive_many(to, e->m, MANY, SOON), 1, 8);
	} while (socki_fault_count(SOCKI_CALL_recvmmsg) < 2);
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	/* To be sent once more, to the handle's own peer. */
	e->m[0] = (struct sock_message){ .data = e->in[0],
		.length = 1,
		.capacity = sizeof e->in[0] };
}

static int
next_call(struct ends *e, int which)
{
	char in[8];
	int rc;

	switch (which) {
	case 0:
		return (int)sock_receive(e->dialed, in, 8, NULL, SOON);
	case 1:
		return sock_receive_many(e->dialed, e->m, 1, SOON);
	case 2:
		rc = sock_send(e->dialed, "x", 1, NULL, SOON);
		return rc == 0 ? 1 : rc;
	default:
		return sock_send_many(e->dialed, e->m, 1, SOON);
	}
}

/* The kernel told it once, when there was something better to return. */
static void
an_error_behind_messages_is_told_by_the_next_call(void **state)
{
	struct ends e;
	int which;

	(void)state;
	for (which = 0; which < 4; which++) {
		open_ends(&e);
		receive_until_refused(&e, e.dialed, &e.address, e.listener);
		assert_int_equal(next_call(&e, which), -ECONNREFUSED);
		assert_int_equal(next_call(&e, which), 1);
		close_ends(&e);
		open_ends(&e);
		assert_int_equal(socki_fault_set("sendmmsg:ECONNREFUSED@2", 1),
		    0);
		assert_int_equal(sock_send_many(e.dialed, e.m, MANY, SOON), 8);
		assert_int_equal(socki_fault_set(NULL, 0), 0);
		assert_int_equal(sock_send(e.listener, "y", 1, &e.address,
				     SOON),
		    0);
		assert_int_equal(next_call(&e, which), -ECONNREFUSED);
		assert_int_equal(next_call(&e, which), 1);
		close_ends(&e);
	}
}

/* It is of no peer that could be named, and of no reply to be sent now. */
static void
an_error_behind_messages_is_nobody_elses(void **state)
{
	struct sock_addr own;
	struct ends e;
	char in[8];

	(void)state;
	open_ends(&e);
	assert_int_equal(sock_local(e.listener, &own), 0);
	receive_until_refused(&e, e.listener, NULL, e.dialed);
	assert_int_equal(sock_receive(e.listener, in, 8, NULL, SOON), 1);
	receive_until_refused(&e, e.dialed, &e.address, e.listener);
	assert_int_equal(sock_exchange(e.dialed, "q", 1, in, 8, NULL, SOON), 1);
	close_ends(&e);
}

/* Of what was sent before, whatever an exchange cannot know of its own. */
static void
an_error_of_earlier_messages_is_not_an_exchanges(void **state)
{
	struct ends e;
	char in[8];

	(void)state;
	open_ends(&e);
	receive_until_refused(&e, e.dialed, &e.address, e.listener);
	assert_int_equal(sock_send(e.listener, "y", 1, &e.address, SOON), 0);
	assert_int_equal(socki_fault_set("sendto:ECONNREFUSED@1", 1), 0);
	assert_int_equal(sock_exchange(e.dialed, "q", 1, in, 8, NULL, SOON), 1);
	assert_int_equal(sock_send(e.listener, "y", 1, &e.address, SOON), 0);
	assert_int_equal(socki_fault_set("sendto:EHOSTUNREACH@1", 1), 0);
	assert_int_equal(sock_exchange(e.dialed, "q", 1, in, 8, NULL, SOON), 1);
	assert_int_equal(socki_fault_set("sendto:EHOSTUNREACH@1+", 1), 0);
	assert_int_equal(sock_exchange(e.dialed, "q", 1, in, 8, NULL, SOON),
	    -EHOSTUNREACH);
	close_ends(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_full_peer_elsewhere_is_tried_now_and_then),
		where_test(an_error_behind_messages_is_told_by_the_next_call),
		where_test(an_error_behind_messages_is_nobody_elses),
		where_test(an_error_of_earlier_messages_is_not_an_exchanges),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
