/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sock/info.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.h"

/* Descriptors and credentials over UNIX streams. */

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	    x.st_dev == y.st_dev;
}

static void
descriptors_come_with_their_bytes(struct flow *f)
{
	int sent[2], got[4];
	char buf[5];

	SAME(pipe2(sent, O_CLOEXEC), 0);
	SAME(sock_send_fds(f->a, sent, 2, "hello", 5, soon()), 0);
	SAME(sock_receive_fds(f->b, got, 4, buf, 5, soon()), 2);
	WANT(memcmp(buf, "hello", 5) == 0);
	WANT(same_file(sent[0], got[0]) && same_file(sent[1], got[1]));
	SAME(got[2], -1);
	SAME(got[3], -1);
	SAME(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	close(sent[0]);
	close(sent[1]);
	close(got[0]);
	close(got[1]);
}

static void
descriptors_of_several_messages_add_up(struct flow *f)
{
	int sent[2], got[2];
	char buf[4];

	SAME(pipe2(sent, O_CLOEXEC), 0);
	SAME(sock_send_fds(f->a, &sent[0], 1, "ab", 2, soon()), 0);
	SAME(sock_send_fds(f->a, &sent[1], 1, "cd", 2, soon()), 0);
	SAME(sock_receive_fds(f->b, got, 2, buf, 4, soon()), 2);
	WANT(memcmp(buf, "abcd", 4) == 0);
	WANT(same_file(sent[0], got[0]) && same_file(sent[1], got[1]));
	close(sent[0]);
	close(sent[1]);
	close(got[0]);
	close(got[1]);
}

/* A thread's first wait makes its wake-up, which is no leak. */
static int
descriptors_after_a_wait(sock_t s)
{
	char byte;

	(void)sock_read(s, &byte, 1, sock_in(1));
	return open_descriptors();
}

/* Padding of the control message gives more than was asked room for. */
static void
more_than_there_is_room_for_are_closed(struct flow *f)
{
	const int sent[3] = { 0, 1, 2 };
	const int before = descriptors_after_a_wait(f->b);
	int got[2], room;
	char byte;

	for (room = 0; room < 3; room++) {
		SAME(sock_send_fds(f->a, sent, 3, "x", 1, soon()), 0);
		SAME(sock_receive_fds(f->b, got, room < 2 ? room : 2, &byte, 1,
			 soon()),
		    SOCK_ETOOBIG);
		SAME(open_descriptors(), before);
	}
	if (room > 0)
		SAME(got[0], -1);
	/* The stream goes on. */
	SAME(sock_write(f->a, "y", 1, soon()), 0);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(byte, 'y');
}

/* The kernel gives as many as it may, and says that it cut. */
static void
without_room_for_descriptors_none_is_kept(struct flow *f)
{
	const int sent[3] = { 0, 1, 2 };
	const int before = descriptors_after_a_wait(f->b);
	struct rlimit usual, few;
	int got[4], i, next, rc;
	char bytes[2];

	if (under_valgrind()) /* which keeps limits from the kernel */
		return;
	SAME(getrlimit(RLIMIT_NOFILE, &usual), 0);
	few = usual;
	for (i = 0; i < 3; i++) {
		SAME(sock_send_fds(f->a, sent, 3, "xy", 2, soon()), 0);
		next = dup(0);
		close(next);
		few.rlim_cur = (rlim_t)next + (rlim_t)i;
		SAME(setrlimit(RLIMIT_NOFILE, &few), 0);
		rc = sock_receive_fds(f->b, got, 4, bytes, 2, soon());
		SAME(setrlimit(RLIMIT_NOFILE, &usual), 0);
		SAME(rc, -EMFILE);
		WANT(memcmp(bytes, "xy", 2) == 0);
		SAME(got[0], -1);
		SAME(open_descriptors(), before);
	}
	/* The stream goes on. */
	SAME(sock_send_fds(f->a, sent, 3, "x", 1, soon()), 0);
	SAME(sock_receive_fds(f->b, got, 4, bytes, 1, soon()), 3);
	for (i = 0; i < 3; i++)
		close(got[i]);
}

static void
what_comes_before_a_failure_is_closed(struct flow *f)
{
	const int before = descriptors_after_a_wait(f->b), sent = 0;
	char buf[8];
	int got;

	SAME(sock_send_fds(f->a, &sent, 1, "half", 4, soon()), 0);
	SAME(sock_receive_fds(f->b, &got, 1, buf, 8, sock_in(20)), -ETIMEDOUT);
	SAME(got, -1);
	SAME(open_descriptors(), before);

	SAME(sock_send_fds(f->a, &sent, 1, "half", 4, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_receive_fds(f->b, &got, 1, buf, 8, soon()), SOCK_EEOF);
	SAME(got, -1);
	SAME(open_descriptors(), before);
}

/* recv(2) stops short where descriptors lie: more bytes may be behind them. */
static void
plain_reads_drop_descriptors_and_lose_no_bytes(struct flow *f)
{
	const int before = descriptors_after_a_wait(f->b), sent = 0;
	char buf[16];

	SAME(sock_send_fds(f->a, &sent, 1, "one", 3, soon()), 0);
	SAME(sock_send_fds(f->a, &sent, 1, "two", 3, soon()), 0);
	SAME(sock_write(f->a, "end", 3, soon()), 0);
	SAME(sock_read_full(f->b, buf, 9, soon()), 9);
	WANT(memcmp(buf, "onetwoend", 9) == 0);
	SAME(open_descriptors(), before);
}

static void
a_bad_descriptor_spoils_nothing(struct flow *f)
{
	const int bad = 19999;
	char byte;

	SAME(sock_send_fds(f->a, &bad, 1, "x", 1, soon()), -EBADF);
	SAME(sock_write(f->a, "y", 1, soon()), 0);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(byte, 'y');
}

static void
as_many_as_the_kernel_takes_come_at_once(struct flow *f)
{
	int sent[SOCK_FDS_MAX], got[SOCK_FDS_MAX], i;
	char byte;

	for (i = 0; i < SOCK_FDS_MAX; i++)
		sent[i] = 2;
	SAME(sock_send_fds(f->a, sent, SOCK_FDS_MAX, "x", 1, soon()), 0);
	SAME(sock_receive_fds(f->b, got, SOCK_FDS_MAX, &byte, 1, soon()),
	    SOCK_FDS_MAX);
	for (i = 0; i < SOCK_FDS_MAX; i++)
		SAME(close(got[i]), 0);
}

#define LARGE 50000

static void
send_large(void *arg)
{
	const sock_t s = *(const sock_t *)arg;
	unsigned char block[LARGE];
	const int fd = 2;

	traffic_fill(block, LARGE, 0, 4);
	SAME(sock_send_fds(s, &fd, 1, block, LARGE, soon()), 0);
}

/* More than the kernel takes at once: they go with the first part alone. */
static void
a_large_message_brings_them_once(struct flow *f)
{
	unsigned char block[LARGE];
	int got[2];

	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	flow_start(f, send_large, &f->a);
	SAME(sock_receive_fds(f->b, got, 2, block, LARGE, soon()), 1);
	flow_join(f);
	SAME(traffic_same(block, LARGE, 0, 4), LARGE);
	SAME(close(got[0]), 0);
}

static void
what_makes_no_sense_is_refused(struct flow *f)
{
	const void *view;
	int fds[SOCK_FDS_MAX + 1] = { 0 };
	char buf[4];

	SAME(sock_send_fds(f->a, fds, 1, "", 0, soon()), SOCK_EUSAGE);
	SAME(sock_send_fds(f->a, fds, -1, "x", 1, soon()), SOCK_EUSAGE);
	SAME(sock_send_fds(f->a, fds, SOCK_FDS_MAX + 1, "x", 1, soon()),
	    SOCK_EUSAGE);
	SAME(sock_send_fds(f->a, fds, 1, "x", 1, SOCK_NOWAIT), SOCK_EUSAGE);
	SAME(sock_receive_fds(f->b, fds, 1, buf, 0, soon()), SOCK_EUSAGE);
	SAME(sock_receive_fds(f->b, fds, -1, buf, 1, soon()), SOCK_EUSAGE);
	SAME(sock_receive_fds(f->b, fds, 1, buf, 1, SOCK_NOWAIT), SOCK_EUSAGE);
	SAME(sock_write(f->a, "ab", 2, soon()), 0);
	SAME(sock_peek(f->b, &view, 2, soon()), 2);
	SAME(sock_receive_fds(f->b, fds, 1, buf, 1, soon()), SOCK_EUSAGE);
}

static void
other_streams_carry_none(struct flow *f)
{
	struct sock_credentials who = { .size = sizeof who };
	int fd = 0;
	char byte;

	SAME(sock_send_fds(f->a, &fd, 1, "x", 1, soon()), SOCK_EUSAGE);
	SAME(sock_receive_fds(f->b, &fd, 1, &byte, 1, soon()), SOCK_EUSAGE);
	if (f->transport->kind == OVER_TCP)
		SAME(sock_peer_credentials(f->a, &who), SOCK_EUSAGE);
}

static void
the_peer_is_who_connected(struct flow *f)
{
	struct sock_credentials who = { .size = sizeof who };
	const sock_t ends[] = { f->a, f->b };
	int i;

	for (i = 0; i < 2; i++) {
		SAME(sock_peer_credentials(ends[i], &who), 0);
		SAME(who.pid, getpid());
		SAME(who.uid, geteuid());
		SAME(who.gid, getegid());
	}
	who.size = 0;
	SAME(sock_peer_credentials(f->a, &who), SOCK_EUSAGE);
}

/* In a process of its own: the limit is of the user, and of the process. */
static int
send_until_refused(void)
{
	const struct rlimit few = { 64, 64 };
	int fds[32] = { 0 }, i, rc = 0;
	sock_t p[2];

	if (sock_pair(p) < 0 || setrlimit(RLIMIT_NOFILE, &few) < 0 ||
	    (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0))
		return 2;
	for (i = 0; i < 1000 && rc == 0; i++)
		rc = sock_send_fds(p[0], fds, 32, "x", 1, sock_in(2000));
	return rc == -ETOOMANYREFS ? 0 : 1;
}

static void
too_many_in_flight_are_an_error(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (unlucky()) {
		print_message("SKIP: a call that fails at random hides it\n");
		skip();
	}
	if (under_valgrind()) {
		print_message("SKIP: valgrind keeps limits from the kernel\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(send_until_refused());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(descriptors_come_with_their_bytes,
		    OVER_UNIX | OVER_PAIR),
		FLOW_TEST(descriptors_of_several_messages_add_up, OVER_PAIR),
		FLOW_TEST(more_than_there_is_room_for_are_closed, OVER_PAIR),
		FLOW_TEST(without_room_for_descriptors_none_is_kept, OVER_PAIR),
		FLOW_TEST(what_comes_before_a_failure_is_closed, OVER_PAIR),
		FLOW_TEST(plain_reads_drop_descriptors_and_lose_no_bytes,
		    OVER_UNIX | OVER_PAIR),
		FLOW_TEST(a_bad_descriptor_spoils_nothing, OVER_PAIR),
		FLOW_TEST(as_many_as_the_kernel_takes_come_at_once, OVER_PAIR),
		FLOW_TEST(a_large_message_brings_them_once,
		    OVER_UNIX | OVER_PAIR),
		FLOW_TEST(what_makes_no_sense_is_refused, OVER_PAIR),
		FLOW_TEST(other_streams_carry_none, OVER_TCP | OVER_LAYERS),
		FLOW_TEST(the_peer_is_who_connected, OVER_UNIX | OVER_PAIR),
		cmocka_unit_test(too_many_in_flight_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
