/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"
#include "namespace.h"
#include "plain.h"
#include "sys/fault.h"
#include "where.h"

/* A table that is read while sockets come and go, or while luck is bad. */

#define STANDING 1500 /* pairs: more than one piece of the dump */
#define COMING 4000   /* connections of each who makes and ends them */
#define MAKERS 2
#define ROWS_MAX 65536

static int port;

static void
stand(int pairs)
{
	const int listener = plain_bind(AF_INET, 0, 64);
	struct rlimit limit;

	CHECK(listener >= 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	port = plain_port(listener);
	while (pairs-- > 0) {
		if (plain_connect(AF_INET, port) < 0)
			child_skip("too few descriptors");
		CHECK(accept(listener, NULL, NULL) >= 0);
	}
}

/* Ends each connection with a reset, so that its port is free at once. */
static void
come_and_go(void)
{
	const struct linger reset = { 1, 0 };
	const int listener = plain_bind(AF_INET, 0, 64);
	const int here = plain_port(listener);
	int i, fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < COMING; i++) {
		fd = plain_connect(AF_INET, here);
		CHECK(fd >= 0);
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
		    sizeof reset);
		close(fd);
		close(accept(listener, NULL, NULL));
	}
	_exit(0);
}

static int
ascending(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many rows there are; each inode is there once. */
static size_t
walk(void)
{
	static uint64_t inodes[ROWS_MAX];
	const struct sock_row *row;
	struct sock_table *t = sock_table_open(.transports = SOCK_TABLE_TCP);
	size_t n = 0, i;

	CHECK(t != NULL);
	while ((row = sock_table_next(t)) != NULL)
		if (row->inode != 0 && n < ROWS_MAX)
			inodes[n++] = row->inode;
	CHECK_INT(sock_table_close(t), 0);
	qsort(inodes, n, sizeof inodes[0], ascending);
	for (i = 1; i < n; i++)
		CHECK(inodes[i] != inodes[i - 1]);
	return n;
}

static void
walk_while_they_come_and_go(void *arg)
{
	int makers = 0, walks = 0, status;

	(void)arg;
	namespace_enter();
	stand(STANDING);
	for (; makers < MAKERS; makers++)
		if (fork() == 0)
			come_and_go();
	while (makers > 0) {
		/* Whoever was there all the time is in every table. */
		CHECK(walk() >= 2 * STANDING + 1);
		walks++;
		while (waitpid(-1, &status, WNOHANG) > 0) {
			CHECK_INT(status, 0);
			makers--;
		}
	}
	CHECK(walks > 3);
}

static void
no_socket_is_listed_twice_while_others_come_and_go(void **state)
{
	(void)state;
	child_run(walk_while_they_come_and_go, NULL);
}

#define BOUND 20

/*
 * Bound sockets are listed before connected ones, of which there are so many
 * that the kernel has not come to most of them when the first are read.
 */
static void
connect_while_listed(void *arg)
{
	int fds[BOUND], met = 0, again = 0, i;
	const struct sock_row *row;
	struct sock_table *t;
	struct sockaddr_storage sa;
	socklen_t len;

	(void)arg;
	namespace_enter();
	stand(STANDING);
	for (i = 0; i < BOUND; i++) {
		fds[i] = plain_bind(AF_INET, 0, -1);
		CHECK(fds[i] >= 0);
	}
	len = plain_loopback(&sa, AF_INET, port);
	t = sock_table_open(.transports = SOCK_TABLE_TCP);
	while ((row = sock_table_next(t)) != NULL) {
		if (strcmp(row->state, "UNCONNECTED") == 0 && ++met == BOUND)
			for (i = 0; i < BOUND; i++)
				CHECK(connect(fds[i], (struct sockaddr *)&sa,
					  len) == 0);
		for (i = 0; i < BOUND; i++)
			again += strcmp(row->state, "ESTABLISHED") == 0 &&
			    sock_addr_port(&row->local) == plain_port(fds[i]);
	}
	CHECK_INT(sock_table_close(t), 0);
	if (met == 0)
		child_skip("this kernel does not list bound sockets");
	CHECK_INT(met, BOUND);
	CHECK_INT(again, 0);
}

static void
a_socket_that_changes_meanwhile_is_listed_once(void **state)
{
	(void)state;
	child_run(connect_while_listed, NULL);
}

#ifdef SOCK_FAULTS

/* The first, the second, ... call of a kind fails: an error, or a table. */
static void
list_with_luck(void *arg)
{
	static const char *const calls[] = { "socket:EMFILE", "connect:ENOBUFS",
		"send:ENOBUFS", "recv:ENOBUFS", "open:EMFILE", "open:EACCES",
		"getdents:EIO", "readlink:EACCES", "read:EIO", "alloc:ENOMEM" };
	const struct sock_row *row;
	struct sock_table *t;
	char text[64];
	int before, failed, at, rows, rc;
	size_t i;

	(void)arg;
	namespace_enter();
	stand(20);
	CHECK(plain_unix("", SOCK_DGRAM, -1) >= 0);
	before = where_descriptors();
	for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		failed = 0;
		for (at = 1; at < 40; at++) {
			(void)snprintf(text, sizeof text, "%s@%d", calls[i],
			    at);
			CHECK_INT(socki_fault_set(text, 1), 0);
			t = sock_table_open(.processes = true);
			rows = 0;
			while ((row = sock_table_next(t)) != NULL)
				rows++;
			rc = t == NULL ? sock_last_error()->code :
					 sock_table_close(t);
			CHECK_INT(socki_fault_set(NULL, 1), 0);
			CHECK_INT(where_descriptors(), before);
			CHECK(rc < 0 || rows >= 41);
			failed += rc < 0;
		}
		/* What may not be looked at is no error; the rest is. */
		CHECK_INT(failed > 0,
		    strstr("open:EACCES getdents:EIO readlink:EACCES read:EIO",
			calls[i]) == NULL ||
			strcmp(calls[i], "open:EACCES") == 0);
	}
}

static void
each_call_may_fail(void **state)
{
	(void)state;
	child_run(list_with_luck, NULL);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    no_socket_is_listed_twice_while_others_come_and_go),
		cmocka_unit_test(
		    a_socket_that_changes_meanwhile_is_listed_once),
#ifdef SOCK_FAULTS
		cmocka_unit_test(each_call_may_fail),
#endif
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
