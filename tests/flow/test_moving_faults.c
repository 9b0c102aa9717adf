/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#ifdef SOCK_FAULTS

#include "flow_test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "socket/pipe.h"
#include "sys/fault.h"
#include "traffic.h"

#define SEED 3

static void
what_the_kernel_does_not_do_is_copied(struct flow *f)
{
	static const char *const faults[] = { "sendfile:EINVAL@1+",
		"sendfile:ENOSYS@1+", "sendfile:EINVAL@2+",
		"sendfile:ENOSYS@2+,pread:max=100", "sendfile:max=1000" };
	struct direction in = { f->b, SEED, 300000, 8192, false, 0 };
	const int fd = traffic_file(in.total, SEED);
	size_t i;

	for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		SAME(socki_fault_set(faults[i], 1), 0);
		flow_start(f, traffic_read, &in);
		SAME(sock_send_file(f->a, fd, 0, -1, soon()),
		    (int64_t)in.total);
		flow_join(f);
	}
	SAME(socki_fault_set(NULL, 1), 0);
	SAME(close(fd), 0);
}

static void
a_file_that_fails_at_once_spoils_nothing(struct flow *f)
{
	static const char *const faults[] = { "sendfile:EIO@1,pread:EIO@1",
		"sendfile:EINVAL@1,pread:EIO@1",
		"sendfile:EINVAL@1,alloc:ENOMEM@1+", "stat:EIO@1",
		"lseek:EIO@1" };
	const int fd = traffic_file(10, SEED);
	char byte;
	size_t i;

	traffic_greet(f);
	for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		int64_t rc;

		SAME(socki_fault_set(faults[i], 1), 0);
		rc = sock_send_file(f->a, fd, -1, -1, soon());
		SAME(socki_fault_set(NULL, 1), 0);
		if (i == 2 && rc == 10)
			continue; /* a buffer was left over */
		SAME(rc, i == 2 ? -ENOMEM : -EIO);
		SAME(sock_send_file(f->a, fd, 0, 1, soon()), 1);
		SAME(sock_read(f->b, &byte, 1, soon()), 1);
	}
	SAME(close(fd), 0);
}

static void
a_file_that_fails_in_the_middle_ends_writing(struct flow *f)
{
	const int fd = traffic_file(10, SEED);

	traffic_greet(f);
	SAME(socki_fault_set("sendfile:max=1,sendfile:EIO@2,pread:EIO@1", 1),
	    0);
	SAME(sock_send_file(f->a, fd, 0, -1, soon()), -EIO);
	SAME(socki_fault_set(NULL, 1), 0);
	SAME(sock_write(f->a, "x", 1, soon()), -EIO);
	SAME(close(fd), 0);
}

static void
a_stream_that_fails_at_once_has_ended(struct flow *f)
{
	const int fd = traffic_file(10, SEED);

	traffic_greet(f);
	SAME(socki_fault_set("sendfile:ECONNRESET@1", 1), 0);
	SAME(sock_send_file(f->a, fd, 0, -1, soon()), -ECONNRESET);
	SAME(socki_fault_set(NULL, 1), 0);
	SAME(sock_write(f->a, "x", 1, soon()), -ECONNRESET);
	SAME(close(fd), 0);
}

/* All that a writer sends to f->a, into a stream that somebody reads. */
static int64_t
copy_flood(struct flow *f, size_t total, const char *fault)
{
	struct direction in = { f->a, SEED, total, 50000, false, 0 };
	struct direction out = in;
	int64_t rc = -EBADF;
	sock_t to[2];

	if (transport_open(f->transport, to) < 0 ||
	    socki_fault_set(fault, 1) < 0)
		return rc;
	out.sock = to[1];
	flow_start(f, traffic_write, &in);
	flow_start(f, traffic_read, &out);
	rc = sock_copy(to[0], f->b, (int64_t)total, soon());
	flow_join(f);
	(void)sock_close(to[0]);
	(void)sock_close(to[1]);
	return socki_fault_set(NULL, 1) < 0 ? -EBADF : rc;
}

