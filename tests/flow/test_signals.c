/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "traffic.h"

/* A signal a millisecond, in whichever thread, restarts nothing by itself. */

static _Atomic unsigned storms;

static void
count(int signo)
{
	(void)signo;
	atomic_fetch_add(&storms, 1);
}

static bool
storm(bool on)
{
	const struct itimerval each = { { 0, on ? 1000 : 0 },
		{ 0, on ? 1000 : 0 } };
	struct sigaction act = { .sa_handler = count };

	return sigaction(SIGALRM, &act, NULL) == 0 &&
	    setitimer(ITIMER_REAL, &each, NULL) == 0;
}

static void
a_storm_of_signals_changes_no_byte(struct flow *f)
{
	const size_t total = fewer((size_t)1 << 20);
	struct direction out = { f->a, 1, total, 10000, true, 0 };
	struct direction in = { f->b, 1, total, 3000, true, 0 };

	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 16384);
	WANT(storm(true));
	flow_start(f, traffic_write, &out);
	traffic_read(&in);
	flow_join(f);
	WANT(storm(false));
}

static void
a_storm_of_signals_ends_no_wait(struct flow *f)
{
	struct sock_event e = { .sock = f->b, .want = SOCK_READABLE };
	const unsigned before = atomic_load(&storms);
	char byte;

	WANT(storm(true));
	while (atomic_load(&storms) < before + 3)
		SAME(sock_read(f->b, &byte, 1, sock_in(5)), -ETIMEDOUT);
	SAME(sock_wait(&e, 1, sock_in(20)), -ETIMEDOUT);
	WANT(storm(false));
}

static void
a_storm_of_signals_ends_no_accept(struct flow *f)
{
	const unsigned before = atomic_load(&storms);
	sock_t dialed, s;

	WANT(storm(true));
	while (atomic_load(&storms) < before + 3)
		SAME(sock_accept(f->l, sock_in(5)), -ETIMEDOUT);
	dialed = sock_dial(f->address, .deadline = soon());
	s = sock_accept(f->l, soon());
	WANT(storm(false));
	SAME(sock_close(s), 0);
	SAME(sock_close(dialed), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_storm_of_signals_changes_no_byte, OVER_ALL),
		FLOW_TEST(a_storm_of_signals_ends_no_wait, OVER_ALL),
		LISTENER_TEST(a_storm_of_signals_ends_no_accept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
