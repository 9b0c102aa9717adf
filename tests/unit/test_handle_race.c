/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "aside.h"
#include "base/handle.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ALIVE 0x600dcafe
#define TIMES 100000

struct thing {
	struct socki_object object; /* first */
	_Atomic int ended;
	_Atomic unsigned mark;
};

static _Atomic int ends_in_all;

static void
thing_ends(struct socki_object *object)
{
	struct thing *t = (struct thing *)(void *)object;

	atomic_fetch_add(&t->ended, 1);
	atomic_store(&t->mark, 0);
	atomic_fetch_add(&ends_in_all, 1);
}

static void
thing_is_freed(struct socki_object *object)
{
	thing_ends(object);
	free(object);
}

static struct thing
thing(void)
{
	return (struct thing){ .object = { .end = thing_ends }, .mark = ALIVE };
}

/* By one who has no pin. */
static int
close_it(sock_t handle)
{
	struct socki_object *object;
	int rc = socki_handle_pin(handle, &object);

	if (rc < 0)
		return rc;
	rc = socki_handle_close(handle);
	socki_handle_unpin(handle);
	return rc;
}

static int
pin_of(sock_t handle)
{
	struct socki_object *object;
	const int rc = socki_handle_pin(handle, &object);

	if (rc == 0)
		socki_handle_unpin(handle);
	return rc;
}

/* An owner of objects, as a worker is one. */
struct keeper {
	struct socki_owner owner; /* first */
	struct socki_ask *_Atomic asks;
};

static void
take_ask(struct socki_owner *owner, struct socki_ask *ask)
{
	struct keeper *k = (struct keeper *)(void *)owner;
	struct socki_ask *head = atomic_load(&k->asks);

	do
		ask->next = head;
	while (!atomic_compare_exchange_weak(&k->asks, &head, ask));
}

static void
look_at_nothing(struct socki_object *object)
{
	EXPECT_INT(((struct thing *)(void *)object)->mark, ALIVE);
}

static void
answer_asks(struct keeper *k)
{
	socki_handle_asked(atomic_exchange(&k->asks, NULL));
}

struct visit {
	sock_t handle;
	_Atomic int step; /* 1: pinned, 2: may go, 3: gone */
};

static void *
pin_until_told(void *arg)
{
	struct visit *v = arg;
	struct socki_object *object;

	EXPECT_INT(socki_handle_pin(v->handle, &object), 0);
	atomic_store(&v->step, 1);
	while (atomic_load(&v->step) != 2)
		sched_yield();
	socki_handle_unpin(v->handle);
	atomic_store(&v->step, 3);
	return NULL;
}

static void
an_owned_object_ends_by_its_owner_alone(void **state)
{
	struct keeper keeper = { .owner = { take_ask } };
	struct socki_object *object;
	struct thing t = thing();
	struct visit visit = { 0, 0 };
	pthread_t thread;

	(void)state;
	t.object.look = look_at_nothing;
	visit.handle = socki_handle_new(&t.object);
	assert_int_equal(socki_handle_pin(visit.handle, &object), 0);
	socki_handle_thread(&keeper.owner);
	socki_handle_own(visit.handle);
	socki_handle_unpin(visit.handle);
	assert_int_equal(pin_of(visit.handle), 0);
	assert_int_equal(t.ended, 0);
	assert_int_equal(pthread_create(&thread, NULL, pin_until_told, &visit),
	    0);
	while (atomic_load(&visit.step) != 1)
		sched_yield();
	assert_int_equal(close_it(visit.handle), 0);
	assert_int_equal(pin_of(visit.handle), SOCK_ESTALE);
	assert_int_equal(socki_handle_pin_closed(visit.handle, &object), 0);
	assert_ptr_equal(object, &t);
	socki_handle_unpin(visit.handle);
	assert_int_equal(t.ended, 0);
	atomic_store(&visit.step, 2);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(t.ended, 0);
	answer_asks(&keeper);
	assert_int_equal(t.ended, 1);
	assert_int_equal(socki_handle_pin_closed(visit.handle, &object),
	    SOCK_ESTALE);
	answer_asks(&keeper);
	assert_int_equal(t.ended, 1);
	socki_handle_thread(NULL);
	assert_aside();
}

struct race {
	_Atomic sock_t handle;
	_Atomic bool over;
	_Atomic int closed;
};

/* Whoever has a pin finds the object alive, or is told that it is stale. */
static void
pin_and_look(struct race *r)
{
	const sock_t handle = atomic_load(&r->handle);
	struct socki_object *object;
	const int rc = socki_handle_pin(handle, &object);

	if (rc < 0) {
		EXPECT_INT(rc, SOCK_ESTALE);
		return;
	}
	EXPECT_INT(((struct thing *)(void *)object)->mark, ALIVE);
	if ((handle & 1) == 0 && socki_handle_close(handle) == 0)
		atomic_fetch_add(&r->closed, 1);
	EXPECT_INT(((struct thing *)(void *)object)->mark, ALIVE);
	socki_handle_unpin(handle);
}

static void *
pin_all_the_time(void *arg)
{
	struct race *r = arg;

	while (!atomic_load(&r->over))
		pin_and_look(r);
	return NULL;
}

/* With a keeper, every other object is its own. */
static void
race_for(struct keeper *keeper, struct race *r)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		struct thing *t = malloc(sizeof *t);
		struct socki_object *object;
		sock_t handle;

		EXPECT(t != NULL);
		*t = thing();
		t->object.end = thing_is_freed;
		t->object.look = look_at_nothing;
		handle = socki_handle_new(&t->object);
		EXPECT_INT(socki_handle_pin(handle, &object), 0);
		atomic_store(&r->handle, handle);
		if (keeper != NULL && i % 2 == 0)
			socki_handle_own(handle);
		socki_handle_unpin(handle);
		if (close_it(handle) == 0)
			atomic_fetch_add(&r->closed, 1);
		EXPECT_INT(pin_of(handle), SOCK_ESTALE);
		if (keeper != NULL)
			answer_asks(keeper);
	}
}

static void
race(struct keeper *keeper)
{
	struct race r = { 0 };
	pthread_t threads[3];
	size_t k;

	atomic_store(&ends_in_all, 0);
	atomic_store(&r.handle, SOCK_ESTALE);
	for (k = 0; k < COUNT(threads); k++)
		assert_int_equal(pthread_create(&threads[k], NULL,
				     pin_all_the_time, &r),
		    0);
	if (keeper != NULL)
		socki_handle_thread(&keeper->owner);
	race_for(keeper, &r);
	atomic_store(&r.over, true);
	for (k = 0; k < COUNT(threads); k++)
		assert_int_equal(pthread_join(threads[k], NULL), 0);
	if (keeper != NULL)
		answer_asks(keeper);
	socki_handle_thread(NULL);
	assert_int_equal(r.closed, TIMES);
	assert_int_equal(ends_in_all, TIMES);
	assert_aside();
}

static void
one_close_of_many_succeeds_and_no_pin_sees_the_end(void **state)
{
	(void)state;
	race(NULL);
}

static void
nor_where_the_object_has_an_owner(void **state)
{
	struct keeper keeper = { .owner = { take_ask } };

	(void)state;
	race(&keeper);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_owned_object_ends_by_its_owner_alone),
		cmocka_unit_test(
		    one_close_of_many_succeeds_and_no_pin_sees_the_end),
		cmocka_unit_test(nor_where_the_object_has_an_owner),
	};

	return cmocka_run_group_tests_name("handle_race", tests, NULL, NULL);
}
