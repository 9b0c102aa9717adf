/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_FILE_H
#define HTTPD_FILE_H

#include "httpd.h"

struct file {
	int fd;
	bool folder;
	int64_t size;
	int64_t modified; /* nanoseconds since 1970 */
};

/* Opens the folder to serve: 0, or -1 and errno. */
int files_open(struct site *site, const char *root);

/*
 * Opens what is at a path of path_decode(), and below the root: a symbolic
 * link that leads out of it is not followed, wherever in the path it is.  Where
 * the kernel lacks openat2(2) none is.
 *
 * 0; 403: it may not be read, leads out, or is neither file nor folder; 404;
 * 500, 503: the machine's failure.
 */
int file_open(const struct site *site, const char *path, struct file *f);

#endif
