/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sock.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
port_of(sock_t s)
{
	struct sock_addr addr;

	assert_int_equal(sock_local(s, &addr), 0);
	return sock_addr_port(&addr);
}

/* One descriptor, and two behind one handle. */
static const char *const listeners[] = { "127.0.0.1:0", "localhost:0" };

struct accepting {
	sock_t l, got;
	sock_time deadline;
};

static void
accept_one(void *arg)
{
	struct accepting *a = arg;

	a->got = sock_accept(a->l, a->deadline);
}

static void
accept_waits_until_its_deadline(void **state)
{
	struct accepting a;
	size_t i;
	int where;

	(void)state;
	for (i = 0; i < COUNT(listeners); i++)
		for (where = 0; where < WHERE_COUNT; where++) {
			a.l = sock_listen(listeners[i]);
			a.deadline = SHORTLY;
			assert_true(where_run(where, accept_one, &a));
			assert_int_equal(a.got, -ETIMEDOUT);
			assert_true(sock_now() >= a.deadline);
			a.deadline = SOCK_NOWAIT;
			assert_true(where_run(where, accept_one, &a));
			assert_int_equal(a.got, -EAGAIN);
			sock_close(a.l);
		}
}

static void
only_listeners_accept(void **state)
{
	sock_t pair[2];

	(void)state;
	assert_int_equal(sock_pair(pair), 0);
	assert_int_equal(sock_accept(pair[0], SOCK_NOWAIT), SOCK_EUSAGE);
	sock_close(pair[0]);
	sock_close(pair[1]);
	assert_int_equal(sock_accept(pair[0], SOCK_NOWAIT), SOCK_ESTALE);
	assert_int_equal(sock_accept(-EMFILE, SOCK_NOWAIT), -EMFILE);
	assert_true(sock_accept(0, SOCK_NOWAIT) < 0);
}

/* Whoever watches it: when sock_close() returns, a successor may come. */
static void
a_closed_listener_gives_its_port_back(void **state)
{
	char text[64];
	int i, where;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		struct accepting a = { .l = sock_listen("127.0.0.1:0") };

		dialing_at(text, sizeof text, "127.0.0.1:", port_of(a.l));
		for (i = 0; i < 20; i++) {
			a.deadline = sock_in(2);
			assert_true(where_run(where, accept_one, &a));
			assert_int_equal(a.got, -ETIMEDOUT);
			assert_int_equal(sock_close(a.l), 0);
			a.l = sock_listen(text);
			if (a.l < 0)
				fail_msg("in a %s: %s", where_names[where],
				    sock_errmsg());
		}
		sock_close(a.l);
	}
}

/* Before somebody accepts it, the connection is there and gone again. */
static void
a_connection_reset_in_the_queue_keeps_its_address(void **state)
{
	const struct linger reset = { 1, 0 };
	struct accepting a = { .deadline = SOON };
	struct sock_addr peer;
	int where, port;
	char byte;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		int fd;

		a.l = sock_listen("127.0.0.1:0");
		fd = plain_connect(AF_INET, port_of(a.l));
		port = plain_port(fd);
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
				     sizeof reset),
		    0);
		close(fd);
		assert_true(where_run(where, accept_one, &a));
		assert_true(a.got > 0);
		assert_int_equal(sock_peer(a.got, &peer), 0);
		assert_int_equal(sock_addr_port(&peer), port);
		assert_true(sock_addr_within(&peer, "127.0.0.1"));
		assert_int_equal(sock_read(a.got, &byte, 1, SOON), -ECONNRESET);
		assert_int_equal(sock_close(a.got), -ECONNRESET);
		sock_close(a.l);
	}
}

/* Many wait at once; what each of them got is counted together. */
#define THREADS 4
#define FIBERS 20
#define CONNECTIONS 200

struct crowd {
	sock_t l;
	_Atomic int waiting, accepted, other;
};

static void
accept_all(void *arg)
{
	struct crowd *crowd = arg;

	atomic_fetch_add(&crowd->waiting, 1);
	for (;;) {
		const sock_t c = sock_accept(crowd->l, SOCK_FOREVER);

		if (c == SOCK_ESTALE)
			return;
		if (c < 0)
			atomic_store(&crowd->other, (int)c);
		if (c < 0)
			return;
		sock_close(c);
		atomic_fetch_add(&crowd->accepted, 1);
	}
}

static void *
accept_in_thread(void *arg)
{
	accept_all(arg);
	return NULL;
}

