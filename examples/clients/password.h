/* SPDX-License-Identifier: MIT */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stddef.h>

#define PASSWORD_MAX 256

/*
 * Where a client has its password from, in the order in which it looks; never
 * from its arguments, which everybody on the machine can read.
 */
struct password_from {
	const char *file;        /* its first line, or NULL */
	const char *environment; /* the name of a variable */
	/* Asked on the terminal, whatever standard input is, unseen. */
	const char *prompt;
};

/* NULL, or what is wrong.  The caller clears buf, explicit_bzero(3). */
const char *
password_get(const struct password_from *from, char buf[PASSWORD_MAX]);

#endif
