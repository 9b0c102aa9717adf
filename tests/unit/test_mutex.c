/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include <sock/sync.h>

#include "crew.h"
#include "forking.h"

static struct sock_mutex *mutex;
static int inside, counter;

static void
lock_and_count(void *arg)
{
	int i;

	for (i = 0; i < *(int *)arg; i++) {
		EXPECT_INT(sock_mutex_lock(mutex, SOCK_DEFAULT), 0);
		EXPECT_INT(inside++, 0);
		if (i % 8 == 0)
			EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
		counter++;
		EXPECT_INT(inside--, 1);
		EXPECT_INT(sock_mutex_unlock(mutex), 0);
	}
}

static void
one_at_a_time_is_inside(void **state)
{
	int each = aside_many(500);
	struct crew crew;

	(void)state;
	mutex = sock_mutex_new();
	counter = 0;
	crew_start(&crew, 16, lock_and_count, &each);
	crew_join(&crew);
	assert_int_equal(counter, 16 * each);
	sock_mutex_free(mutex);
	assert_aside();
}

static void
unlock_what_another_has(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_mutex_unlock(mutex), SOCK_EUSAGE);
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_NOWAIT), -EAGAIN);
	EXPECT_INT(sock_mutex_lock(mutex, sock_in(1)), -ETIMEDOUT);
	EXPECT_INT(sock_mutex_lock(mutex, 1), -ETIMEDOUT);
	EXPECT_INT(sock_mutex_unlock(mutex), SOCK_EUSAGE);
}

static void
only_its_holder_unlocks_it_and_that_once(void **state)
{
	(void)state;
	mutex = sock_mutex_new();
	assert_int_equal(sock_mutex_unlock(mutex), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "mutex unlock: the call makes no sense here: no mutex, or "
	    "another is its holder");
	assert_int_equal(sock_mutex_lock(mutex, SOCK_NOWAIT), 0);
	assert_int_equal(sock_mutex_lock(mutex, SOCK_FOREVER), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "mutex lock: the call makes no sense here: no mutex, or its "
	    "holder has it already");
	aside_thread(unlock_what_another_has, NULL);
	aside_fiber(unlock_what_another_has, NULL);
	assert_int_equal(sock_mutex_unlock(mutex), 0);
	assert_int_equal(sock_mutex_unlock(mutex), SOCK_EUSAGE);
	assert_int_equal(sock_mutex_lock(NULL, SOCK_FOREVER), SOCK_EUSAGE);
	assert_int_equal(sock_mutex_unlock(NULL), SOCK_EUSAGE);
	sock_mutex_free(mutex);
	sock_mutex_free(NULL);
	assert_aside();
}

/* In which order they had it. */
static char order[16];
static size_t order_length;

static void
lock_and_tell(void *arg)
{
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_FOREVER), 0);
	order[order_length++] = *(char *)arg;
	EXPECT_INT(sock_mutex_unlock(mutex), 0);
}

static void
lock_in_turn(void *arg)
{
	static char names[] = "abcdefgh";
	struct sock_group *g = arg;
	size_t i;

	EXPECT_INT(sock_mutex_lock(mutex, SOCK_FOREVER), 0);
	for (i = 0; i < 8; i++) {
		EXPECT_INT(sock_go(g, lock_and_tell, &names[i]), 0);
		EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	}
	EXPECT_INT(sock_mutex_unlock(mutex), 0);
	/* It is the first one's already, who has not run yet. */
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_NOWAIT), -EAGAIN);
	EXPECT_INT(order_length, 0);
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_FOREVER), 0);
	EXPECT(strcmp(order, "abcdefgh") == 0);
	EXPECT_INT(sock_mutex_unlock(mutex), 0);
}

