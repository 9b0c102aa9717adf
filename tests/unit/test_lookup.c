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
#include "base/error.h"
#include "resolving.h"

#define BOTH (SOCKI_ASK_A | SOCKI_ASK_AAAA)
#define A_HELD (1u << SCRIPTED_A)
#define AAAA_HELD (1u << SCRIPTED_AAAA)
#define BOTH_HELD (1u << SCRIPTED_BOTH)
#define ALL_HELD 31u
#define A_FAILS (1u << (SCRIPTED_FAILS + SCRIPTED_A))

static const struct scripted_name names[] = {
	{ .name = "a.test", .answer = "127.0.0.1 ::1" },
	{ .name = "late6.test",
	    .answer = "127.0.0.1 ::1",
	    .held = AAAA_HELD | BOTH_HELD },
	{ .name = "late4.test",
	    .answer = "127.0.0.1 ::1",
	    .held = A_HELD | BOTH_HELD },
	{ .name = "fails4.test",
	    .answer = "127.0.0.1 ::1",
	    .held = BOTH_HELD | A_FAILS },
	{ .name = "slow.test", .answer = "127.0.0.1 ::1", .held = BOTH_HELD },
	{ .name = "*", .answer = "127.0.0.1", .held = ALL_HELD },
};

/* A look-up that counts what it is told. */
struct told {
	struct socki_lookup lookup; /* first */
	_Atomic unsigned times;
	_Atomic bool ended;
};

static void
told(struct socki_lookup *lookup)
{
	struct told *t = (struct told *)(void *)lookup;

	EXPECT(!atomic_load(&t->ended));
	atomic_fetch_add(&t->times, 1);
}

static int
ask(struct told *t, const char *host, unsigned questions)
{
	struct socki_why why;

	t->lookup.told = told;
	atomic_store(&t->ended, false);
	return socki_lookup_begin(&t->lookup, host, strlen(host), questions,
	    &why);
}

static int
take(struct told *t, unsigned question)
{
	struct sock_addr addr;

	return socki_lookup_addresses(&t->lookup, question, SOCK_SCHEME_TCP, 80,
	    &addr, 1);
}

static void
finish(struct told *t)
{
	socki_lookup_end(&t->lookup);
	atomic_store(&t->ended, true);
}

static void
an_asker_is_told_of_each_answer(void **state)
{
	static struct told t;

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(ask(&t, "a.test", BOTH), 0);
	assert_true(t.lookup.due < SOCK_FOREVER);
	assert_int_equal(socki_lookup_wait(&t.lookup, SOON), 0);
	assert_int_equal(socki_lookup_answered(&t.lookup), BOTH);
	assert_int_equal(take(&t, SOCKI_ASK_A), 1);
	assert_int_equal(take(&t, SOCKI_ASK_AAAA), 1);
	finish(&t); /* on a slow machine it has been split */
	assert_true(t.times == 1 || atomic_load(&scripted_asked[SCRIPTED_A]));
	t.times = 0;

	scripted_use(&scripted_apart, names);
	assert_int_equal(ask(&t, "a.test", BOTH), 0);
	assert_true(t.lookup.due == SOCK_FOREVER);
	assert_int_equal(socki_lookup_wait(&t.lookup, SOON), 0);
	finish(&t);
	assert_int_equal(t.times, 2);
	socki_lookup_end(&t.lookup);
	assert_aside();
}

/* Row 24: what comes late holds nothing up. */
static void
a_late_family_does_not_hide_the_other(void **state)
{
	static const struct {
		const char *name;
		unsigned comes;
	} rows[] = {
		{ "late6.test", SOCKI_ASK_A },
		{ "late4.test", SOCKI_ASK_AAAA },
	};
	static struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scripted_use(&scripted, names);
		assert_int_equal(ask(&t, rows[i].name, BOTH), 0);
		while (socki_lookup_answered(&t.lookup) != rows[i].comes)
			assert_int_equal(socki_lookup_wait(&t.lookup, SHORTLY),
			    -ETIMEDOUT);
		assert_int_equal(take(&t, rows[i].comes), 1);
		scripted_release();
		assert_int_equal(socki_lookup_wait(&t.lookup, SOON), 0);
		assert_int_equal(take(&t, rows[i].comes ^ BOTH), 1);
		finish(&t);
	}
	assert_aside();
}

