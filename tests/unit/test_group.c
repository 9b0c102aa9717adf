/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static _Atomic int counter;

static void
count(void *arg)
{
	(void)arg;
	atomic_fetch_add(&counter, 1);
}

static void
waiting_returns_when_every_member_has_ended(void **state)
{
	const int many = aside_many(1000);
	struct sock_group *g = sock_group_new();
	int round, i;

	(void)state;
	assert_non_null(g);
	assert_int_equal(sock_group_wait(g, SOCK_NOWAIT), 0);
	for (round = 1; round <= 3; round++) {
		atomic_store(&counter, 0);
		for (i = 0; i < many; i++)
			assert_int_equal(sock_go(g, count, NULL), 0);
		assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
		assert_int_equal(counter, many);
		assert_int_equal(sock_group_wait(g, SOCK_DEFAULT), 0);
	}
	sock_group_free(g);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	struct sock_group *g = sock_group_new();

	(void)state;
	assert_int_equal(sock_go(NULL, count, NULL), SOCK_EUSAGE);
	assert_non_null(strstr(sock_errmsg(), ": no group, or no function"));
	assert_int_equal(sock_go(g, NULL, NULL), SOCK_EUSAGE);
	assert_int_equal(sock_group_wait(NULL, SOCK_FOREVER), SOCK_EUSAGE);
	assert_int_equal(sock_group_cancel(NULL), SOCK_EUSAGE);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
}

/* Ends once it is let. */
static _Atomic bool let;

static void
stay(void *arg)
{
	(void)arg;
	while (!atomic_load(&let))
		EXPECT_INT(sock_sleep(SOCK_NOWAIT) + sched_yield(), 0);
	atomic_fetch_add(&counter, 1);
}

static void
a_wait_ends_at_its_deadline_and_the_members_go_on(void **state)
{
	struct sock_group *g = sock_group_new();

	(void)state;
	atomic_store(&let, false);
	atomic_store(&counter, 0);
	assert_int_equal(sock_go(g, stay, NULL), 0);
	assert_int_equal(sock_group_wait(g, SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_group_wait(g, sock_in(2)), -ETIMEDOUT);
	assert_string_equal(sock_errmsg(), "group wait: timed out");
	assert_int_equal(sock_group_wait(g, 1), -ETIMEDOUT);
	assert_int_equal(counter, 0);
	atomic_store(&let, true);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_int_equal(counter, 1);
	sock_group_free(g);
}

static void
wait_for_group(void *arg)
{
	EXPECT_INT(sock_group_wait(arg, SOCK_FOREVER), 0);
	EXPECT_INT(counter, 1);
}

static void
threads_and_fibers_wait_for_one_group(void **state)
{
	struct sock_group *g = sock_group_new();
	struct waiting_run runs[8];
	size_t i;

	(void)state;
	atomic_store(&let, false);
	atomic_store(&counter, 0);
	assert_int_equal(sock_go(g, stay, NULL), 0);
	for (i = 0; i < COUNT(runs); i++)
		waiting_start(&runs[i], i % 2 == 0, wait_for_group, g);
	aside_poke();
	atomic_store(&let, true);
	for (i = 0; i < COUNT(runs); i++)
		waiting_join(&runs[i]);
	sock_group_free(g);
	assert_aside();
}

static void
wait_for_own(void *arg)
{
	EXPECT_INT(sock_group_wait(arg, SOCK_FOREVER), SOCK_EUSAGE);
	EXPECT_INT(sock_group_wait(arg, SOCK_NOWAIT), SOCK_EUSAGE);
}

static void
a_member_may_not_wait_for_its_own_group(void **state)
{
	struct sock_group *g = sock_group_new();

	(void)state;
	assert_int_equal(sock_go(g, wait_for_own, g), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	assert_aside();
}

struct tree {
	struct sock_group *group;
	int depth;
};

static void
grow(void *arg)
{
	struct tree *t = arg;
	int i;

	atomic_fetch_add(&counter, 1);
	for (i = 0; i < 2 && t->depth > 0; i++) {
		struct tree *b = malloc(sizeof *b);

		*b = (struct tree){ t->group, t->depth - 1 };
		EXPECT_INT(sock_go(t->group, grow, b), 0);
		EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	}
	free(t);
}

static void
members_start_members(void **state)
{
	struct sock_group *g = sock_group_new();
	struct tree *root = malloc(sizeof *root);

	(void)state;
	atomic_store(&counter, 0);
	*root = (struct tree){ g, SOCKI_SWITCH ? 9 : 5 };
	assert_int_equal(sock_go(g, grow, root), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_int_equal(counter, SOCKI_SWITCH ? 1023 : 63);
	sock_group_free(g);
	assert_aside();
}

/* Every way to wait; each is canceled, and again, until the member ends. */
struct waits {
	struct socki_watch *watch;
	struct sock_group *other;
	int which;
};

static int
wait_in_one_way(struct waits *w, int which, sock_time until)
{
	struct socki_watch_wait any = { .watch = w->watch, .want = SOCKI_READ };

	switch (which) {
	case 0:
		return sock_sleep(until);
	case 1:
		return socki_watch_park(w->watch, SOCKI_READ,
		    socki_watch_seen(w->watch, SOCKI_READ), until);
	case 2:
		any.read_seen = socki_watch_seen(w->watch, SOCKI_READ);
		return socki_watch_park_any(&any, 1, until);
	default:
		return sock_group_wait(w->other, until);
	}
}

#define WAYS 4

static void
wait_and_be_canceled(void *arg)
{
	static const sock_time untils[] = { SOCK_FOREVER, SOCK_NOWAIT, 1 };
	struct waits *w = arg;
	int i;

	waiting_pin(w->watch);
	EXPECT_INT(wait_in_one_way(w, w->which, SOCK_FOREVER), -ECANCELED);
	for (i = 0; i < WAYS * 3; i++)
		EXPECT_INT(wait_in_one_way(w, i / 3, untils[i % 3]),
		    -ECANCELED);
	socki_handle_unpin(w->watch->handle);
	atomic_fetch_add(&counter, 1);
}

static void
a_cancel_ends_present_and_later_waits(void **state)
{
	int peer, before;

	(void)state;
	for (before = 0; before < 2; before++) {
		struct socki_watch *watch = waiting_pair(&peer);
		struct sock_group *other = sock_group_new();
		struct sock_group *g = sock_group_new();
		struct waits w[WAYS];
		int i;

		atomic_store(&counter, 0);
		atomic_store(&let, false);
		assert_int_equal(sock_go(other, stay, NULL), 0);
		for (i = 0; i < WAYS; i++) {
			w[i] = (struct waits){ watch, other, i };
			assert_int_equal(sock_go(g, wait_and_be_canceled,
					     &w[i]),
			    0);
		}
		/* Once they are parked, or before most have begun. */
		if (before == 0)
			aside_poke();
		assert_int_equal(sock_group_cancel(g), 0);
		assert_int_equal(sock_group_cancel(g), 0);
		assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
		assert_int_equal(counter, WAYS);
		assert_int_equal(sock_go(g, count, NULL), -ECANCELED);
		sock_group_free(g);
		atomic_store(&let, true);
		assert_int_equal(sock_group_wait(other, SOCK_FOREVER), 0);
		sock_group_free(other);
		waiting_drop(watch);
		socki_sys_close(peer);
	}
	assert_aside();
}

static void
clean_up_behind_a_shield(void *arg)
{
	const bool early = *(bool *)arg;

	if (early)
		sock_shield(true);
	else
		EXPECT_INT(sock_sleep(SOCK_FOREVER), -ECANCELED);
	atomic_fetch_add(&counter, 1);
	if (early)
		EXPECT_INT(sock_sleep(sock_in(2)), 0);
	/* Shields nest. */
	sock_shield(true);
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	sock_shield(true);
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	sock_shield(false);
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	sock_shield(false);
	if (early) {
		EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
		while (!atomic_load(&let))
			EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
		sock_shield(false);
	}
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), -ECANCELED);
	EXPECT_INT(sock_sleep(SOCK_FOREVER), -ECANCELED);
	/* One off too many is none. */
	sock_shield(false);
	sock_shield(true);
	EXPECT_INT(sock_sleep(sock_in(1)), 0);
	sock_shield(false);
	EXPECT_INT(sock_sleep(sock_in(1)), -ECANCELED);
}

static void
a_shield_spares_waits_for_cleanup(void **state)
{
	static bool early[] = { false, true };
	struct sock_group *g = sock_group_new();

	(void)state;
	atomic_store(&counter, 0);
	atomic_store(&let, false);
	assert_int_equal(sock_go(g, clean_up_behind_a_shield, &early[0]), 0);
	assert_int_equal(sock_go(g, clean_up_behind_a_shield, &early[1]), 0);
	while (atomic_load(&counter) == 0)
		sched_yield();
	assert_int_equal(sock_group_cancel(g), 0);
	atomic_store(&let, true);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_int_equal(counter, 2);
	sock_group_free(g);
	/* Outside of a group nothing happens. */
	sock_shield(true);
	assert_int_equal(sock_sleep(sock_in(1)), 0);
	sock_shield(false);
	sock_shield(false);
	assert_int_equal(sock_sleep(sock_in(1)), 0);
	assert_aside();
}

static void
sleep_for_ever(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_sleep(SOCK_FOREVER), -ECANCELED);
	atomic_fetch_add(&counter, 1);
}

