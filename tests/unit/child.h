/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_CHILD_H
#define SOCK_TEST_CHILD_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Parts of a test that change their process for good (its user, its limits,
 * its namespace) and so have one of their own; cmocka.h comes first.  What
 * fails there says why and exits: cmocka's own asserts jump into the parent's
 * stack and belong to the parent.
 */

#define CHILD_SKIPS 77
#define CHILD_SECONDS 100

static int child_skips_seen;

/* The part cannot run here. */
__attribute__((format(printf, 1, 2))) _Noreturn static inline void
child_skip(const char *format, ...)
{
	va_list ap;

	printf("SKIP: ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(CHILD_SKIPS);
}

__attribute__((format(printf, 3, 4))) _Noreturn static inline void
child_fail(const char *file, int line, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	_exit(1);
}

#define CHECK(c) \
	do { \
		if (!(c)) \
			child_fail(__FILE__, __LINE__, "%s", #c); \
	} while (0)

#define CHECK_INT(a, b) \
	do { \
		const long long check_a = (a), check_b = (b); \
		if (check_a != check_b) \
			child_fail(__FILE__, __LINE__, "%s: %lld != %lld", #a, \
			    check_a, check_b); \
	} while (0)

#define CHECK_TEXT(a, b) \
	do { \
		const char *check_a = (a), *check_b = (b); \
		if (strcmp(check_a, check_b) != 0) \
			child_fail(__FILE__, __LINE__, "\"%s\" != \"%s\"", \
			    check_a, check_b); \
	} while (0)

/* It keeps the limit on descriptors itself, and is slow to fork and exit. */
static inline bool
child_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

static inline void
child_begin(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(CHILD_SECONDS);
}

/* Runs part(arg) in a child; its failure fails the test, its skip skips it. */
static inline void
child_run(void (*part)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		child_begin();
		part(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPS) {
		child_skips_seen++;
		skip();
	}
	if (status != 0)
		fail_msg("the child ended with status %#x", (unsigned)status);
}

/* An ordinary user from now on. */
static inline void
child_becomes_nobody(void)
{
	const unsigned nobody = 65534;

	if (geteuid() != 0)
		return;
	if (setresgid(nobody, nobody, nobody) != 0 ||
	    setresuid(nobody, nobody, nobody) != 0)
		child_skip("this root may not become an ordinary user");
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* which changing the user clears */
}

/* The same for a whole test, in the parent. */
#define SKIP_TEST(why) \
	do { \
		printf("SKIP: %s\n", why); \
		child_skips_seen++; \
		skip(); \
	} while (0)

/* What main() returns: a skipped test is shown, though others passed. */
static inline int
child_result(int failed)
{
	return failed == 0 && child_skips_seen > 0 ? CHILD_SKIPS : failed;
}

#endif
