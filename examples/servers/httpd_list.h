/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_LIST_H
#define HTTPD_LIST_H

#include <stddef.h>

/*
 * A page that lists a folder, whose descriptor is closed; NULL: no memory, or
 * it cannot be read.  path is that of path_decode().  Names that begin with a
 * dot are left out.  To be freed.
 */
char *list_page(int fd, const char *path, size_t *n);

#endif
