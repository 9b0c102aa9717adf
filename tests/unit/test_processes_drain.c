/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "processes.h"

static void
conversations_go_on_while_it_drains(void **state)
{
	struct serving s;
	struct talk t[3];
	sock_t late;
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2);
		for (i = 0; i < 3; i++)
			t[i] = process_dial(&s);
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, sock_in(1)), -ETIMEDOUT);
		for (i = 0; i < 3; i++)
			assert_int_equal(process_ask(t[i].sock, "pid"),
			    t[i].pid);
		/* The port is free though they still talk. */
		UNTIL((late = sock_dial(s.at, .deadline = sock_in(50))) ==
		    -ECONNREFUSED);
		for (i = 0; i < 3; i++)
			assert_int_equal(sock_finish(t[i].sock, SOON), 0);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, 3);
		assert_no_children();
		sock_server_free(s.v);
	}
}

static void
who_waits_in_the_queue_is_served_while_it_drains(void **state)
{
	struct serving s;
	sock_t c[20];
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2);
		for (i = 0; i < 20; i++) {
			c[i] = serving_dial(&s);
			assert_true(c[i] > 0);
		}
		assert_int_equal(sock_server_drain(s.v, SOON), 0);
		for (i = 0; i < 20; i++) {
			assert_true(process_ask(c[i], "pid") > 0);
			assert_int_equal(sock_finish(c[i], SOON), 0);
		}
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).finished, 20);
		sock_server_free(s.v);
	}
}

/* How the second deadline comes: by a call, or with the first one. */
static void
drain_now(struct serving *s, bool second_call)
{
	struct talk t[2];
	char c;
	int i;

	serving_start(s, .on_stream = process_serve, .workers = 2);
	for (i = 0; i < 2; i++)
		t[i] = process_dial(s);
	if (second_call)
		assert_int_equal(sock_server_drain(s->v, SOCK_FOREVER), 0);
	assert_int_equal(sock_server_drain(s->v,
			     second_call ? SOON : sock_in(20)),
	    0);
	for (i = 0; i < 2; i++) {
		/* Never taken for an end. */
		assert_int_equal(sock_read(t[i].sock, &c, 1, SOON),
		    -ECONNRESET);
		(void)sock_close(t[i].sock);
	}
	assert_int_equal(sock_server_wait(s->v, SOON), 0);
	assert_int_equal(serving_stats(s).aborted, 2);
	assert_no_children();
	sock_server_free(s->v);
}

static void
at_the_deadline_they_are_reset(void **state)
{
	struct serving s;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		drain_now(&s, false);
		drain_now(&s, true);
	}
}

static void
a_child_that_does_not_end_is_killed(void **state)
{
	struct serving s;
	struct talk t;
	char c;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 1);
		t = process_dial(&s);
		assert_true(sock_printf(t.sock, "hang\n") > 0);
		assert_int_equal(sock_server_drain(s.v, SOCK_NOWAIT), 0);
		assert_true(sock_read(t.sock, &c, 1, SOON) <= 0);
		process_hang_up(t.sock);
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		assert_int_equal(serving_stats(&s).aborted, 1);
		assert_no_children();
		sock_server_free(s.v);
	}
}

static void
answer_and_hang(sock_t s, void *arg)
{
	(void)arg;
	sock_printf(s, "%d\n", (int)getpid());
	for (;;)
		pause();
}

static void
one_that_does_not_end_dies_though_its_program_is_gone(void **state)
{
	struct serving s = { .mode = process_modes[1] };
	sock_t l = sock_listen("tcp:127.0.0.1:0");
	struct sock_addr addr;
	struct talk t;
	int status;
	pid_t program;

	(void)state;
	/* The orphan comes to the test, which sees it end. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(sock_local(l, &addr), 0);
	(void)sock_addr_text(&addr, s.at, sizeof s.at);
	fflush(NULL);
	program = fork();
	assert_true(program >= 0);
	if (program == 0) {
		alarm(100);
		if (sock_serve(NULL, .listener = l, .mode = SOCK_FORKING,
			.on_stream = answer_and_hang, .drain_ms = 1) == NULL)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(sock_close(l), 0);
	t = process_dial(&s);
	assert_int_equal(kill(program, SIGKILL), 0);
	assert_int_equal(waitpid(program, NULL, 0), program);
	UNTIL(waitpid(t.pid, &status, WNOHANG) == t.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_int_equal(sock_close(t.sock), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void
a_handler_drains_the_whole_server(void **state)
{
	struct serving s;
	struct talk t[2];
	int i;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2);
		t[0] = process_dial(&s);
		t[1] = process_dial_other(&s, t[0].pid, 0);
		/* Of the same address in each process. */
		atomic_store(&page->v, s.v);
		assert_int_equal(process_ask(t[0].sock, "drain"), 0);
		UNTIL(sock_close(sock_dial(s.at, .deadline = sock_in(50))) < 0);
		for (i = 0; i < 2; i++) {
			assert_int_equal(process_ask(t[i].sock, "pid"),
			    t[i].pid);
			assert_int_equal(sock_finish(t[i].sock, SOON), 0);
		}
		assert_int_equal(sock_server_wait(s.v, SOON), 0);
		sock_server_free(s.v);
	}
}

static void
one_that_crashes_while_it_drains_loses_no_queue(void **state)
{
	struct serving s = { .mode = process_modes[0] };
	struct talk t;
	sock_t late;

	(void)state;
	/* The one conversation there may be holds up the queue. */
	serving_start(&s, .on_stream = process_serve, .workers = 1,
	    .max_streams = 1);
	t = process_dial(&s);
	late = serving_dial(&s);
	assert_true(late > 0);
	assert_int_equal(sock_server_drain(s.v, SOON), 0);
	assert_int_equal(kill(t.pid, SIGKILL), 0);
	process_hang_up(t.sock);
	assert_true(process_ask(late, "pid") > 0);
	assert_int_equal(sock_finish(late, SOON), 0);
	assert_int_equal(sock_server_wait(s.v, SOON), 0);
	assert_int_equal(serving_stats(&s).aborted, 1);
	assert_int_equal(serving_stats(&s).finished, 1);
	sock_server_free(s.v);
}

static void
freeing_leaves_nothing(void **state)
{
	struct serving s;
	struct talk t;
	int open;

	(void)state;
	aside_poke();
	open = aside_open();
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2);
		t = process_dial(&s);
		sock_server_free(s.v);
		assert_no_children();
		(void)sock_close(t.sock);
		UNTIL(aside_open() <= open);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_go_on_while_it_drains),
		cmocka_unit_test(
		    who_waits_in_the_queue_is_served_while_it_drains),
		cmocka_unit_test(at_the_deadline_they_are_reset),
		cmocka_unit_test(a_child_that_does_not_end_is_killed),
		cmocka_unit_test(
		    one_that_does_not_end_dies_though_its_program_is_gone),
		cmocka_unit_test(a_handler_drains_the_whole_server),
		cmocka_unit_test(
		    one_that_crashes_while_it_drains_loses_no_queue),
		cmocka_unit_test(freeing_leaves_nothing),
	};

	PROCESSES_MAIN(tests);
}
