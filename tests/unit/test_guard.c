/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include <sock.h>

#include "workers.h"

/*
 * A fiber's own group, which it fills and empties without end until somebody
 * else comes: to start members in it, to wait for them, to cancel it.
 */
struct nursery {
	struct sock_group *_Atomic group;
	_Atomic int started, ended;
	int visits;
};

static void
be_counted(void *arg)
{
	struct nursery *n = arg;

	atomic_fetch_add(&n->ended, 1);
}

static int
start_counted(struct nursery *n)
{
	const int rc = sock_go(n->group, be_counted, n);

	if (rc == 0)
		atomic_fetch_add(&n->started, 1);
	return rc;
}

static void
keep_a_nursery(void *arg)
{
	struct nursery *n = arg;
	struct sock_group *g = sock_group_new();
	int rc;

	atomic_store(&n->group, g);
	while ((rc = start_counted(n)) == 0) {
		if (atomic_load(&n->started) % 3 == 0)
			EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
		else
			EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	}
	EXPECT_INT(rc, -ECANCELED);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	EXPECT_INT(n->started, n->ended);
}

static void
visit(void *arg)
{
	struct nursery *n = arg;
	int i;

	while (atomic_load(&n->group) == NULL ||
	    atomic_load(&n->started) < n->visits % 50)
		EXPECT_INT(sock_sleep(SOCK_NOWAIT), 0);
	if (n->visits % 3 == 1)
		EXPECT_INT(sock_group_wait(n->group, SOCK_FOREVER), 0);
	for (i = 0; i < n->visits % 4; i++)
		EXPECT_INT(start_counted(n), 0);
	EXPECT_INT(sock_group_cancel(n->group), 0);
}

static void
visit_nurseries(void *arg)
{
	struct sock_group *g = sock_group_new();
	int i;

	(void)arg;
	use_four();
	for (i = 0; i < aside_many(200); i++) {
		struct nursery n = { .visits = i };

		EXPECT_INT(sock_go(g, keep_a_nursery, &n), 0);
		if (i % 2 == 0)
			EXPECT_INT(sock_go_spread(g, visit, &n), 0);
		else
			visit(&n);
		EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
		sock_group_free(n.group);
	}
	sock_group_free(g);
}

static void
others_come_to_a_group_that_one_worker_had_alone(void **state)
{
	(void)state;
	run_in_child_or_here(visit_nurseries);
}

static void
fork_with_a_group(void *arg)
{
	struct sock_group *g = sock_group_new();
	int status = -1;
	pid_t pid;

	EXPECT_INT(sock_go(g, aside_nothing, NULL), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	pid = fork();
	if (pid == 0) {
		alarm(50);
		EXPECT_INT(sock_go(g, aside_nothing, NULL), 0);
		EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
		sock_group_free(g);
		_exit(atomic_load(&aside_failures) == 0 ? 0 : 1);
	}
	EXPECT_INT(waitpid(pid, &status, 0), pid);
	EXPECT_INT(status, 0);
	sock_group_free(g);
	(void)arg;
}

static void
fork_in_a_fiber(void *arg)
{
	aside_fiber(fork_with_a_group, arg);
}

static void
a_group_that_one_worker_had_alone_serves_in_a_child(void **state)
{
	(void)state;
	run_in_child(fork_in_a_fiber);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    others_come_to_a_group_that_one_worker_had_alone),
		cmocka_unit_test(
		    a_group_that_one_worker_had_alone_serves_in_a_child),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
