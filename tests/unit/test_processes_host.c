/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>

#include "plain.h"
#include "processes.h"

/*
 * The program around a server: what it does with its own children, signals,
 * threads and descriptors, and what happens when it is gone.
 */

static void
talk_a_while(struct serving *s)
{
	struct talk t;
	int i;

	serving_start(s, .on_stream = process_serve, .workers = 2);
	for (i = 0; i < 5; i++) {
		t = process_dial(s);
		assert_int_equal(process_ask(t.sock, "pid"), t.pid);
		assert_int_equal(sock_finish(t.sock, SOON), 0);
	}
	t = process_dial(s);
	(void)kill(t.pid, SIGKILL);
	process_hang_up(t.sock);
	UNTIL(serving_stats(s).active == 0);
	assert_int_equal(serving_stats(s).finished, 5);
	assert_int_equal(serving_stats(s).aborted, 1);
	t = process_dial_other(s, t.pid, 0);
	assert_int_equal(sock_finish(t.sock, SOON), 0);
	serving_stop(s);
}

static void
children_may_be_ignored_by_the_program(void **state)
{
	struct serving s;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	EACH_PROCESS_MODE(s)
	talk_a_while(&s);
	signal(SIGCHLD, SIG_DFL);
}

static _Atomic int reaped;

static void
reap_any(int number)
{
	const int saved = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		atomic_fetch_add(&reaped, 1);
	errno = saved;
}

