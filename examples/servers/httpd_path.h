/* SPDX-License-Identifier: MIT */
#ifndef HTTPD_PATH_H
#define HTTPD_PATH_H

#include "httpd_text.h"

/* From paths of requests to paths of files, and back.  No I/O. */

#define PATH_ROOM 4096 /* with its NUL, as the kernel has it */

/*
 * The path of "/a%20b/./c/../d" below a root: "a b/d", without a slash before
 * it, a segment ".." or an empty one; a slash at its end stays, and the root
 * is "".  Bytes are kept as they are: what is no UTF-8 is no name but itself.
 *
 * 0; 400: a "%" without two digits, a NUL, or a way out of the root; 404: a
 * slash as %2F, which no name holds; 414: out is too small.
 */
int path_decode(struct text encoded, char out[PATH_ROOM]);

/* The bytes of a path as a URL has them: what is not unreserved as %XX. */
void path_encode(struct out *o, const char *path);

#endif
