/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_ASIDE_H
#define SOCK_TEST_ASIDE_H

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <sock/fiber.h>
#include <sock/stream.h>

#include "engine/switch.h"
#include "under.h"

/*
 * What a test does beside its own thread: in fibers, in other threads and in
 * children, none of which an assertion of cmocka may jump out of.  A failed
 * EXPECT is told and counted; assert_aside() is for the test itself.
 */
static _Atomic int aside_failures;

#define EXPECT(c) \
	do { \
		if (!(c)) \
			aside_failed(__FILE__, __LINE__, #c, 0, 0); \
	} while (0)

#define EXPECT_INT(a, b) \
	do { \
		const long long aside_a = (long long)(a); \
		const long long aside_b = (long long)(b); \
		if (aside_a != aside_b) \
			aside_failed(__FILE__, __LINE__, #a " is " #b, \
			    aside_a, aside_b); \
	} while (0)

#define assert_aside() assert_int_equal(atomic_exchange(&aside_failures, 0), 0)

static inline void
aside_failed(const char *file, int line, const char *what, long long a,
    long long b)
{
	dprintf(STDERR_FILENO, "%s:%d: not so: %s (%lld, %lld)\n", file, line,
	    what, a, b);
	atomic_fetch_add(&aside_failures, 1);
}

struct aside_call {
	void (*run)(void *);
	void *arg;
};

static inline void *
aside_call(void *arg)
{
	const struct aside_call *call = arg;

	call->run(call->arg);
	return NULL;
}

/* Runs it in a thread of its own, to the end. */
static inline void
aside_thread(void (*run)(void *), void *arg)
{
	struct aside_call call = { run, arg };
	pthread_t thread;

	EXPECT_INT(pthread_create(&thread, NULL, aside_call, &call), 0);
	EXPECT_INT(pthread_join(thread, NULL), 0);
}

/* Runs it in a fiber, to the end. */
static inline void
aside_fiber(void (*run)(void *), void *arg)
{
	struct sock_group *g = sock_group_new();

	EXPECT_INT(sock_go(g, run, arg), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
}

static inline void
aside_nothing(void *arg)
{
	(void)arg;
}

/* Once this has returned, the worker has looked around after the call. */
static inline void
aside_poke(void)
{
	aside_fiber(aside_nothing, NULL);
	aside_fiber(aside_nothing, NULL);
}

/* Runs it in a child; its exit status as waitpid(2) has it. */
static inline int
aside_child(void (*run)(void *), void *arg)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(100);
		atomic_store(&aside_failures, 0);
		run(arg);
		_exit(atomic_load(&aside_failures) == 0 ? 0 : 1);
	}
	EXPECT(pid > 0);
	while (pid > 0 && waitpid(pid, &status, 0) != pid)
		;
	return status;
}

/* The bytes of a text over a stream. */
static inline void
aside_say(sock_t s, const char *text)
{
	EXPECT_INT(sock_write(s, text, strlen(text), SOCK_FOREVER), 0);
}

static inline void
aside_hear(sock_t s, const char *text)
{
	char buf[16] = "";

	EXPECT_INT(sock_read_full(s, buf, strlen(text), SOCK_FOREVER),
	    strlen(text));
	EXPECT(strcmp(buf, text) == 0);
}

/* How many descriptors this process has open. */
static inline int
aside_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	EXPECT(dir != NULL);
	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* How many of the first are sockets. */
static inline int
aside_sockets(void)
{
	char path[64], target[64];
	int fd, n = 0;
	ssize_t len;

	for (fd = 0; fd < 256; fd++) {
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof target - 1);
		target[len > 0 ? len : 0] = '\0';
		n += strncmp(target, "socket:", 7) == 0;
	}
	return n;
}

#define ASIDE_SKIP(why) \
	do { \
		printf("SKIP: %s\n", why); \
		skip(); \
	} while (0)

/* n, or fewer where a fiber is a thread, or each costs a hundred times more. */
static inline int
aside_many(int n)
{
	if (!SOCKI_SWITCH)
		return n / 50;
	return RUNNING_ON_VALGRIND ? n / 10 : n;
}

#endif
