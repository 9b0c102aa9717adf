/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include <sock.h>

#include "flow.h"
#include "sys/sys.h"
#include "traffic.h"

/*
 * Streams that always have something, and always take it: who reads or writes
 * them need never wait.  Others of the same worker have their turn all the
 * same.
 */

static _Atomic bool begun, done;
static char bytes[64];
static int file; /* of as many bytes */

static int
read_some(sock_t s)
{
	return (int)sock_read(s, bytes, sizeof bytes, SOCK_FOREVER);
}

static int
read_full(sock_t s)
{
	return (int)sock_read_full(s, bytes, sizeof bytes, SOCK_FOREVER);
}

static int
peek_and_skip(sock_t s)
{
	const void *view;
	const int n = (int)sock_peek(s, &view, 1, SOCK_FOREVER);

	return n < 0 ? n : sock_skip(s, (size_t)n);
}

static int
write_all(sock_t s)
{
	return sock_write(s, bytes, sizeof bytes, SOCK_FOREVER);
}

static int
write_some(sock_t s)
{
	return (int)sock_write_some(s, bytes, sizeof bytes, SOCK_FOREVER);
}

static int
send_file(sock_t s)
{
	return (int)sock_send_file(s, file, 0, -1, SOCK_FOREVER);
}

static int
copy(sock_t s)
{
	return (int)sock_copy(s, s, sizeof bytes, SOCK_FOREVER);
}

static const struct {
	const char *what;
	int (*call)(sock_t s);
} calls[] = {
	{ "sock_read", read_some },
	{ "sock_read_full", read_full },
	{ "sock_peek", peek_and_skip },
	{ "sock_write", write_all },
	{ "sock_write_some", write_some },
	{ "sock_send_file", send_file },
	{ "sock_copy", copy },
};

struct endless {
	sock_t s;
	size_t row;
};

static void
go_on_for_ever(void *arg)
{
	const struct endless *e = arg;
	const sock_time end = soon();

	while (!atomic_load(&done) && sock_now() < end) {
		const int rc = calls[e->row].call(e->s);

		atomic_store(&begun, true);
		if (rc < 0)
			break;
	}
	if (!atomic_load(&done))
		print_error("%s keeps others waiting: %s\n", calls[e->row].what,
		    sock_errmsg());
}

static void
be_done(void *arg)
{
	char byte;

	/* What the kernel has to tell comes through, too. */
	if (sock_read_full(*(sock_t *)arg, &byte, 1, soon()) == 1)
		atomic_store(&done, true);
}

static void
who_need_never_wait_lets_others_run(void **state)
{
	size_t i;

	(void)state;
	file = traffic_file(sizeof bytes, 1);
	for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const int fd = socki_sys_open("/dev/zero", O_RDWR, 0);
		struct endless e = { sock_adopt(fd), i };
		struct sock_group *g = sock_group_new();
		sock_t pair[2];

		atomic_store(&begun, false);
		atomic_store(&done, false);
		assert_true(e.s > 0);
		assert_int_equal(sock_pair(pair), 0);
		assert_int_equal(sock_go(g, be_done, &pair[0]), 0);
		assert_int_equal(sock_go(g, go_on_for_ever, &e), 0);
		while (!atomic_load(&begun))
			sched_yield();
		assert_int_equal(sock_write(pair[1], "x", 1, soon()), 0);
		assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
		assert_true(done);
		sock_group_free(g);
		assert_int_equal(sock_close(pair[0]), 0);
		assert_int_equal(sock_close(pair[1]), 0);
		assert_int_equal(sock_close(e.s), 0);
	}
	assert_int_equal(close(file), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_need_never_wait_lets_others_run),
	};

	return cmocka_run_group_tests_name("fair", tests, NULL, NULL);
}
