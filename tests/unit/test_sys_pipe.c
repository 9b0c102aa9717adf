/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aside.h"
#include "sys/sys.h"

/* A pipe that nobody reads any more. */
static int
broken_pipe(void)
{
	int fd[2];

	EXPECT_INT(pipe2(fd, O_CLOEXEC), 0);
	close(fd[0]);
	return fd[1];
}

static int
broken_socket(void)
{
	int fd[2];

	EXPECT_INT(socki_sys_socketpair(SOCK_STREAM, fd), 0);
	socki_sys_close(fd[1]);
	return fd[0];
}

static ssize_t
by_write(int fd)
{
	return socki_sys_write(fd, "x", 1);
}

static ssize_t
by_sendfile(int fd)
{
	const int file = socki_sys_open("/proc/self/exe", O_RDONLY, 0);
	const ssize_t rc = socki_sys_sendfile(fd, file, 0, 1);

	socki_sys_close(file);
	return rc;
}

static ssize_t
by_splice(int fd)
{
	int full[2];
	ssize_t rc;

	EXPECT_INT(socki_sys_pipe(full, 65536), 0);
	EXPECT_INT(socki_sys_write(full[1], "x", 1), 1);
	rc = socki_sys_splice(full[0], fd, 1);
	socki_sys_close(full[0]);
	socki_sys_close(full[1]);
	return rc;
}

static const struct way {
	const char *name;
	int (*open)(void);
	ssize_t (*write)(int fd);
} ways[] = {
	{ "write", broken_pipe, by_write },
	{ "sendfile", broken_socket, by_sendfile },
	{ "sendfile to a pipe", broken_pipe, by_sendfile },
	{ "splice", broken_socket, by_splice },
	{ "splice to a pipe", broken_pipe, by_splice },
};

static bool
pipe_signal_is(int (*ask)(sigset_t *))
{
	sigset_t set;

	EXPECT_INT(ask(&set), 0);
	return sigismember(&set, SIGPIPE) == 1;
}

static int
ask_mask(sigset_t *set)
{
	return pthread_sigmask(SIG_BLOCK, NULL, set);
}

static void
block_pipe_signal(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	EXPECT_INT(pthread_sigmask(how, &set, NULL), 0);
}

static void
write_with_the_signal_deadly(void *arg)
{
	const struct way *way = arg;
	const int fd = way->open();

	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_UNBLOCK);
	EXPECT_INT(way->write(fd), -EPIPE);
	EXPECT_INT(way->write(fd), -EPIPE);
	EXPECT(!pipe_signal_is(sigpending));
	EXPECT(!pipe_signal_is(ask_mask));
	close(fd);
}

static void
write_with_the_signal_blocked(void *arg)
{
	const struct way *way = arg;
	const int fd = way->open();

	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_BLOCK);
	EXPECT_INT(way->write(fd), -EPIPE);
	EXPECT(!pipe_signal_is(sigpending));
	EXPECT(pipe_signal_is(ask_mask));
	block_pipe_signal(SIG_UNBLOCK);
	close(fd);
}

static void
write_with_one_pending(void *arg)
{
	const struct way *way = arg;
	const int fd = way->open();

	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_BLOCK);
	EXPECT_INT(pthread_kill(pthread_self(), SIGPIPE), 0);
	EXPECT_INT(way->write(fd), -EPIPE);
	/* It was the program's before, and still is. */
	EXPECT(pipe_signal_is(sigpending));
	close(fd);
}

#define MUCH ((size_t)1 << 20)

/* More than fits, to somebody who goes as soon as some of it is there. */
struct parting {
	ssize_t (*write)(int fd);
	bool to_pipe;
	int reader;
};

static void *
go_away(void *arg)
{
	struct parting *p = arg;
	struct pollfd there = { p->reader, POLLIN, 0 };

	EXPECT_INT(poll(&there, 1, 30000), 1);
	close(p->reader);
	return NULL;
}

static ssize_t
much_by_write(int fd)
{
	static const char zeros[MUCH];

	return socki_sys_write(fd, zeros, sizeof zeros);
}

static ssize_t
much_by_sendfile(int fd)
{
	const int file = memfd_create("much", MFD_CLOEXEC);
	ssize_t rc;

	EXPECT_INT(ftruncate(file, MUCH), 0);
	rc = socki_sys_sendfile(fd, file, 0, MUCH);
	close(file);
	return rc;
}

static ssize_t
much_by_splice(int fd)
{
	static const char zeros[MUCH];
	int full[2];
	ssize_t rc;

	EXPECT_INT(socki_sys_pipe(full, 65536), 0);
	EXPECT(socki_sys_write(full[1], zeros, sizeof zeros) > 0);
	rc = socki_sys_splice(full[0], fd, MUCH);
	close(full[0]);
	close(full[1]);
	return rc;
}

static void
write_much(void *arg)
{
	struct parting *p = arg;
	const int least = 1;
	pthread_t thread;
	int fd[2];

	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_UNBLOCK);
	/* It waits, so that the peer can go in the middle. */
	EXPECT_INT(p->to_pipe ?
		pipe2(fd, O_CLOEXEC) :
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd),
	    0);
	if (!p->to_pipe)
		(void)setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &least,
		    sizeof least);
	p->reader = fd[0];
	EXPECT_INT(pthread_create(&thread, NULL, go_away, p), 0);
	EXPECT(p->write(fd[1]) > 0);
	EXPECT_INT(pthread_join(thread, NULL), 0);
	EXPECT(!pipe_signal_is(sigpending));
	close(fd[1]);
}

static void
a_part_that_went_hides_no_sigpipe(void **state)
{
	static const struct parting rows[] = { { much_by_write, true, -1 },
		{ much_by_sendfile, false, -1 },
		{ much_by_splice, false, -1 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct parting p = rows[i];

		if (aside_child(write_much, &p) != 0)
			fail_msg("row %zu", i);
	}
}

static void
write_with_the_signal_ignored(void *arg)
{
	const struct way *way = arg;
	const int fd = way->open();

	(void)signal(SIGPIPE, SIG_IGN);
	EXPECT_INT(way->write(fd), -EPIPE);
	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_UNBLOCK);
	EXPECT(!pipe_signal_is(sigpending));
	close(fd);
}

static void
send_to_nobody(void *arg)
{
	struct iovec piece = { (char[]){ 'x' }, 1 };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };
	int fd[2];

	(void)arg;
	(void)signal(SIGPIPE, SIG_DFL);
	EXPECT_INT(socki_sys_socketpair(SOCK_STREAM, fd), 0);
	socki_sys_close(fd[1]);
	EXPECT_INT(socki_sys_send(fd[0], "x", 1, 0), -EPIPE);
	EXPECT_INT(socki_sys_sendmsg(fd[0], &msg, 0), -EPIPE);
	socki_sys_close(fd[0]);
}

static void
a_write_raises_no_sigpipe_and_eats_none(void **state)
{
	static void (*const tries[])(void *) = { write_with_the_signal_deadly,
		write_with_the_signal_blocked, write_with_one_pending,
		write_with_the_signal_ignored };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof ways / sizeof ways[0]; i++)
		for (k = 0; k < sizeof tries / sizeof tries[0]; k++) {
			struct way way = ways[i];

			if (aside_child(tries[k], &way) != 0)
				fail_msg("%s, try %zu", way.name, k);
		}
	assert_int_equal(aside_child(send_to_nobody, NULL), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_raises_no_sigpipe_and_eats_none),
		cmocka_unit_test(a_part_that_went_hides_no_sigpipe),
	};

	return cmocka_run_group_tests_name("sys_pipe", tests, NULL, NULL);
}
