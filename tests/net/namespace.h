/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_NAMESPACE_H
#define SOCK_TEST_NAMESPACE_H

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"

/*
 * A network namespace for a child of a test, which is skipped where it may not
 * have one.
 */

static inline bool
namespace_write(const char *name, const char *value)
{
	const int fd = open(name, O_WRONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : write(fd, value, strlen(value));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(value);
}

/* An ordinary user is root in a user namespace of its own. */
static inline void
namespace_enter_as_user(void)
{
	const unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		child_skip("no network namespace: %s", strerror(errno));
	(void)snprintf(map, sizeof map, "0 %u 1", uid);
	CHECK(namespace_write("/proc/self/setgroups", "deny"));
	CHECK(namespace_write("/proc/self/uid_map", map));
	(void)snprintf(map, sizeof map, "0 %u 1", gid);
	CHECK(namespace_write("/proc/self/gid_map", map));
}

/* Into a namespace where lo is up and nothing else is. */
static inline void
namespace_enter(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		namespace_enter_as_user();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK(ioctl(fd, SIOCGIFFLAGS, &lo) == 0);
	lo.ifr_flags |= IFF_UP;
	CHECK(ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
	close(fd);
}

/* name below /proc/sys/net. */
static inline void
namespace_set(const char *name, const char *value)
{
	char path[128];

	(void)snprintf(path, sizeof path, "/proc/sys/net/%s", name);
	if (!namespace_write(path, value))
		child_skip("%s cannot be set", path);
}

/* A command line of the tool that it begins with. */
static inline void
namespace_run(const char *command)
{
	char find[128];

	(void)snprintf(find, sizeof find,
	    "PATH=$PATH:/usr/sbin:/sbin command -v %.*s >/dev/null",
	    (int)strcspn(command, " "), command);
	if (system(find) != 0)
		child_skip("no %.*s", (int)strcspn(command, " "), command);
	(void)setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
	if (system(command) != 0)
		child_skip("not allowed here: %s", command);
}

#endif
