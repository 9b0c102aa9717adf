/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_FORK_H
#define SOCKI_ENGINE_FORK_H

#include <stdbool.h>

/*
 * Sees to it that a child after fork() finds the library in order: no workers,
 * no handles that they held, no lock that a thread of the parent holds.  Called
 * before the first of all that a child could find in disorder: a handle, a fiber,
 * a guard; once is enough.
 */
void socki_fork_prepare(void);

/*
 * What a higher floor does around a fork, outside of all that is done here: its
 * locks are taken before ours, and in the child it is in order before handles
 * end.  There is room for one.
 */
struct socki_fork_part {
	void (*before)(void);
	void (*parent)(void);
	void (*child)(void);
};
void socki_fork_add(const struct socki_fork_part *part);

/* Whether this process, or one before it, has forked. */
bool socki_fork_ever(void);

/*
 * Whether a handle that ends just now does so in a child that goes without it.
 * What another thread of the parent's may have been inside is left as it is.
 */
bool socki_fork_sweeps(void);

/* How many forks lie between this process and the program's first. */
unsigned socki_fork_count(void);

/*
 * Who goes on here for a task of the process behind so many forks: the thread
 * that is left, if that task forked, or a thread that it became in between.
 */
struct socki_task;
const struct socki_task *
socki_fork_heir(const struct socki_task *task, unsigned then);

#endif
