/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_REPLY_H
#define FTP_GET_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A reader of FTP's replies (RFC 959, 4.2): lines in, a code and its text out.
 * No I/O; a reply of many lines has a bound.
 */

#define FTP_LINE_MAX 4096
#define FTP_REPLY_MAX 262144 /* a message of the day is shorter */

struct ftp_reply {
	int code; /* 100 to 599 */
	bool whole;
	const char *wrong;       /* what is, or NULL */
	char text[FTP_LINE_MAX]; /* of its last line, behind the code */

	/* the reader's own */
	bool begun;
	size_t spent;
};

void ftp_reply_begin(struct ftp_reply *r);

/*
 * Takes a line without its end, below FTP_LINE_MAX bytes; more are wanted
 * while it is neither whole nor wrong.
 */
void ftp_reply_take(struct ftp_reply *r, const char *line, size_t n);

/*
 * The port in the text of 229 (RFC 2428, 3), "(|||6446|)" with any delimiter;
 * in that of 227, "h1,h2,h3,h4,p1,p2", whose address is not given: it may lead
 * elsewhere than to who sent it.  -1: there is none.
 */
int ftp_epsv_port(const char *text);
int ftp_pasv_port(const char *text);

/* The number that the text of 213 is; -1: it is none. */
int64_t ftp_number(const char *text);

#endif
