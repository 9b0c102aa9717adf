/* SPDX-License-Identifier: MIT */
#ifndef PAIRS_H
#define PAIRS_H

#include <stdint.h>

/*
 * Contenders side by side, in rounds: each has its turn in each round, and is
 * compared with the first one of the same round, since machines drift.  Printed
 * are the median of each, the median of its ratios and the ends of their 95 %
 * interval (by rank, as the sign test has it).  The first contender also runs
 * as the last one: that ratio is the noise; and what other programs took
 * meanwhile is said.
 */

struct contender {
	const char *name;
	/* Does the work count times; ns of CPU that it took, in all. */
	uint64_t (*run)(const struct contender *, unsigned count);
	void *arg;
};

void pairs_run(const char *title, const struct contender *list,
    unsigned contenders, unsigned count);

/* ns of CPU of this process, and of another one. */
uint64_t cpu_self(void);
uint64_t cpu_of(int pid);

/*
 * Both sides on one processor, so that no waking of an idle one is measured,
 * and before others if we may.
 */
void pin_to_one(void);

#endif
