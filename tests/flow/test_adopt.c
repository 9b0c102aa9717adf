/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "traffic.h"

static void
adopt_pipe(struct flow *f, int flags)
{
	struct direction out = { 0, 1, fewer(200000), 5000, false, 0 }, in;
	int fd[2];
	char byte;

	SAME(pipe2(fd, flags), 0);
	in = out;
	in.sock = sock_adopt(fd[0]);
	out.sock = sock_adopt(fd[1]);
	WANT(in.sock > 0 && out.sock > 0);
	SAME(sock_fd(in.sock), fd[0]);
	SAME(sock_read(in.sock, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_read(in.sock, &byte, 1, sock_in(5)), -ETIMEDOUT);
	flow_start(f, traffic_write, &out);
	traffic_read(&in);
	flow_join(f);
	/* Other processes may share them. */
	SAME(fcntl(fd[0], F_GETFL) & O_NONBLOCK, flags & O_NONBLOCK);
	SAME(fcntl(fd[1], F_GETFL) & O_NONBLOCK, flags & O_NONBLOCK);
	SAME(sock_shut(out.sock, soon()), SOCK_EUSAGE);
	SAME(sock_close(out.sock), 0);
	SAME(sock_read(in.sock, &byte, 1, soon()), 0);
	SAME(sock_close(in.sock), 0);
}

static void
a_pipe_is_a_stream_each_way(struct flow *f)
{
	adopt_pipe(f, O_CLOEXEC | O_NONBLOCK);
}

static void
a_blocking_pipe_blocks_no_call(struct flow *f)
{
	adopt_pipe(f, O_CLOEXEC);
}

static void
a_pipe_is_a_stream_no_other_way(struct flow *f)
{
	const int flags[] = { O_CLOEXEC, O_CLOEXEC | O_NONBLOCK };
	const void *view;
	char buf[2];
	size_t i;

	(void)f;
	for (i = 0; i < 2; i++) {
		int fd[2];
		sock_t in, out;

		SAME(pipe2(fd, flags[i]), 0);
		in = sock_adopt(fd[0]);
		out = sock_adopt(fd[1]);
		SAME(sock_write(in, "x", 1, soon()), -EBADF);
		SAME(sock_write_some(in, "x", 1, SOCK_NOWAIT), -EBADF);
		SAME(sock_copy(in, in, 1, soon()), -EBADF);
		SAME(sock_read(out, buf, 1, soon()), -EBADF);
		SAME(sock_read_line(out, buf, 2, SOCK_NOWAIT), -EBADF);
		SAME(sock_peek(out, &view, 1, soon()), -EBADF);
		SAME(sock_write(out, "x", 1, soon()), 0);
		SAME(sock_read(in, buf, 1, soon()), 1);
		/* A mistake of the caller's, not of the stream's. */
		SAME(sock_close(in), 0);
		SAME(sock_close(out), 0);
	}
}

static void
a_full_blocking_pipe_keeps_the_deadline(struct flow *f)
{
	char block[4096] = "";
	int fd[2], rc;
	sock_t s;

	(void)f;
	SAME(pipe2(fd, O_CLOEXEC), 0);
	s = sock_adopt(fd[1]);
	do
		rc = sock_write(s, block, sizeof block, sock_in(5));
	while (rc == 0);
	SAME(rc, -ETIMEDOUT);
	WANT(sock_close(s) <= 0);
	SAME(close(fd[0]), 0);
}

static void
a_blocking_socket_blocks_no_call(struct flow *f)
{
	struct direction out = { 0, 1, fewer(200000), 5000, true, 0 }, in;
	int fd[2];
	char byte;

	SAME(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	in = out;
	in.sock = sock_adopt(fd[0]);
	out.sock = sock_adopt(fd[1]);
	SAME(sock_read(in.sock, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_read(in.sock, &byte, 1, sock_in(5)), -ETIMEDOUT);
	WANT(traffic_clog(in.sock) > 0);
	flow_start(f, traffic_write, &out);
	traffic_read(&in);
	flow_join(f);
	SAME(fcntl(fd[0], F_GETFL) & O_NONBLOCK, 0);
	SAME(sock_close(in.sock), 0);
	SAME(sock_close(out.sock), 0);
}

static int
open_terminal(int *master)
{
	struct termios t;
	int slave;

	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0)
		return -1;
	slave = open(ptsname(*master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &t) < 0)
		return -1;
	t.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(slave, TCSANOW, &t) < 0 ? -1 : slave;
}

/* The kernel hands on what a terminal writes when it finds the time. */
static ssize_t
read_line_of(int master, char *buf, size_t n)
{
	size_t have = 0;
	ssize_t rc = 1;

	while (rc > 0 && have < n && (have == 0 || buf[have - 1] != '\n')) {
		rc = read(master, buf + have, n - have);
		have += rc > 0 ? (size_t)rc : 0;
	}
	return rc < 0 ? rc : (ssize_t)have;
}

static void
a_terminal_gives_lines_and_goes_on_behind_an_end(struct flow *f)
{
	char buf[16];
	int master, slave = open_terminal(&master);
	sock_t s;

	(void)f;
	WANT(slave >= 0);
	s = sock_adopt(slave);
	SAME(sock_read(s, buf, sizeof buf, SOCK_NOWAIT), -EAGAIN);
	SAME(write(master, "one\ntwo\n", 8), 8);
	SAME(sock_read_line(s, buf, sizeof buf, soon()), 3);
	SAME(sock_read_line(s, buf, sizeof buf, soon()), 3);
	WANT(strcmp(buf, "two") == 0);
	SAME(write(master, "\004", 1), 1);
	SAME(sock_read(s, buf, sizeof buf, soon()), 0);
	SAME(write(master, "three\n", 6), 6);
	SAME(sock_read_line(s, buf, sizeof buf, soon()), 5);
	SAME(sock_printf(s, "%d\n", 7), 2);
	SAME(read_line_of(master, buf, sizeof buf), 3); /* with a CR */
	SAME(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	SAME(sock_close(s), 0);
	SAME(close(master), 0);
}

static void
a_file_is_always_ready(struct flow *f)
{
	char path[] = "/tmp/flow.XXXXXX", buf[16];
	const int fd = mkostemp(path, O_CLOEXEC);
	struct sock_event e;
	sock_t s;

	(void)f;
	WANT(fd >= 0);
	SAME(unlink(path), 0);
	s = sock_adopt(fd);
	e = (struct sock_event){ .sock = s, .want = SOCK_READABLE };
	SAME(sock_write(s, "one\ntwo", 7, soon()), 0);
	SAME(lseek(fd, 0, SEEK_SET), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(sock_read_line(s, buf, sizeof buf, soon()), 3);
	SAME(sock_read_line(s, buf, sizeof buf, soon()), 3);
	SAME(sock_read_line(s, buf, sizeof buf, soon()), SOCK_EEOF);
	SAME(sock_close(s), 0);
}

static void
what_is_no_socket_of_ours_is_left_to_the_caller(struct flow *f)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	const int sctp =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);

	if (sctp < 0 && f->kind == ALL_THREADS)
		print_message("SKIP: the kernel has no SCTP\n");
	if (sctp >= 0) {
		SAME(sock_adopt(sctp), SOCK_EUSAGE);
		SAME(close(sctp), 0);
	}
	SAME(sock_adopt(fd), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), ": a kind of socket that is not known"));
	SAME(fcntl(fd, F_GETFD), FD_CLOEXEC);
	SAME(close(fd), 0);
	SAME(sock_adopt(fd), -EBADF);
	SAME(sock_adopt(-1), -EBADF);
}

