/* SPDX-License-Identifier: MIT */
#ifndef FTP_GET_CONTROL_H
#define FTP_GET_CONTROL_H

#include "ftp_get.h"
#include "ftp_get_reply.h"
#include "ftp_get_url.h"

/* The connection over which commands go and replies come. */

struct sock_tls;

struct control {
	const struct options *options;
	const struct ftp_url *url;
	const char *name; /* the URL as it was given, for errors */
	sock_t stream;
	struct sock_tls *tls; /* NULL: none */
	struct ftp_reply reply;
};

/*
 * Connects and logs in.  EXIT_OK, or an exit code, and the error has been
 * told.  To be closed whatever it gives.
 */
int control_open(struct control *c);
void control_close(struct control *c);

/*
 * A command and its reply; the argument may be NULL.  The code of the reply,
 * 100 to 599, which reply has the text of; else the exit code, as a negative
 * number, and the error has been told.
 */
int control_ask(struct control *c, const char *verb, const char *argument);

/* The next reply, to what was asked before. */
int control_hear(struct control *c);

/* Tells that the last reply is no good: EXIT_ANSWER.  A negative code is
 * another's complaint, whose exit code this gives. */
int control_refused(struct control *c, int code);

/* "SUBJECT: sock_errmsg()": EXIT_FAILED. */
int control_failed(struct control *c);

#endif
