/* SPDX-License-Identifier: MIT */
#include "transfer_save.h"

#include <errno.h>
#include <fcntl.h>
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
	s->fd = open(s->name, O_WRONLY | O_CLOEXEC);
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
		s->fd = open(s->name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
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
	while (n > 0) {
		const ssize_t done = write(s->fd, data, n);

		if (done < 0 && errno != EINTR)
			return complain_errno(s);
		if (done > 0) {
			data += done;
			n -= (size_t)done;
		}
	}
	return EXIT_OK;
}

/*
 * C0 and DEL, and C1 both as a byte and as UTF-8, where its second byte is
 * one: all of them can move a cursor, or make a terminal answer.
 */
static bool
moves_cursor(const char *data, size_t i)
{
	const unsigned char c = (unsigned char)data[i];
	const unsigned char before = i > 0 ? (unsigned char)data[i - 1] : 0;

	if (c < 0x20)
		return c != '\n' && c != '\t';
	return c == 0x7f ||
	    (c < 0xa0 && c >= 0x80 && (before < 0x80 || before == 0xc2));
}

static int
show(struct save *s, const char *data, size_t n)
{
	char byte[8];
	size_t i, plain = 0;
	int code = EXIT_OK;

	for (i = 0; i < n && code == EXIT_OK; i++) {
		if (!moves_cursor(data, i) ||
		    (data[i] == '\r' && i + 1 < n && data[i + 1] == '\n'))
			continue;
		code = write_all(s, data + plain, i - plain);
		snprintf(byte, sizeof byte, "\\x%02x", (unsigned char)data[i]);
		if (code == EXIT_OK)
			code = write_all(s, byte, strlen(byte));
		plain = i + 1;
	}
	return code != EXIT_OK ? code : write_all(s, data + plain, n - plain);
}

int
save_write(struct save *s, const char *data, size_t n)
{
	return s->shown ? show(s, data, n) : write_all(s, data, n);
}

int
save_end(struct save *s, bool whole)
{
	if (!s->file)
		return EXIT_OK;
	if (whole)
		(void)fremovexattr(s->fd, ATTRIBUTE);
	s->file = false;
	return close(s->fd) < 0 ? complain_errno(s) : EXIT_OK;
}
