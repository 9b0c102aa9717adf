/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include <sock.h>

#include "aside.h"
#include "resolving.h"

/*
 * How a wait for names ends: by an answer, its deadline, a cancel, or all of
 * them at once.  SOCK_RACES says how many rounds of that; 300 by default.
 */

#define AAAA_HELD (1u << SCRIPTED_AAAA)
#define BOTH_HELD (1u << SCRIPTED_BOTH)
#define ALL_HELD 31u

static const struct scripted_name names[] = {
	{ .name = "a.test", .answer = "127.0.0.1 ::1" },
	{ .name = "late.test",
	    .answer = "127.0.0.1 ::1",
	    .held = AAAA_HELD | BOTH_HELD },
	{ .name = "_s._tcp.test", .answer = " 1:1:3dead.test 2:2:a.test" },
	{ .name = "_t._tcp.test", .answer = " 1:1:4dead.test 2:2:a.test" },
	{ .name = "fails.test", .code = SOCK_ERESOLVE },
	{ .name = "_u._tcp.test",
	    .answer = " 1:1:fails.test 2:2:6dead.test 3:3:localhost" },
	{ .name = "*", .answer = "127.0.0.1", .held = ALL_HELD },
};

/* Row 17. */
static void
a_deadline_ends_the_wait_and_not_the_look_up(void **state)
{
	static const char *const addresses[] = { "tcp:0dead.test:80",
		"tcp:1dead.test:80", "srv:_dead._tcp.test",
		"srv:_dead._tcp.1.test" };
	struct resolving r;
	int i;

	(void)state;
	for (i = 0; i < 2 * WHERE_COUNT; i++) {
		scripted_use(&scripted, names);
		r = (struct resolving){ .address = addresses[i],
			.deadline = SHORTLY };
		assert_int_equal(resolving_run(&r, (enum where)(i % 2)),
		    -ETIMEDOUT);
		r.deadline = sock_now();
		assert_int_equal(resolving_run(&r, (enum where)(i % 2)),
		    -ETIMEDOUT);
		scripted_release();
	}
}

static void
what_has_come_by_the_deadline_counts(void **state)
{
	static const struct socki_resolver *const resolvers[] = { &scripted,
		&scripted_apart };
	static const char *const addresses[] = { "tcp:0late.test:80",
		"tcp:1late.test:80", "tcp:2late.test:80", "tcp:3late.test:80" };
	struct resolving r;
	int i;

	(void)state;
	for (i = 0; i < 2 * WHERE_COUNT; i++) {
		scripted_use(resolvers[i / 2], names);
		r = (struct resolving){ .address = addresses[i],
			.deadline = sock_in(500) };
		assert_int_equal(resolving_run(&r, (enum where)(i % 2)), 1);
		assert_int_equal(r.out[0].u.sa.sa_family, AF_INET);
		scripted_release();
	}
	/* And of services the targets that answer. */
	scripted_use(&scripted, names);
	r = (struct resolving){ .address = "srv:_s._tcp.test",
		.deadline = SHORTLY };
	resolving_try(&r);
	assert_int_equal(r.rc, 2);
	assert_int_equal(sock_addr_port(&r.out[0]), 2);
	scripted_release();
}

static void
a_cancel_ends_the_wait(void **state)
{
	static const char *const addresses[] = { "tcp:2dead.test:80",
		"tcp:4late.test:80", "srv:_t._tcp.test" };
	static struct resolving r;
	struct sock_group *g;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		scripted_use(&scripted, names);
		r = (struct resolving){ .address = addresses[i],
			.deadline = SOON };
		g = sock_group_new();
		assert_int_equal(sock_go(g, resolving_try, &r), 0);
		while (scripted_count() == 0)
			(void)sock_sleep(sock_in(1));
		assert_int_equal(sock_group_cancel(g), 0);
		assert_int_equal(sock_group_wait(g, SOON), 0);
		assert_int_equal(r.rc, -ECANCELED);
		sock_group_free(g);
		scripted_release();
	}
}

/* Whatever has failed before it, and is known behind it. */
static void
a_cancel_among_services_is_told(void **state)
{
	static struct resolving r;
	struct sock_group *g = sock_group_new();

	(void)state;
	scripted_use(&scripted, names);
	r = (struct resolving){ .address = "srv:_u._tcp.test",
		.deadline = SOON };
	assert_int_equal(sock_go(g, resolving_try, &r), 0);
	scripted_await(1);
	assert_int_equal(sock_group_cancel(g), 0);
	assert_int_equal(sock_group_wait(g, SOON), 0);
	assert_int_equal(r.rc, -ECANCELED);
	sock_group_free(g);
	scripted_release();
}

