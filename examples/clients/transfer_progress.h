/* SPDX-License-Identifier: MIT */
#ifndef TRANSFER_PROGRESS_H
#define TRANSFER_PROGRESS_H

#include <sock.h>

/* A line that tells how far a transfer is, for a terminal alone. */

struct progress {
	bool on;
	int64_t had;   /* before this transfer */
	int64_t total; /* -1: not known */
	sock_time began;
	sock_time shown; /* last, and what was there then */
	int64_t mark;
	double rate; /* bytes a second, smoothed */
};

void progress_begin(struct progress *p, int64_t had, int64_t total);

/* now: bytes that are there, with those before. */
void progress_show(struct progress *p, int64_t now);

/* The last line stays. */
void progress_end(struct progress *p, int64_t now);

#endif
