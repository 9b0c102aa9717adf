/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_PLACE_H
#define SOCK_TEST_PLACE_H

#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "where.h"

/* Every test works in a directory of its own, which it leaves empty. */
static char dir[] = "/tmp/sock-path-XXXXXX";
static char path[64], lock[64], text[80];

static inline int
place_make(void **state)
{
	(void)snprintf(dir, sizeof dir, "/tmp/sock-path-XXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) != 0)
		return -1;
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(lock, sizeof lock, "%s/s.lock", dir);
	(void)snprintf(text, sizeof text, "unix:%s", path);
	return where_count(state);
}

static inline int
place_remove(void **state)
{
	if (rmdir(dir) != 0) {
		perror(dir);
		return -1;
	}
	return where_same(state);
}

#define place_test(f) \
	cmocka_unit_test_setup_teardown(f, place_make, place_remove)

static inline bool
place_has(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

#endif
