/* SPDX-License-Identifier: MIT */
#include "transfer_save.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client.h"

#define ATTRIBUTE "user.fetch.validator"

static int
complain_errno(const struct save *s)
{
	return complain(EXIT_FAILED, s->name, strerror(errno));
}

static int
look(struct save *s)
{
	struct stat st;
	ssize_t n;

	if (fstat(s->fd, &st) < 0)
		return complain_errno(s);
	if (!S_ISREG(st.st_mode))
		return complain(EXIT_USAGE, s->name,
		    "only an ordinary file can be continued");
	s->had = st.st_size;
	/* Not every file system has attributes. */
	n = fgetxattr(s->fd, ATTRIBUTE, s->validator, sizeof s->validator - 1);
	s->validator[n > 0 ? n : 0] = '\0';
	return EXIT_OK;
}

/* Above the standard streams: one that is closed would else end in the file. */
static int
open_high(const char *name, int flags)
{
	const int low = open(name, flags | O_WRONLY | O_CLOEXEC, 0666);
	int fd, saved;

	if (low < 0 || low > STDERR_FILENO)
		return low;
	fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	saved = errno;
	close(low);
	errno = saved;
	return fd;
}

int
save_open(struct save *s, const char *output, bool resume)
{
	*s = (struct save){ .fd = -1, .name = output };
	if (output == NULL) {
		s->name = "standard output";
		s->fd = STDOUT_FILENO;
		s->shown = isatty(s->fd);
		return EXIT_OK;
	}
	if (!resume)
		return EXIT_OK;
	s->fd = open_high(s->name, 0);
	if (s->fd < 0)
		return errno == ENOENT ? EXIT_OK : complain_errno(s);
	s->file = true;
	return look(s);
}

/* A refusal costs the certainty that a rest belongs to its beginning. */
static void
remember(struct save *s, const char *validator)
{
	if (validator[0] == '\0' ||
	    fsetxattr(s->fd, ATTRIBUTE, validator, strlen(validator), 0) < 0)
		(void)fremovexattr(s->fd, ATTRIBUTE);
}

int
save_begin(struct save *s, bool keep, const char *validator)
{
	struct stat st;

	if (s->fd == STDOUT_FILENO && !s->file)
		return EXIT_OK;
	if (s->fd < 0)
		s->fd = open_high(s->name, O_CREAT);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return complain_errno(s);
	s->file = true;
	if (S_ISREG(st.st_mode) && !keep && ftruncate(s->fd, 0) < 0)
		return complain_errno(s);
	if (keep && lseek(s->fd, s->had, SEEK_SET) < 0)
		return complain_errno(s);
	if (S_ISREG(st.st_mode))
		remember(s, validator);
	return EXIT_OK;
}

static int
write_all(struct save *s, const char *data, size_t n)
{
	struct pollfd room = { .fd = s->fd, .events = POLLOUT };

	while (n > 0) {
		const ssize_t done = write(s->fd, data, n);

		/* Whoever else has this output may have it not block. */
		if (done < 0 && errno == EAGAIN)
			(void)poll(&room, 1, -1);
		else if (done < 0 && errno != EINTR)
			return complain_errno(s);
		if (done > 0) {
			data += done;
			n -= (size_t)done;
		}
	}
	return EXIT_OK;
}

static int
show(struct save *s, const char *data, size_t n)
{
	char shown[VISIBLE_ROOM];
	size_t length;
	int code = EXIT_OK;

	while (n > 0 && code == EXIT_OK) {
		length = visible_put(&s->visible, &data, &n, shown);
		code = write_all(s, shown, length);
	}
	return code;
}

int
save_write(struct save *s, const char *data, size_t n)
{
	return s->shown ? show(s, data, n) : write_all(s, data, n);
}

int
save_end(struct save *s, bool whole)
{
	char shown[VISIBLE_ROOM];

	if (!s->file)
		return write_all(s, shown, visible_end(&s->visible, shown));
	if (whole)
		(void)fremovexattr(s->fd, ATTRIBUTE);
	s->file = false;
	return close(s->fd) < 0 ? complain_errno(s) : EXIT_OK;
}
