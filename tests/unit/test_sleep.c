/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "sys/fault.h"
#include "waiting.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MS INT64_C(1000000)
#define DAYS_49 (INT64_C(49) * 24 * 3600 * 1000)

/* Times stand still but for the tests: a fiber's worker asks this clock. */
static _Atomic sock_time fake_time;

static sock_time
fake_now(void)
{
	return atomic_load(&fake_time);
}

/* Sets the clock, and has the worker look at it. */
static void
time_is(sock_time now)
{
	atomic_store(&fake_time, now);
	aside_poke();
}

static int
stop_the_clock(void **state)
{
	(void)state;
	if (!SOCKI_SWITCH)
		return 0;
	atomic_store(&fake_time, 5);
	socki_clock_source(fake_now);
	return 0;
}

static int
ask_the_kernel(void **state)
{
	(void)state;
	socki_clock_source(NULL);
	return 0;
}

/* Who woke, in order. */
static pthread_mutex_t woken_lock = PTHREAD_MUTEX_INITIALIZER;
static char woken[64];

static const char *
who_woke(char copy[64])
{
	pthread_mutex_lock(&woken_lock);
	memcpy(copy, woken, sizeof woken);
	memset(woken, 0, sizeof woken);
	pthread_mutex_unlock(&woken_lock);
	return copy;
}

struct nap {
	sock_time until;
	char name;
};

static void
take_a_nap(void *arg)
{
	const struct nap *n = arg;

	EXPECT_INT(sock_sleep(n->until), 0);
	EXPECT(sock_now() >= n->until);
	pthread_mutex_lock(&woken_lock);
	woken[strlen(woken)] = n->name;
	pthread_mutex_unlock(&woken_lock);
}

static struct sock_group *
start_naps(struct nap *naps, size_t count)
{
	struct sock_group *g = sock_group_new();
	size_t i;

	for (i = 0; i < count; i++)
		EXPECT_INT(sock_go(g, take_a_nap, &naps[i]), 0);
	aside_poke();
	return g;
}

static void
sleepers_wake_in_the_order_of_their_times(void **state)
{
	struct nap naps[] = { { 4 * MS, 'd' }, { 1 * MS, 'a' }, { 3 * MS, 'c' },
		{ 2 * MS, 'b' }, { 5 * MS, 'e' } };
	struct sock_group *g;
	char copy[64];

	(void)state;
	if (!SOCKI_SWITCH)
		skip(); /* a thread sleeps in the kernel, by its clock */
	g = start_naps(naps, COUNT(naps));
	time_is(1 * MS - 1);
	assert_string_equal(who_woke(copy), "");
	time_is(1 * MS);
	assert_string_equal(who_woke(copy), "a");
	time_is(4 * MS);
	assert_string_equal(who_woke(copy), "bcd");
	time_is(5 * MS);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_string_equal(who_woke(copy), "e");
	sock_group_free(g);
	assert_aside();
}

static void
long_sleeps_end_on_time(void **state)
{
	struct nap naps[] = { { 5 + DAYS_49 * MS, '4' },
		{ 5 + (INT64_C(1) << 32) * MS, '5' },
		{ 5 + (INT64_C(1) << 33) * MS, '9' },
		{ SOCK_FOREVER - 1, 'm' } };
	struct sock_group *g;
	char copy[64];
	size_t i;

	(void)state;
	if (!SOCKI_SWITCH)
		skip();
	assert_true(sock_in(DAYS_49) == naps[0].until);
	g = start_naps(naps, COUNT(naps));
	for (i = 0; i < COUNT(naps); i++) {
		const char name[2] = { naps[i].name, '\0' };

		time_is(naps[i].until - 1);
		assert_string_equal(who_woke(copy), "");
		time_is(naps[i].until);
		assert_string_equal(who_woke(copy), name);
	}
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	assert_aside();
}

static void
a_clock_that_jumps_back_only_delays(void **state)
{
	struct nap naps[] = { { 10 * MS, 'a' } };
	struct sock_group *g;
	char copy[64];

	(void)state;
	if (!SOCKI_SWITCH)
		skip();
	g = start_naps(naps, 1);
	time_is(9 * MS);
	time_is(1 * MS);
	time_is(9 * MS);
	assert_string_equal(who_woke(copy), "");
	time_is(10 * MS);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_string_equal(who_woke(copy), "a");
	sock_group_free(g);
	assert_aside();
}

static void
take_a_shielded_nap(void *arg)
{
	sock_shield(true);
	take_a_nap(arg);
	sock_shield(false);
	EXPECT_INT(sock_sleep(SOCK_NOWAIT), -ECANCELED);
}

