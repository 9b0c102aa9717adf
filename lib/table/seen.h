/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_SEEN_H
#define SOCKI_TABLE_SEEN_H

#include <stdint.h>

#include "table/map.h"

/*
 * The cookies that were listed.  The kernel counts them up, giving a socket
 * its own when it is first listed, so they lie close together: one bit each,
 * in words of 64, and the word of the one before is at hand.
 */

struct socki_seen {
	struct socki_map words;
	uint64_t last_key, *last;
};

void socki_seen_start(struct socki_seen *seen);
void socki_seen_end(struct socki_seen *seen);

/* 1: it was there before; 0: it is there now; -ENOMEM. */
int socki_seen_before(struct socki_seen *seen, uint64_t cookie);

#endif
