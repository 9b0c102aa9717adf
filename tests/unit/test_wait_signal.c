/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <sock.h>

#include "sys/fault.h"
#include "forking.h"
#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const int both[] = { SIGUSR1, SIGUSR2 };
static const int first[] = { SIGUSR1 };

static int
block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	return pthread_sigmask(how, &set, NULL);
}

/* As a program does that waits in fibers, or has threads of its own. */
static int
blocked_everywhere(void **state)
{
	(void)state;
	return block(SIG_BLOCK);
}

static void
take_one(void *arg)
{
	*(int *)arg = sock_wait_signal(both, 2, SOCK_FOREVER);
}

static void
a_signal_from_before_is_told(void **state)
{
	const bool fiber = *(bool *)*state;
	struct waiting_run r;
	int got = 0;

	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	waiting_start(&r, fiber, take_one, &got);
	waiting_join(&r);
	assert_int_equal(got, SIGUSR1);
	assert_int_equal(sock_wait_signal(both, 2, SOCK_NOWAIT), -EAGAIN);
}

static void
a_signal_ends_the_wait(void **state)
{
	const bool fiber = *(bool *)*state;
	struct waiting_run r;
	int got = 0;

	waiting_start(&r, fiber, take_one, &got);
	aside_poke();
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	waiting_join(&r);
	assert_int_equal(got, SIGUSR2);
}

static void
each_signal_is_told_to_one(void **state)
{
	struct waiting_run thread, fiber;
	int a = 0, b = 0;

	(void)state;
	waiting_start(&thread, false, take_one, &a);
	waiting_start(&fiber, true, take_one, &b);
	aside_poke();
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	waiting_join(&thread);
	waiting_join(&fiber);
	assert_int_equal(a + b, SIGUSR1 + SIGUSR2);
	assert_true(a == SIGUSR1 || a == SIGUSR2);
}

static void
wait_in_vain(void *arg)
{
	(void)arg;
	errno = EDOM;
	EXPECT_INT(sock_wait_signal(both, 2, SOCK_NOWAIT), -EAGAIN);
	EXPECT_INT(sock_wait_signal(both, 2, sock_in(5)), -ETIMEDOUT);
	EXPECT_INT(sock_wait_signal(both, 2, sock_in(-5)), -ETIMEDOUT);
	EXPECT_INT(errno, EDOM);
	EXPECT(strcmp(sock_errmsg(), "wait signal: timed out") == 0);
}

static void
without_a_signal_the_deadline_ends_it(void **state)
{
	const bool fiber = *(bool *)*state;
	struct waiting_run r;
	int open;

	waiting_start(&r, fiber, wait_in_vain, NULL);
	waiting_join(&r);
	open = aside_open();
	waiting_start(&r, fiber, wait_in_vain, NULL);
	waiting_join(&r);
	assert_int_equal(aside_open(), open);
	assert_aside();
}

static void
a_signal_counts_though_the_time_is_over(void **state)
{
	(void)state;
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_int_equal(sock_wait_signal(both, 2, sock_in(-5)), SIGUSR1);
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	assert_int_equal(sock_wait_signal(both, 2, SOCK_NOWAIT), SIGUSR2);
}

static void
others_are_left_alone(void **state)
{
	(void)state;
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	assert_int_equal(sock_wait_signal(first, 1, SOCK_NOWAIT), -EAGAIN);
	assert_int_equal(sock_wait_signal(both, 2, SOCK_NOWAIT), SIGUSR2);
}

static void
a_cancelled_group_waits_no_more(void **state)
{
	struct sock_group *g = sock_group_new();
	int got = 0;

	(void)state;
	assert_int_equal(sock_go(g, take_one, &got), 0);
	aside_poke();
	sock_group_free(g);
	assert_int_equal(got, -ECANCELED);
}

static const struct {
	int signals[2], count;
} refused[] = {
	{ { SIGUSR1, 0 }, 0 }, { { SIGUSR1, 0 }, -1 }, { { 0, 0 }, 1 },
	{ { -1, 0 }, 1 }, { { 65, 0 }, 1 }, { { 1 << 20, 0 }, 1 },
	{ { SIGHUP, SIGKILL }, 2 }, { { SIGHUP, SIGSTOP }, 2 },
	{ { SIGHUP, 32 }, 2 }, /* the C library's own */
};

static void
what_nobody_can_wait_for_is_refused(void **state)
{
	sigset_t mask;
	size_t i;

	(void)state;
	assert_int_equal(sock_wait_signal(NULL, 1, SOCK_NOWAIT), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "wait signal: the call makes no sense here: no signals, or none "
	    "of such a number");
	for (i = 0; i < COUNT(refused); i++)
		if (sock_wait_signal(refused[i].signals, refused[i].count,
			SOCK_NOWAIT) != SOCK_EUSAGE)
			fail_msg("row %zu: %d, %d", i, refused[i].signals[0],
			    refused[i].signals[1]);
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGHUP), 0);
}

/* Parts that change what signals do have a process of their own. */

static void
never(int number)
{
	(void)number;
	_exit(3);
}

