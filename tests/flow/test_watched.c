/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/switch.h"
#include "sys/fault.h"
#include "traffic.h"

/* What a worker's epoll holds: a descriptor that is waited for, and no other. */

static bool
is_epoll(const char *number)
{
	char path[300], target[64];
	ssize_t n;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%s", number);
	n = readlink(path, target, sizeof target - 1);
	return n > 0 && strstr((target[n] = '\0', target), "eventpoll") != NULL;
}

/* "tfd:" begins the line of each descriptor that an epoll watches. */
static int
lines_of(const char *number)
{
	char path[300], line[256];
	FILE *info;
	int count = 0;

	(void)snprintf(path, sizeof path, "/proc/self/fdinfo/%s", number);
	info = fopen(path, "re");
	while (info != NULL && fgets(line, sizeof line, info) != NULL)
		count += strncmp(line, "tfd:", 4) == 0;
	if (info != NULL)
		(void)fclose(info);
	return count;
}

static int
watched(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && is_epoll(entry->d_name))
			count += lines_of(entry->d_name);
	(void)closedir(dir);
	return count;
}

static bool
comes_to(int count)
{
	const sock_time deadline = soon();

	while (watched() != count) {
		if (sock_now() > deadline)
			return false;
		flow_yield();
	}
	return true;
}

/* Where there is no switch between stacks, a fiber is a thread, which polls. */
static bool
fibers(const struct flow *f)
{
	return SOCKI_SWITCH &&
	    (f->kind == ALL_FIBERS || f->kind == FIBER_AND_THREADS ||
		f->kind == SPREAD_FIBERS);
}

static void
a_descriptor_is_watched_once_and_late(struct flow *f)
{
	const int before = watched();
	struct speech w = { f->a, "abc", 3, 3, false };
	char byte;

	/* What need not wait, and who is no fiber, is not watched. */
	if (f->transport->layers == 0) {
		SAME(sock_write(f->a, "x", 1, soon()), 0);
		if (!unlucky())
			SAME(watched(), before);
		SAME(sock_read(f->b, &byte, 1, soon()), 1);
	}
	SAME(sock_read(f->b, &byte, 1, sock_in(5)), -ETIMEDOUT);
	SAME(sock_read(f->b, &byte, 1, sock_in(5)), -ETIMEDOUT);
	if (f->transport->layers == 0 && !unlucky())
		SAME(watched(), before + fibers(f));
	flow_start(f, traffic_say, &w);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	flow_join(f);
	SAME(sock_close(f->a), 0);
	SAME(sock_close(f->b), 0);
	WANT(comes_to(before));
}

/* Its description lives on, so closing alone would not take it out. */
static void
a_closed_descriptor_whose_copy_lives_is_not_watched(struct flow *f)
{
	const int before = watched();
	const int copy = dup(sock_fd(f->b));
	struct speech w = { f->a, "x", 1, 1, false };
	sock_t other[2];
	char byte;

	SAME(sock_read(f->b, &byte, 1, sock_in(5)), -ETIMEDOUT);
	SAME(sock_close(f->b), 0);
	WANT(comes_to(before));
	/* Whoever has the slot now is not told of what comes there. */
	SAME(sock_pair(other), 0);
	flow_start(f, traffic_say, &w);
	flow_join(f);
	SAME(sock_read(other[0], &byte, 1, sock_in(5)), -ETIMEDOUT);
	SAME(sock_close(other[0]), 0);
	SAME(sock_close(other[1]), 0);
	SAME(close(copy), 0);
}

#ifdef SOCK_FAULTS

static void
turn_in_circles(struct flow *f)
{
	uint64_t waits, polls;
	char byte;

	/* Both halves ended, urgent data came, and nobody reads: no spin. */
	SAME(sock_read(f->b, &byte, 1, sock_in(5)), -ETIMEDOUT);
	SAME(send(sock_fd(f->a), "!", 1, MSG_OOB | MSG_NOSIGNAL), 1);
	SAME(sock_shut(f->b, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	waits = socki_fault_count(SOCKI_CALL_epoll_wait);
	polls = socki_fault_count(SOCKI_CALL_poll);
	SAME(sock_sleep(sock_in(50)), 0);
	WANT(socki_fault_count(SOCKI_CALL_epoll_wait) - waits <= 10);
	WANT(socki_fault_count(SOCKI_CALL_poll) - polls <= 10);
	while (sock_read(f->b, &byte, 1, soon()) > 0)
		;
}

#else

static void
turn_in_circles(struct flow *f)
{
	(void)f; /* calls are counted where they can be made to fail */
}

#endif

static void
an_idle_end_costs_no_calls(struct flow *f)
{
	if (!unlucky())
		turn_in_circles(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_descriptor_is_watched_once_and_late, OVER_ALL),
		FLOW_TEST(a_closed_descriptor_whose_copy_lives_is_not_watched,
		    OVER_BARE),
		FLOW_TEST(an_idle_end_costs_no_calls, OVER_TCP),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
