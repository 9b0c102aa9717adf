/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing.h"
#include "naming.h"
#include "plain.h"
#include "where.h"

/* Looking up; waiting for AAAA; one in the air; two in the air. */
static const char *const states[] = { "unanswered.test", "silent-aaaa.test",
	"hole.test", "silent.test" };

struct waiting {
	sock_t s;
	int rc;
};

static void
wait_connected(void *arg)
{
	struct waiting *w = arg;

	do
		w->rc = sock_connected(w->s, SOON);
	while (w->rc == -EBUSY);
}

static sock_t
start_in(size_t i)
{
	/* None of them gets through before it is stopped. */
	const sock_t s = sock_dial_start(address(states[i]), .stagger_ms = -1);

	assert_true(s > 0);
	return s;
}

static void
a_dial_ends_in_each_of_its_states(void **state)
{
	struct sock_group *group = sock_group_new();
	struct waiting w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(states); i++) {
		struct dialing d =
		    DIALING(address(states[i]), .stagger_ms = -1);

		if (i == 1) /* It goes on after 50 ms, and gets through. */
			continue;
		w.s = start_in(i);
		assert_int_equal(sock_go(group, wait_connected, &w), 0);
		assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
		assert_int_equal(sock_cancel(w.s), 0);
		assert_int_equal(sock_group_wait(group, SOON), 0);
		assert_int_equal(w.rc, -ECANCELED);
		assert_int_equal(sock_connected(w.s, SOON), -ECANCELED);
		assert_int_equal(sock_close(w.s), 0);

		w.s = start_in(i);
		assert_int_equal(sock_go(group, wait_connected, &w), 0);
		assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
		assert_int_equal(sock_close(w.s), 0);
		assert_int_equal(sock_group_wait(group, SOON), 0);
		assert_int_equal(w.rc, SOCK_ESTALE);

		/* At a deadline, and at none. */
		d.options.deadline = SHORTLY;
		assert_int_equal(dialing_run(&d, IN_THREAD), -ETIMEDOUT);
		d.options.deadline = SOCK_NOWAIT;
		assert_int_equal(dialing_run(&d, IN_FIBER), -EAGAIN);
		sock_close(start_in(i));
	}
	sock_close(start_in(1));
	sock_group_free(group);
	scripted_release();
}

static void
a_look_up_without_answer_is_named_at_the_deadline(void **state)
{
	char want[128];

	(void)state;
	assert_int_equal(sock_dial(address("unanswered.test"),
			     .deadline = SHORTLY),
	    -ETIMEDOUT);
	(void)snprintf(want, sizeof want,
	    "dial %s: timed out: no answer from the name service",
	    address("unanswered.test"));
	assert_string_equal(sock_errmsg(), want);
	scripted_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		names_test(a_dial_ends_in_each_of_its_states),
		names_test(a_look_up_without_answer_is_named_at_the_deadline),
	};

	return child_result(cmocka_run_group_tests(tests, open_all, close_all));
}
