/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "processes.h"
#include "sys/fault.h"

static void
children_hold_the_conversations(void **state)
{
	struct serving s;
	struct talk t[4];
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2);
		for (i = 0; i < 4; i++) {
			t[i] = process_dial(&s);
			assert_int_equal(process_ask(t[i].sock, "parent"),
			    getpid());
		}
		assert_int_equal(serving_stats(&s).active, 4);
		if (modes[s.mode].mode == SOCK_FORKING)
			assert_true(t[0].pid != t[1].pid &&
			    t[1].pid != t[2].pid && t[2].pid != t[3].pid);
		for (i = 0; i < 4; i++)
			assert_int_equal(sock_finish(t[i].sock, SOON), 0);
		UNTIL(serving_stats(&s).active == 0);
		assert_int_equal(serving_stats(&s).finished, 4);
		serving_stop(&s);
		assert_no_children();
	}
}

static void
forked_children_are_as_many_as_asked_for(void **state)
{
	struct serving s = { .mode = process_modes[0] };
	struct talk t[3];
	int i;

	(void)state;
	serving_start(&s, .on_stream = process_serve, .workers = 3);
	t[0] = process_dial(&s);
	t[1] = process_dial_other(&s, t[0].pid, 0);
	t[2] = process_dial_other(&s, t[0].pid, t[1].pid);
	for (i = 0; i < 20; i++) {
		struct talk u = process_dial(&s);

		assert_true(u.pid == t[0].pid || u.pid == t[1].pid ||
		    u.pid == t[2].pid);
		process_hang_up(u.sock);
	}
	for (i = 0; i < 3; i++)
		process_hang_up(t[i].sock);
	serving_stop(&s);
}

static void
what_is_forked_beforehand_has_one_thread(void **state)
{
	struct serving s = { .mode = process_modes[0] };
	struct talk t;

	(void)state;
	if (!SOCKI_SWITCH)
		ASIDE_SKIP("fibers are threads here");
	serving_start(&s, .on_stream = process_serve, .workers = 1);
	t = process_dial(&s);
	assert_int_equal(process_ask(t.sock, "threads"), 1);
	/* And so has whoever comes after it. */
	(void)kill(t.pid, SIGKILL);
	process_hang_up(t.sock);
	t = process_dial_other(&s, t.pid, 0);
	assert_int_equal(process_ask(t.sock, "threads"), 1);
	process_hang_up(t.sock);
	serving_stop(&s);
}

/* By a signal, or by an end of its own. */
static void
lose_one(struct serving *s, bool by_signal)
{
	char c;
	struct talk lost, kept;
	struct sock_server_stats n;

	serving_start(s, .on_stream = process_serve, .workers = 2);
	lost = process_dial(s);
	kept = process_dial_other(s, lost.pid, 0);
	n = serving_stats(s);
	if (by_signal)
		assert_int_equal(kill(lost.pid, SIGKILL), 0);
	else
		(void)process_ask(lost.sock, "exit");
	assert_true(sock_read(lost.sock, &c, 1, SOON) <= 0);
	assert_int_equal(process_ask(kept.sock, "pid"), kept.pid);
	UNTIL(serving_stats(s).aborted > n.aborted);
	process_hang_up(lost.sock);
	/* Another takes its place. */
	lost = process_dial_other(s, lost.pid, kept.pid);
	assert_int_equal(sock_finish(lost.sock, SOON), 0);
	assert_int_equal(process_ask(kept.sock, "pid"), kept.pid);
	assert_int_equal(sock_finish(kept.sock, SOON), 0);
	serving_stop(s);
	assert_no_children();
}

static void
a_child_that_dies_loses_its_conversations_alone(void **state)
{
	struct serving s;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		lose_one(&s, true);
		lose_one(&s, false);
	}
}

