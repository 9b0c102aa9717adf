/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "httpd_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd_path.h"

#define NAMES_MAX 2000 /* more are told of, not listed */
#define NAME_ROOM 258  /* a name of 255 bytes, and a slash */

struct names {
	char **at;
	size_t count, room;
	bool more, failed;
};

/* Where a link leads is not told: it may be out of what is served. */
static bool
is_folder(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

static void
add_name(struct names *names, const char *name, bool folder)
{
	char **grown = names->at;
	char *copy;

	if (asprintf(&copy, folder ? "%s/" : "%s", name) < 0)
		copy = NULL;
	if (names->count == names->room) {
		names->room = 2 * names->room + 64;
		grown = realloc(names->at, names->room * sizeof *grown);
	}
	if (grown == NULL || copy == NULL) {
		free(copy);
		names->failed = true;
		return;
	}
	names->at = grown;
	names->at[names->count++] = copy;
}

static void
read_names(struct names *names, DIR *folder)
{
	const struct dirent *entry;

	while (!names->failed && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names->more = names->count == NAMES_MAX;
		if (names->more)
			return;
		add_name(names, entry->d_name, is_folder(dirfd(folder), entry));
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
put_escaped(FILE *page, const char *text)
{
	for (; *text != '\0'; text++)
		if (strchr("&<>\"'", *text) != NULL ||
		    (unsigned char)*text < 0x20)
			fprintf(page, "&#%d;", *text);
		else
			putc(*text, page);
}

static void
put_link(FILE *page, const char *name)
{
	char room[3 * NAME_ROOM];
	struct out o = { .at = room, .room = sizeof room };

	path_encode(&o, name);
	fprintf(page, "<li><a href=\"%.*s\">", (int)o.used, room);
	put_escaped(page, name);
	fputs("</a></li>\n", page);
}

static void
put_page(FILE *page, const struct names *names, const char *path)
{
	size_t i;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head>"
	      "<meta charset=\"utf-8\">\n<title>/",
	    page);
	put_escaped(page, path);
	fputs("</title></head>\n<body><h1>/", page);
	put_escaped(page, path);
	fputs("</h1>\n<ul>\n", page);
	if (*path != '\0')
		fputs("<li><a href=\"../\">../</a></li>\n", page);
	for (i = 0; i < names->count; i++)
		put_link(page, names->at[i]);
	fputs("</ul>\n", page);
	if (names->more)
		fprintf(page, "<p>The first %d; there are more.</p>\n",
		    NAMES_MAX);
	fputs("</body></html>\n", page);
}

char *
list_page(int fd, const char *path, size_t *n)
{
	struct names names = { 0 };
	DIR *folder = fdopendir(fd);
	char *text = NULL;
	FILE *page;
	bool failed;
	size_t i;

	if (folder == NULL) {
		close(fd);
		return NULL;
	}
	read_names(&names, folder);
	closedir(folder);
	page = names.failed ? NULL : open_memstream(&text, n);
	if (page != NULL) {
		if (names.count > 0)
			qsort(names.at, names.count, sizeof *names.at, compare);
		put_page(page, &names, path);
		failed = ferror(page) != 0;
		if (fclose(page) != 0 || failed) {
			free(text);
			text = NULL;
		}
	}
	for (i = 0; i < names.count; i++)
		free(names.at[i]);
	free(names.at);
	return text;
}
