/* SPDX-License-Identifier: MIT */
#ifndef TRANSFER_SAVE_H
#define TRANSFER_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "visible.h"

/*
 * Where a body goes: a file, or standard output.  A file keeps what came of a
 * body that was cut, and in an extended attribute the server's name for what
 * it is a part of, so that a later run can ask for the rest of the same.
 */

#define SAVE_VALIDATOR_MAX 256

struct save {
	int fd;
	const char *name;                   /* for errors */
	bool shown;                         /* standard output is a terminal */
	struct visible visible;             /* for it */
	bool file;                          /* fd is to be closed */
	int64_t had;                        /* bytes that were there before */
	char validator[SAVE_VALIDATOR_MAX]; /* of these; "": not known */
};

/*
 * Each gives 0, or an exit code, and the error has been told.  open looks
 * what there is to resume, and changes nothing yet.  NULL: standard output.
 */
int save_open(struct save *s, const char *output, bool resume);

/* keep: the body goes on where the file ends; else it is all of it. */
int save_begin(struct save *s, bool keep, const char *validator);
int save_write(struct save *s, const char *data, size_t n);

/* Closes.  whole: nothing is left to resume. */
int save_end(struct save *s, bool whole);

#endif