static void
crashes_without_end_do_not_end_the_server(void **state)
{
	struct serving s;
	struct talk t;
	char c;
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 1);
		atomic_store(&page->crash, 1);
		for (i = 0; i < 5; i++) {
			t.sock = serving_dial(&s);
			assert_true(t.sock > 0);
			assert_true(sock_read(t.sock, &c, 1, SOON) <= 0);
			process_hang_up(t.sock);
		}
		/* This one waits in the queue for whoever comes. */
		t.sock = serving_dial(&s);
		atomic_store(&page->crash, 0);
		if (process_ask(t.sock, "pid") < 0) {
			process_hang_up(t.sock);
			t = process_dial(&s);
		}
		UNTIL(serving_stats(&s).aborted >= 5);
		assert_int_equal(serving_stats(&s).active, 1);
		process_hang_up(t.sock);
		serving_stop(&s);
	}
}

static void
what_a_dead_child_had_of_the_limits_comes_back(void **state)
{
	struct serving s;
	struct talk t[2];
	int i, round;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 1,
		    .max_streams = 2, .max_per_peer = 2);
		for (round = 0; round < 3; round++) {
			for (i = 0; i < 2; i++)
				t[i] = process_dial(&s);
			for (i = 0; i < 2; i++) {
				(void)kill(t[i].pid, SIGKILL);
				process_hang_up(t[i].sock);
			}
			UNTIL(serving_stats(&s).active == 0);
		}
		assert_int_equal(serving_stats(&s).aborted, 6);
		assert_int_equal(serving_stats(&s).shed, 0);
		serving_stop(&s);
	}
}

static void
max_streams_is_of_all_children(void **state)
{
	struct serving s;
	sock_t c[6];
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2,
		    .max_streams = 3);
		for (i = 0; i < 6; i++) {
			c[i] = serving_dial(&s);
			assert_true(c[i] > 0);
			assert_true(sock_printf(c[i], "pid\n") > 0);
		}
		UNTIL(serving_stats(&s).active == 3);
		/* Each that ends makes room for another. */
		for (i = 0; i < 6; i++) {
			struct sock_event e[6];
			int k;

			for (k = 0; k < 6; k++)
				e[k] = (struct sock_event){ .sock = c[k],
					.want = SOCK_READABLE };
			assert_true(sock_wait(e, 6, SOON) > 0);
			assert_true(serving_stats(&s).active <= 3);
			for (k = 0; e[k].got == 0; k++)
				;
			process_hang_up(c[k]);
			c[k] = 0;
		}
		serving_stop(&s);
	}
}

static void
max_per_peer_is_of_all_children(void **state)
{
	struct serving s;
	sock_t c[8];
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 3,
		    .max_per_peer = 5);
		for (i = 0; i < 8; i++)
			c[i] = serving_dial(&s);
		UNTIL(serving_stats(&s).accepted == 8);
		assert_int_equal(serving_stats(&s).shed, 3);
		assert_int_equal(serving_stats(&s).active, 5);
		for (i = 0; i < 8; i++)
			process_hang_up(c[i]);
		serving_stop(&s);
	}
}

static void
time_limits_hold_in_children(void **state)
{
	struct serving s;
	sock_t c;
	char byte;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 1,
		    .idle_ms = 50);
		c = serving_dial(&s);
		assert_true(process_ask(c, "pid") > 0);
		assert_int_equal(sock_read(c, &byte, 1, SOON), 0);
		process_hang_up(c);
		UNTIL(serving_stats(&s).timed_out == 1);
		serving_stop(&s);
	}
}

#ifdef SOCK_FAULTS
static void
without_pidfds_the_end_of_a_child_is_seen(void **state)
{
	struct serving s;
	struct talk t;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		assert_int_equal(socki_fault_set("pidfd:ENOSYS@1+", 1), 0);
		serving_start(&s, .on_stream = process_serve, .workers = 1);
		t = process_dial(&s);
		(void)kill(t.pid, SIGKILL);
		process_hang_up(t.sock);
		UNTIL(serving_stats(&s).aborted == 1);
		t = process_dial_other(&s, t.pid, 0);
		assert_int_equal(sock_finish(t.sock, SOON), 0);
		serving_stop(&s);
		assert_int_equal(socki_fault_set(NULL, 1), 0);
		assert_no_children();
	}
}