static void
send_and_take(void *arg)
{
	(void)arg;
	signal(SIGUSR1, never);
	EXPECT_INT(sock_wait_signal(both, 2, SOCK_NOWAIT), -EAGAIN);
	EXPECT_INT(kill(getpid(), SIGUSR1), 0);
	EXPECT_INT(sock_wait_signal(both, 2, SOCK_FOREVER), SIGUSR1);
	/* Which by itself is nothing. */
	signal(SIGUSR2, SIG_IGN);
	EXPECT_INT(kill(getpid(), SIGUSR2), 0);
	EXPECT_INT(sock_wait_signal(both, 2, SOCK_FOREVER), SIGUSR2);
}

static void
a_signal_is_taken_whatever_it_does_else(void **state)
{
	(void)state;
	assert_int_equal(aside_child(send_and_take, NULL), 0);
}

/* The signals a thread blocks, of /proc/PID/status. */
static unsigned long long
blocked_by(int thread)
{
	char path[64], text[4096], *line;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/self/task/%d/status", thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	EXPECT(n > 0);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "SigBlk:");
	EXPECT(line != NULL);
	return line == NULL ? 0 : strtoull(line + 7, NULL, 16);
}

/* By the call: main itself blocks all of them for a moment. */
static void *
send_when_blocked(void *arg)
{
	unsigned long long mask;

	do {
		sched_yield();
		mask = blocked_by(*(int *)arg);
	} while (!(mask >> (SIGTERM - 1) & 1) || mask >> (SIGHUP - 1) & 1);
	kill(getpid(), SIGTERM);
	return NULL;
}

/* Workers run; the sender blocks all signals, as they do. */
static void
wait_as_a_server_does(void *arg)
{
	const int signals[] = { SIGTERM, SIGINT };
	int me = (int)syscall(SYS_gettid);
	pthread_t thread;
	sigset_t all, mask;

	(void)arg;
	aside_poke();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	sigdelset(&mask, SIGTERM);
	EXPECT_INT(pthread_create(&thread, NULL, send_when_blocked, &me), 0);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	EXPECT_INT(sock_wait_signal(signals, 2, SOCK_FOREVER), SIGTERM);
	pthread_join(thread, NULL);
	/* Between two calls. */
	kill(getpid(), SIGINT);
	EXPECT_INT(sock_wait_signal(signals, 2, SOCK_FOREVER), SIGINT);
}

static void
main_waits_without_preparing(void **state)
{
	(void)state;
	if (under_emulation())
		ASIDE_SKIP("no threads in children here");
	assert_int_equal(aside_child(wait_as_a_server_does, NULL), 0);
}

static int
signalfds(void)
{
	char path[32], target[64];
	int fd, count = 0;
	ssize_t n;

	for (fd = 0; fd < 64; fd++) {
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		count += strstr(target, "signalfd") != NULL;
	}
	return count;
}

static void
tell_signalfds(void *arg)
{
	(void)arg;
	_exit(signalfds());
}

static void
a_child_has_nothing_of_the_wait(void **state)
{
	const bool fiber = *(bool *)*state;
	const sock_time end = sock_in(20000);
	struct waiting_run r;
	int got = 0, status;

	waiting_start(&r, fiber, take_one, &got);
	while (signalfds() == 0 && sock_now() < end)
		(void)sock_sleep(sock_in(1));
	/* It is there a moment before the wait that it is for. */
	do
		status = aside_child(tell_signalfds, NULL);
	while (status != 0 && sock_now() < end);
	kill(getpid(), SIGUSR1);
	waiting_join(&r);
	assert_int_equal(got, SIGUSR1);
	assert_int_equal(status, 0);
}

#ifdef SOCK_FAULTS
static void
without_room_it_says_so(void **state)
{
	const int open = aside_open();

	(void)state;
	assert_int_equal(socki_fault_set("signalfd:EMFILE@1", 1), 0);
	assert_int_equal(sock_wait_signal(both, 2, SOCK_NOWAIT), -EMFILE);
	assert_int_equal(socki_fault_set("alloc:ENOMEM@1", 1), 0);
	assert_int_equal(sock_wait_signal(both, 2, SOCK_NOWAIT), -ENOMEM);
	assert_int_equal(socki_fault_set("read:EINTR:50%", 1), 0);
	kill(getpid(), SIGUSR1);
	assert_int_equal(sock_wait_signal(both, 2, SOCK_NOWAIT), SIGUSR1);
	assert_int_equal(socki_fault_set(NULL, 1), 0);
	assert_int_equal(aside_open(), open);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BOTH(a_signal_from_before_is_told),
		IN_BOTH(a_signal_ends_the_wait),
		cmocka_unit_test(each_signal_is_told_to_one),
		IN_BOTH(without_a_signal_the_deadline_ends_it),
		cmocka_unit_test(a_signal_counts_though_the_time_is_over),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(a_cancelled_group_waits_no_more),
		cmocka_unit_test(what_nobody_can_wait_for_is_refused),
		cmocka_unit_test(a_signal_is_taken_whatever_it_does_else),
		cmocka_unit_test(main_waits_without_preparing),
		IN_BOTH(a_child_has_nothing_of_the_wait),
#ifdef SOCK_FAULTS
		cmocka_unit_test(without_room_it_says_so),
#endif
	};

	return cmocka_run_group_tests(tests, blocked_everywhere, NULL);
}
