/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "aside.h"
#include "base/error.h"
#include "resolving.h"

/* Row 32: fork with look-ups in flight. */

#define ALL_HELD 31u

static const struct scripted_name names[] = {
	{ .name = "a.test", .answer = "127.0.0.1 ::1" },
	{ .name = "*", .answer = "127.0.0.1", .held = ALL_HELD },
};

static int
ask(struct socki_lookup *l, const char *host)
{
	struct socki_why why;

	return socki_lookup_begin(l, host, strlen(host), SOCKI_ASK_A, &why);
}

static void
expect_resolves(void)
{
	struct sock_addr out[4];

	EXPECT_INT(sock_resolve("tcp:a.test:80", out, 4, SOON), 2);
}

/* arg: look-ups of the parent's, under way and in the queue. */
static void
end_what_was_asked(void *arg)
{
	struct socki_lookup *l = arg;
	struct sock_addr addr;
	int i;

	expect_resolves();
	for (i = 0; i < 6; i++) {
		EXPECT_INT(socki_lookup_wait(&l[i], SOON), 0);
		EXPECT_INT(socki_lookup_addresses(&l[i], SOCKI_ASK_A,
			       SOCK_SCHEME_TCP, 80, &addr, 1),
		    SOCK_ERESOLVE);
		socki_lookup_end(&l[i]);
	}
	EXPECT_INT(ask(&l[0], "a.test"), 0);
	EXPECT_INT(socki_lookup_wait(&l[0], SOON), 0);
	socki_lookup_end(&l[0]);
	expect_resolves();
}

static void
a_child_drops_what_was_asked_and_asks_anew(void **state)
{
	static struct socki_lookup l[6];
	char name[16];
	int i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 6; i++) {
		(void)snprintf(name, sizeof name, "held%d.test", i / 2 + i % 2);
		assert_int_equal(ask(&l[i], name), 0);
	}
	scripted_await(4);
	assert_int_equal(aside_child(end_what_was_asked, l), 0);
	/* The parent's own are as they were. */
	scripted_release();
	for (i = 0; i < 6; i++) {
		assert_int_equal(socki_lookup_wait(&l[i], SOON), 0);
		socki_lookup_end(&l[i]);
	}
	expect_resolves();
	assert_aside();
}

static void
end_what_was_dialed(void *arg)
{
	const sock_t *s = arg;

	EXPECT(sock_due(*s) <= sock_now());
	EXPECT_INT(sock_connected(*s, SOCK_NOWAIT), SOCK_ERESOLVE);
	EXPECT_INT(sock_close(*s), 0);
}

/* Nothing rings in the child: a loop of somebody else's sees the time. */
static void
a_look_up_of_a_dial_is_over_in_the_child(void **state)
{
	sock_t s;

	(void)state;
	scripted_use(&scripted, names);
	s = sock_dial_start("tcp:held.test:80");
	assert_true(s > 0);
	while (sock_due(s) != SOCK_FOREVER)
		assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	assert_int_equal(aside_child(end_what_was_dialed, &s), 0);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_close(s), 0);
	scripted_release();
	assert_aside();
}

static void
resolve_in_the_child(void *arg)
{
	(void)arg;
	expect_resolves();
	expect_resolves();
}

struct busy {
	_Atomic bool stop, begun;
};

static void
keep_asking(void *arg)
{
	struct busy *b = arg;
	struct sock_addr out[4];

	while (!atomic_load(&b->stop)) {
		EXPECT_INT(sock_resolve("tcp:a.test:80", out, 4, SOON), 2);
		atomic_store(&b->begun, true);
	}
}

/* At any moment of a look-up: the child never waits for a lock that is lost. */
static void
a_fork_may_come_at_any_moment(void **state)
{
	static struct busy b;
	struct sock_group *g = sock_group_new();
	int i;

	(void)state;
	scripted_use(&scripted, names);
	for (i = 0; i < 4; i++)
		assert_int_equal(sock_go(g, keep_asking, &b), 0);
	while (!atomic_load(&b.begun))
		(void)sock_sleep(sock_in(1));
	for (i = 0; i < aside_many(40); i++)
		assert_int_equal(aside_child(resolve_in_the_child, NULL), 0);
	atomic_store(&b.stop, true);
	assert_int_equal(sock_group_wait(g, SOON), 0);
	sock_group_free(g);
	assert_aside();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_child_drops_what_was_asked_and_asks_anew),
		where_test(a_look_up_of_a_dial_is_over_in_the_child),
		where_test(a_fork_may_come_at_any_moment),
	};

	if (under_emulation() || UNDER_TSAN) {
		puts("SKIP: no threads can be started in the child");
		return 77;
	}
	if (UNDER_ASAN) {
		puts("SKIP: AddressSanitizer's allocator loses its locks in a "
		     "child of a process with threads");
		return 77;
	}
	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
