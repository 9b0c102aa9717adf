/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"
#include "sys/fault.h"

/*
 * A conversation in which one allocation, or one system call, fails, and then
 * the next one; or that one and all after it.  It may end in an error, but it
 * ends, and leaves nothing behind.
 */

#ifdef SOCK_FAULTS

/* Far more than the conversation makes. */
#define MOST 400

static void
answer(void *arg)
{
	const sock_t s = sock_accept(*(const sock_t *)arg, sock_in(500));
	char line[64];

	if (sock_read_line(s, line, sizeof line, sock_in(500)) >= 0)
		(void)sock_printf(s, "%s %600d\n", line, 1);
	if (s > 0)
		(void)sock_finish(s, sock_in(500));
}

static void
ask(sock_t s)
{
	struct sock_event e = { .sock = s, .want = SOCK_READABLE };
	char line[1024];

	if (sock_printf(s, "hello\n") < 0 ||
	    sock_wait(&e, 1, sock_in(500)) < 0 ||
	    sock_read_line(s, line, sizeof line, sock_in(500)) < 0)
		return;
	(void)sock_shut(s, sock_in(500));
}

/* A listener, a fiber that answers, a client in this thread. */
static void
converse(const char *listen, const char *dial)
{
	struct sock_group *g = sock_group_new();
	sock_t listener = sock_listen(listen), s = -1;
	struct sock_addr addr;
	char text[SOCK_ADDR_TEXT_MAX];

	if (g != NULL && sock_go(g, answer, &listener) == 0 &&
	    sock_local(listener, &addr) == 0) {
		(void)sock_addr_text(&addr, text, sizeof text);
		s = sock_dial(dial != NULL ? dial : text,
		    .deadline = sock_in(500));
		ask(s);
	}
	if (s > 0)
		(void)sock_finish(s, sock_in(500));
	if (listener > 0)
		(void)sock_close(listener);
	sock_group_free(g);
}

static void
all_conversations(void)
{
	char path[64];

	(void)snprintf(path, sizeof path, "unix:/tmp/sock-torture-%d",
	    (int)getpid());
	converse("tcp:127.0.0.1:0", NULL);
	converse(path, path);
}

/* What a worker still has to let go of goes a moment later. */
static bool
comes_down_to(int count)
{
	const sock_time deadline = soon();

	while (open_descriptors() > count && sock_now() < deadline)
		flow_yield();
	return open_descriptors() <= count;
}

/* One run for each place where it may fail; how many places there were. */
static int
sweep(const char *call, enum socki_call number, const char *error,
    const char *more)
{
	char text[64];
	int n;

	for (n = 1; n < MOST; n++) {
		const int before = open_descriptors();

		(void)snprintf(text, sizeof text, "%s:%s@%d%s", call, error, n,
		    more);
		assert_int_equal(socki_fault_set(text, 1), 0);
		all_conversations();
		if (socki_fault_count(number) < (uint64_t)n)
			break;
		assert_int_equal(socki_fault_set(NULL, 1), 0);
		if (!comes_down_to(before)) {
			print_error("%s: descriptors stay open\n", text);
			fail();
		}
	}
	assert_int_equal(socki_fault_set(NULL, 1), 0);
	return n;
}

static void
any_allocation_may_fail(void **state)
{
	(void)state;
	assert_in_range(sweep("alloc", SOCKI_CALL_alloc, "ENOMEM", ""), 5,
	    MOST - 1);
}

static void
any_allocation_and_all_after_it_may_fail(void **state)
{
	(void)state;
	assert_in_range(sweep("alloc", SOCKI_CALL_alloc, "ENOMEM", "+"), 5,
	    MOST - 1);
}

static void
any_system_call_may_fail(void **state)
{
	static const struct {
		const char *name;
		enum socki_call call;
		const char *error;
	} rows[] = {
#define ROW(call, error) { #call, SOCKI_CALL_##call, #error }
		ROW(socket, EMFILE),
		ROW(bind, EADDRINUSE),
		ROW(listen, EADDRINUSE),
		ROW(accept4, EMFILE),
		ROW(connect, ECONNREFUSED),
		ROW(getsockname, ENOBUFS),
		ROW(getpeername, ENOBUFS),
		ROW(getsockopt, ENOBUFS),
		ROW(setsockopt, ENOMEM),
		ROW(shutdown, ENOBUFS),
		ROW(recv, ECONNRESET),
		ROW(recvmsg, ECONNRESET),
		ROW(send, ECONNRESET),
		ROW(open, EACCES),
		ROW(stat, EACCES),
		ROW(fchmod, EPERM),
		ROW(unlink, EPERM),
		ROW(flock, EINTR),
		ROW(poll, ENOMEM),
		ROW(epoll_ctl, ENOMEM),
		ROW(close, EIO),
#undef ROW
	};
	char path[64];
	size_t i;

	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/sock-torture-%d",
	    (int)getpid());
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)sweep(rows[i].name, rows[i].call, rows[i].error, "");
		/* What an unlink that fails leaves is the kernel's. */
		(void)unlink(path);
	}
}

/* In a process that has no worker yet: what starts one may fail too. */
static int
start_cold(const char *text)
{
	int before;

	if (socki_fault_set(text, 1) < 0)
		return 2;
	before = open_descriptors();
	all_conversations();
	if (socki_fault_set(NULL, 1) < 0)
		return 2;
	/* The worker's two and this thread's one, if it came to that. */
	return comes_down_to(before + 3) ? 0 : 1;
}

static void
the_start_of_a_worker_may_fail(void **state)
{
	static const char *const faults[] = { "alloc:ENOMEM", "eventfd:EMFILE",
		"epoll_create:EMFILE", "epoll_ctl:ENOMEM", "thread:EAGAIN",
		"mmap:ENOMEM", "madvise:ENOMEM" };
	char text[64];
	size_t i;
	int n, status;

	(void)state;
	for (i = 0; i < sizeof faults / sizeof faults[0]; i++)
		for (n = 1; n <= 16; n++) {
			pid_t pid;

			(void)snprintf(text, sizeof text, "%s@%d", faults[i],
			    n);
			pid = fork();
			if (pid == 0)
				_exit(start_cold(text));
			assert_int_equal(waitpid(pid, &status, 0), pid);
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
				print_error("%s\n", text);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
		}
}

int
main(void)
{
	const struct CMUnitTest cold[] = {
		cmocka_unit_test(the_start_of_a_worker_may_fail),
	};
	const struct CMUnitTest warm[] = {
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(any_allocation_and_all_after_it_may_fail),
		cmocka_unit_test(any_system_call_may_fail),
	};
	int failed;

	if (getenv("SOCK_FAULT") != NULL) {
		printf("SKIP: SOCK_FAULT is set, and this sets its own\n");
		return 77;
	}
	failed = cmocka_run_group_tests(cold, NULL, NULL);
	all_conversations();
	return failed + cmocka_run_group_tests(warm, NULL, NULL);
}

#else

int
main(void)
{
	printf("SKIP: built without SOCK_FAULTS\n");
	return 77;
}

#endif
