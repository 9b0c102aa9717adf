/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include <sock.h>

#include "plain.h"
#include "toy_tls.h"
#include "waiting.h"

/* What a child makes of the dials of other threads. */

struct hole_dial {
	struct plain_hole hole;
	int sockets;
};

static void
dial_the_hole(void *arg)
{
	const struct hole_dial *d = arg;
	char address[64];

	(void)snprintf(address, sizeof address, "tcp:127.0.0.1:%d",
	    d->hole.port);
	EXPECT(sock_dial(address) < 0);
}

static void
count_sockets(void *arg)
{
	EXPECT_INT(aside_sockets(), *(int *)arg);
}

static void
what_another_thread_dials_is_closed_in_the_child(void **state)
{
	struct hole_dial d;
	struct waiting_run r;

	assert_true(plain_hole_open(&d.hole, AF_INET));
	d.sockets = aside_sockets();
	waiting_start(&r, *(bool *)*state, dial_the_hole, &d);
	while (plain_hole_waiters(&d.hole) == 0)
		sched_yield();
	assert_int_equal(aside_child(count_sockets, &d.sockets), 0);
	/* The next SYN is answered by a reset. */
	plain_hole_close(&d.hole);
	waiting_join(&r);
	assert_aside();
}

/* Some seconds are for who lost a SYN; without a reason it would be all. */
static void
await_refusal(void *arg)
{
	EXPECT_INT(sock_connected(*(sock_t *)arg, sock_in(20000)),
	    -ECONNREFUSED);
}

/* Why an attempt failed the kernel tells one of them. */
static void
a_dial_that_fails_fails_on_both_sides(void **state)
{
	struct plain_hole hole;
	char address[64];
	sock_t s;

	assert_true(plain_hole_open(&hole, AF_INET));
	(void)snprintf(address, sizeof address, "tcp:127.0.0.1:%d", hole.port);
	s = sock_dial_start(address);
	assert_true(s > 0);
	assert_int_equal(plain_hole_waiters(&hole), 1);
	/* The next SYN is answered by a reset. */
	plain_hole_close(&hole);
	assert_int_equal(aside_child(await_refusal, &s), 0);
	if (*(bool *)*state)
		aside_fiber(await_refusal, &s);
	else
		await_refusal(&s);
	assert_int_equal(sock_close(s), 0);
	assert_aside();
}

struct shaking {
	int port, sockets;
	struct toy_tls toy;
};

static void
shake_hands(void *arg)
{
	struct shaking *k = arg;
	char address[64];

	(void)snprintf(address, sizeof address, "tls:127.0.0.1:%d", k->port);
	EXPECT(sock_dial(address, .tls = &k->toy.tls) < 0);
}

static void
look_at_the_layer(void *arg)
{
	struct shaking *k = arg;

	EXPECT_INT(aside_sockets(), k->sockets);
	EXPECT_INT(atomic_load(&k->toy.alive), 1);
}

/* A library below TLS has locks, which another thread may hold for ever. */
static void
the_layers_of_others_are_left_alone_in_the_child(void **state)
{
	const sock_t l = sock_listen("tcp:127.0.0.1:0");
	struct waiting_run r;
	struct sock_addr here;
	struct shaking k;
	sock_t c;

	assert_int_equal(sock_local(l, &here), 0);
	k.port = sock_addr_port(&here);
	toy_tls_init(&k.toy);
	k.sockets = aside_sockets();
	waiting_start(&r, *(bool *)*state, shake_hands, &k);
	while (atomic_load(&k.toy.alive) == 0)
		aside_poke();
	assert_int_equal(aside_child(look_at_the_layer, &k), 0);
	c = sock_accept(l, SOCK_FOREVER);
	assert_true(c > 0);
	assert_int_equal(sock_close(c), 0);
	waiting_join(&r);
	assert_int_equal(sock_close(l), 0);
	assert_int_equal(atomic_load(&k.toy.alive), 0);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_BOTH(what_another_thread_dials_is_closed_in_the_child),
		IN_BOTH(a_dial_that_fails_fails_on_both_sides),
		IN_BOTH(the_layers_of_others_are_left_alone_in_the_child),
	};

	return cmocka_run_group_tests_name("fork_dial", tests, NULL, NULL);
}
