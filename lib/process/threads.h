/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_PROCESS_THREADS_H
#define SOCKI_PROCESS_THREADS_H

#include <sys/types.h>

/*
 * What each thread of the process may do, as the kernel tells it.  To Linux ids
 * and capabilities are a thread's: the C library changes the ids of all, and
 * nobody the capabilities of another thread.
 */

struct socki_why;

/* A descriptor to look with, also after a chroot.  -errno: there is no /proc. */
int socki_threads_open(void);

/* 0; -EPERM: one may do what another may not; -ENOMEM, -EMFILE, ... */
int socki_threads_agree(int threads, struct socki_why *why);

/* The same, and that they are that user, without capabilities. */
int socki_threads_are(int threads, uid_t uid, gid_t gid, struct socki_why *why);

#endif
