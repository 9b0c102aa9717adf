/* SPDX-License-Identifier: MIT */
#ifndef LINE_H
#define LINE_H

#include <sock.h>
#include <stdarg.h>
#include <stdbool.h>

#include "account.h"

/*
 * The line to a server: commands out, lines in.  What goes wrong is said on
 * standard error, and every result is an exit code, EXIT_OK among them.
 */

#define LINE_MAX_IN 16384 /* of an answer, with its terminator */
#define LINE_MAX_OUT 2048

struct line {
	const struct account *account;
	sock_t stream;
	struct sock_tls *tls;
	sock_time deadline; /* of the step that is under way */
	bool secure;        /* TLS is on */
	char address[HOST_MAX + 16];
};

/* Connects, over TLS where the service begins with it. */
int line_open(struct line *l, const struct account *a);

/* A step begins: it has the time of --timeout. */
void line_step(struct line *l);

/* A command: the text and CR LF, refused if it holds either. */
int line_say(struct line *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, of which --verbose shows nothing. */
int line_say_secret(struct line *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An answer's line without its end, terminated; it may hold any byte. */
int line_hear(struct line *l, char in[LINE_MAX_IN], size_t *n);

/* TLS from here on.  What came in plain text and was not heard yet ends it. */
int line_secure(struct line *l);

/* The last call failed on the stream. */
int line_lost(const struct line *l);

/* The server: REASON. */
int line_complain(const struct line *l, int code, const char *reason);

/* "it refuses WHAT: WORDS", of the server.  EXIT_ANSWER. */
int line_refused(const struct line *l, const char *what, const char *words);

/*
 * What comes next, without taking it: n bytes in view, which sock_skip() takes;
 * n 0: the server ended.
 */
int line_peek(struct line *l, const char **view, size_t *n);

/* For --verbose: "> " is said, "< " is heard. */
void
line_show(const struct line *l, const char *way, const char *text, size_t n);

/* The end; with a last word, if that is not NULL, that nobody waits for. */
void line_close(struct line *l, const char *word);

#endif
