/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"

/*
 * Which numbers descriptors have, and who inherits them: each in a process of
 * its own, which exits with 0 if all is well.
 */

#define BEYOND_SELECT 1200 /* FD_SETSIZE is 1,024 */
#define IMPOSSIBLE 77      /* the exit status of a child */

static int lowest; /* that a descriptor of the library may have */

static void
echo_line(void *arg)
{
	const sock_t s = *(const sock_t *)arg;
	char line[16];

	if (sock_read_line(s, line, sizeof line, soon()) > 0)
		(void)sock_printf(s, "%s\n", line);
}

/* A line there and back, with waits on both sides. */
static int
talk(sock_t a, sock_t b, bool fiber)
{
	struct sock_group *g = sock_group_new();
	char line[16];
	int rc = 0;

	if (sock_fd(a) < lowest || sock_fd(b) < lowest)
		return 10;
	if (fiber && sock_go(g, echo_line, &b) < 0)
		return 11;
	if (sock_read(a, line, 1, sock_in(5)) != -ETIMEDOUT)
		rc = 12;
	if (sock_printf(a, "hello\n") < 0)
		rc = 13;
	if (!fiber)
		echo_line(&b);
	if (sock_read_line(a, line, sizeof line, soon()) != 5)
		rc = 14;
	sock_group_free(g);
	return rc;
}

static int
talk_over_each(void)
{
	int i, rc = 0;

	for (i = 0; i < transport_count * 2 && rc == 0; i++) {
		const struct transport *t = &transports[i / 2];
		sock_t ends[2];

		/* Streams; two layers of one task would wait for each other. */
		if ((t->kind & OVER_BARE) == 0)
			continue;
		rc = transport_open(t, ends);
		if (rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL) {
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = talk(ends[0], ends[1], i % 2 == 1);
		(void)sock_close(ends[0]);
		(void)sock_close(ends[1]);
	}
	return rc == 0 ? 0 : 1;
}

/* impossible: why the child may find that it cannot be tried here. */
static void
expect_well(int (*child)(void), const char *impossible)
{
	const pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (impossible != NULL && WEXITSTATUS(status) == IMPOSSIBLE) {
		printf("SKIP: %s\n", impossible);
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
without_standard_streams(void)
{
	lowest = STDERR_FILENO + 1;
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	(void)close(STDERR_FILENO);
	if (talk_over_each() != 0)
		return 1;
	/* Nobody's is at their numbers. */
	return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 &&
		fcntl(2, F_GETFD) < 0 ?
	    0 :
	    2;
}

static void
no_stream_takes_the_place_of_a_standard_one(void **state)
{
	(void)state;
	expect_well(without_standard_streams, NULL);
}

static int
pass_without_standard_streams(void)
{
	int fds[2] = { STDERR_FILENO, STDERR_FILENO }, got[2], rc, i;
	sock_t ends[2];
	char byte;

	if (sock_pair(ends) < 0 ||
	    sock_send_fds(ends[0], fds, 2, "x", 1, soon()) < 0)
		return 1;
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	rc = sock_receive_fds(ends[1], got, 2, &byte, 1, soon());
	if (rc != 2)
		return 2;
	for (i = 0; i < 2; i++)
		if (got[i] <= STDERR_FILENO ||
		    fcntl(got[i], F_GETFD) != FD_CLOEXEC)
			return 3;
	return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 ? 0 : 4;
}

static void
a_passed_descriptor_takes_no_place_of_a_standard_one(void **state)
{
	(void)state;
	expect_well(pass_without_standard_streams, NULL);
}

static int
with_high_numbers(void)
{
	struct rlimit many;
	int fd = 0;

	if (getrlimit(RLIMIT_NOFILE, &many) < 0)
		return 3;
	many.rlim_cur = BEYOND_SELECT + 100;
	if (many.rlim_cur > many.rlim_max)
		return IMPOSSIBLE;
	if (setrlimit(RLIMIT_NOFILE, &many) < 0)
		return 4;
	while (fd >= 0 && fd < BEYOND_SELECT)
		fd = dup(STDERR_FILENO);
	lowest = BEYOND_SELECT;
	return fd < 0 ? 2 : talk_over_each();
}

static void
streams_work_beyond_what_select_can_hold(void **state)
{
	(void)state;
	expect_well(with_high_numbers,
	    "the hard limit of descriptors is too low");
}

/* How many a program would inherit. */
static int
inheritable(void)
{
	int fd, count = 0;

	for (fd = 0; fd < BEYOND_SELECT; fd++)
		count += fcntl(fd, F_GETFD) == 0;
	return count;
}

static int
open_all_and_exec(void)
{
	sock_t ends[2];
	struct passive p;
	char self[4096] = "", number[16];
	int i;

	lowest = 3;
	(void)snprintf(number, sizeof number, "%d", inheritable());
	if (talk_over_each() != 0)
		return 1;
	for (i = 0; i < transport_count; i++)
		(void)transport_open(&transports[i], ends);
	if (transport_listen(&transports[0], &p) < 0 ||
	    sock_dial_start(p.address) < 0)
		return 2;
	/* Its name: the link itself is valgrind's, or the emulator's. */
	if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
		return 3;
	(void)execl(self, self, "count", number, (char *)NULL);
	return errno == ENOEXEC ? IMPOSSIBLE : 4;
}

static void
no_descriptor_is_inherited_by_a_program(void **state)
{
	(void)state;
	expect_well(open_all_and_exec,
	    "the emulator starts no program of its machine");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_stream_takes_the_place_of_a_standard_one),
		cmocka_unit_test(
		    a_passed_descriptor_takes_no_place_of_a_standard_one),
		cmocka_unit_test(streams_work_beyond_what_select_can_hold),
		cmocka_unit_test(no_descriptor_is_inherited_by_a_program),
	};

	if (argc == 3 && strcmp(argv[1], "count") == 0)
		return inheritable() == (int)strtol(argv[2], NULL, 10) ? 0 : 5;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