/* Whether each of three names has one thread, waiting for its silent family. */
static bool
three_are_silent(struct told t[3])
{
	char name[16];
	int i;

	scripted_use(&scripted, names);
	for (i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof name, "%dlate6.test", i);
		assert_int_equal(ask(&t[i], name, BOTH), 0);
		while (socki_lookup_answered(&t[i].lookup) != SOCKI_ASK_A)
			assert_int_equal(socki_lookup_wait(&t[i].lookup,
					     SHORTLY),
			    -ETIMEDOUT);
		finish(&t[i]);
	}
	/* Behind a slow one the other family was asked for as well. */
	if (atomic_load(&scripted_asked[SCRIPTED_AAAA]) > 0)
		return false;
	scripted_await(3);
	return true;
}

static void
silent_families_leave_a_thread_for_others(void **state)
{
	static struct told t[4];
	int tries = 0;

	(void)state;
	while (!three_are_silent(t))
		assert_true(++tries < 20);
	assert_int_equal(ask(&t[3], "a.test", BOTH), 0);
	assert_int_equal(socki_lookup_wait(&t[3].lookup, SOON), 0);
	finish(&t[3]);
	scripted_release();
	assert_aside();
}

static void
a_split_question_is_answered_by_whichever_comes(void **state)
{
	static struct told t;

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(ask(&t, "slow.test", BOTH), 0);
	scripted_await(1);
	assert_true(t.lookup.due < SOCK_FOREVER);
	socki_lookup_split(&t.lookup);
	while (socki_lookup_answered(&t.lookup) != SOCKI_ASK_A)
		(void)sock_sleep(sock_in(1));
	/* The other family has the first question's helper. */
	socki_lookup_split(&t.lookup);
	assert_true(t.lookup.due == SOCK_FOREVER);
	assert_int_equal(atomic_load(&scripted_asked[SCRIPTED_AAAA]), 0);
	assert_int_equal(atomic_load(&scripted_asked[SCRIPTED_A]), 1);
	assert_int_equal(take(&t, SOCKI_ASK_A), 1);
	finish(&t);
	scripted_release();
	/* The late answer reached nobody. */
	assert_int_equal(ask(&t, "a.test", BOTH), 0);
	assert_int_equal(socki_lookup_wait(&t.lookup, SOON), 0);
	finish(&t);
	assert_aside();
}

static void
what_failed_by_itself_may_come_with_the_other(void **state)
{
	static struct told t;

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(ask(&t, "fails4.test", BOTH), 0);
	scripted_await(1);
	socki_lookup_split(&t.lookup);
	socki_lookup_split(&t.lookup);
	while (socki_lookup_answered(&t.lookup) != SOCKI_ASK_AAAA)
		(void)sock_sleep(sock_in(1));
	assert_int_equal(socki_lookup_wait(&t.lookup, SHORTLY), -ETIMEDOUT);
	assert_int_equal(socki_lookup_answered(&t.lookup), SOCKI_ASK_AAAA);
	scripted_release();
	assert_int_equal(socki_lookup_wait(&t.lookup, SOON), 0);
	assert_int_equal(take(&t, SOCKI_ASK_A), 1);
	finish(&t);
	assert_aside();
}

/* A thousand of them would keep a processor busy with looking. */
static void
what_waits_in_the_queue_is_split_seldom(void **state)
{
	static struct told t[5];
	sock_time begun;
	char name[16];
	int i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof name, "held%d.test", i);
		assert_int_equal(ask(&t[i], name, BOTH), 0);
	}
	scripted_await(4);
	begun = sock_in(0);
	socki_lookup_split(&t[3].lookup);
	socki_lookup_split(&t[4].lookup);
	for (i = 4; i >= 0; i--)
		finish(&t[i]);
	scripted_release();
	assert_true(t[4].lookup.due - begun >= 100000000);
	assert_true(t[4].lookup.due < SOCK_FOREVER);
	assert_true(t[3].lookup.due < t[4].lookup.due);
	/* Of the fourth, A too was asked for, and nobody waits for it. */
	assert_int_equal(scripted_count(), 4);
	assert_aside();
}

/* Row 31: nothing is heard once it has ended. */
static void
an_answer_to_nobody_is_dropped(void **state)
{
	struct told *t = calloc(1, sizeof *t);

	(void)state;
	scripted_use(&scripted, names);
	assert_int_equal(ask(t, "held.test", SOCKI_ASK_A), 0);
	scripted_await(1);
	finish(t);
	assert_int_equal(t->times, 0);
	free(t);
	scripted_release();
	assert_aside();
}

