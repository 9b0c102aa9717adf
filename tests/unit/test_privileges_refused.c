/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/securebits.h>
#include <sched.h>

#include "../net/filter.h"
#include "dropping.h"
#include "sys/fault.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
be_refused(void *arg)
{
	static const struct {
		const char *user;
		int code;
		const char *part;
	} rows[] = {
		{ NULL, SOCK_EUSAGE, "no user" },
		{ "root", SOCK_EUSAGE, "root has all privileges" },
		{ "0", SOCK_EUSAGE, "root has all privileges" },
		{ "", -ENOENT, "no such user" },
		{ "nobody ", -ENOENT, "no such user" },
		{ "no-such-user-here", -ENOENT,
		    "drop privileges no-such-user-here: there is no such user" },
		{ "-1", -ENOENT, "no such user" },
		{ "+1000", -ENOENT, "no such user" },
		{ " 1000", -ENOENT, "no such user" },
		{ "1000x", -ENOENT, "no such user" },
		{ "0x3e8", -ENOENT, "no such user" },
		{ "01000", -ENOENT, "no such user" },
		/* Which would be "as it is". */
		{ "4294967295", -ENOENT, "no such user" },
		{ "4294967296", -ENOENT, "no such user" },
		{ "18446744073709551616", -ENOENT, "no such user" },
	};
	const unsigned before = geteuid();
	size_t i;

	(void)arg;
	for (i = 0; i < COUNT(rows); i++)
		check_refused(rows[i].code, rows[i].user, NULL, rows[i].part);
	CHECK_INT(geteuid(), before);
}

static void
who_is_nobody_is_refused(void **state)
{
	(void)state;
	child_run(be_refused, NULL);
}

static void
miss_the_root(void *arg)
{
	(void)arg;
	need_root();
	check_refused(-ENOENT, "nobody", "/no/such/folder",
	    "chroot to /no/such/folder");
	check_refused(-ENOTDIR, "nobody", "/dev/null", "chroot to /dev/null");
	CHECK_INT(geteuid(), 0);
}

static void
a_root_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	child_run(miss_the_root, NULL);
}

static void
try_as_nobody(void *arg)
{
	(void)arg;
	child_becomes_nobody();
	check_refused(-EPERM, "nobody", NULL, "setgroups");
	check_refused(-EPERM, "nobody", "/", "chroot to /");
}

static void
an_ordinary_user_is_told_which_step_is_forbidden(void **state)
{
	(void)state;
	child_run(try_as_nobody, NULL);
}

static void
keep_them(void)
{
	CHECK_INT(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0), 0);
}

static void
drop_beside_one_who_keeps(void *arg)
{
	struct other o = { .before = keep_them };

	(void)arg;
	need_root();
	other_start(&o);
	check_refused(-EPERM, "nobody", NULL, "may do what others may not");
	other_end(&o);
}

static void
a_thread_that_keeps_capabilities_is_an_error(void **state)
{
	(void)state;
	child_run(drop_beside_one_who_keeps, NULL);
}

static void
leave_root(void)
{
	CHECK_INT(syscall(SYS_setresuid, 1234, 1234, 1234), 0);
}

static void
drop_beside_another(void *arg)
{
	struct other o = { .before = leave_root };

	(void)arg;
	need_root();
	other_start(&o);
	check_refused(-EPERM, "nobody", NULL, "may do what others may not");
	CHECK_INT(syscall(SYS_geteuid), 0);
	other_end(&o);
}

static void
threads_that_differ_are_found_before_anything_changes(void **state)
{
	(void)state;
	child_run(drop_beside_another, NULL);
}

/* Calls that say they have worked and have done nothing. */
static void
drop_in_vain(void *arg)
{
	static const struct {
		long call;
		const char *part;
	} rows[] = {
		{ SYS_setresuid, "the user is still another" },
		{ SYS_setresgid, "the user is still another" },
		{ SYS_capset, "capabilities are left" },
	};
	const size_t i = *(size_t *)arg;

	need_root();
	if (UNDER_TSAN)
		child_skip("ThreadSanitizer has a thread without the filter");
	if (rows[i].call == SYS_capset)
		set_capabilities(~0U, 1U << CAP_CHOWN);
	filter_deny(rows[i].call, -1, 0);
	check_refused(-EPERM, "nobody", NULL, rows[i].part);
}

