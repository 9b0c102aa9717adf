/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sock.h>

#include "aside.h"
#include "where.h"

/* ICMP errors, to a handle of many peers. */

#define SOON sock_in(20000)

static bool
has_errors(sock_t s, int wait_ms)
{
	struct pollfd p = { sock_fd(s), 0, 0 };

	return poll(&p, 1, wait_ms) > 0;
}

/* An address where nobody listens any more. */
static struct sock_addr
dead_address(void)
{
	const sock_t s = sock_listen("udp:127.0.0.1:0");
	struct sock_addr dead;

	assert_int_equal(sock_local(s, &dead), 0);
	assert_int_equal(sock_close(s), 0);
	return dead;
}

static void *
receive_one(void *arg)
{
	char in[8];

	EXPECT_INT(sock_receive(*(sock_t *)arg, in, sizeof in, NULL, SOON), 2);
	return NULL;
}

/* More than one call passes over without looking at its deadline. */
static void
errors_without_end_reach_nobody_who_receives(void **state)
{
	const struct sock_addr dead = dead_address();
	sock_t s = sock_listen("udp:127.0.0.1:0");
	const sock_time deadline = SOON;
	struct sock_addr own;
	pthread_t thread;
	int i;

	(void)state;
	assert_int_equal(sock_local(s, &own), 0);
	assert_int_equal(pthread_create(&thread, NULL, receive_one, &s), 0);
	for (i = 0; i < 200; i++) {
		(void)sendto(sock_fd(s), "x", 1, 0, &dead.u.sa, dead.length);
		while (has_errors(s, 0) && sock_now() < deadline &&
		    atomic_load(&aside_failures) == 0)
			sched_yield();
	}
	assert_int_equal(sock_send(s, "me", 2, &own, SOON), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(sock_close(s), 0);
	assert_aside();
}

/* Found only while it is sent: what comes next to that peer is told, too. */
static void
the_next_message_there_is_not_sent(void **state)
{
	const sock_t s = sock_listen("udp:127.0.0.1:0");
	const struct sock_message to = { .peer = dead_address() };
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(sock_send(s, "x", 1, &to.peer, SOON), 0);
		assert_true(has_errors(s, 20000));
		assert_int_equal(sock_send(s, "x", 1, &to.peer, SOON),
		    -ECONNREFUSED);
		assert_int_equal(sock_reply(s, &to, "x", 1), 0);
		assert_true(has_errors(s, 20000));
		assert_int_equal(sock_reply(s, &to, "x", 1), -ECONNREFUSED);
	}
	assert_int_equal(sock_close(s), 0);
}

/* Of several to one peer: they say the same. */
static void
a_peer_that_is_gone_is_told_of_once(void **state)
{
	const sock_t s = sock_listen("udp:127.0.0.1:0");
	const struct sock_addr dead = dead_address();
	char in[8];
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		(void)sendto(sock_fd(s), "x", 1, 0, &dead.u.sa, dead.length);
		assert_true(has_errors(s, 20000));
	}
	assert_int_equal(sock_receive(s, in, sizeof in, NULL, SOCK_NOWAIT),
	    -EAGAIN);
	assert_int_equal(sock_send(s, "x", 1, &dead, SOON), -ECONNREFUSED);
	assert_int_equal(sock_send(s, "x", 1, &dead, SOON), 0);
	assert_int_equal(sock_close(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(errors_without_end_reach_nobody_who_receives),
		where_test(the_next_message_there_is_not_sent),
		where_test(a_peer_that_is_gone_is_told_of_once),
	};

	if (under_emulation()) {
		puts("SKIP: the emulator has no queue of errors");
		return 77;
	}
	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