static void
a_shielded_sleep_goes_on_when_its_group_is_canceled(void **state)
{
	struct nap nap = { 10 * MS, 's' };
	struct sock_group *g;
	char copy[64];

	(void)state;
	if (!SOCKI_SWITCH)
		skip();
	g = sock_group_new();
	assert_int_equal(sock_go(g, take_a_shielded_nap, &nap), 0);
	aside_poke();
	assert_int_equal(sock_group_cancel(g), 0);
	time_is(10 * MS - 1);
	assert_string_equal(who_woke(copy), "");
	time_is(10 * MS);
	assert_int_equal(sock_group_wait(g, SOCK_FOREVER), 0);
	assert_string_equal(who_woke(copy), "s");
	sock_group_free(g);
	assert_aside();
}

static void
sleep_until_the_past(void *arg)
{
	static const sock_time rows[] = { SOCK_NOWAIT, SOCK_DEFAULT, 1, -2,
		INT64_MIN };
	size_t i;

	(void)arg;
	for (i = 0; i < COUNT(rows); i++)
		EXPECT_INT(sock_sleep(rows[i]), 0);
	EXPECT_INT(sock_sleep(sock_now()), 0);
	EXPECT_INT(sock_sleep(sock_in(2)), 0);
}

static void
a_time_that_has_passed_is_no_sleep(void **state)
{
	(void)state;
	sleep_until_the_past(NULL);
	aside_thread(sleep_until_the_past, NULL);
	aside_fiber(sleep_until_the_past, NULL);
	assert_aside();
}

static _Atomic int worker_id;

static void
tell_the_worker(void *arg)
{
	(void)arg;
	atomic_store(&worker_id, (int)syscall(SYS_gettid));
}

/* 'S': it waits in the kernel; 'R': it runs. */
static char
worker_state(void)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", worker_id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	EXPECT(fd >= 0);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	EXPECT(n > 0);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' ? end[2] : '?';
}

static unsigned long
looks_at_the_kernel(void)
{
#ifdef SOCK_FAULTS
	return (unsigned long)socki_fault_count(SOCKI_CALL_epoll_wait);
#else
	return 0;
#endif
}

/*
 * Descriptors that hung up, that are full, readable, or closed while a copy
 * lives on, are told of once: a worker with nothing to do does nothing.
 */
static void
a_worker_without_work_does_not_spin(void **state)
{
	struct socki_watch *watches[16];
	struct waiting_run runs[16];
	struct waiting_once once[16];
	int peers[16], copies[16], i;
	unsigned long before;
	sock_time end;

	(void)state;
	if (!SOCKI_SWITCH)
		skip();
	for (i = 0; i < 16; i++) {
		watches[i] = waiting_pair(&peers[i]);
		copies[i] = fcntl(watches[i]->fd, F_DUPFD_CLOEXEC, 3);
		once[i] = (struct waiting_once){ watches[i], SOCKI_READ,
			SOCK_FOREVER, 1 };
		waiting_start(&runs[i], true, waiting_once, &once[i]);
	}
	aside_poke();
	for (i = 0; i < 16; i++) {
		EXPECT_INT(socki_sys_send(peers[i], "x", 1, 0), 1);
		if (i % 4 < 2)
			socki_sys_close(peers[i]);
		waiting_join(&runs[i]);
		EXPECT_INT(once[i].rc, 0);
		if (i % 2 == 0)
			waiting_drop(watches[i]);
	}
	aside_fiber(tell_the_worker, NULL);
	while (worker_state() != 'S')
		sched_yield();
	before = looks_at_the_kernel();
	/* Who would be told, if copies of what is closed were watched still? */
	for (i = 2; i < 16; i += 4)
		EXPECT_INT(socki_sys_send(peers[i], "y", 1, 0), 1);
	end = sock_in(1000);
	/* On a busy processor each of these takes milliseconds. */
	for (i = 0; i < 10000 && sock_now() < end; i++)
		sched_yield();
	assert_true(worker_state() == 'S');
	assert_int_equal(looks_at_the_kernel(), before);
	for (i = 0; i < 16; i++) {
		if (i % 2 != 0)
			waiting_drop(watches[i]);
		if (i % 4 >= 2)
			socki_sys_close(peers[i]);
		socki_sys_close(copies[i]);
	}
	assert_aside();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    sleepers_wake_in_the_order_of_their_times, stop_the_clock,
		    ask_the_kernel),
		cmocka_unit_test_setup_teardown(long_sleeps_end_on_time,
		    stop_the_clock, ask_the_kernel),
		cmocka_unit_test_setup_teardown(
		    a_clock_that_jumps_back_only_delays, stop_the_clock,
		    ask_the_kernel),
		cmocka_unit_test_setup_teardown(
		    a_shielded_sleep_goes_on_when_its_group_is_canceled,
		    stop_the_clock, ask_the_kernel),
		cmocka_unit_test(a_time_that_has_passed_is_no_sleep),
		cmocka_unit_test(a_worker_without_work_does_not_spin),
	};

	return cmocka_run_group_tests_name("sleep", tests, NULL, NULL);
}
