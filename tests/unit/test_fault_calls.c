/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "aside.h"
#include "base/memory.h"
#include "sys/fault.h"
#include "sys/sys.h"

#ifdef SOCK_FAULTS

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
no_more_faults(void **state)
{
	(void)state;
	return socki_fault_set(NULL, 1);
}

/* Each system call under its own name, with arguments that it refuses. */
#define CALLS(X) \
	X(signalfd, socki_sys_signalfd(&none, 0)) \
	X(chroot, socki_sys_chroot("")) \
	X(chdir, socki_sys_chdir("")) \
	X(setgroups, socki_sys_setgroups(NULL, SIZE_MAX)) \
	X(setresgid, socki_sys_setresgid((gid_t)-1)) \
	X(setresuid, socki_sys_setresuid((uid_t)-1)) \
	X(fork, socki_sys_fork()) \
	X(pidfd, socki_sys_pidfd(-2)) \
	X(capset, socki_sys_capset_none()) \
	X(open, socki_sys_open("", O_RDONLY, 0)) \
	X(read, socki_sys_read(-1, &value, 1)) \
	X(getdents, socki_sys_getdents(-1, &value, 1)) \
	X(readlink, socki_sys_readlinkat(-1, "", NULL, 0)) \
	X(write, socki_sys_write(-1, &value, 1)) \
	X(pread, socki_sys_pread(-1, &value, 1, 0)) \
	X(lseek, socki_sys_lseek(-1, 0, SEEK_CUR)) \
	X(sendfile, socki_sys_sendfile(-1, -1, 0, 1)) \
	X(splice, socki_sys_splice(-1, -1, 1)) \
	X(pipe2, socki_sys_pipe(fds, 65536)) \
	X(fcntl, socki_sys_getfl(-1)) \
	X(stat, socki_sys_fstat(-1, &st)) \
	X(fchmod, socki_sys_fchmod(-1, 0)) \
	X(unlink, socki_sys_unlink("")) \
	X(flock, socki_sys_flock(-1, LOCK_SH)) \
	X(ioctl, socki_sys_ioctl_int(-1, 0, &value)) \
	X(poll, socki_sys_poll(&p, 1, 0)) \
	X(futex, socki_sys_futex_wait(&word, 1, 0)) \
	X(epoll_create, socki_sys_epoll_create()) \
	X(epoll_ctl, socki_sys_epoll_ctl(-1, 0, -1, 0, 0)) \
	X(epoll_wait, socki_sys_epoll_wait(-1, &event, 1, 0)) \
	X(eventfd, socki_sys_eventfd()) \
	X(mmap, socki_sys_map(&map, 4096)) \
	X(madvise, socki_sys_guard(NULL, 1, false)) \
	X(thread, socki_sys_thread(NULL, NULL, 0)) \
	X(alloc, socki_alloc(1) == NULL ? -EPROTO : 0) \
	X(close, -EPROTO /* it fails in vain */) \
	X(recvfrom, socki_sys_recvfrom(-1, &value, 1, 0, NULL, NULL)) \
	X(recvmmsg, socki_sys_recvmmsg(-1, &several, 1, 0)) \
	X(sendto, socki_sys_sendto(-1, &value, 1, 0, NULL, 0)) \
	X(sendmmsg, socki_sys_sendmmsg(-1, &several, 1, 0)) \
	X(socket, socki_sys_socket(-1, -1, -1)) \
	X(socketpair, socki_sys_socketpair(-1, fds)) \
	X(bind, socki_sys_bind(-1, NULL, 0)) \
	X(listen, socki_sys_listen(-1, 1)) \
	X(accept4, socki_sys_accept(-1, NULL, NULL)) \
	X(connect, socki_sys_connect(-1, NULL, 0)) \
	X(getsockname, socki_sys_getsockname(-1, NULL, NULL)) \
	X(getpeername, socki_sys_getpeername(-1, NULL, NULL)) \
	X(getsockopt, socki_sys_getsockopt(-1, 0, 0, &value, &n)) \
	X(setsockopt, socki_sys_setsockopt(-1, 0, 0, &value, n)) \
	X(shutdown, socki_sys_shutdown(-1, 0)) \
	X(recv, socki_sys_recv(-1, &value, 1, 0)) \
	X(recvmsg, socki_sys_recvmsg(-1, &msg, 0)) \
	X(send, socki_sys_send(-1, &value, 1, 0)) \
	X(sendmsg, socki_sys_sendmsg(-1, &msg, 0))