static void
freeing_cancels_and_waits(void **state)
{
	const int many = aside_many(500);
	struct sock_group *g;
	int round, i;

	(void)state;
	sock_group_free(NULL);
	for (round = 0; round < 2; round++) {
		g = sock_group_new();
		atomic_store(&counter, 0);
		for (i = 0; i < many; i++)
			assert_int_equal(sock_go(g, sleep_for_ever, NULL), 0);
		if (round == 0)
			aside_poke();
		sock_group_free(g);
		assert_int_equal(counter, many);
	}
	assert_aside();
}

/* A member with a group of its own, freed although the member is canceled. */
static void
keep_a_group(void *arg)
{
	struct sock_group *mine = sock_group_new();

	(void)arg;
	EXPECT_INT(sock_go(mine, sleep_for_ever, NULL), 0);
	EXPECT_INT(sock_group_wait(mine, SOCK_FOREVER), -ECANCELED);
	EXPECT_INT(counter, 0);
	sock_group_free(mine);
	EXPECT_INT(counter, 1);
}

static void
a_canceled_member_can_free_its_own_groups(void **state)
{
	struct sock_group *g = sock_group_new();

	(void)state;
	atomic_store(&counter, 0);
	assert_int_equal(sock_go(g, keep_a_group, NULL), 0);
	aside_poke();
	sock_group_free(g);
	assert_int_equal(counter, 1);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_returns_when_every_member_has_ended),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(
		    a_wait_ends_at_its_deadline_and_the_members_go_on),
		cmocka_unit_test(threads_and_fibers_wait_for_one_group),
		cmocka_unit_test(a_member_may_not_wait_for_its_own_group),
		cmocka_unit_test(members_start_members),
		cmocka_unit_test(a_cancel_ends_present_and_later_waits),
		cmocka_unit_test(a_shield_spares_waits_for_cleanup),
		cmocka_unit_test(freeing_cancels_and_waits),
		cmocka_unit_test(a_canceled_member_can_free_its_own_groups),
	};

	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
