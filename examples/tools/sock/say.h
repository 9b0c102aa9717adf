/* SPDX-License-Identifier: MIT */
#ifndef SAY_H
#define SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Errors on standard error, and JSON: one object a line. */

/* An empty line on standard output, between two parts of it. */
void say_part(void);

/* What came from outside, so that it moves no terminal's cursor. */
void put_safely(FILE *to, const char *s);

/* "sock: SUBJECT: STAGE: REASON".  Returns code. */
int
complain(int code, const char *subject, const char *stage, const char *reason);

/* The same of the library's last error.  Returns the exit code for it. */
int complain_last(const char *subject);

/* { .to = stdout } begins a line, and its outermost brace ends it. */
struct json {
	FILE *to;
	int depth;
	bool comma;
};

/* key NULL: an element of an array, or the object of the line. */
void json_open(struct json *, const char *key, char bracket);
void json_close(struct json *, char bracket);
void json_string(struct json *, const char *key, const char *value);
void json_number(struct json *, const char *key, uint64_t value);
void json_integer(struct json *, const char *key, int64_t value);
void json_bool(struct json *, const char *key, bool value);

#endif
