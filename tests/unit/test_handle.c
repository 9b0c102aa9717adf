/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/handle.h"
#include "base/memory.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SLOT(handle) ((uint32_t)(handle) & ((1U << 24) - 1))
#define ALIVE 0x600dcafe

struct thing {
	struct socki_object object; /* first */
	_Atomic int ended;
	_Atomic unsigned mark;
};

static void
thing_ends(struct socki_object *object)
{
	struct thing *t = (struct thing *)(void *)object;

	atomic_fetch_add(&t->ended, 1);
	atomic_store(&t->mark, 0);
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

/*
 * The first test: it uses up the first segment of slots, whose generations
 * begin where others would come in thousands of years.
 */
static void
a_slot_at_its_last_generation_is_retired(void **state)
{
	enum {
		SLOTS = 63,
		EACH = 2
	};
	struct thing t[SLOTS * EACH];
	sock_t handles[SLOTS * EACH];
	int i, k;

	(void)state;
	socki_handle_first_generation = SOCKI_GENERATION_LAST - 1;
	for (i = 0; i < SLOTS * EACH; i++) {
		t[i] = thing();
		handles[i] = socki_handle_new(&t[i].object);
		socki_handle_first_generation = 1;
		assert_true(handles[i] > 0);
		assert_in_range(SLOT(handles[i]), 1, SLOTS);
		for (k = 0; k < i; k++)
			assert_true(handles[k] != handles[i]);
		if (i % SLOTS == SLOTS - 1)
			for (k = i + 1 - SLOTS; k <= i; k++)
				assert_int_equal(close_it(handles[k]), 0);
	}
	for (i = 0; i < SLOTS * EACH; i++) {
		assert_int_equal(t[i].ended, 1);
		assert_int_equal(pin_of(handles[i]), SOCK_ESTALE);
		assert_int_equal(close_it(handles[i]), SOCK_ESTALE);
	}
	t[0] = thing();
	handles[0] = socki_handle_new(&t[0].object);
	assert_true(SLOT(handles[0]) > SLOTS);
	assert_int_equal(close_it(handles[0]), 0);
}

static void
a_handle_finds_its_object(void **state)
{
	struct thing a = thing(), b = thing();
	const sock_t ha = socki_handle_new(&a.object);
	const sock_t hb = socki_handle_new(&b.object);
	struct socki_object *object;

	(void)state;
	assert_true(ha > 0 && hb > 0 && ha != hb);
	assert_int_equal(socki_handle_pin(hb, &object), 0);
	assert_ptr_equal(object, &b);
	socki_handle_unpin(hb);
	assert_int_equal(socki_handle_pin(ha, &object), 0);
	assert_ptr_equal(object, &a);
	socki_handle_unpin(ha);
	assert_int_equal(close_it(ha), 0);
	assert_int_equal(a.ended, 1);
	assert_int_equal(b.ended, 0);
	assert_int_equal(close_it(hb), 0);
	assert_int_equal(b.ended, 1);
}

static void
no_handle_is_an_error_of_its_own(void **state)
{
	static const struct {
		sock_t handle;
		int code;
	} rows[] = {
		{ 0, SOCK_EUSAGE },
		{ -1, -1 },
		{ -ECONNREFUSED, -ECONNREFUSED },
		{ SOCK_ESTALE, SOCK_ESTALE },
		{ SOCK_EADDR, SOCK_EADDR },
		{ INT_MIN, INT_MIN },
		{ (sock_t)INT_MIN - 1, SOCK_EUSAGE },
		{ INT64_MIN, SOCK_EUSAGE },
		{ 1, SOCK_ESTALE }, /* generation 0 */
		{ (1 << 24) - 1, SOCK_ESTALE },
		{ (1 << 24), SOCK_ESTALE }, /* slot 0 */
		{ (1 << 24) | 0xfffff0, SOCK_ESTALE },
		{ (sock_t)UINT32_MAX + 1, SOCK_ESTALE },
		{ INT64_MAX, SOCK_ESTALE },
		{ INT64_MAX - 0xffff, SOCK_ESTALE },
	};
	struct socki_object *object;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const int rc = socki_handle_pin(rows[i].handle, &object);

		if (rc != rows[i].code)
			fail_msg("%lld: %d", (long long)rows[i].handle, rc);
	}
	assert_int_equal(socki_handle_pin_closed(0, &object), SOCK_ESTALE);
	assert_int_equal(socki_handle_pin_closed(-5, &object), SOCK_ESTALE);
	assert_int_equal(socki_handle_pin_closed(INT64_MAX, &object),
	    SOCK_ESTALE);
}

static void
a_handle_is_wider_than_an_int(void **state)
{
	struct thing t = thing();
	sock_t handle = socki_handle_new(&t.object), cut;

	(void)state;
	while (handle <= INT_MAX) {
		assert_int_equal(close_it(handle), 0);
		t = thing();
		handle = socki_handle_new(&t.object);
	}
	cut = (int)handle;
	assert_int_equal(pin_of(handle), 0);
	assert_true(pin_of(cut) < 0);
	assert_int_equal(close_it(handle), 0);
}