static void
the_program_may_wait_for_any_child(void **state)
{
	struct serving s;

	(void)state;
	atomic_store(&reaped, 0);
	signal(SIGCHLD, reap_any);
	EACH_PROCESS_MODE(s)
	talk_a_while(&s);
	signal(SIGCHLD, SIG_DFL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void
children_of_the_program_are_left_to_it(void **state)
{
	struct serving s;
	int status, go[2];
	char c = 'x';
	pid_t pid;

	(void)state;
	EACH_PROCESS_MODE(s)
	{
		assert_int_equal(pipe(go), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(go[1]);
			_exit(read(go[0], &c, 1) == 1 ? 5 : 6);
		}
		talk_a_while(&s);
		assert_int_equal(write(go[1], &c, 1), 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
		close(go[0]);
		close(go[1]);
		assert_no_children();
	}
}

static _Atomic bool busy;

static void *
allocate(void *arg)
{
	void *volatile p;

	(void)arg;
	while (atomic_load(&busy)) {
		p = malloc(3000);
		free(p);
		sched_yield();
	}
	return NULL;
}

static void
threads_of_the_program_do_no_harm(void **state)
{
	struct serving s;
	struct talk t;
	pthread_t thread[2];
	int i;

	(void)state;
	atomic_store(&busy, true);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, allocate,
				     NULL),
		    0);
	EACH_PROCESS_MODE(s)
	{
		serving_start(&s, .on_stream = process_serve, .workers = 2);
		for (i = 0; i < 20; i++) {
			t = process_dial(&s);
			assert_int_equal(process_ask(t.sock, "alloc"), 1);
			if (i % 4 == 0)
				(void)kill(t.pid, SIGKILL);
			process_hang_up(t.sock);
		}
		serving_stop(&s);
	}
	atomic_store(&busy, false);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

/*
 * A conversation in a child that has so many sockets: it may be forked while
 * its client here still dials.
 */
static struct talk
dial_among(const struct serving *s, int sockets)
{
	const sock_time until = SOON;
	struct talk t;

	for (;;) {
		t = process_dial(s);
		if (process_ask(t.sock, "sockets") == sockets)
			return t;
		process_hang_up(t.sock);
		assert_true(sock_now() < until);
	}
}

static void *
dial_it(void *address)
{
	EXPECT(sock_dial(address, .deadline = SOON) < 0);
	return NULL;
}

static void
a_child_has_its_own_descriptors_alone(void **state)
{
	struct serving s, other;
	struct plain_hole hole;
	struct talk t;
	sock_t c[3], listener, dialing;
	char address[64];
	pthread_t thread;
	int i;

	(void)state;
	assert_true(plain_hole_open(&hole, AF_INET));
	(void)snprintf(address, sizeof address, "tcp:127.0.0.1:%d", hole.port);
	dialing = sock_dial_start(address);
	assert_int_equal(pthread_create(&thread, NULL, dial_it, address), 0);
	while (plain_hole_waiters(&hole) < 2)
		sched_yield();
	EACH_PROCESS_MODE(s)
	{
		/* Conversations of another server of the program's. */
		other = (struct serving){ .mode = 1 };
		serving_start(&other, .on_stream = serving_echo);
		listener = sock_listen("tcp:127.0.0.1:0");
		for (i = 0; i < 3; i++) {
			c[i] = serving_dial(&other);
			assert_true(serving_echoes(c[i], "one"));
		}
		serving_start(&s, .on_stream = process_serve, .workers = 1);
		/*
		 * It, the listener of who is to have others, and the hole's
		 * two; none of what is dialed there.
		 */
		t = dial_among(&s,
		    modes[s.mode].mode == SOCK_PROCESSES ? 4 : 3);
		process_hang_up(t.sock);
		for (i = 0; i < 3; i++) {
			assert_true(serving_echoes(c[i], "two"));
			assert_int_equal(sock_finish(c[i], SOON), 0);
		}
		(void)sock_close(listener);
		serving_stop(&s);
		serving_stop(&other);
	}
	plain_hole_close(&hole);
	(void)pthread_join(thread, NULL);
	assert_int_equal(sock_close(dialing), 0);
	assert_aside();
}

static void
conversations_of_one_child_are_not_anothers(void **state)
{
	struct serving s = { .mode = process_modes[1] };
	struct talk t[9];
	int i, open;

	(void)state;
	serving_start(&s, .on_stream = process_serve);
	t[0] = dial_among(&s, 1);
	open = process_ask(t[0].sock, "open");
	for (i = 1; i < 9; i++) {
		t[i] = dial_among(&s, 1);
		/*
		 * Nor pidfds, nor whatever else the parent has for each; what
		 * its threads wake each other by may have come since the first.
		 */
		assert_true(process_ask(t[i].sock, "open") <= open + 3);
	}
	for (i = 0; i < 9; i++)
		process_hang_up(t[i].sock);
	serving_stop(&s);
}

static void
note_the_end(void)
{
	if (page != NULL)
		atomic_fetch_add(&page->at_exit, 1);
}

/* A program of its own, which is killed while its children talk. */
static void
be_a_program(int mode, int out, bool leaves)
{
	struct serving s = { .mode = mode };
	struct sock_addr addr;
	char at[SOCK_ADDR_TEXT_MAX] = "";

	(void)atexit(note_the_end);
	s.v = sock_serve("tcp:127.0.0.1:0", .on_stream = process_serve,
	    .mode = modes[mode].mode, .workers = 2);
	if (s.v == NULL || sock_server_address(s.v, 0, &addr) < 0)
		_exit(1);
	(void)sock_addr_text(&addr, at, sizeof at);
	if (write(out, at, sizeof at) != sizeof at)
		_exit(1);
	if (leaves) {
		while (serving_stats(&s).finished < 2)
			(void)sock_sleep(sock_in(1));
		sock_server_free(s.v);
		_exit(0);
	}
	for (;;)
		pause();
}

static pid_t
start_program(struct serving *s, bool leaves)
{
	int out[2];
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(100);
		be_a_program(s->mode, out[1], leaves);
	}
	assert_int_equal(read(out[0], s->at, sizeof s->at), sizeof s->at);
	close(out[0]);
	close(out[1]);
	return pid;
}

static void
children_of_a_program_that_is_gone_drain_and_end(void **state)
{
	struct serving s;
	struct talk t[3];
	pid_t program;
	int i;

	(void)state;
	/* Orphans come to the test, which sees them end. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	EACH_PROCESS_MODE(s)
	{
		program = start_program(&s, false);
		for (i = 0; i < 3; i++)
			t[i] = process_dial(&s);
		assert_int_equal(kill(program, SIGKILL), 0);
		assert_int_equal(waitpid(program, NULL, 0), program);
		UNTIL(sock_close(sock_dial(s.at, .deadline = sock_in(50))) < 0);
		for (i = 0; i < 3; i++) {
			assert_int_equal(process_ask(t[i].sock, "pid"),
			    t[i].pid);
			assert_int_equal(sock_finish(t[i].sock, SOON), 0);
		}
		while (waitpid(-1, NULL, 0) > 0)
			;
		assert_no_children();
	}
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void
what_a_program_does_at_its_end_no_child_does(void **state)
{
	struct serving s;
	struct talk t;
	pid_t program;
	int i, status;

	(void)state;
	atomic_store(&page->at_exit, 0);
	EACH_PROCESS_MODE(s)
	{
		program = start_program(&s, true);
		for (i = 0; i < 2; i++) {
			t = process_dial(&s);
			assert_int_equal(sock_finish(t.sock, SOON), 0);
		}
		assert_int_equal(waitpid(program, &status, 0), program);
		assert_int_equal(status, 0);
	}
	assert_int_equal(atomic_load(&page->at_exit), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_may_be_ignored_by_the_program),
		cmocka_unit_test(the_program_may_wait_for_any_child),
		cmocka_unit_test(children_of_the_program_are_left_to_it),
		cmocka_unit_test(threads_of_the_program_do_no_harm),
		cmocka_unit_test(a_child_has_its_own_descriptors_alone),
		cmocka_unit_test(conversations_of_one_child_are_not_anothers),
		cmocka_unit_test(
		    children_of_a_program_that_is_gone_drain_and_end),
		cmocka_unit_test(what_a_program_does_at_its_end_no_child_does),
	};

	PROCESSES_MAIN(tests);
}
