/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_H
#define CLIENT_H

#include <sock/base.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What the command line of a client needs: exit codes, errors, times. */

enum {
	EXIT_OK,       /* all of it is there */
	EXIT_FAILED,   /* the network or the system said no */
	EXIT_USAGE,    /* the arguments, the URL among them */
	EXIT_ANSWER,   /* the server said no, or led nowhere */
	EXIT_CUT,      /* a part is there, and the rest can be fetched */
	EXIT_MALFORMED /* what came is not understood, or not asked for */
};

/* The program's name, for errors; each defines it. */
extern const char program[];

/* "PROGRAM: SUBJECT: REASON", without control characters.  Returns code. */
int complain(int code, const char *subject, const char *reason);

/* "PROGRAM: WHAT; see PROGRAM --help".  EXIT_USAGE. */
int usage(const char *what);

/* What came from outside, which must not move a terminal's cursor. */
void put_safely(FILE *to, const char *s, size_t n);

/* A program's last word: its exit code, if standard output took all. */
int printed(int code);

/*
 * "HOST", "HOST:PORT" or an address with its scheme, to dial; port is a number
 * or a service, for a HOST that comes alone.  An IPv6 address may then lack its
 * brackets.  buf, or NULL: it is too long.
 */
const char *
client_address(char *buf, size_t n, const char *text, const char *port);

/*
 * Whether a deadline has passed.  What has come can be read though it has: who
 * reads in a loop looks himself, or a server that never rests is never left.
 */
bool is_over(sock_time deadline);

/*
 * Whether a write failed because the peer takes no more.  What it said before
 * can still be read, and may be why; else the read fails, too.
 */
bool is_deaf(int rc);

/* "2.5" is 2500; -1: no time from a millisecond to eleven days, as told. */
int64_t milliseconds(const char *seconds);

#endif