/* One that nobody has begun with is not asked at all. */
static void
what_is_ended_in_the_queue_is_never_asked(void **state)
{
	static struct told t[5];
	char name[16];
	int i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof name, "held%d.test", i);
		assert_int_equal(ask(&t[i], name, SOCKI_ASK_A), 0);
	}
	scripted_await(4);
	for (i = 4; i >= 0; i--)
		finish(&t[i]);
	scripted_release();
	assert_int_equal(scripted_count(), 4);
	assert_aside();
}

static void
equal_questions_are_asked_once(void **state)
{
	static struct told t[8], other;
	int i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 8; i++)
		assert_int_equal(ask(&t[i], "same.test", SOCKI_ASK_A), 0);
	assert_int_equal(ask(&other, "same.test", SOCKI_ASK_AAAA), 0);
	scripted_await(2);
	assert_int_equal(scripted_count(), 2);
	finish(&t[0]);
	finish(&t[3]);
	scripted_release();
	for (i = 0; i < 8; i++) {
		if (i % 3 == 0 && i < 6)
			continue;
		assert_int_equal(socki_lookup_wait(&t[i].lookup, SOON), 0);
		assert_int_equal(take(&t[i], SOCKI_ASK_A), 1);
		finish(&t[i]);
		assert_int_equal(t[i].times, 1);
	}
	finish(&other);
	/* Nothing is remembered: row 27. */
	assert_int_equal(ask(&t[0], "same.test", SOCKI_ASK_A), 0);
	assert_int_equal(socki_lookup_wait(&t[0].lookup, SOON), 0);
	finish(&t[0]);
	assert_int_equal(scripted_count(), 3);
	assert_aside();
}

/* Row 19: dead names, up to the bound of the queue, and a number besides. */
static void
a_full_queue_refuses_and_numbers_pass_by(void **state)
{
	enum {
		MANY = 4 + 1024
	};
	struct told *t = calloc(MANY + 1, sizeof *t);
	struct sock_addr addr;
	char name[16], text[SOCK_ADDR_TEXT_MAX];
	sock_t listener, s;
	int i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof name, "dead%d.test", i);
		assert_int_equal(ask(&t[i], name, SOCKI_ASK_A), 0);
	}
	scripted_await(4);
	for (; i < MANY; i++) {
		(void)snprintf(name, sizeof name, "dead%d.test", i);
		assert_int_equal(ask(&t[i], name, SOCKI_ASK_A), 0);
	}
	assert_int_equal(ask(&t[i], "more.test", SOCKI_ASK_A), SOCK_ELIMIT);
	/* One that waits already costs nothing more. */
	assert_int_equal(ask(&t[i], "dead9.test", SOCKI_ASK_A), 0);
	finish(&t[i]);
	assert_int_equal(sock_resolve("tcp:more.test:80", &addr, 1, SOON),
	    SOCK_ELIMIT);
	assert_string_equal(sock_errmsg(),
	    "resolve tcp:more.test:80: a limit was reached: 1024 questions "
	    "wait for the name service already");
	assert_true(sock_last_error()->retry);

	listener = sock_listen("tcp:127.0.0.1:0");
	assert_true(listener > 0);
	assert_int_equal(sock_local(listener, &addr), 0);
	(void)sock_addr_text(&addr, text, sizeof text);
	assert_int_equal(sock_resolve(text, &addr, 1, SOCK_NOWAIT), 1);
	s = sock_dial(text, .deadline = SOON);
	assert_true(s > 0);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(listener), 0);
	for (i = 0; i < MANY; i++)
		finish(&t[i]);
	scripted_release();
	assert_int_equal(scripted_count(), 4);
	free(t);
	assert_aside();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(an_asker_is_told_of_each_answer),
		where_test(a_late_family_does_not_hide_the_other),
		where_test(silent_families_leave_a_thread_for_others),
		where_test(a_split_question_is_answered_by_whichever_comes),
		where_test(what_failed_by_itself_may_come_with_the_other),
		where_test(what_waits_in_the_queue_is_split_seldom),
		where_test(an_answer_to_nobody_is_dropped),
		where_test(what_is_ended_in_the_queue_is_never_asked),
		where_test(equal_questions_are_asked_once),
		where_test(a_full_queue_refuses_and_numbers_pass_by),
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