static void
who_waited_longest_has_it_next(void **state)
{
	struct sock_group *g;

	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here, and come in any order");
	g = sock_group_new();
	memset(order, 0, sizeof order);
	order_length = 0;
	mutex = sock_mutex_new();
	assert_int_equal(sock_go(g, lock_in_turn, g), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	sock_mutex_free(mutex);
	assert_aside();
}

static _Atomic int held;

static void
wait_to_be_cancelled(void *arg)
{
	const int rc = sock_mutex_lock(mutex, SOCK_FOREVER);

	(void)arg;
	if (rc == 0) {
		atomic_fetch_add(&held, 1);
		EXPECT_INT(sock_mutex_unlock(mutex), 0);
	} else {
		EXPECT_INT(rc, -ECANCELED);
	}
}

/* Cancelled and handed the mutex at once: it is never lost between the two. */
static void
a_cancel_loses_no_mutex(void **state)
{
	const int many = aside_many(300);
	int i, k;

	(void)state;
	mutex = sock_mutex_new();
	for (i = 0; i < many; i++) {
		struct sock_group *g = sock_group_new();

		assert_int_equal(sock_mutex_lock(mutex, SOCK_FOREVER), 0);
		for (k = 0; k < 4; k++)
			assert_int_equal(sock_go_spread(g, wait_to_be_cancelled,
					     NULL),
			    0);
		if (i % 2 == 0)
			assert_int_equal(sock_group_cancel(g), 0);
		assert_int_equal(sock_mutex_unlock(mutex), 0);
		assert_int_equal(sock_group_cancel(g), 0);
		assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
		assert_int_equal(sock_mutex_lock(mutex, SOCK_NOWAIT), 0);
		assert_int_equal(sock_mutex_unlock(mutex), 0);
		sock_group_free(g);
	}
	sock_mutex_free(mutex);
	assert_aside();
}

static void
find_it_held(void *arg)
{
	(void)arg;
	EXPECT_INT(sock_mutex_unlock(mutex), SOCK_EUSAGE);
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_NOWAIT), -EAGAIN);
}

static void
try_in_child(void *arg)
{
	const bool mine = *(bool *)arg;

	/* Whoever comes first in the child. */
	if (mine)
		aside_thread(find_it_held, NULL);
	EXPECT_INT(sock_mutex_unlock(mutex), mine ? 0 : SOCK_EUSAGE);
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_NOWAIT), 0);
	EXPECT_INT(sock_mutex_unlock(mutex), 0);
}

static void
try_in_grandchild(void *arg)
{
	EXPECT_INT(aside_child(try_in_child, arg), 0);
}

static void
fork_again(void *arg)
{
	bool theirs = false;

	EXPECT_INT(aside_child(try_in_child, arg), 0);
	aside_thread(try_in_grandchild, &theirs);
}

static void
hold_and_fork(void *arg)
{
	EXPECT_INT(sock_mutex_lock(mutex, SOCK_FOREVER), 0);
	EXPECT_INT(aside_child(try_in_child, arg), 0);
	EXPECT_INT(aside_child(fork_again, arg), 0);
	EXPECT_INT(sock_mutex_unlock(mutex), 0);
}

struct holding {
	_Atomic bool has, let;
};

static void
hold_until_let(void *arg)
{
	struct holding *h = arg;

	EXPECT_INT(sock_mutex_lock(mutex, SOCK_FOREVER), 0);
	atomic_store(&h->has, true);
	while (!atomic_load(&h->let))
		sched_yield();
	EXPECT_INT(sock_mutex_unlock(mutex), 0);
}

static void
a_child_finds_it_free_unless_who_forked_has_it(void **state)
{
	struct holding h = { false, false };
	struct aside_call call = { hold_until_let, &h };
	bool mine = true, theirs = false;
	pthread_t thread;

	(void)state;
	if (under_emulation())
		ASIDE_SKIP("an emulated child starts no threads");
	mutex = sock_mutex_new();
	aside_thread(hold_and_fork, &mine);
	aside_fiber(hold_and_fork, &mine);
	assert_int_equal(pthread_create(&thread, NULL, aside_call, &call), 0);
	while (!atomic_load(&h.has))
		sched_yield();
	assert_int_equal(aside_child(try_in_child, &theirs), 0);
	atomic_store(&h.let, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	sock_mutex_free(mutex);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time_is_inside),
		cmocka_unit_test(only_its_holder_unlocks_it_and_that_once),
		cmocka_unit_test(who_waited_longest_has_it_next),
		cmocka_unit_test(a_cancel_loses_no_mutex),
		cmocka_unit_test(
		    a_child_finds_it_free_unless_who_forked_has_it),
	};

	crew_workers();
	return cmocka_run_group_tests_name("mutex", tests, NULL, NULL);
}
