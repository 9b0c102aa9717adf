/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"
#include "scramble.h"

/*
 * Each way to write to a peer that is gone, in a process whose SIGPIPE is as
 * it was born: it must live on.
 */

static int
by_write(sock_t s)
{
	return sock_write(s, "x", 1, soon());
}

static int
by_write_some(sock_t s)
{
	return (int)sock_write_some(s, "x", 1, soon());
}

static int
by_pieces(sock_t s)
{
	char x[] = "x";
	const struct iovec piece[] = { { x, 1 }, { x, 1 } };

	return sock_writev(s, piece, 2, soon());
}

static int
by_printf(sock_t s)
{
	return sock_printf(s, "%d", 1);
}

static int
by_descriptor(sock_t s)
{
	const int fd = STDIN_FILENO;

	return sock_send_fds(s, &fd, 1, "x", 1, soon());
}

static int
by_shut(sock_t s)
{
	return sock_shut(s, soon()) == 0 ? -EPIPE : sock_last_error()->code;
}

static int
by_file(sock_t s)
{
	const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const int rc = (int)sock_send_file(s, fd, 0, 1, soon());

	(void)close(fd);
	return rc;
}

static int
by_copy(sock_t s)
{
	sock_t ends[2];
	int rc;

	if (sock_pair(ends) < 0 || sock_write(ends[0], "x", 1, soon()) < 0)
		return -EBADF;
	rc = (int)sock_copy(s, ends[1], 1, soon());
	(void)sock_close(ends[0]);
	(void)sock_close(ends[1]);
	return rc;
}

#define FLOOD ((size_t)200 << 10)

/* So much that it is spliced. */
static int
by_flood(sock_t s)
{
	static const char zeros[FLOOD];
	const int room = 4 << 20;
	sock_t ends[2];
	int rc;

	if (sock_pair(ends) < 0)
		return -EBADF;
	(void)setsockopt(sock_fd(ends[0]), SOL_SOCKET, SO_SNDBUFFORCE, &room,
	    sizeof room);
	(void)sock_write(ends[0], zeros, sizeof zeros, sock_in(20));
	rc = (int)sock_copy(s, ends[1], 1 << 20, sock_in(20));
	(void)sock_close(ends[0]);
	(void)sock_close(ends[1]);
	return rc == -ETIMEDOUT ? 0 : rc;
}

/* A stream whose peer has gone. */
static sock_t
to_nobody(void)
{
	sock_t ends[2];

	if (sock_pair(ends) < 0 || sock_close(ends[1]) < 0)
		return -EBADF;
	return ends[0];
}

static sock_t
to_nobody_by_tcp(void)
{
	sock_t ends[2];

	if (transport_open(&transports[0], ends) < 0 || sock_abort(ends[1]) < 0)
		return -EBADF;
	return ends[0];
}

static sock_t
to_nobody_in_layers(void)
{
	const sock_t s = to_nobody();

	return scramble_push(s) < 0 ? -EBADF : s;
}

static sock_t
adopted_pipe(int flags)
{
	int fd[2];

	if (pipe2(fd, flags) < 0 || close(fd[0]) < 0)
		return -EBADF;
	return sock_adopt(fd[1]);
}

static sock_t
to_no_reader(void)
{
	return adopted_pipe(O_CLOEXEC);
}

static sock_t
to_no_reader_without_waiting(void)
{
	return adopted_pipe(O_CLOEXEC | O_NONBLOCK);
}