/* A worker goes on with its other fibers while one waits for a name. */
static void
others_run_while_a_fiber_waits_for_a_name(void **state)
{
	static struct resolving r;
	struct sock_group *g = sock_group_new();

	(void)state;
	scripted_use(&scripted, names);
	r = (struct resolving){ .address = "tcp:5dead.test:80",
		.deadline = SOON };
	assert_int_equal(sock_go(g, resolving_try, &r), 0);
	scripted_await(1);
	aside_poke();
	scripted_release();
	assert_int_equal(sock_group_wait(g, SOON), 0);
	assert_int_equal(r.rc, 1);
	sock_group_free(g);
	assert_aside();
}

static unsigned
rounds(void)
{
	const char *text = getenv("SOCK_RACES");

	return text == NULL ? 300 : (unsigned)strtoul(text, NULL, 10);
}

struct racer {
	unsigned seed;
	_Atomic bool *stop;
};

/* Names of a few, deadlines of none to some, in a fiber or a thread. */
static void
ask_again_and_again(void *arg)
{
	static const char *const addresses[] = { "tcp:x.test:80",
		"tcp:y.test:80", "srv:_s._tcp.test", "tcp:a.test:80" };
	struct racer *racer = arg;
	struct sock_addr out[4];
	unsigned i = racer->seed;

	while (!atomic_load(racer->stop)) {
		const int rc = sock_resolve(addresses[i % 4], out, 4,
		    sock_now() + (i * 7919 % 40) * 1000);

		EXPECT(rc > 0 || rc == -ETIMEDOUT || rc == -ECANCELED ||
		    rc == -EAGAIN);
		i++;
		if (rc == -ECANCELED)
			return;
	}
}

/* Answers at once, or some moments later. */
static int
answer_somewhen(const char *host, int family, struct sock_addr *out, int max)
{
	static _Atomic unsigned turn;
	unsigned yields = atomic_fetch_add(&turn, 1) % 8;

	(void)host, (void)max;
	while (yields-- > 0)
		sched_yield();
	return sock_addr_parse(out,
		   family == AF_INET ? "tcp:127.0.0.1:0" : "tcp:[::1]:0") < 0 ?
	    SOCK_ERESOLVE :
	    1;
}

static int
answer_both(const char *host, struct sock_addr *out, int max)
{
	return answer_somewhen(host, AF_INET6, out, max);
}

static int
answer_services(const char *name, struct socki_srv *out, int max)
{
	struct sock_addr addr;

	(void)max;
	memset(out, 0, sizeof *out);
	out->port = 1;
	memcpy(out->target, "x.test", 7);
	return answer_somewhen(name, AF_INET, &addr, 1);
}

/* Row 18: an answer, a deadline, a cancel and an end at every point. */
static void
answers_race_with_deadlines_and_cancels(void **state)
{
	static const struct socki_resolver racing = { answer_somewhen,
		answer_services, NULL, answer_both, false };
	struct racer racers[6];
	_Atomic bool stop;
	unsigned i, round;

	(void)state;
	socki_resolver_use(&racing);
	for (round = 0; round < rounds() / 10; round++) {
		struct sock_group *g = sock_group_new();

		atomic_init(&stop, false);
		for (i = 0; i < 6; i++) {
			racers[i] = (struct racer){ round + i, &stop };
			assert_int_equal(sock_go(g, ask_again_and_again,
					     &racers[i]),
			    0);
		}
		for (i = 0; i < 10; i++) {
			struct sock_addr out[4];

			(void)sock_resolve("tcp:x.test:80", out, 4,
			    sock_now() + i * 5000);
		}
		if (round % 2 == 0)
			assert_int_equal(sock_group_cancel(g), 0);
		else
			atomic_store(&stop, true);
		assert_int_equal(sock_group_wait(g, SOON), 0);
		atomic_store(&stop, true);
		sock_group_free(g);
	}
	socki_resolver_use(NULL);
	assert_aside();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_deadline_ends_the_wait_and_not_the_look_up),
		where_test(what_has_come_by_the_deadline_counts),
		where_test(a_cancel_ends_the_wait),
		where_test(a_cancel_among_services_is_told),
		where_test(others_run_while_a_fiber_waits_for_a_name),
		where_test(answers_race_with_deadlines_and_cancels),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
