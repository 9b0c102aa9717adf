/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#ifdef SOCK_FAULTS

#include "flow_test.h"

#include <errno.h>
#include <unistd.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(what_the_kernel_does_not_do_is_copied, OVER_BARE),
		FLOW_TEST(a_file_that_fails_at_once_spoils_nothing, OVER_BARE),
		FLOW_TEST(a_file_that_fails_in_the_middle_ends_writing,
		    OVER_BARE),
		FLOW_TEST(a_stream_that_fails_at_once_has_ended, OVER_BARE),
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