static void
the_last_pin_out_ends_the_object(void **state)
{
	struct thing t = thing();
	const sock_t handle = socki_handle_new(&t.object);
	struct socki_object *object;

	(void)state;
	assert_int_equal(socki_handle_pin(handle, &object), 0);
	assert_int_equal(socki_handle_pin(handle, &object), 0);
	assert_int_equal(socki_handle_pin(handle, &object), 0);
	assert_int_equal(socki_handle_close(handle), 0);
	assert_int_equal(pin_of(handle), SOCK_ESTALE);
	assert_int_equal(socki_handle_close(handle), SOCK_ESTALE);
	socki_handle_unpin(handle);
	socki_handle_unpin(handle);
	assert_int_equal(t.ended, 0);
	socki_handle_unpin(handle);
	assert_int_equal(t.ended, 1);
	assert_int_equal(pin_of(handle), SOCK_ESTALE);
	assert_int_equal(socki_handle_close(handle), SOCK_ESTALE);
	assert_int_equal(t.ended, 1);
}

static void
a_slot_comes_again_and_its_old_handles_never(void **state)
{
	enum {
		TIMES = 1000
	};
	struct thing t = thing();
	sock_t old[TIMES];
	int i, k, again = 0;

	(void)state;
	for (i = 0; i < TIMES; i++) {
		t = thing();
		old[i] = socki_handle_new(&t.object);
		again += i > 0 && SLOT(old[i]) == SLOT(old[0]);
		assert_int_equal(pin_of(old[i]), 0);
		for (k = 0; k < i; k++)
			assert_int_equal(pin_of(old[k]), SOCK_ESTALE);
		assert_int_equal(close_it(old[i]), 0);
		assert_int_equal(t.ended, 1);
	}
	assert_int_equal(again, TIMES - 1);
}

static void
a_closed_handle_can_be_pinned_while_a_pin_is_left(void **state)
{
	struct thing t = thing(), other = thing();
	const sock_t handle = socki_handle_new(&t.object);
	struct socki_object *object;
	sock_t next;

	(void)state;
	assert_int_equal(socki_handle_pin_closed(handle, &object), SOCK_ESTALE);
	assert_int_equal(socki_handle_pin(handle, &object), 0);
	assert_int_equal(socki_handle_close(handle), 0);
	object = NULL;
	assert_int_equal(socki_handle_pin_closed(handle, &object), 0);
	assert_ptr_equal(object, &t);
	socki_handle_unpin(handle);
	assert_int_equal(t.ended, 0);
	socki_handle_unpin(handle);
	assert_int_equal(t.ended, 1);
	assert_int_equal(socki_handle_pin_closed(handle, &object), SOCK_ESTALE);

	next = socki_handle_new(&other.object);
	assert_int_equal(SLOT(next), SLOT(handle));
	assert_int_equal(socki_handle_pin_closed(handle, &object), SOCK_ESTALE);
	assert_int_equal(close_it(next), 0);
}

static int
none_may(size_t n)
{
	(void)n;
	return 0;
}

static void
a_hundred_thousand_handles_are_all_different(void **state)
{
	enum {
		MANY = 100000
	};
	struct thing *things = calloc(MANY, sizeof *things);
	sock_t *handles = calloc(MANY, sizeof *handles);
	struct socki_object *object;
	int i, without_memory = 0;

	(void)state;
	assert_non_null(things);
	assert_non_null(handles);
	for (i = 0; i < MANY; i++) {
		things[i] = thing();
		socki_memory_hook(none_may);
		handles[i] = socki_handle_new(&things[i].object);
		socki_memory_hook(NULL);
		if (handles[i] == -ENOMEM) {
			without_memory++;
			handles[i] = socki_handle_new(&things[i].object);
		}
		assert_true(handles[i] > 0);
	}
	/* Segments double, so that memory is asked for seldom. */
	assert_in_range(without_memory, 1, 24);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(socki_handle_pin(handles[i], &object), 0);
		assert_ptr_equal(object, &things[i]);
		socki_handle_unpin(handles[i]);
	}
	for (i = 0; i < MANY; i++)
		assert_int_equal(close_it(handles[i]), 0);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(things[i].ended, 1);
		assert_int_equal(pin_of(handles[i]), SOCK_ESTALE);
	}
	free(things);
	free(handles);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_at_its_last_generation_is_retired),
		cmocka_unit_test(a_handle_finds_its_object),
		cmocka_unit_test(no_handle_is_an_error_of_its_own),
		cmocka_unit_test(a_handle_is_wider_than_an_int),
		cmocka_unit_test(the_last_pin_out_ends_the_object),
		cmocka_unit_test(a_slot_comes_again_and_its_old_handles_never),
		cmocka_unit_test(
		    a_closed_handle_can_be_pinned_while_a_pin_is_left),
		cmocka_unit_test(a_hundred_thousand_handles_are_all_different),
	};

	return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