static void
a_change_that_was_none_is_found(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		child_run(drop_in_vain, &i);
}

/* Which ordinary users may make; there groups cannot be given up. */
static void
drop_in_own_namespace(void *arg)
{
	char map[64];

	(void)arg;
	child_becomes_nobody();
	prctl(PR_SET_DUMPABLE, 1);
	(void)snprintf(map, sizeof map, "0 %u 1", geteuid());
	if (unshare(CLONE_NEWUSER) != 0)
		child_skip("no user namespace: %s", strerror(errno));
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", map);
	check_refused(-EPERM, "1", NULL, "setgroups");
}

static void
groups_that_cannot_be_given_up_are_an_error(void **state)
{
	(void)state;
	child_run(drop_in_own_namespace, NULL);
}

#ifdef SOCK_FAULTS
static void
fail_at(void *arg)
{
	const char *const *row = arg;

	need_root();
	CHECK_INT(socki_fault_set(row[0], 1), 0);
	check_refused(-EIO, "nobody", "/", row[1]);
}

static void
each_call_that_fails_is_named(void **state)
{
	static const char *const rows[][2] = {
		{ "chroot:EIO@1", "chroot to /" },
		{ "chdir:EIO@1", "chdir to the new root" },
		{ "setgroups:EIO@1", "setgroups" },
		{ "setresgid:EIO@1", "setresgid to 65534" },
		{ "setresuid:EIO@1", "setresuid to 65534" },
		{ "capset:EIO@1", "capset" },
		{ "open:EIO@1", "/proc/self/task" },
		{ "open:EIO@2", "/proc/self/task" },
		{ "open:EIO@3", "/proc/self/task" },
		{ "open:EIO@4", "/proc/self/task" },
		{ "getdents:EIO@1", "/proc/self/task" },
		{ "getdents:EIO@3", "/proc/self/task" },
		{ "read:EIO@1", "/proc/self/task" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		child_run(fail_at, (void *)(uintptr_t)rows[i]);
}

static void
run_out_of_memory(void *arg)
{
	char text[32];
	int open, n;

	(void)arg;
	need_root();
	open = where_descriptors();
	for (n = 1;; n++) {
		(void)snprintf(text, sizeof text, "alloc:ENOMEM@%d", n);
		CHECK_INT(socki_fault_set(text, 1), 0);
		if (sock_drop_privileges("nobody", NULL) == 0)
			break;
		CHECK(sock_last_error()->code == -ENOMEM || n > 3);
		CHECK_INT(where_descriptors(), open);
		if (geteuid() != 0)
			return; /* half-way, as the header says */
	}
	child_fail(__FILE__, __LINE__, "%d allocations were enough", n);
}

static void
without_memory_it_says_so(void **state)
{
	(void)state;
	child_run(run_out_of_memory, NULL);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_nobody_is_refused),
		cmocka_unit_test(a_root_that_is_not_there_is_an_error),
		cmocka_unit_test(
		    an_ordinary_user_is_told_which_step_is_forbidden),
		cmocka_unit_test(a_thread_that_keeps_capabilities_is_an_error),
		cmocka_unit_test(
		    threads_that_differ_are_found_before_anything_changes),
		cmocka_unit_test(a_change_that_was_none_is_found),
		cmocka_unit_test(groups_that_cannot_be_given_up_are_an_error),
#ifdef SOCK_FAULTS
		cmocka_unit_test(each_call_that_fails_is_named),
		cmocka_unit_test(without_memory_it_says_so),
#endif
	};

	if (under_emulation()) {
		puts("SKIP: the emulator has a thread of its own, which keeps "
		     "what this one gives up");
		return 77;
	}
	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