static int
call(enum socki_call which)
{
	const int none = 0;
	struct mmsghdr several;
	struct msghdr msg = { .msg_iov = NULL };
	struct epoll_event event;
	struct stat st;
	struct pollfd p = { -1, 0, 0 };
	int fds[2], value = 0;
	socklen_t n = sizeof value;
	_Atomic int word = 0;
	void *map;

	switch (which) {
#define CASE(name, made) \
	case SOCKI_CALL_##name: \
		return (int)(made);
		CALLS(CASE)
#undef CASE
	default:
		return 0;
	}
}

static void
every_call_can_be_made_to_fail_without_touching_errno(void **state)
{
	static const char *const names[] = {
#define NAME(name) #name,
		SOCKI_CALLS(NAME)
#undef NAME
	};
	char text[64];
	int i;

	(void)state;
	for (i = 0; i < SOCKI_CALL_COUNT; i++) {
		(void)snprintf(text, sizeof text, "%s:EPROTO@1", names[i]);
		assert_int_equal(socki_fault_set(text, 1), 0);
		errno = 4711;
		if (call((enum socki_call)i) != -EPROTO)
			fail_msg("%s does not fail", names[i]);
		assert_int_equal(errno, 4711);
	}
}

static void
an_interrupted_call_is_made_again_or_told_as_is_right(void **state)
{
	static const struct {
		enum socki_call call;
		const char *text;
		int rc;
		unsigned count;
	} rows[] = {
		{ SOCKI_CALL_recv, "recv:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_recvmsg, "recvmsg:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_send, "send:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_sendmsg, "sendmsg:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_read, "read:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_write, "write:EINTR@1", -EBADF, 2 },
		/* A fast open whose SYN took nothing along. */
		{ SOCKI_CALL_send, "send:EINPROGRESS@1", -EAGAIN, 1 },
		{ SOCKI_CALL_sendmsg, "sendmsg:EINPROGRESS@1", -EAGAIN, 1 },
		{ SOCKI_CALL_sendfile, "sendfile:EINPROGRESS@1", -EAGAIN, 1 },
		{ SOCKI_CALL_splice, "splice:EINPROGRESS@1", -EAGAIN, 1 },
		{ SOCKI_CALL_pread, "pread:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_sendfile, "sendfile:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_splice, "splice:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_accept4, "accept4:EINTR@1", -EBADF, 2 },
		{ SOCKI_CALL_open, "open:EINTR@1", -ENOENT, 2 },
		{ SOCKI_CALL_flock, "flock:EINTR@1", -EBADF, 2 },
		/* It goes on, and is the kernel's then. */
		{ SOCKI_CALL_connect, "connect:EINTR@1", -EBADF, 1 },
		{ SOCKI_CALL_poll, "poll:EINTR@1", -EINTR, 1 },
		{ SOCKI_CALL_futex, "futex:EINTR@1", -EINTR, 1 },
		{ SOCKI_CALL_epoll_wait, "epoll_wait:EINTR@1", -EINTR, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int rc;

		assert_int_equal(socki_fault_set(rows[i].text, 1), 0);
		rc = call(rows[i].call);
		if (rc != rows[i].rc)
			fail_msg("%s: %d", rows[i].text, rc);
		assert_int_equal(socki_fault_count(rows[i].call),
		    rows[i].count);
	}
}

static void
a_close_that_fails_closes_once_and_is_not_made_again(void **state)
{
	static const char *const texts[] = { "close:EINTR@1", "close:EIO@1+" };
	int fd;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		fd = socki_sys_eventfd();
		assert_true(fd > 2);
		assert_int_equal(socki_fault_set(texts[i], 1), 0);
		errno = 4711;
		socki_sys_close(fd);
		assert_int_equal(errno, 4711);
		assert_int_equal(socki_fault_count(SOCKI_CALL_close), 1);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
		assert_int_equal(errno, EBADF);
	}
}

static void
short_calls_move_no_more_than_the_bound(void **state)
{
	char in[16] = "", out[] = "abcdefgh";
	struct iovec pieces[2] = { { out, 4 }, { out + 4, 4 } };
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = 2 };
	int fd[2];

	(void)state;
	assert_int_equal(socki_sys_socketpair(SOCK_STREAM, fd), 0);
	assert_int_equal(socki_fault_set("send:max=5,recv:max=3,read:max=2,"
					 "write:max=1,sendmsg:max=3,"
					 "recvmsg:max=1",
			     1),
	    0);
	assert_int_equal(socki_sys_send(fd[0], out, 8, 0), 5);
	assert_int_equal(socki_sys_send(fd[0], out + 5, 3, 0), 3);
	assert_int_equal(socki_sys_recv(fd[1], in, 8, 0), 3);
	assert_int_equal(socki_sys_read(fd[1], in + 3, 5), 2);
	assert_int_equal(socki_sys_recv(fd[1], in + 5, 8, 0), 3);
	assert_string_equal(in, out);
	assert_int_equal(socki_sys_write(fd[0], out, 8), 1);
	assert_int_equal(socki_sys_sendmsg(fd[0], &msg, 0), 3);
	assert_int_equal(msg.msg_iovlen, 2);
	assert_int_equal(pieces[0].iov_len, 4);
	pieces[0].iov_base = in;
	assert_int_equal(socki_sys_recvmsg(fd[1], &msg, 0), 1);
	assert_int_equal(socki_sys_recv(fd[1], in, 8, 0), 3);
	assert_memory_equal(in, "abc", 3);
	socki_sys_close(fd[0]);
	socki_sys_close(fd[1]);
}

static void
a_worker_that_cannot_start_leaves_nothing_and_may_later(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
		{ "thread:EAGAIN@1", -EAGAIN },
		{ "epoll_create:EMFILE@1", -EMFILE },
		{ "eventfd:ENFILE@1", -ENFILE },
		{ "epoll_ctl:ENOMEM@1", -ENOMEM },
		{ "mmap:ENOMEM@1", -ENOMEM },
		{ "alloc:ENOMEM@1", -ENOMEM },
	};
	struct sock_group *g = sock_group_new();
	const int before = aside_open();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows) && SOCKI_SWITCH; i++) {
		assert_int_equal(socki_fault_set(rows[i].text, 1), 0);
		if (sock_go(g, aside_nothing, NULL) != rows[i].rc)
			fail_msg("%s: %s", rows[i].text, sock_errmsg());
		if (i < 4) /* from then on the worker is there */
			assert_int_equal(aside_open(), before);
	}
	assert_int_equal(socki_fault_set(NULL, 1), 0);
	assert_int_equal(sock_go(g, aside_nothing, NULL), 0);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_call_can_be_made_to_fail_without_touching_errno),
		cmocka_unit_test(
		    an_interrupted_call_is_made_again_or_told_as_is_right),
		cmocka_unit_test(
		    a_close_that_fails_closes_once_and_is_not_made_again),
		cmocka_unit_test(short_calls_move_no_more_than_the_bound),
		cmocka_unit_test(
		    a_worker_that_cannot_start_leaves_nothing_and_may_later),
	};

	return cmocka_run_group_tests_name("fault_calls", tests, NULL,
	    no_more_faults);
}

#else

int
main(void)
{
	puts("SKIP: built without SOCK_FAULTS");
	return 77;
}

#endif
