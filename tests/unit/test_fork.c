/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <sock.h>

#include "waiting.h"

static void
talk_in_the_child(void *arg)
{
	const sock_t *pair = arg;
	const int fd = sock_fd(pair[1]);

	EXPECT(fd > 2);
	aside_hear(pair[1], "ping");
	aside_say(pair[1], "pong");
	EXPECT_INT(sock_close(pair[0]) + sock_close(pair[1]), 0);
	EXPECT_INT(sock_close(pair[1]), SOCK_ESTALE);
	EXPECT_INT(fcntl(fd, F_GETFD), -1);
}

static void
a_handle_that_no_worker_holds_goes_on_in_the_child(void **state)
{
	sock_t pair[2];

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	aside_say(pair[0], "ping");
	assert_int_equal(aside_child(talk_in_the_child, pair), 0);
	aside_hear(pair[0], "pong");
	/* And the parent's handles are as they were. */
	aside_say(pair[1], "more");
	aside_hear(pair[0], "more");
	assert_int_equal(sock_close(pair[0]), 0);
	assert_int_equal(sock_close(pair[1]), 0);
	assert_aside();
}

/* A stream that a fiber waits on, or has waited on. */
struct held {
	sock_t pair[2];
	int fd;
	_Atomic bool heard;
};

static void
hear_twice(void *arg)
{
	struct held *h = arg;

	aside_hear(h->pair[0], "one");
	atomic_store(&h->heard, true);
	aside_hear(h->pair[0], "two");
}

static void
look_for_what_a_worker_holds(void *arg)
{
	struct held *h = arg;
	char c;

	EXPECT_INT(sock_read(h->pair[0], &c, 1, SOCK_NOWAIT), SOCK_ESTALE);
	EXPECT_INT(sock_fd(h->pair[0]), SOCK_ESTALE);
	EXPECT_INT(sock_close(h->pair[0]), SOCK_ESTALE);
	EXPECT_INT(fcntl(h->fd, F_GETFD), -1);
	EXPECT_INT(sock_close(h->pair[1]), 0);
}

static void
a_handle_that_a_worker_holds_is_stale_in_the_child(void **state)
{
	struct held h = { .heard = false };
	struct waiting_run r;

	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here, so no worker holds any");
	assert_int_equal(sock_pair(h.pair), 0);
	h.fd = sock_fd(h.pair[0]);
	waiting_start(&r, true, hear_twice, &h);
	aside_poke();
	assert_int_equal(aside_child(look_for_what_a_worker_holds, &h), 0);
	aside_say(h.pair[1], "one");
	while (!atomic_load(&h.heard))
		sched_yield();
	assert_int_equal(aside_child(look_for_what_a_worker_holds, &h), 0);
	/* The parent's own epoll still tells of it. */
	aside_say(h.pair[1], "two");
	waiting_join(&r);
	assert_int_equal(sock_close(h.pair[0]), 0);
	assert_int_equal(sock_close(h.pair[1]), 0);
	assert_aside();
}

/* A handle that is closed already, and shown what came before. */
struct shown {
	sock_t s;
	int fd;
	const void *view;
};

static void
look_on_in_the_child(void *arg)
{
	const struct shown *h = arg;
	char c;

	EXPECT(fcntl(h->fd, F_GETFD) >= 0);
	EXPECT(memcmp(h->view, "hello", 5) == 0);
	EXPECT_INT(sock_read(h->s, &c, 1, SOCK_NOWAIT), SOCK_ESTALE);
	EXPECT_INT(fcntl(h->fd, F_GETFD), -1);
}

static void
close_it(void *arg)
{
	EXPECT_INT(sock_close(*(sock_t *)arg), 0);
}

static void
a_view_of_the_thread_that_forks_stays_in_the_child(void **state)
{
	struct shown h;
	sock_t pair[2];
	char c;

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	h.s = pair[0];
	h.fd = sock_fd(h.s);
	aside_say(pair[1], "hello");
	assert_int_equal(sock_peek(h.s, &h.view, 5, SOCK_FOREVER), 5);
	aside_thread(close_it, &h.s);
	assert_int_equal(aside_child(look_on_in_the_child, &h), 0);
	/* And the parent's is as it was. */
	assert_memory_equal(h.view, "hello", 5);
	assert_true(fcntl(h.fd, F_GETFD) >= 0);
	assert_int_equal(sock_read(h.s, &c, 1, SOCK_NOWAIT), SOCK_ESTALE);
	assert_int_equal(fcntl(h.fd, F_GETFD), -1);
	assert_int_equal(sock_close(pair[1]), 0);
	assert_aside();
}

static void
wait_a_moment(void *arg)
{
	sock_t pair[2];
	char c;

	(void)arg;
	EXPECT_INT(sock_pair(pair), 0);
	EXPECT_INT(sock_read(pair[0], &c, 1, sock_in(1)), -ETIMEDOUT);
	sock_close(pair[0]);
	sock_close(pair[1]);
}

