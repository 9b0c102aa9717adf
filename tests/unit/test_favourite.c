/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sock/open.h>

#include "waiting.h"

/* More waits than it takes to become a thread's favourite. */
#define OFTEN 20

static bool
is_favourite(struct socki_watch *w)
{
	return atomic_load(&w->fan) == socki_task();
}

/* Waits for a byte that is there or comes, and takes it. */
static void
hear(struct socki_watch *w, sock_time deadline)
{
	struct waiting_once once = { w, SOCKI_READ, deadline, 1 };
	char byte;

	waiting_once(&once);
	EXPECT_INT(once.rc, 0);
	EXPECT_INT(socki_sys_recv(w->fd, &byte, 1, 0), 1);
}

static void
hear_often(struct socki_watch *w, int peer)
{
	int i;

	for (i = 0; i < OFTEN; i++) {
		EXPECT_INT(socki_sys_send(peer, "x", 1, 0), 1);
		hear(w, i % 2 == 0 ? SOCK_FOREVER : sock_in(50000));
	}
}

static void
expect_silence(struct socki_watch *w)
{
	struct waiting_once once = { w, SOCKI_READ, sock_in(2), 1 };

	waiting_once(&once);
	EXPECT_INT(once.rc, -ETIMEDOUT);
	EXPECT(sock_now() >= once.deadline);
}

static void
what_is_read_often_becomes_the_favourite(void **state)
{
	int peer;
	struct socki_watch *w = waiting_pair(&peer);

	(void)state;
	hear_often(w, peer);
	assert_true(is_favourite(w));
	/* And goes on to be waited for as before: in vain, and for a byte. */
	expect_silence(w);
	hear_often(w, peer);
	expect_silence(w);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
a_newer_favourite_takes_the_place_of_the_old(void **state)
{
	int peer[2];
	struct socki_watch *a = waiting_pair(&peer[0]);
	struct socki_watch *b = waiting_pair(&peer[1]);

	(void)state;
	hear_often(a, peer[0]);
	assert_true(is_favourite(a));
	hear_often(b, peer[1]);
	assert_true(is_favourite(b));
	assert_null(a->fan);
	/* What comes for the old one is no news of the new one. */
	EXPECT_INT(socki_sys_send(peer[0], "x", 1, 0), 1);
	expect_silence(b);
	hear(a, SOCK_FOREVER);
	waiting_drop(a);
	waiting_drop(b);
	socki_sys_close(peer[0]);
	socki_sys_close(peer[1]);
	assert_aside();
}

static void
a_favourite_that_is_closed_is_forgotten(void **state)
{
	int peer[2], copy;
	struct socki_watch *a = waiting_pair(&peer[0]);
	struct socki_watch *b;

	(void)state;
	hear_often(a, peer[0]);
	/* A copy keeps the socket, and would keep its place in the epoll. */
	copy = fcntl(a->fd, F_DUPFD_CLOEXEC, 3);
	assert_true(copy > 2);
	waiting_drop(a);
	b = waiting_pair(&peer[1]);
	hear_often(b, peer[1]);
	assert_true(is_favourite(b));
	EXPECT_INT(socki_sys_send(peer[0], "x", 1, 0), 1);
	expect_silence(b);
	waiting_drop(b);
	assert_null(atomic_load(&socki_task()->favourite));
	socki_sys_close(copy);
	socki_sys_close(peer[0]);
	socki_sys_close(peer[1]);
	assert_aside();
}

struct both {
	struct socki_watch *watch;
	int peer;
	_Atomic bool preferred;
};

static void
prefer_it(void *arg)
{
	struct both *both = arg;

	hear_often(both->watch, both->peer);
	EXPECT(is_favourite(both->watch));
	atomic_store(&both->preferred, true);
}

static void
a_thread_that_ends_leaves_its_favourite(void **state)
{
	struct both both = { .peer = -1 };
	const int before = (aside_poke(), aside_open());

	(void)state;
	both.watch = waiting_pair(&both.peer);
	aside_thread(prefer_it, &both);
	assert_null(both.watch->fan);
	assert_int_equal(aside_open(), before + 2);
	/* Another one may have it. */
	hear_often(both.watch, both.peer);
	assert_true(is_favourite(both.watch));
	waiting_drop(both.watch);
	socki_sys_close(both.peer);
	assert_aside();
}

static void
wait_for_the_end(void *arg)
{
	struct both *both = arg;
	struct waiting_once once = { both->watch, SOCKI_READ, SOCK_FOREVER, 1 };

	prefer_it(arg);
	waiting_once(&once);
	EXPECT_INT(once.rc, SOCK_ESTALE);
}

static void
who_waits_for_a_favourite_is_woken_by_its_close(void **state)
{
	struct waiting_run r;
	struct both both = { .peer = -1 };

	(void)state;
	both.watch = waiting_pair(&both.peer);
	waiting_start(&r, false, wait_for_the_end, &both);
	while (!atomic_load(&both.preferred))
		sched_yield();
	waiting_parked(both.watch, false, 1);
	waiting_drop(both.watch);
	waiting_join(&r);
	socki_sys_close(both.peer);
	assert_aside();
}

static void
have_another_in_the_child(void *arg)
{
	struct both *both = arg;

	EXPECT(atomic_load(&both->watch->fan) == NULL);
	prefer_it(arg);
	waiting_close(both->watch);
}

static void
a_favourite_is_the_parents_alone(void **state)
{
	struct both both = { .peer = -1 };

	(void)state;
	both.watch = waiting_pair(&both.peer);
	prefer_it(&both);
	assert_int_equal(aside_child(have_another_in_the_child, &both), 0);
	assert_true(is_favourite(both.watch));
	hear_often(both.watch, both.peer);
	expect_silence(both.watch);
	waiting_drop(both.watch);
	socki_sys_close(both.peer);
	assert_aside();
}

/* Bytes and the end behind them are one edge: none of the two is missed. */
static void
the_end_behind_the_bytes_is_seen(void **state)
{
	sock_t pair[2];
	char buf[64];
	int i;

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	for (i = 0; i < OFTEN; i++) {
		assert_int_equal(sock_read(pair[0], buf, 1, sock_in(1)),
		    -ETIMEDOUT);
	}
	aside_say(pair[1], "bye");
	assert_int_equal(sock_close(pair[1]), 0);
	assert_int_equal(sock_read(pair[0], buf, sizeof buf, SOCK_FOREVER), 3);
	assert_int_equal(sock_read(pair[0], buf, sizeof buf, SOCK_FOREVER), 0);
	assert_int_equal(sock_close(pair[0]), 0);
	assert_aside();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_often_becomes_the_favourite),
		cmocka_unit_test(a_newer_favourite_takes_the_place_of_the_old),
		cmocka_unit_test(a_favourite_that_is_closed_is_forgotten),
		cmocka_unit_test(a_thread_that_ends_leaves_its_favourite),
		cmocka_unit_test(
		    who_waits_for_a_favourite_is_woken_by_its_close),
		cmocka_unit_test(a_favourite_is_the_parents_alone),
		cmocka_unit_test(the_end_behind_the_bytes_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
