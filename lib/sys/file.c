/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/direct.h"
#include "sys/door.h"
#include "sys/sys.h"

int
socki_sys_dup(int fd)
{
	int rc;

	DOOR(rc, fcntl, fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
	/* The limit is 3 or less: fcntl(2) tells that as EINVAL. */
	return rc == -EINVAL ? -EMFILE : rc;
}

int
socki_sys_high(int fd)
{
	int rc;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	rc = socki_sys_dup(fd);
	socki_sys_close(fd);
	return rc;
}

int
socki_sys_high_both(int fd[2])
{
	int rc;

	fd[0] = socki_sys_high(fd[0]);
	fd[1] = socki_sys_high(fd[1]);
	if (fd[0] >= 0 && fd[1] >= 0)
		return 0;
	rc = fd[0] < 0 ? fd[0] : fd[1];
	if (fd[0] >= 0)
		socki_sys_close(fd[0]);
	if (fd[1] >= 0)
		socki_sys_close(fd[1]);
	return rc;
}

int
socki_sys_open(const char *path, int flags, mode_t mode)
{
	int rc;

	DOOR_DIRECT_RESTART(rc, open,
	    direct_openat(AT_FDCWD, path, flags | O_CLOEXEC, mode), NULL);
	return socki_sys_high(rc);
}

int
socki_sys_openat(int folder, const char *path, int flags)
{
	int rc;

	DOOR_DIRECT_RESTART(rc, open,
	    direct_openat(folder, path, flags | O_CLOEXEC, 0), NULL);
	return socki_sys_high(rc);
}

ssize_t
socki_sys_getdents(int fd, void *buf, size_t n)
{
	ssize_t rc;

	DOOR(rc, getdents, syscall(SYS_getdents64, fd, buf, n));
	return rc;
}

const char *
socki_sys_dirent(const unsigned char *listing, size_t n, size_t *at)
{
	const size_t length_at = 16, name_at = 19;
	const unsigned char *entry = listing + *at;
	uint16_t length;

	if (n - *at <= name_at)
		return NULL;
	memcpy(&length, entry + length_at, sizeof length);
	if (length <= name_at || length > n - *at)
		return NULL;
	*at += length;
	return (const char *)entry + name_at;
}

ssize_t
socki_sys_readlinkat(int folder, const char *path, char *buf, size_t n)
{
	ssize_t rc;

	DOOR(rc, readlink, readlinkat(folder, path, buf, n));
	return rc;
}

void
socki_sys_random(void *buf, size_t n)
{
	struct timespec now = { 0, 0 };
	size_t i;

	/* Too early after boot, or refused: the time, to the nanosecond. */
	if (direct_getrandom(buf, n, GRND_NONBLOCK) == (ssize_t)n)
		return;
	(void)timespec_get(&now, TIME_UTC);
	for (i = 0; i < n; i++)
		((unsigned char *)buf)[i] ^=
		    ((unsigned char *)&now)[i % sizeof now];
}

ssize_t
socki_sys_read(int fd, void *buf, size_t n)
{
	ssize_t rc;

	DOOR_DIRECT_RESTART(rc, read, direct_read(fd, buf, n), &n);
	return rc;
}

ssize_t
socki_sys_pread(int fd, void *buf, size_t n, int64_t offset)
{
	ssize_t rc;

	DOOR_DIRECT_RESTART(rc, pread, direct_pread(fd, buf, n, (off_t)offset),
	    &n);
	return rc;
}

int64_t
socki_sys_lseek(int fd, int64_t offset, int whence)
{
	int64_t rc;

	DOOR(rc, lseek, lseek(fd, (off_t)offset, whence));
	return rc;
}

void
socki_sys_close(int fd)
{
	int rc;

	DOOR_DIRECT(rc, close, direct_close(fd));
	/* A fault is told in vain, but the descriptor must go all the same. */
	if (rc < 0 && socki_fault_active())
		(void)direct_close(fd);
}

int
socki_sys_getfl(int fd)
{
	int rc;

	DOOR(rc, fcntl, fcntl(fd, F_GETFL));
	return rc;
}

int
socki_sys_fstat(int fd, struct stat *out)
{
	int rc;

	DOOR(rc, stat, fstat(fd, out));
	return rc;
}

int
socki_sys_stat(const char *path, struct stat *out)
{
	int rc;

	DOOR(rc, stat, stat(path, out));
	return rc;
}

int
socki_sys_lstat(const char *path, struct stat *out)
{
	int rc;

	DOOR(rc, stat, lstat(path, out));
	return rc;
}

int
socki_sys_fchmod(int fd, mode_t mode)
{
	int rc;

	DOOR(rc, fchmod, fchmod(fd, mode));
	return rc;
}

int
socki_sys_unlink(const char *path)
{
	int rc;

	DOOR(rc, unlink, unlink(path));
	return rc;
}

int
socki_sys_flock(int fd, int operation)
{
	int rc;

	DOOR_RESTART(rc, flock, flock(fd, operation));
	return rc;
}

pid_t
socki_sys_getpid(void)
{
	return getpid();
}

int
socki_sys_ioctl_int(int fd, int request, int *value)
{
	int rc;

	DOOR(rc, ioctl, ioctl(fd, request, value));
	return rc;
}

unsigned
socki_sys_if_nametoindex(const char *name)
{
	const int saved = errno;
	const unsigned index = if_nametoindex(name);

	errno = saved;
	return index;
}

char *
socki_sys_if_indextoname(unsigned index, char *name)
{
	const int saved = errno;
	char *found = if_indextoname(index, name);

	errno = saved;
	return found;
}