static void
wake_itself(void *arg)
{
	/* The epoll and the wake-up of a worker, and the thread's wake-up. */
	if (!RUNNING_ON_VALGRIND) /* which has some itself */
		EXPECT_INT(aside_open(), *(int *)arg - (SOCKI_SWITCH ? 3 : 1));
	wait_a_moment(NULL);
	EXPECT_INT(socki_task_arm(socki_task()), 0);
	socki_task_wake(socki_task());
}

static void
a_child_has_no_descriptor_of_the_parents_engine(void **state)
{
	struct pollfd p = { .events = POLLIN };
	int before;

	(void)state;
	wait_a_moment(NULL);
	aside_poke();
	before = aside_open();
	assert_int_equal(aside_child(wake_itself, &before), 0);
	p.fd = socki_task()->wake_fd;
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_aside();
}

static void
take_the_lock(void *arg)
{
	struct socki_watch *w = arg;

	waiting_pin(w);
	socki_watch_stop(w, -ECANCELED);
	EXPECT_INT(socki_watch_park(w, SOCKI_READ, 0, SOCK_FOREVER),
	    -ECANCELED);
	socki_handle_unpin(w->handle);
}

static void
a_handle_whose_lock_another_thread_holds_goes_on_in_the_child(void **state)
{
	int peer;
	struct socki_watch *w = waiting_pair(&peer);

	(void)state;
	/* By this thread, in the parent: to the child it is anybody's. */
	pthread_mutex_lock(&w->lock);
	assert_int_equal(aside_child(take_the_lock, w), 0);
	pthread_mutex_unlock(&w->lock);
	waiting_drop(w);
	socki_sys_close(peer);
	assert_aside();
}

static void
exchange(void *arg)
{
	char in[8];

	EXPECT_INT(sock_exchange(*(sock_t *)arg, "q", 1, in, sizeof in, NULL,
		       SOCK_FOREVER),
	    -ECANCELED);
}

static void
exchange_in_the_child(void *arg)
{
	char in[8];

	EXPECT_INT(sock_exchange(*(sock_t *)arg, "q", 1, in, sizeof in, NULL,
		       sock_in(1)),
	    -ETIMEDOUT);
}

static void
an_exchange_of_another_thread_ends_in_the_child(void **state)
{
	sock_t s = sock_listen("udp:127.0.0.1:0"), c;
	char in[8], address[SOCK_ADDR_TEXT_MAX];
	struct sock_addr own;
	struct waiting_run r;

	(void)state;
	assert_int_equal(sock_local(s, &own), 0);
	c = sock_dial(sock_addr_text(&own, address, sizeof address));
	waiting_start(&r, false, exchange, &c);
	assert_int_equal(sock_receive(s, in, sizeof in, NULL, SOCK_FOREVER), 1);
	assert_int_equal(aside_child(exchange_in_the_child, &c), 0);
	assert_int_equal(sock_cancel(c), 0);
	waiting_join(&r);
	assert_int_equal(sock_close(c), 0);
	assert_int_equal(sock_close(s), 0);
	assert_aside();
}

static void
close_listener(void *arg)
{
	EXPECT_INT(sock_close(*(sock_t *)arg), SOCKI_SWITCH ? SOCK_ESTALE : 0);
}

static void
accept_in_a_fiber(void *arg)
{
	const sock_t c = sock_accept(*(sock_t *)arg, SOCK_FOREVER);

	EXPECT(c > 0);
	sock_close(c);
}

/* The child's handle ends by itself here, where a worker holds it. */
static void
a_child_never_unlinks_the_parents_path(void **state)
{
	char dir[] = "/tmp/sock-fork-XXXXXX", address[80];
	struct waiting_run r;
	sock_t l, s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(address, sizeof address, "unix:%s/s", dir);
	l = sock_listen(address);
	assert_true(l > 0);
	waiting_start(&r, true, accept_in_a_fiber, &l);
	aside_poke();
	assert_int_equal(aside_child(close_listener, &l), 0);
	assert_int_equal(access(address + strlen("unix:"), F_OK), 0);
	s = sock_dial(address);
	assert_true(s > 0);
	waiting_join(&r);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(l), 0);
	aside_poke();
	assert_int_equal(access(address + strlen("unix:"), F_OK), -1);
	(void)snprintf(address, sizeof address, "%s/s.lock", dir);
	(void)unlink(address);
	assert_int_equal(rmdir(dir), 0);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_handle_that_no_worker_holds_goes_on_in_the_child),
		cmocka_unit_test(
		    a_handle_that_a_worker_holds_is_stale_in_the_child),
		cmocka_unit_test(
		    a_view_of_the_thread_that_forks_stays_in_the_child),
		cmocka_unit_test(
		    a_child_has_no_descriptor_of_the_parents_engine),
		cmocka_unit_test(
		    a_handle_whose_lock_another_thread_holds_goes_on_in_the_child),
		cmocka_unit_test(
		    an_exchange_of_another_thread_ends_in_the_child),
		cmocka_unit_test(a_child_never_unlinks_the_parents_path),
	};

	return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
