/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "engine/thread.h"
#include "workers.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
stay_for_ever(void *arg)
{
	struct crowd *c = arg;

	atomic_fetch_add(&c->arrived, 1);
	EXPECT_INT(sock_sleep(SOCK_FOREVER), -ECANCELED);
	EXPECT_INT(sock_sleep(sock_in(1)), -ECANCELED);
	sock_shield(true);
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	sock_shield(false);
	atomic_fetch_sub(&c->arrived, 1);
}

static void
cancel_all(void *arg)
{
	struct crowd c = { .group = NULL };
	int round, i;

	(void)arg;
	use_four();
	for (round = 0; round < 2; round++) {
		c.group = sock_group_new();
		for (i = 0; i < 40; i++)
			EXPECT_INT(sock_go_spread(c.group, stay_for_ever, &c),
			    0);
		until_arrived(&c, 40);
		EXPECT_INT(sock_group_wait(c.group, SOCK_NOWAIT), -EAGAIN);
		if (round == 0) {
			EXPECT_INT(sock_group_cancel(c.group), 0);
			EXPECT_INT(sock_group_wait(c.group, SOCK_FOREVER), 0);
			EXPECT_INT(sock_go_spread(c.group, arrive, &c),
			    -ECANCELED);
		}
		sock_group_free(c.group);
		EXPECT_INT(atomic_load(&c.arrived), 0);
	}
}

static void
a_cancel_and_a_free_reach_members_on_every_worker(void **state)
{
	(void)state;
	run_in_child_or_here(cancel_all);
}

struct ring {
	sock_t from, to;
	int rounds;
};

static void
pass_on(void *arg)
{
	const struct ring *r = arg;
	char c;
	int i;

	for (i = 0; i < r->rounds; i++) {
		EXPECT_INT(sock_read_full(r->from, &c, 1, SOCK_FOREVER), 1);
		EXPECT_INT(sock_write(r->to, &c, 1, SOCK_FOREVER), 0);
	}
}

/* Around all workers: each reads what another one wrote. */
static void
pass_around(void *arg)
{
	struct sock_group *g = sock_group_new();
	struct ring rings[8];
	sock_t pair[COUNT(rings)][2];
	size_t i;

	(void)arg;
	use_four();
	for (i = 0; i < COUNT(rings); i++)
		EXPECT_INT(sock_pair(pair[i]), 0);
	for (i = 0; i < COUNT(rings); i++) {
		rings[i].from = pair[i][0];
		rings[i].to = pair[(i + 1) % COUNT(rings)][1];
		rings[i].rounds = 200;
		EXPECT_INT(sock_go_spread(g, pass_on, &rings[i]), 0);
	}
	aside_say(pair[0][1], "x");
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	aside_hear(pair[0][0], "x");
	for (i = 0; i < COUNT(rings); i++) {
		EXPECT_INT(sock_close(pair[i][0]), 0);
		EXPECT_INT(sock_close(pair[i][1]), 0);
	}
	sock_group_free(g);
}

static void
fibers_of_different_workers_wake_each_other(void **state)
{
	(void)state;
	run_in_child_or_here(pass_around);
}

struct shared {
	sock_t pair[2];
	_Atomic int waiting;
	int code;
};

static void
read_until_it_ends(void *arg)
{
	struct shared *s = arg;
	char c;
	int rc;

	atomic_fetch_add(&s->waiting, 1);
	/* One of them waits for the bytes, the others for their turn. */
	do
		rc = (int)sock_read(s->pair[0], &c, 1, SOCK_FOREVER);
	while (rc == -EBUSY && sock_sleep(sock_in(1)) == 0);
	EXPECT_INT(rc, s->code);
}

static void
close_from_afar(void *arg)
{
	struct shared *s = arg;

	EXPECT_INT(s->code == SOCK_ESTALE ? sock_close(s->pair[0]) :
					    sock_cancel(s->pair[0]),
	    0);
}

/*
 * The first fiber's worker owns the handle; others read it, and a third one
 * closes it, at any moment.
 */