static void
what_the_kernel_does_not_splice_is_copied(struct flow *f)
{
	static const char *const faults[] = { "splice:EINVAL@1+",
		"splice:ENOSYS@2+", "splice:EINVAL@3+", "splice:EINVAL@4",
		"splice:ENOSYS@5+,read:max=1000", "pipe2:EMFILE@1+",
		"fcntl:EMFILE@1+", "splice:max=5000", "splice:EAGAIN:50%" };
	const size_t total = 400000;
	size_t i;

	for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		socki_pipe_drop_spares();
		if (copy_flood(f, total, faults[i]) != (int64_t)total)
			flow_fail(__FILE__, __LINE__, "%s", faults[i]);
	}
}

/* Takes what fits, so that there is much at once. */
static ssize_t
fill_up(sock_t s)
{
	static const char zeros[200000];

	return sock_write_some(s, zeros, sizeof zeros, soon());
}

static void
what_cannot_be_kept_ends_reading(struct flow *f)
{
	sock_t from[2], to[2];
	int64_t rc;

	SAME(transport_open(f->transport, from), 0);
	SAME(transport_open(f->transport, to), 0);
	WANT(fill_up(from[0]) > 100000);
	SAME(socki_fault_set("splice:EINVAL@2,read:EIO@1", 1), 0);
	rc = sock_copy(to[0], from[1], -1, soon());
	SAME(socki_fault_set(NULL, 1), 0);
	SAME(rc, -EIO);
	SAME(sock_copy(to[0], from[1], -1, soon()), -EIO);
	(void)sock_close(from[0]);
	(void)sock_close(from[1]);
	(void)sock_close(to[0]);
	(void)sock_close(to[1]);
}

static void
a_splice_that_fails_is_of_one_end(struct flow *f)
{
	static const struct {
		const char *fault, *op;
	} rows[] = { { "splice:ECONNRESET@1", "copy from" },
		{ "splice:ECONNRESET@2", "copy to" } };
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const bool reads = i == 0;
		sock_t from[2], to[2];
		char byte;

		SAME(transport_open(f->transport, from), 0);
		SAME(transport_open(f->transport, to), 0);
		WANT(fill_up(from[0]) > 100000);
		SAME(socki_fault_set(rows[i].fault, 1), 0);
		SAME(sock_copy(to[0], from[1], -1, soon()), -ECONNRESET);
		SAME(socki_fault_set(NULL, 1), 0);
		SAME(strcmp(sock_last_error()->op, rows[i].op), 0);
		SAME(sock_read(from[1], &byte, 1, soon()),
		    reads ? -ECONNRESET : 1);
		SAME(sock_write(to[0], "x", 1, soon()),
		    reads ? 0 : -ECONNRESET);
		(void)sock_close(from[0]);
		(void)sock_close(from[1]);
		(void)sock_close(to[0]);
		(void)sock_close(to[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(what_the_kernel_does_not_do_is_copied, OVER_BARE),
		FLOW_TEST(a_file_that_fails_at_once_spoils_nothing, OVER_BARE),
		FLOW_TEST(a_file_that_fails_in_the_middle_ends_writing,
		    OVER_BARE),
		FLOW_TEST(a_stream_that_fails_at_once_has_ended, OVER_BARE),
		FLOW_TEST(what_the_kernel_does_not_splice_is_copied, OVER_BARE),
		FLOW_TEST(what_cannot_be_kept_ends_reading, OVER_BARE),
		FLOW_TEST(a_splice_that_fails_is_of_one_end, OVER_BARE),
	};

	if (unlucky()) {
		printf("SKIP: SOCK_FAULT is set, and this sets its own\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int
main(void)
{
	printf("SKIP: built without SOCK_FAULTS\n");
	return 77;
}

#endif
