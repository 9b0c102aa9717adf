/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
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
	const int fd = broken_pipe();

	(void)arg;
	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_UNBLOCK);
	EXPECT_INT(socki_sys_write(fd, "x", 1), -EPIPE);
	EXPECT_INT(socki_sys_write(fd, "x", 1), -EPIPE);
	EXPECT(!pipe_signal_is(sigpending));
	EXPECT(!pipe_signal_is(ask_mask));
	close(fd);
}

static void
write_with_the_signal_blocked(void *arg)
{
	const int fd = broken_pipe();

	(void)arg;
	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_BLOCK);
	EXPECT_INT(socki_sys_write(fd, "x", 1), -EPIPE);
	EXPECT(!pipe_signal_is(sigpending));
	EXPECT(pipe_signal_is(ask_mask));
	block_pipe_signal(SIG_UNBLOCK);
	close(fd);
}

static void
write_with_one_pending(void *arg)
{
	const int fd = broken_pipe();

	(void)arg;
	(void)signal(SIGPIPE, SIG_DFL);
	block_pipe_signal(SIG_BLOCK);
	EXPECT_INT(pthread_kill(pthread_self(), SIGPIPE), 0);
	EXPECT_INT(socki_sys_write(fd, "x", 1), -EPIPE);
	/* It was the program's before, and still is. */
	EXPECT(pipe_signal_is(sigpending));
	close(fd);
}

static void
write_with_the_signal_ignored(void *arg)
{
	const int fd = broken_pipe();

	(void)arg;
	(void)signal(SIGPIPE, SIG_IGN);
	EXPECT_INT(socki_sys_write(fd, "x", 1), -EPIPE);
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
	(void)state;
	assert_int_equal(aside_child(write_with_the_signal_deadly, NULL), 0);
	assert_int_equal(aside_child(write_with_the_signal_blocked, NULL), 0);
	assert_int_equal(aside_child(write_with_one_pending, NULL), 0);
	assert_int_equal(aside_child(write_with_the_signal_ignored, NULL), 0);
	assert_int_equal(aside_child(send_to_nobody, NULL), 0);
}

/* Every way in which floor sys makes descriptors: two of them, or one. */

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_raises_no_sigpipe_and_eats_none),
	};

	return cmocka_run_group_tests_name("sys_pipe", tests, NULL, NULL);
}