static void
a_crowd_accepts_from(const char *address)
{
	struct sock_group *group = sock_group_new();
	struct crowd crowd = { .l = sock_listen(address) };
	pthread_t threads[THREADS];
	const int port = port_of(crowd.l);
	int i;

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     accept_in_thread, &crowd),
		    0);
	for (i = 0; i < FIBERS; i++)
		assert_int_equal(sock_go(group, accept_all, &crowd), 0);
	for (i = 0; i < CONNECTIONS; i++) {
		const int fd = plain_connect(AF_INET, port);

		assert_true(fd >= 0);
		close(fd);
	}
	while (atomic_load(&crowd.accepted) < CONNECTIONS ||
	    atomic_load(&crowd.waiting) < THREADS + FIBERS)
		(void)sock_sleep(sock_in(1));
	assert_int_equal(sock_close(crowd.l), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(sock_group_wait(group, SOON), 0);
	sock_group_free(group);
	assert_int_equal(crowd.accepted, CONNECTIONS);
	assert_int_equal(crowd.other, 0);
}

static void
any_number_may_accept_and_closing_wakes_them_all(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(listeners); i++)
		a_crowd_accepts_from(listeners[i]);
}

static void
cancel_wakes_who_accepts_and_sticks(void **state)
{
	struct sock_group *group;
	struct accepting a[2];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(listeners); i++) {
		a[0].l = a[1].l = sock_listen(listeners[i]);
		a[0].deadline = a[1].deadline = SOON;
		group = sock_group_new();
		assert_int_equal(sock_go(group, accept_one, &a[0]), 0);
		assert_int_equal(sock_go(group, accept_one, &a[1]), 0);
		assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
		assert_int_equal(sock_cancel(a[0].l), 0);
		assert_int_equal(sock_group_wait(group, SOON), 0);
		sock_group_free(group);
		assert_int_equal(a[0].got, -ECANCELED);
		assert_int_equal(a[1].got, -ECANCELED);
		assert_int_equal(sock_accept(a[0].l, SOON), -ECANCELED);
		assert_int_equal(sock_close(a[0].l), 0);
	}
}

static void
an_adopted_listener_that_blocks_blocks_nobody(void **state)
{
	struct accepting a;
	int fd, where, flags, kept;

	(void)state;
	for (where = 0; where < WHERE_COUNT; where++) {
		kept = plain_bind(AF_INET, 0, 4);
		flags = fcntl(kept, F_GETFL);
		a.l = sock_adopt(kept);
		a.deadline = SOCK_NOWAIT;
		assert_true(where_run(where, accept_one, &a));
		assert_int_equal(a.got, -EAGAIN);
		a.deadline = SHORTLY;
		assert_true(where_run(where, accept_one, &a));
		assert_int_equal(a.got, -ETIMEDOUT);
		fd = plain_connect(AF_INET, plain_port(kept));
		a.deadline = SOON;
		assert_true(where_run(where, accept_one, &a));
		assert_true(a.got > 0);
		assert_int_equal(fcntl(kept, F_GETFL), flags);
		close(fd);
		sock_close(a.got);
		sock_close(a.l);
	}
}

/* Nothing left below the limit but what the test needs. */
static void
accept_without_descriptors(void *arg)
{
	struct accepting a = { .l = sock_listen("127.0.0.1:0") };
	struct rlimit few;
	int where, fd, last = -1;
	struct sock_addr addr;

	(void)arg;
	CHECK_INT(sock_local(a.l, &addr), 0);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &few), 0);
	few.rlim_cur = 40;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
	CHECK_INT(where_warm_up(NULL), 0);
	a.deadline = SHORTLY; /* its worker watches it now */
	CHECK(where_run(IN_FIBER, accept_one, &a));
	for (where = 0; where < WHERE_COUNT; where++) {
		const int client =
		    plain_connect(AF_INET, sock_addr_port(&addr));

		CHECK(client >= 0);
		while ((fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0)
			last = fd;
		a.deadline = SOON;
		CHECK(where_run(where, accept_one, &a));
		CHECK_INT(a.got, -EMFILE);
		CHECK(where_run(where, accept_one, &a));
		CHECK_INT(a.got, -EMFILE);
		close(last);
		CHECK(where_run(where, accept_one, &a));
		CHECK(a.got > 0);
		sock_close(a.got);
		close(client);
	}
}

static void
out_of_descriptors_the_connection_stays_in_the_queue(void **state)
{
	(void)state;
	if (child_under_valgrind())
		SKIP_TEST("valgrind keeps its own limit on descriptors");
	child_run(accept_without_descriptors, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* TSan lets a child start threads if its parent had none. */
		cmocka_unit_test_teardown(
		    out_of_descriptors_the_connection_stays_in_the_queue,
		    where_warm_up),
		where_test(accept_waits_until_its_deadline),
		where_test(only_listeners_accept),
		where_test(a_closed_listener_gives_its_port_back),
		where_test(a_connection_reset_in_the_queue_keeps_its_address),
		where_test(any_number_may_accept_and_closing_wakes_them_all),
		where_test(cancel_wakes_who_accepts_and_sticks),
		where_test(an_adopted_listener_that_blocks_blocks_nobody),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
