/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_DROPPING_H
#define SOCK_TEST_DROPPING_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sys/syscall.h>

#include <sock.h>

#include "child.h"
#include "under.h"

/*
 * Of tests that change the user, each in a process of its own.  Most of it
 * takes root, who is asked for by need_root().
 */

#define NOBODY 65534

static inline void
need_root(void)
{
	if (geteuid() != 0)
		child_skip("changing the user takes root");
	if (setgroups(0, NULL) != 0)
		child_skip("this root may not change groups");
}

static inline void
check_no_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	/* valgrind takes the second half for unwritten. */
	struct __user_cap_data_struct data[2] = { { 0 } };
	int i;

	CHECK_INT(syscall(SYS_capget, &header, data), 0);
	for (i = 0; i < 2; i++)
		CHECK_INT(data[i].effective | data[i].permitted |
			data[i].inheritable,
		    0);
	for (i = 0; i < 40; i++)
		CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) <=
		    0);
}

/* By the calling thread alone, past the C library. */
static inline void
check_is(unsigned id)
{
	unsigned uid[3], gid[3];
	int i;

	CHECK_INT(syscall(SYS_getresuid, &uid[0], &uid[1], &uid[2]), 0);
	CHECK_INT(syscall(SYS_getresgid, &gid[0], &gid[1], &gid[2]), 0);
	for (i = 0; i < 3; i++) {
		CHECK_INT(uid[i], id);
		CHECK_INT(gid[i], id);
	}
	check_no_capabilities();
	CHECK_INT(syscall(SYS_setresuid, -1, 0, -1), -1);
	CHECK_INT(syscall(SYS_setresgid, -1, 0, -1), -1);
	CHECK_INT(syscall(SYS_setgroups, 0, NULL), -1);
}

static inline void
drop_to(const char *user, const char *root)
{
	if (sock_drop_privileges(user, root) != 0)
		child_fail(__FILE__, __LINE__, "%s", sock_errmsg());
}

static inline void
check_refused(int code, const char *user, const char *root, const char *part)
{
	const int rc = sock_drop_privileges(user, root);

	if (rc != code || strstr(sock_errmsg(), part) == NULL)
		child_fail(__FILE__, __LINE__, "%s: %d, not %d: %s",
		    user == NULL ? "NULL" : user, rc, code, sock_errmsg());
}

/* What it may have at all it has; kept is what it keeps of that. */
static inline void
set_capabilities(unsigned kept, unsigned inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (UNDER_TSAN)
		child_skip("ThreadSanitizer has a thread that keeps its own");
	CHECK_INT(syscall(SYS_capget, &header, data), 0);
	data[0].permitted &= kept;
	data[0].effective = data[0].permitted;
	data[0].inheritable = inheritable;
	CHECK_INT(syscall(SYS_capset, &header, data), 0);
}

struct other {
	pthread_t thread;
	void (*before)(void);
	void (*after)(void);
	int go[2], ready[2];
};

static inline void *
other_thread(void *arg)
{
	struct other *o = arg;
	char c = 'x';

	if (o->before != NULL)
		o->before();
	CHECK_INT(write(o->ready[1], &c, 1), 1);
	CHECK_INT(read(o->go[0], &c, 1), 1);
	if (o->after != NULL)
		o->after();
	return NULL;
}

static inline void
other_start(struct other *o)
{
	char c;

	CHECK_INT(pipe2(o->go, O_CLOEXEC), 0);
	CHECK_INT(pipe2(o->ready, O_CLOEXEC), 0);
	CHECK_INT(pthread_create(&o->thread, NULL, other_thread, o), 0);
	CHECK_INT(read(o->ready[0], &c, 1), 1);
}

static inline void
other_end(struct other *o)
{
	CHECK_INT(write(o->go[1], "x", 1), 1);
	CHECK_INT(pthread_join(o->thread, NULL), 0);
}

static inline void
write_text(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

#endif
