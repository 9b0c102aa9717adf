/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_WHERE_H
#define SOCK_TEST_WHERE_H

#include <dirent.h>
#include <sock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/task.h"

/*
 * The same test in a thread and in a fiber, and the number of descriptors
 * before and after it.  A fiber has no business with cmocka's asserts, which
 * jump: it leaves what it found in its argument.
 */

enum where {
	IN_THREAD,
	IN_FIBER,
	WHERE_COUNT
};

static const char *const where_names[] = { "thread", "fiber" };

/* False: it could not be started. */
static inline bool
where_run(enum where where, void (*run)(void *arg), void *arg)
{
	struct sock_group *group;
	bool ran;

	if (where == IN_THREAD) {
		run(arg);
		return true;
	}
	group = sock_group_new();
	ran = sock_go(group, run, arg) == 0 &&
	    sock_group_wait(group, SOCK_FOREVER) == 0;
	sock_group_free(group);
	return ran;
}

static inline int
where_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static inline void
where_nothing(void *arg)
{
	(void)sock_sleep(sock_in(1));
	(void)arg;
}

/*
 * A thread's wake-up, its epoll for what it reads again and again, and the
 * worker are made once, and stay.  On a busy machine a deadline may be over
 * before the wait begins.
 */
static inline int
where_warm_up(void **state)
{
	sock_t pair[2];
	char c;
	int i;

	(void)state;
	if (sock_pair(pair) < 0)
		return -1;
	for (i = 0; i < 1000 && socki_task()->ep == 0; i++)
		(void)sock_read(pair[0], &c, 1, sock_in(1));
	sock_close(pair[0]);
	sock_close(pair[1]);
	return where_run(IN_FIBER, where_nothing, NULL) ? 0 : -1;
}

static int where_descriptors_before;

static inline int
where_count(void **state)
{
	(void)state;
	where_descriptors_before = where_descriptors();
	return 0;
}

/* A worker that tells of an event holds a handle for a moment longer. */
static inline int
where_same(void **state)
{
	const sock_time deadline = sock_in(5000);
	int now;

	(void)state;
	while ((now = where_descriptors()) != where_descriptors_before &&
	    sock_now() < deadline)
		(void)sock_sleep(sock_in(1));
	if (now == where_descriptors_before)
		return 0;
	fprintf(stderr, "%d descriptors before, %d after\n",
	    where_descriptors_before, now);
	return -1;
}

/* A test that leaves as many descriptors as it finds. */
#define where_test(f) \
	cmocka_unit_test_setup_teardown(f, where_count, where_same)

#endif
