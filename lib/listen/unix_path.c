/* SPDX-License-Identifier: MIT */
#include "listen/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/error.h"
#include "sys/sys.h"

#define LOCK_SUFFIX ".lock"
/* A lock file that goes away while it is opened is made again. */
#define LOCK_TRIES 100

struct lock {
	char name[sizeof(struct sockaddr_un) + sizeof LOCK_SUFFIX];
	int fd;
};

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* One try: -ESTALE: the file is not the one of that name any more. */
static int
try_lock(struct lock *lock)
{
	struct stat held, named;
	int rc;

	lock->fd = socki_sys_open(lock->name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (lock->fd < 0)
		return lock->fd;
	rc = socki_sys_flock(lock->fd, LOCK_EX | LOCK_NB);
	if (rc == 0)
		rc = socki_sys_fstat(lock->fd, &held);
	if (rc == 0) {
		rc = socki_sys_lstat(lock->name, &named);
		if (rc == -ENOENT || (rc == 0 && !same_file(&held, &named)))
			rc = -ESTALE;
	}
	if (rc < 0)
		socki_sys_close(lock->fd);
	return rc;
}

static int
take_lock(struct lock *lock, const char *path, struct socki_why *why)
{
	int rc = -ESTALE, i;

	(void)snprintf(lock->name, sizeof lock->name, "%s%s", path,
	    LOCK_SUFFIX);
	for (i = 0; i < LOCK_TRIES && rc == -ESTALE; i++)
		rc = try_lock(lock);
	if (rc == -EAGAIN || rc == -ESTALE)
		return socki_why(why, -EADDRINUSE,
		    "another process is starting to listen there");
	if (rc < 0)
		return socki_why(why, rc, "of its lock file %s", lock->name);
	return 0;
}

static void
drop_lock(struct lock *lock)
{
	(void)socki_sys_unlink(lock->name);
	socki_sys_close(lock->fd);
}

/*
 * Whether somebody listens: 0: nobody; -EADDRINUSE; else it cannot be told.
 * With datagrams, so that who listens for streams has no visitor: unix(7),
 * EPROTOTYPE.
 */
static int
probe(const struct sock_addr *addr)
{
	const int fd = socki_sys_socket(AF_UNIX, SOCK_DGRAM, 0);
	int rc;

	if (fd < 0)
		return fd;
	rc = socki_sys_connect(fd, &addr->u.sa, addr->length);
	socki_sys_close(fd);
	switch (rc) {
	case -ECONNREFUSED:
	case -ENOENT:
		return 0;
	case 0:
	case -EPERM: /* of datagrams that have a peer already */
	case -EPROTOTYPE:
		return -EADDRINUSE;
	default:
		return rc;
	}
}

/* Makes room at the path, under the lock. */
static int
clear(const struct sock_addr *addr, struct socki_why *why)
{
	const char *path = addr->u.un.sun_path;
	struct stat st;
	int rc = socki_sys_lstat(path, &st);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (!S_ISSOCK(st.st_mode))
		return socki_why(why, -EADDRINUSE,
		    "the file there is not a socket");
	rc = probe(addr);
	if (rc == -EADDRINUSE)
		return socki_why(why, rc, "somebody listens there");
	if (rc == 0)
		rc = socki_sys_unlink(path);
	return rc == -ENOENT ? 0 : rc;
}

static int
bind_and_listen(struct socki_unix_path *path, int fd,
    const struct sock_addr *addr, int backlog)
{
	struct stat st;
	int rc = socki_sys_bind(fd, &addr->u.sa, addr->length);

	if (rc < 0)
		return rc;
	if (backlog > 0)
		rc = socki_sys_listen(fd, backlog);
	if (rc == 0)
		rc = socki_sys_lstat(addr->u.un.sun_path, &st);
	if (rc < 0) {
		(void)socki_sys_unlink(addr->u.un.sun_path);
		return rc;
	}
	(void)snprintf(path->name, sizeof path->name, "%s",
	    addr->u.un.sun_path);
	path->device = st.st_dev;
	path->inode = st.st_ino;
	path->maker = socki_sys_getpid();
	return 0;
}

int
socki_unix_path_listen(struct socki_unix_path *path, int fd,
    const struct sock_addr *addr, mode_t mode, int backlog,
    struct socki_why *why)
{
	struct lock lock;
	int rc = take_lock(&lock, addr->u.un.sun_path, why);

	if (rc < 0)
		return rc;
	rc = clear(addr, why);
	/* Before the file exists: nobody can slip in through a wider mode. */
	if (rc == 0)
		rc = socki_sys_fchmod(fd, mode);
	if (rc == 0)
		rc = bind_and_listen(path, fd, addr, backlog);
	drop_lock(&lock);
	return rc;
}

void
socki_unix_path_unlink(const struct socki_unix_path *path)
{
	struct stat st;

	if (path->name[0] == '\0' || path->maker != socki_sys_getpid() ||
	    socki_sys_lstat(path->name, &st) < 0)
		return;
	if (st.st_dev == path->device && st.st_ino == path->inode)
		(void)socki_sys_unlink(path->name);
}
