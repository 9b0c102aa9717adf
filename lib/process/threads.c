/* SPDX-License-Identifier: MIT */
#include "process/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "sys/sys.h"

#define LISTING 1024      /* of threads, at a time */
#define STATUS_FIRST 2048 /* enough but for who is in many groups */
#define STATUS_MAX (1 << 20)

/* The lines of /proc/PID/status that say what a thread may do, proc(5). */
static const char *const keys[] = { "Uid:", "Gid:", "Groups:", "CapInh:",
	"CapPrm:", "CapEff:", "CapAmb:" };

#define NO_CAPABILITIES \
	"\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000" \
	"\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n"

static bool
is_wanted(const char *line)
{
	size_t i = 0;

	while (i < sizeof keys / sizeof keys[0] &&
	    strncmp(line, keys[i], strlen(keys[i])) != 0)
		i++;
	return i < sizeof keys / sizeof keys[0];
}

/* Leaves the wanted lines. */
static void
choose(char *status)
{
	char *to = status, *line = status;
	size_t n;

	for (; *line != '\0'; line += n) {
		n = strcspn(line, "\n");
		n += line[n] == '\n';
		if (!is_wanted(line))
			continue;
		memmove(to, line, n);
		to += n;
	}
	*to = '\0';
}

/* All of it, for the caller to free; 0; 1: it does not fit; -errno. */
static int
read_status(int fd, char **out, size_t size)
{
	char *text = socki_alloc(size);
	size_t used = 0;
	ssize_t n = text == NULL ? -ENOMEM : 1;

	while (n > 0 && used < size - 1) {
		n = socki_sys_read(fd, text + used, size - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (n == 0) {
		text[used] = '\0';
		choose(text);
		*out = text;
		return 0;
	}
	socki_free(text);
	return n < 0 ? (int)n : 1;
}

/* 1: the thread has ended. */
static int
credentials(int threads, const char *thread, char **out)
{
	char path[32];
	size_t size = STATUS_FIRST;
	int fd, rc;

	*out = NULL;
	(void)snprintf(path, sizeof path, "%.20s/status", thread);
	do {
		fd = socki_sys_openat(threads, path, O_RDONLY);
		if (fd < 0)
			return fd == -ENOENT ? 1 : fd;
		rc = read_status(fd, out, size);
		socki_sys_close(fd);
		size *= 4;
	} while (rc == 1 && size <= STATUS_MAX);
	if (rc == 1)
		return -EOVERFLOW;
	return rc == -ESRCH ? 1 : rc;
}

/* Into *first the first one's; the others are to be the same. */
static int
compare(int threads, const char *thread, char **first, struct socki_why *why)
{
	char *text;
	int rc = credentials(threads, thread, &text);

	if (rc != 0)
		return rc < 0 ? socki_why(why, rc, "/proc/self/task") : 0;
	if (*first == NULL) {
		*first = text;
		return 0;
	}
	if (strcmp(*first, text) != 0)
		rc = socki_why(why, -EPERM,
		    "thread %.20s may do what others may not", thread);
	socki_free(text);
	return rc;
}

static int
walk(int folder, char **first, struct socki_why *why)
{
	unsigned char listing[LISTING];
	const char *thread;
	ssize_t n;
	size_t at;
	int rc;

	while ((n = socki_sys_getdents(folder, listing, sizeof listing)) > 0) {
		at = 0;
		while ((thread = socki_sys_dirent(listing, (size_t)n, &at)) !=
		    NULL) {
			if (*thread == '.')
				continue;
			rc = compare(folder, thread, first, why);
			if (rc < 0)
				return rc;
		}
	}
	return n < 0 ? socki_why(why, (int)n, "/proc/self/task") : 0;
}

/* What all have, for the caller to free. */
static int
common(int threads, char **out, struct socki_why *why)
{
	/* A walk of its own from the start. */
	const int folder =
	    socki_sys_openat(threads, ".", O_RDONLY | O_DIRECTORY);
	int rc;

	*out = NULL;
	if (folder < 0)
		return socki_why(why, folder, "/proc/self/task");
	rc = walk(folder, out, why);
	socki_sys_close(folder);
	if (rc == 0 && *out == NULL)
		rc = socki_why(why, -ENOENT, "/proc/self/task");
	return rc;
}

int
socki_threads_open(void)
{
	return socki_sys_open("/proc/self/task", O_RDONLY | O_DIRECTORY, 0);
}

int
socki_threads_agree(int threads, struct socki_why *why)
{
	char *text;
	const int rc = common(threads, &text, why);

	socki_free(text);
	return rc;
}

int
socki_threads_are(int threads, uid_t uid, gid_t gid, struct socki_why *why)
{
	char want[128], *text;
	int rc;

	(void)snprintf(want, sizeof want,
	    "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nGroups:", uid, uid,
	    uid, uid, gid, gid, gid, gid);
	rc = common(threads, &text, why);
	if (rc == 0 && strncmp(text, want, strlen(want)) != 0)
		rc = socki_why(why, -EPERM, "the user is still another");
	else if (rc == 0 && strstr(text, NO_CAPABILITIES) == NULL)
		rc = socki_why(why, -EPERM, "capabilities are left");
	socki_free(text);
	return rc;
}
