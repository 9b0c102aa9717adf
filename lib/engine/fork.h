/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_FORK_H
#define SOCKI_ENGINE_FORK_H

/*
 * Sees to it that a child after fork() finds the library in order: no workers,
 * no handles that they held, no lock that a thread of the parent holds.  Called
 * before the first handle and the first fiber; once is enough.
 */
void socki_fork_prepare(void);

/* How many forks lie between this process and the program's first. */
unsigned socki_fork_count(void);

#endif