static void
without_room_for_processes_it_says_so(void **state)
{
	static const char *const faults[] = { "fork:EAGAIN@1", "fork:EAGAIN@2",
		"pipe2:EMFILE@1", "eventfd:EMFILE@1", "eventfd:EMFILE@2",
		"fcntl:EMFILE@1", "fcntl:EMFILE@2", "mmap:ENOMEM@2",
		"thread:EAGAIN@1" };
	const int open = aside_open();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(faults); i++) {
		assert_int_equal(socki_fault_set(faults[i], 1), 0);
		if (sock_serve("tcp:127.0.0.1:0", .mode = SOCK_PROCESSES,
			.on_stream = process_serve, .workers = 2) != NULL)
			fail_msg("%s did no harm", faults[i]);
		assert_int_equal(socki_fault_set(NULL, 1), 0);
		assert_no_children();
		UNTIL(aside_open() <= open);
	}
}

static void
who_cannot_be_forked_for_is_turned_away(void **state)
{
	struct serving s = { .mode = process_modes[1] };
	struct talk t;
	char c;

	(void)state;
	serving_start(&s, .on_stream = process_serve);
	assert_int_equal(socki_fault_set("fork:EAGAIN@1", 1), 0);
	t.sock = serving_dial(&s);
	assert_true(sock_read(t.sock, &c, 1, SOON) <= 0);
	process_hang_up(t.sock);
	t = process_dial(&s);
	assert_int_equal(socki_fault_set(NULL, 1), 0);
	assert_int_equal(serving_stats(&s).shed, 1);
	process_hang_up(t.sock);
	serving_stop(&s);
}
#endif

static void
wait_for_a_visitor(void *listener)
{
	(void)sock_accept(*(sock_t *)listener, sock_in(1));
}

static void
a_listener_that_a_fiber_waited_for_is_none_of_theirs(void **state)
{
	struct sock_group *g = sock_group_new();
	sock_t listener = sock_listen("tcp:127.0.0.1:0");

	(void)state;
	assert_int_equal(sock_go(g, wait_for_a_visitor, &listener), 0);
	assert_int_equal(sock_group_wait(g, SOON), 0);
	sock_group_free(g);
	assert_null(sock_serve(NULL, .listener = listener,
	    .on_stream = process_serve, .mode = SOCK_PROCESSES));
	assert_int_equal(sock_last_error()->code, SOCK_EUSAGE);
	assert_int_equal(sock_close(listener), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_hold_the_conversations),
		cmocka_unit_test(forked_children_are_as_many_as_asked_for),
		cmocka_unit_test(what_is_forked_beforehand_has_one_thread),
		cmocka_unit_test(
		    a_child_that_dies_loses_its_conversations_alone),
		cmocka_unit_test(crashes_without_end_do_not_end_the_server),
		cmocka_unit_test(
		    what_a_dead_child_had_of_the_limits_comes_back),
		cmocka_unit_test(max_streams_is_of_all_children),
		cmocka_unit_test(max_per_peer_is_of_all_children),
		cmocka_unit_test(
		    a_listener_that_a_fiber_waited_for_is_none_of_theirs),
		cmocka_unit_test(time_limits_hold_in_children),
#ifdef SOCK_FAULTS
		cmocka_unit_test(without_pidfds_the_end_of_a_child_is_seen),
		cmocka_unit_test(without_room_for_processes_it_says_so),
		cmocka_unit_test(who_cannot_be_forked_for_is_turned_away),
#endif
	};

	PROCESSES_MAIN(tests);
}
