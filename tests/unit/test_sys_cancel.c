/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>

#include "aside.h"
#include "sys/direct.h"
#include "sys/sys.h"

/* Each call is made by a thread that has been cancelled and does not know. */
static void
wake(void)
{
	const int fd = socki_sys_eventfd();

	socki_sys_eventfd_set(fd);
	socki_sys_eventfd_clear(fd);
	socki_sys_close(fd);
}

static void
open_both(void)
{
	const int folder = socki_sys_open("/proc", O_RDONLY | O_DIRECTORY, 0);
	const int fd = socki_sys_openat(folder, "version", O_RDONLY);
	char c;

	EXPECT_INT(socki_sys_read(fd, &c, 1), 1);
	EXPECT_INT(socki_sys_pread(fd, &c, 1, 0), 1);
	socki_sys_close(fd);
	socki_sys_close(folder);
}

static void
draw(void)
{
	unsigned char secret[16];

	socki_sys_random(secret, sizeof secret);
}

static void
write_in_vain(void)
{
	int fd[2];

	EXPECT_INT(socki_sys_pipe(fd, 0), 0);
	socki_sys_close(fd[0]);
	EXPECT_INT(socki_sys_write(fd[1], "x", 1), -EPIPE);
	socki_sys_close(fd[1]);
}

static void
wait_in_vain(void)
{
	const int ep = socki_sys_epoll_create();
	struct epoll_event e;

	EXPECT_INT(socki_sys_poll(NULL, 0, 1), 0);
	EXPECT_INT(socki_sys_epoll_wait(ep, &e, 1, 1), 0);
	EXPECT_INT(socki_sys_epoll_wait(ep, &e, 1, 0), 0);
	socki_sys_barrier();
	socki_sys_close(ep);
}

static void *
nothing(void *arg)
{
	return arg;
}

static void
join(void)
{
	pthread_t thread;

	EXPECT_INT(socki_sys_thread_to_join(nothing, NULL, &thread), 0);
	socki_sys_thread_join(thread);
}

static const struct row {
	const char *name;
	void (*call)(void);
} rows[] = {
	{ "eventfd", wake },
	{ "open", open_both },
	{ "getrandom", draw },
	{ "write", write_in_vain },
	{ "poll", wait_in_vain },
	{ "join", join },
};

static void *
call_cancelled(void *arg)
{
	const struct row **row = arg;

	EXPECT_INT(pthread_cancel(pthread_self()), 0);
	(*row)->call();
	*row = NULL;
	pthread_testcancel();
	return NULL;
}

static void
no_call_is_a_cancellation_point(void **state)
{
	const struct row *row;
	pthread_t thread;
	void *end;
	size_t i;

	(void)state;
	if (!DIRECT)
		ASIDE_SKIP("the C library's functions are called here");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		row = &rows[i];
		assert_int_equal(pthread_create(&thread, NULL, call_cancelled,
				     &row),
		    0);
		assert_int_equal(pthread_join(thread, &end), 0);
		if (row != NULL)
			fail_msg("%s: cancelled inside", row->name);
		assert_ptr_equal(end, PTHREAD_CANCELED);
	}
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_call_is_a_cancellation_point),
	};

	return cmocka_run_group_tests_name("sys_cancel", tests, NULL, NULL);
}
