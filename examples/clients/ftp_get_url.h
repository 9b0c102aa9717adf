/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_URL_H
#define FTP_GET_URL_H

#include <stdbool.h>

/* ftp and ftps URLs (RFC 1738, 3.2); no I/O. */

#define FTP_PATH_MAX 4096

struct ftp_url {
	bool tls;       /* ftps: from the first byte on */
	char host[256]; /* "example.org", "192.0.2.7", "[::1]" */
	char port[64];  /* "21", "ftp" */
	char user[256]; /* "": none */
	char path[FTP_PATH_MAX];
	bool folder; /* path ends in a slash, which it lacks here, or is "" */
};

/*
 * "ftp://[USER@]HOST[:PORT][/PATH]": NULL, or what is wrong.  %XX stands for a
 * byte; control characters are refused, since commands end at them, and so is
 * a password, which others see.
 */
const char *ftp_url_parse(struct ftp_url *u, const char *text);

#endif