static const struct way {
	const char *name;
	sock_t (*open)(void);
	int (*write)(sock_t s);
} ways[] = {
	{ "write to a pair", to_nobody, by_write },
	{ "write to tcp", to_nobody_by_tcp, by_write },
	{ "write through a layer", to_nobody_in_layers, by_write },
	{ "write_some", to_nobody, by_write_some },
	{ "write_some to tcp", to_nobody_by_tcp, by_write_some },
	{ "writev", to_nobody, by_pieces },
	{ "writev to tcp", to_nobody_by_tcp, by_pieces },
	{ "printf", to_nobody, by_printf },
	{ "send_fds", to_nobody, by_descriptor },
	{ "send_file", to_nobody, by_file },
	{ "send_file to tcp", to_nobody_by_tcp, by_file },
	{ "send_file through a layer", to_nobody_in_layers, by_file },
	{ "send_file to a pipe", to_no_reader, by_file },
	{ "send_file to a polite pipe", to_no_reader_without_waiting, by_file },
	{ "copy", to_nobody, by_copy },
	{ "copy to tcp", to_nobody_by_tcp, by_copy },
	{ "copy through a layer", to_nobody_in_layers, by_copy },
	{ "copy to a pipe", to_no_reader, by_copy },
	{ "copy of much", to_nobody, by_flood },
	{ "copy of much to tcp", to_nobody_by_tcp, by_flood },
	{ "shut", to_nobody, by_shut },
	{ "shut of a layer", to_nobody_in_layers, by_shut },
	{ "write to a pipe", to_no_reader, by_write },
	{ "write_some to a pipe", to_no_reader, by_write_some },
	{ "writev to a pipe", to_no_reader, by_pieces },
	{ "printf to a pipe", to_no_reader, by_printf },
	{ "write to a polite pipe", to_no_reader_without_waiting, by_write },
};
#define WAYS (sizeof ways / sizeof ways[0])

static const struct way *taken;
static int outcome;

/* 0: the write failed as it should, twice. */
static void
try_it(void *arg)
{
	const sock_t s = taken->open();
	int rc = 0, i;

	(void)arg;
	/* A reset may be on its way. */
	for (i = 0; i < 10000 && rc >= 0; i++)
		rc = taken->write(s);
	outcome = rc != -EPIPE && rc != -ECONNRESET;
	rc = taken->write(s);
	if (rc != -EPIPE && rc != -ECONNRESET)
		outcome = 2;
}

static void
die_if_asked(void)
{
	sigset_t pipe_only;

	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	(void)sigprocmask(SIG_UNBLOCK, &pipe_only, NULL);
}

static void
expect_survival(void (*child)(void))
{
	const pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		die_if_asked();
		child();
		_exit(outcome);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		fail_msg("%s: killed by signal %d", taken->name,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("%s: %d", taken->name, WEXITSTATUS(status));
}

static void
as_a_thread(void)
{
	try_it(NULL);
}

static void
as_a_fiber(void)
{
	struct sock_group *g = sock_group_new();

	outcome = 3;
	if (sock_go(g, try_it, NULL) == 0)
		(void)sock_group_wait(g, soon());
}

static void
no_way_of_writing_raises_sigpipe(void **state)
{
	(void)state;
	for (taken = ways; taken < ways + WAYS; taken++) {
		expect_survival(as_a_thread);
		expect_survival(as_a_fiber);
	}
}

/* Of a program that blocks SIGPIPE: whether one is pending behind a write. */
static bool
pending_behind_a_write(bool before)
{
	sigset_t pipe_only, mask, pending;
	const sock_t s = to_no_reader();
	const struct timespec at_once = { 0, 0 };

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	assert_int_equal(sigprocmask(SIG_BLOCK, &pipe_only, &mask), 0);
	if (before)
		(void)raise(SIGPIPE);
	assert_int_equal(sock_write(s, "x", 1, soon()), -EPIPE);
	(void)sock_close(s);
	sigpending(&pending);
	(void)sigtimedwait(&pipe_only, NULL, &at_once);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return sigismember(&pending, SIGPIPE) == 1;
}

static void
a_sigpipe_of_the_programs_own_stays(void **state)
{
	(void)state;
	assert_false(pending_behind_a_write(false));
	assert_true(pending_behind_a_write(true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_way_of_writing_raises_sigpipe),
		cmocka_unit_test(a_sigpipe_of_the_programs_own_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
