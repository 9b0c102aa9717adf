/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "socket/socket.h"

/* A turn is taken once by strangers first: so many sockets are tried. */
#define SOCKETS 1000
#define TURNS 40 /* that the owner tries to take of each */

static struct socki_owner owner;

struct stream {
	struct socki_slot slot;
	struct socki_turn turn;
	_Atomic uint8_t shared;
	_Atomic int inside, together, strangers;
	_Atomic bool goes_on;
};

static struct stream streams[SOCKETS];

static void
give(struct stream *s)
{
	if (!socki_turn_give_own(&s->turn, &s->slot))
		atomic_store(&s->turn.taken, SOCKI_NONE);
}

static bool
take_and_give(struct stream *s)
{
	if (!socki_turn_take(&s->turn, &s->shared, &s->slot))
		return false;
	atomic_fetch_add(&s->together,
	    atomic_fetch_add_explicit(&s->inside, 1, memory_order_relaxed) !=
		0);
	atomic_fetch_sub_explicit(&s->inside, 1, memory_order_relaxed);
	give(s);
	return true;
}

static void *
be_a_stranger(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < SOCKETS; i++) {
		while (!atomic_load(&streams[i].goes_on))
			(void)sched_yield();
		while (!take_and_give(&streams[i]))
			;
		atomic_store(&streams[i].strangers, 1);
	}
	return NULL;
}

static void
owner_and_strangers_are_never_inside_together(void **state)
{
	int together = 0, first = 0;
	pthread_t stranger;
	unsigned i, k;

	(void)state;
	socki_guard_prepare();
	socki_handle_thread(&owner);
	for (i = 0; i < SOCKETS; i++)
		atomic_store(&streams[i].slot.owner, &owner);
	assert_int_equal(pthread_create(&stranger, NULL, be_a_stranger, NULL),
	    0);
	for (i = 0; i < SOCKETS; i++) {
		struct stream *s = &streams[i];

		for (k = 0; k < TURNS || !atomic_load(&s->strangers); k++) {
			if (k == 1 + i % (TURNS - 1))
				atomic_store(&s->goes_on, true);
			if (k >= TURNS)
				(void)sched_yield();
			first += take_and_give(s) && k == 0;
		}
		together += atomic_load(&s->together);
	}
	assert_int_equal(pthread_join(stranger, NULL), 0);
	socki_handle_thread(NULL);
	assert_int_equal(together, 0);
	assert_int_equal(first, SOCKETS);
}

static void
the_owner_has_it_once_like_others(void **state)
{
	struct stream s = { .slot = { .owner = &owner } };

	(void)state;
	socki_guard_prepare();
	socki_handle_thread(&owner);
	assert_true(socki_turn_take(&s.turn, &s.shared, &s.slot));
	assert_false(socki_turn_is_free(&s.turn));
	assert_false(socki_turn_take(&s.turn, &s.shared, &s.slot));
	socki_handle_thread(NULL);
	assert_false(socki_turn_take(&s.turn, &s.shared, &s.slot));
	socki_handle_thread(&owner);
	give(&s);
	assert_true(socki_turn_is_free(&s.turn));
	socki_handle_thread(NULL);
	assert_true(socki_turn_take(&s.turn, &s.shared, &s.slot));
	socki_handle_thread(&owner);
	assert_false(socki_turn_take(&s.turn, &s.shared, &s.slot));
	socki_handle_thread(NULL);
	give(&s);
	assert_true(socki_turn_is_free(&s.turn));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_has_it_once_like_others),
		cmocka_unit_test(owner_and_strangers_are_never_inside_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
