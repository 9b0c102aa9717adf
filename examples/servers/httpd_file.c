/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "httpd_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "httpd_path.h"

/* What opens at once: a FIFO would wait for its other end. */
#define FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define TRIES 8 /* while somebody renames folders */

/* -1 and errno, as open(2) */
static int
open_below(int root, const char *path, int flags)
{
	const struct open_how how = { .flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	long fd;
	int i = 0;

	do
		fd = syscall(SYS_openat2, root, path, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN && ++i < TRIES);
	return (int)fd;
}

/* The same for an older kernel, without symbolic links. */
static int
walk_below(int root, const char *path, int flags)
{
	char name[PATH_ROOM];
	int at = root, next, error;
	bool folder;
	size_t n;

	do {
		n = strcspn(path, "/");
		memcpy(name, n > 0 ? path : ".", n + (n == 0));
		name[n + (n == 0)] = '\0';
		folder = path[n] == '/';
		path += n + folder;
		next = openat(at, name,
		    O_NOFOLLOW | (folder ? O_DIRECTORY : 0) |
			(*path != '\0' ? O_PATH | O_CLOEXEC : flags));
		error = errno;
		if (at != root)
			close(at);
		errno = error;
		at = next;
	} while (at >= 0 && *path != '\0');
	return at;
}

int
files_open(struct site *site, const char *root)
{
	int fd;

	site->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (site->root < 0)
		return -1;
	/* A sandbox may refuse calls that it does not know with EPERM. */
	fd = open_below(site->root, ".", O_PATH | O_CLOEXEC);
	site->walks = fd < 0 && (errno == ENOSYS || errno == EPERM);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int
status_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return 404;
	case EACCES:
	case EPERM:
	case EXDEV: /* out of the root */
	case ELOOP:
	case ENXIO: /* a socket */
	case ENODEV:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EAGAIN:
		return 503;
	default:
		return 500;
	}
}

int
file_open(const struct site *site, const char *path, struct file *f)
{
	struct stat st;
	int status = 0;

	if (site->walks)
		f->fd = walk_below(site->root, path, FLAGS);
	else
		f->fd =
		    open_below(site->root, *path != '\0' ? path : ".", FLAGS);
	if (f->fd < 0)
		return status_of(errno);
	if (fstat(f->fd, &st) < 0)
		status = status_of(errno);
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		status = 403;
	if (status != 0) {
		close(f->fd);
		return status;
	}
	f->folder = S_ISDIR(st.st_mode);
	f->size = st.st_size;
	f->modified =
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return 0;
}
