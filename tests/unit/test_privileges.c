/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <sys/stat.h>

#include "dropping.h"
#include "where.h"

static void
become_nobody(void *arg)
{
	const gid_t groups[] = { 0, 4, 27 };
	gid_t now[8];
	int i, n;

	(void)arg;
	need_root();
	CHECK_INT(setgroups(3, groups), 0);
	errno = EDOM;
	drop_to("nobody", NULL);
	CHECK_INT(errno, EDOM);
	check_is(NOBODY);
	n = getgroups(8, now);
	CHECK(n >= 0);
	for (i = 0; i < n; i++)
		CHECK(now[i] != 0 && now[i] != 4 && now[i] != 27);
}

static void
root_becomes_nobody_for_good(void **state)
{
	(void)state;
	child_run(become_nobody, NULL);
}

static void
become_a_number(void *arg)
{
	gid_t group = 0;

	(void)arg;
	need_root();
	drop_to("424242", NULL);
	check_is(424242);
	CHECK_INT(getgroups(1, &group), 1);
	CHECK_INT(group, 424242);
}

static void
a_number_that_nobody_has_has_one_group(void **state)
{
	(void)state;
	child_run(become_a_number, NULL);
}

static void
is_nobody(void)
{
	check_is(NOBODY);
}

static void
is_nobody_in_fiber(void *arg)
{
	(void)arg;
	is_nobody();
}

static void
drop_in_fiber(void *arg)
{
	(void)arg;
	drop_to("nobody", NULL);
}

static void
drop_among_threads(void *arg)
{
	const bool in_fiber = *(bool *)arg;
	struct other o = { .after = is_nobody };

	need_root();
	CHECK(where_run(IN_FIBER, where_nothing, NULL));
	other_start(&o);
	CHECK(where_run(in_fiber ? IN_FIBER : IN_THREAD, drop_in_fiber, NULL));
	is_nobody();
	other_end(&o);
	CHECK(where_run(IN_FIBER, is_nobody_in_fiber, NULL));
}

static void
all_threads_change(void **state)
{
	static bool in_fiber[] = { false, true };

	(void)state;
	child_run(drop_among_threads, &in_fiber[0]);
	child_run(drop_among_threads, &in_fiber[1]);
}

static void
drop_into(void *arg)
{
	const char *root = arg;
	char cwd[64];

	need_root();
	drop_to("nobody", root);
	check_is(NOBODY);
	CHECK(getcwd(cwd, sizeof cwd) != NULL);
	CHECK_TEXT(cwd, "/");
	CHECK_INT(access("/here", X_OK), 0);
	CHECK_INT(access("../here", X_OK), 0);
	CHECK_INT(access("/proc", F_OK), -1);
	CHECK_INT(chroot("/here"), -1);
}

/* Its parent sweeps up: the child has no right to any more. */
static void
a_root_is_all_there_is(void **state)
{
	char root[] = "/tmp/sock-root-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chmod(root, 0755), 0);
	(void)snprintf(path, sizeof path, "%s/here", root);
	assert_int_equal(mkdir(path, 0755), 0);
	child_run(drop_into, root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

/* A user other than root, with what a file or systemd may give it. */
static void
drop_without_root(void *arg)
{
	const unsigned some =
	    1U << CAP_SETUID | 1U << CAP_SETGID | 1U << CAP_NET_BIND_SERVICE;

	(void)arg;
	need_root();
	CHECK_INT(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
	CHECK_INT(setresgid(1234, 1234, 1234), 0);
	CHECK_INT(setresuid(1234, 1234, 1234), 0);
	set_capabilities(some, some);
	CHECK_INT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
		      CAP_NET_BIND_SERVICE, 0, 0),
	    0);
	drop_to("nobody", NULL);
	check_is(NOBODY);
	CHECK_INT(syscall(SYS_setresuid, -1, 1234, -1), -1);
}

static void
capabilities_of_an_ordinary_user_go_too(void **state)
{
	(void)state;
	child_run(drop_without_root, NULL);
}

/* As in an old container; they would come back with some file's. */
static void
drop_inheritable(void *arg)
{
	(void)arg;
	need_root();
	set_capabilities(~0U, 1U << CAP_CHOWN);
	drop_to("nobody", NULL);
	check_is(NOBODY);
}

static void
inheritable_capabilities_go_too(void **state)
{
	(void)state;
	child_run(drop_inheritable, NULL);
}

/* Ids 0 to 1999, which the parent namespace gives. */
static void
enter_user_namespace(void)
{
	char path[64], c;
	int status, go[2];
	const pid_t me = getpid();
	pid_t helper;

	CHECK_INT(pipe2(go, O_CLOEXEC), 0);
	helper = fork();
	CHECK(helper >= 0);
	if (helper == 0) {
		CHECK_INT(read(go[0], &c, 1), 1);
		(void)snprintf(path, sizeof path, "/proc/%d/uid_map", me);
		write_text(path, "0 0 2000");
		(void)snprintf(path, sizeof path, "/proc/%d/gid_map", me);
		write_text(path, "0 0 2000");
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) != 0) {
		kill(helper, SIGKILL);
		child_skip("no user namespace: %s", strerror(errno));
	}
	CHECK_INT(write(go[1], "x", 1), 1);
	CHECK_INT(waitpid(helper, &status, 0), helper);
	CHECK_INT(status, 0);
}

static void
drop_in_namespace(void *arg)
{
	(void)arg;
	need_root();
	enter_user_namespace();
	check_refused(-EINVAL, "424242", NULL, "setgroups");
	drop_to("1999", NULL);
	check_is(1999);
}

static void
root_of_a_user_namespace_becomes_somebody(void **state)
{
	(void)state;
	child_run(drop_in_namespace, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_becomes_nobody_for_good),
		cmocka_unit_test(a_number_that_nobody_has_has_one_group),
		cmocka_unit_test(all_threads_change),
		cmocka_unit_test(a_root_is_all_there_is),
		cmocka_unit_test(capabilities_of_an_ordinary_user_go_too),
		cmocka_unit_test(inheritable_capabilities_go_too),
		cmocka_unit_test(root_of_a_user_namespace_becomes_somebody),
	};

	if (under_emulation()) {
		puts("SKIP: the emulator has a thread of its own, which keeps "
		     "what this one gives up");
		return 77;
	}
	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
