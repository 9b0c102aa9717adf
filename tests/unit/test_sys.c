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
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "aside.h"
#include "sys/sys.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
make_socket(int fd[2])
{
	return fd[0] = socki_sys_socket(AF_INET, SOCK_STREAM, 0);
}

static int
make_pair(int fd[2])
{
	return socki_sys_socketpair(SOCK_STREAM, fd);
}

static int
make_accepted(int fd[2])
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *sa = (struct sockaddr *)(void *)&in;
	socklen_t n = sizeof in;
	struct pollfd p = { .events = POLLIN };
	int rc;

	p.fd = socki_sys_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_INT(socki_sys_bind(p.fd, sa, n), 0);
	EXPECT_INT(socki_sys_listen(p.fd, 1), 0);
	EXPECT_INT(socki_sys_getsockname(p.fd, sa, &n), 0);
	fd[1] = socki_sys_socket(AF_INET, SOCK_STREAM, 0);
	rc = socki_sys_connect(fd[1], sa, n);
	EXPECT(rc == 0 || rc == -EINPROGRESS);
	EXPECT_INT(socki_sys_poll(&p, 1, -1), 1);
	fd[0] = socki_sys_accept(p.fd, NULL, NULL);
	socki_sys_close(p.fd);
	return fd[0];
}

static int
make_epoll(int fd[2])
{
	return fd[0] = socki_sys_epoll_create();
}

static int
make_eventfd(int fd[2])
{
	return fd[0] = socki_sys_eventfd();
}

static int
make_file(int fd[2])
{
	return fd[0] = socki_sys_open("/dev/null", O_RDONLY, 0);
}

static int
make_pipe(int fd[2])
{
	return socki_sys_pipe(fd, 65536);
}

static const struct {
	const char *what;
	int (*make)(int fd[2]);
	bool nonblocking;
} makers[] = {
	{ "socket", make_socket, true },
	{ "socketpair", make_pair, true },
	{ "accept", make_accepted, true },
	{ "epoll", make_epoll, false },
	{ "eventfd", make_eventfd, true },
	{ "open", make_file, false },
	{ "pipe", make_pipe, true },
};

static void
look_at_flags(int fd, bool nonblocking)
{
	EXPECT(fd > STDERR_FILENO);
	EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	if (nonblocking)
		EXPECT((socki_sys_getfl(fd) & O_NONBLOCK) != 0);
	socki_sys_close(fd);
}

static void
every_descriptor_is_closed_on_exec(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(makers); i++) {
		int fd[2] = { -1, -1 };

		if (makers[i].make(fd) < 0)
			fail_msg("%s: %d", makers[i].what, fd[0]);
		look_at_flags(fd[0], makers[i].nonblocking);
		if (fd[1] >= 0)
			look_at_flags(fd[1], makers[i].nonblocking);
	}
	assert_aside();
}

/* The bits of arg say which of 0, 1 and 2 are closed. */
static void
make_without_standard_streams(void *arg)
{
	const int closed = *(int *)arg;
	int fd;
	size_t i;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (closed & 1 << fd)
			close(fd);
	for (i = 0; i < COUNT(makers); i++) {
		int made[2] = { -1, -1 };

		EXPECT(makers[i].make(made) >= 0);
		look_at_flags(made[0], makers[i].nonblocking);
		if (made[1] >= 0)
			look_at_flags(made[1], makers[i].nonblocking);
		for (fd = 0; fd <= STDERR_FILENO; fd++)
			if (closed & 1 << fd)
				EXPECT_INT(fcntl(fd, F_GETFD), -1);
	}
}

static void
no_descriptor_takes_the_place_of_a_standard_stream(void **state)
{
	int closed;

	(void)state;
	for (closed = 1; closed < 8; closed++)
		if (aside_child(make_without_standard_streams, &closed) != 0)
			fail_msg("with these closed: %#x", (unsigned)closed);
}

