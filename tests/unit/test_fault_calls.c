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

static int
call_about_process(enum socki_call which)
{
	const int none = 0;

	switch (which) {
	case SOCKI_CALL_signalfd:
		return socki_sys_signalfd(&none, 0);
	case SOCKI_CALL_chroot:
		return socki_sys_chroot("");
	case SOCKI_CALL_chdir:
		return socki_sys_chdir("");
	case SOCKI_CALL_setgroups:
		return socki_sys_setgroups(NULL, SIZE_MAX);
	case SOCKI_CALL_setresgid:
		return socki_sys_setresgid((gid_t)-1);
	case SOCKI_CALL_setresuid:
		return socki_sys_setresuid((uid_t)-1);
	case SOCKI_CALL_fork:
		return (int)socki_sys_fork();
	case SOCKI_CALL_pidfd:
		return socki_sys_pidfd(-2);
	case SOCKI_CALL_capset:
		return socki_sys_capset_none();
	default:
		return 0;
	}
}

/* Each system call under its own name, with arguments that it refuses. */
static int
call_other(enum socki_call which)
{
	struct epoll_event event;
	struct stat st;
	struct pollfd p = { -1, 0, 0 };
	int value = 0, fds[2];
	void *map;

	switch (which) {
	case SOCKI_CALL_open:
		return socki_sys_open("", O_RDONLY, 0);
	case SOCKI_CALL_read:
		return (int)socki_sys_read(-1, &value, 1);
	case SOCKI_CALL_getdents:
		return (int)socki_sys_getdents(-1, &value, 1);
	case SOCKI_CALL_readlink:
		return (int)socki_sys_readlinkat(-1, "", NULL, 0);
	case SOCKI_CALL_write:
		return (int)socki_sys_write(-1, &value, 1);
	case SOCKI_CALL_pread:
		return (int)socki_sys_pread(-1, &value, 1, 0);
	case SOCKI_CALL_lseek:
		return (int)socki_sys_lseek(-1, 0, SEEK_CUR);
	case SOCKI_CALL_sendfile:
		return (int)socki_sys_sendfile(-1, -1, 0, 1);
	case SOCKI_CALL_splice:
		return (int)socki_sys_splice(-1, -1, 1);
	case SOCKI_CALL_pipe2:
		return socki_sys_pipe(fds, 65536);
	case SOCKI_CALL_fcntl:
		return socki_sys_getfl(-1);
	case SOCKI_CALL_stat:
		return socki_sys_fstat(-1, &st);
	case SOCKI_CALL_fchmod:
		return socki_sys_fchmod(-1, 0);
	case SOCKI_CALL_unlink:
		return socki_sys_unlink("");
	case SOCKI_CALL_flock:
		return socki_sys_flock(-1, LOCK_SH);
	case SOCKI_CALL_ioctl:
		return socki_sys_ioctl_int(-1, 0, &value);
	case SOCKI_CALL_poll:
		return socki_sys_poll(&p, 1, 0);
	case SOCKI_CALL_epoll_create:
		return socki_sys_epoll_create();
	case SOCKI_CALL_epoll_ctl:
		return socki_sys_epoll_ctl(-1, 0, -1, 0, 0);
	case SOCKI_CALL_epoll_wait:
		return socki_sys_epoll_wait(-1, &event, 1, 0);
	case SOCKI_CALL_eventfd:
		return socki_sys_eventfd();
	case SOCKI_CALL_mmap:
		return socki_sys_map(&map, 4096);
	case SOCKI_CALL_madvise:
		return socki_sys_guard(NULL, 1);
	case SOCKI_CALL_thread:
		return socki_sys_thread(NULL, NULL, 0);
	case SOCKI_CALL_alloc:
		return socki_alloc(1) == NULL ? -EPROTO : 0;
	case SOCKI_CALL_close: /* it fails in vain */
		return -EPROTO;
	default:
		return call_about_process(which);
	}
}

static int
call_with_addresses(enum socki_call which)
{
	struct mmsghdr several;
	int value = 0;

	switch (which) {
	case SOCKI_CALL_recvfrom:
		return (int)socki_sys_recvfrom(-1, &value, 1, 0, NULL, NULL);
	case SOCKI_CALL_recvmmsg:
		return socki_sys_recvmmsg(-1, &several, 1, 0);
	case SOCKI_CALL_sendto:
		return (int)socki_sys_sendto(-1, &value, 1, 0, NULL, 0);
	case SOCKI_CALL_sendmmsg:
		return socki_sys_sendmmsg(-1, &several, 1, 0);
	default:
		return call_other(which);
	}
}

static int
call(enum socki_call which)
{
	struct msghdr msg = { .msg_iov = NULL };
	int fds[2], value = 0;
	socklen_t n = sizeof value;

	switch (which) {
	case SOCKI_CALL_socket:
		return socki_sys_socket(-1, -1, -1);
	case SOCKI_CALL_socketpair:
		return socki_sys_socketpair(-1, fds);
	case SOCKI_CALL_bind:
		return socki_sys_bind(-1, NULL, 0);
	case SOCKI_CALL_listen:
		return socki_sys_listen(-1, 1);
	case SOCKI_CALL_accept4:
		return socki_sys_accept(-1, NULL, NULL);
	case SOCKI_CALL_connect:
		return socki_sys_connect(-1, NULL, 0);
	case SOCKI_CALL_getsockname:
		return socki_sys_getsockname(-1, NULL, NULL);
	case SOCKI_CALL_getpeername:
		return socki_sys_getpeername(-1, NULL, NULL);
	case SOCKI_CALL_getsockopt:
		return socki_sys_getsockopt(-1, 0, 0, &value, &n);
	case SOCKI_CALL_setsockopt:
		return socki_sys_setsockopt(-1, 0, 0, &value, n);
	case SOCKI_CALL_shutdown:
		return socki_sys_shutdown(-1, 0);
	case SOCKI_CALL_recv:
		return (int)socki_sys_recv(-1, &value, 1, 0);
	case SOCKI_CALL_recvmsg:
		return (int)socki_sys_recvmsg(-1, &msg, 0);
	case SOCKI_CALL_send:
		return (int)socki_sys_send(-1, &value, 1, 0);
	case SOCKI_CALL_sendmsg:
		return (int)socki_sys_sendmsg(-1, &msg, 0);
	default:
		return call_with_addresses(which);
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