static void
an_adopted_listener_accepts(struct flow *f)
{
	const int fd = dup(sock_fd(f->l));
	const sock_t l = sock_adopt(fd);
	sock_t dialed, s;
	struct sock_addr addr;

	WANT(l > 0);
	SAME(sock_local(l, &addr), 0);
	dialed = sock_dial(f->address, .deadline = soon());
	s = sock_accept(l, soon());
	WANT(s > 0);
	SAME(sock_close(s), 0);
	SAME(sock_close(dialed), 0);
	SAME(sock_detach(l), fd);
	SAME(close(fd), 0);
}

static void
a_detached_descriptor_is_the_programs(struct flow *f)
{
	struct speech w = { f->a, "x", 1, 1, false };
	const int fd = sock_fd(f->b);
	char byte = 0;

	/* A wait, so that a worker watches it. */
	SAME(sock_read(f->b, &byte, 1, sock_in(5)), -ETIMEDOUT);
	SAME(sock_detach(f->b), fd);
	SAME(sock_fd(f->b), SOCK_ESTALE);
	SAME(sock_detach(f->b), SOCK_ESTALE);
	SAME(fcntl(fd, F_GETFD), FD_CLOEXEC);
	WANT((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	flow_start(f, traffic_say, &w);
	flow_join(f);
	f->b = sock_adopt(fd);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(byte, 'x');
}

static void
what_holds_more_than_a_descriptor_is_not_detached(struct flow *f)
{
	struct speech w = { f->a, "ab", 2, 2, false };
	const void *view;
	int fd;

	if (f->transport->layers > 0) {
		SAME(sock_detach(f->b), SOCK_EUSAGE);
		WANT(strstr(sock_errmsg(), ": it is not a descriptor alone"));
		return;
	}
	flow_start(f, traffic_say, &w);
	SAME(sock_peek(f->b, &view, 2, soon()), 2);
	flow_join(f);
	SAME(sock_detach(f->b), -EBUSY);
	SAME(sock_skip(f->b, 2), 0);
	fd = sock_detach(f->b);
	WANT(fd > 2);
	SAME(close(fd), 0);
}

static void
a_listener_of_one_descriptor_is_detached(struct flow *f)
{
	sock_t l = sock_listen("tcp:127.0.0.1:0");
	int fd = sock_fd(l);

	(void)f;
	SAME(sock_detach(l), fd);
	l = sock_adopt(fd);
	WANT(l > 0);
	SAME(sock_close(l), 0);
}

static void
a_listener_on_a_path_is_not_detached(struct flow *f)
{
	if (f->transport->kind == OVER_UNIX) {
		SAME(sock_detach(f->l), SOCK_EUSAGE);
		WANT(sock_fd(f->l) > 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIND_TEST(a_pipe_is_a_stream_each_way),
		KIND_TEST(a_blocking_pipe_blocks_no_call),
		KIND_TEST(a_pipe_is_a_stream_no_other_way),
		KIND_TEST(a_full_blocking_pipe_keeps_the_deadline),
		KIND_TEST(a_blocking_socket_blocks_no_call),
		KIND_TEST(a_terminal_gives_lines_and_goes_on_behind_an_end),
		KIND_TEST(a_file_is_always_ready),
		KIND_TEST(what_is_no_socket_of_ours_is_left_to_the_caller),
		LISTENER_TEST(an_adopted_listener_accepts),
		FLOW_TEST(a_detached_descriptor_is_the_programs, OVER_BARE),
		FLOW_TEST(what_holds_more_than_a_descriptor_is_not_detached,
		    OVER_ALL),
		KIND_TEST(a_listener_of_one_descriptor_is_detached),
		LISTENER_TEST(a_listener_on_a_path_is_not_detached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
