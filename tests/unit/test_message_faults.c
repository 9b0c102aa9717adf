/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>

#include "sys/fault.h"
#include "where.h"

/* Messages whose calls fail now and then. */

#define SOON sock_in(20000)

/* Of a handle with one peer, to another: what poll(2) says is the peer's. */
static void
a_full_peer_elsewhere_is_tried_now_and_then(void **state)
{
	const sock_t peer = sock_listen("unixgram:@sock-peer");
	const sock_t full = sock_listen("unixgram:@sock-full");
	const sock_t s = sock_dial("unixgram:@sock-peer");
	struct sock_message m = { .data = (char[1]){ 1 }, .length = 1 };

	(void)state;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_full_peer_elsewhere_is_tried_now_and_then),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