static void
no_room_above_the_standard_streams(void *arg)
{
	struct rlimit three = { 3, 3 };
	int fd[2];
	size_t i;

	(void)arg;
	for (i = 0; i <= 2; i++)
		close((int)i);
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &three), 0);
	for (i = 0; i < COUNT(makers); i++) {
		if (makers[i].make == make_accepted)
			continue;
		EXPECT_INT(makers[i].make(fd), -EMFILE);
		EXPECT_INT(fcntl(0, F_GETFD), -1);
		EXPECT_INT(fcntl(1, F_GETFD), -1);
	}
}

static void
without_room_above_them_there_is_an_error_and_no_descriptor(void **state)
{
	(void)state;
	if (RUNNING_ON_VALGRIND)
		ASIDE_SKIP("valgrind has descriptors of its own");
	assert_int_equal(aside_child(no_room_above_the_standard_streams, NULL),
	    0);
}

static _Atomic int signals_seen;
static _Atomic bool returned;
static int blocked_pipe[2], blocked_socket[2];

static void
count_signal(int number)
{
	(void)number;
	atomic_fetch_add(&signals_seen, 1);
}

static ssize_t
blocked_read(void)
{
	char c;

	return socki_sys_read(blocked_pipe[0], &c, 1);
}

static ssize_t
blocked_recv(void)
{
	char c;

	return socki_sys_recv(blocked_socket[0], &c, 1, 0);
}

static ssize_t
blocked_recvmsg(void)
{
	char c;
	struct iovec piece = { &c, 1 };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };

	return socki_sys_recvmsg(blocked_socket[0], &msg, 0);
}

static ssize_t
blocked_poll(void)
{
	return socki_sys_poll(NULL, 0, -1);
}

static ssize_t
blocked_epoll_wait(void)
{
	const int ep = socki_sys_epoll_create();
	struct epoll_event event;
	const ssize_t rc = socki_sys_epoll_wait(ep, &event, 1, -1);

	socki_sys_close(ep);
	return rc;
}

static void *
call_that_blocks(void *arg)
{
	ssize_t (**call)(void) = arg;
	const ssize_t rc = (*call)();

	atomic_store(&returned, true);
	return (void *)(intptr_t)rc;
}

/* Signals come until the call has seen some, then one byte. */
static ssize_t
interrupt(ssize_t (*call)(void), bool byte)
{
	pthread_t thread;
	void *rc;

	atomic_store(&signals_seen, 0);
	atomic_store(&returned, false);
	EXPECT_INT(pthread_create(&thread, NULL, call_that_blocks, &call), 0);
	while (!atomic_load(&returned)) {
		if (byte && atomic_load(&signals_seen) > 100) {
			EXPECT_INT(write(blocked_pipe[1], "x", 1), 1);
			EXPECT_INT(write(blocked_socket[1], "x", 1), 1);
			byte = false;
		}
		EXPECT_INT(pthread_kill(thread, SIGUSR1), 0);
		sched_yield();
	}
	EXPECT_INT(pthread_join(thread, &rc), 0);
	return (ssize_t)(intptr_t)rc;
}

static void
a_signal_interrupts_only_calls_with_a_deadline(void **state)
{
	const struct sigaction count = { .sa_handler = count_signal };

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &count, NULL), 0);
	assert_int_equal(pipe2(blocked_pipe, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, blocked_socket),
	    0);
	assert_int_equal(interrupt(blocked_read, true), 1);
	assert_int_equal(interrupt(blocked_recv, true), 1);
	assert_int_equal(interrupt(blocked_recvmsg, true), 1);
	assert_int_equal(interrupt(blocked_poll, false), -EINTR);
	assert_int_equal(interrupt(blocked_epoll_wait, false), -EINTR);
	assert_true(signals_seen > 0);
	(void)signal(SIGUSR1, SIG_DFL);
	close(blocked_pipe[0]);
	close(blocked_pipe[1]);
	close(blocked_socket[0]);
	close(blocked_socket[1]);
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_descriptor_is_closed_on_exec),
		cmocka_unit_test(
		    no_descriptor_takes_the_place_of_a_standard_stream),
		cmocka_unit_test(
		    without_room_above_them_there_is_an_error_and_no_descriptor),
		cmocka_unit_test(
		    a_signal_interrupts_only_calls_with_a_deadline),
	};

	return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