static void
share_handles(void *arg)
{
	static const int codes[] = { SOCK_ESTALE, -ECANCELED };
	struct sock_group *g = sock_group_new();
	int round, i, before;

	(void)arg;
	use_four();
	for (i = 0; i < WORKERS; i++)
		(void)socki_worker_at((unsigned)i, &before);
	(void)socki_thread_prepare(socki_task()); /* for its waits */
	before = aside_open();
	for (round = 0; round < 100; round++) {
		struct shared s = { .code = codes[round % 2] };

		EXPECT_INT(sock_pair(s.pair), 0);
		for (i = 0; i < 3; i++)
			EXPECT_INT(sock_go_spread(g, read_until_it_ends, &s),
			    0);
		while (atomic_load(&s.waiting) < round % 4)
			sched_yield();
		EXPECT_INT(sock_go_spread(g, close_from_afar, &s), 0);
		EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
		sock_close(s.pair[0]);
		EXPECT_INT(sock_close(s.pair[1]), 0);
	}
	sock_group_free(g);
	/* The last ends are their owners' to make. */
	for (i = 0; aside_open() > before && i < 1000; i++)
		(void)sock_sleep(sock_in(1));
	/* Fewer, if an end of the test before came behind the counting. */
	EXPECT(aside_open() <= before);
}

static void
a_handle_is_read_and_closed_by_workers_that_do_not_own_it(void **state)
{
	(void)state;
	run_in_child_or_here(share_handles);
}

static struct {
	sock_t held[WORKERS][2], loose[2];
} family;

static void
wait_on_own_pair(void *arg)
{
	sock_t *pair = arg;
	char c;

	EXPECT_INT(sock_read(pair[0], &c, 1, sock_in(1)), -ETIMEDOUT);
}

static void
look_in_child(void *arg)
{
	int i;
	char c;

	for (i = 0; i < WORKERS; i++) {
		EXPECT_INT(sock_read(family.held[i][0], &c, 1, SOCK_NOWAIT),
		    SOCK_ESTALE);
		aside_say(family.held[i][1], "c");
	}
	EXPECT_INT(stats().workers, 0);
	aside_say(family.loose[0], "child");
	pass_around(arg);
	EXPECT_INT(stats().workers, WORKERS);
}

static void
fork_with_all_workers(void *arg)
{
	struct sock_group *g = sock_group_new();
	struct crowd c = { .group = sock_group_new() };
	int i;

	use_four();
	EXPECT_INT(sock_pair(family.loose), 0);
	for (i = 0; i < WORKERS; i++)
		EXPECT_INT(sock_pair(family.held[i]), 0);
	for (i = 0; i < 3 * WORKERS; i++)
		EXPECT_INT(sock_go_spread(c.group, arrive, &c), 0);
	until_arrived(&c, 3 * WORKERS);
	for (i = 0; i < WORKERS; i++)
		EXPECT_INT(sock_go_spread(g, wait_on_own_pair, family.held[i]),
		    0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	EXPECT_INT(aside_child(look_in_child, arg), 0);
	aside_hear(family.loose[1], "child");
	for (i = 0; i < WORKERS; i++)
		aside_hear(family.held[i][0], "c");
	disperse(&c);
	sock_group_free(g);
}

static void
a_child_has_workers_of_its_own_and_none_of_its_parents_handles(void **state)
{
	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("no worker holds a handle here");
	run_in_child(fork_with_all_workers);
}

static void
start_and_end(void *arg)
{
	struct sock_group *g = arg;

	EXPECT_INT(sock_go_spread(g, aside_nothing, NULL), 0);
	EXPECT_INT(sock_go(g, aside_nothing, NULL), 0);
}

/* Stacks that one worker takes and another gives back. */
static void
start_many(void *arg)
{
	const int many = aside_many(5000);
	struct sock_group *g = sock_group_new();
	int i;

	(void)arg;
	use_four();
	for (i = 0; i < many; i++)
		EXPECT_INT(sock_go_spread(g, start_and_end, g), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	until_fibers(0);
}

static void
fibers_start_others_on_every_worker(void **state)
{
	(void)state;
	run_in_child_or_here(start_many);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_cancel_and_a_free_reach_members_on_every_worker),
		cmocka_unit_test(fibers_of_different_workers_wake_each_other),
		cmocka_unit_test(
		    a_handle_is_read_and_closed_by_workers_that_do_not_own_it),
		cmocka_unit_test(
		    a_child_has_workers_of_its_own_and_none_of_its_parents_handles),
		cmocka_unit_test(fibers_start_others_on_every_worker),
	};

	return cmocka_run_group_tests_name("across", tests, NULL, NULL);
}
