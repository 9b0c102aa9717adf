/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SYS_DOOR_H
#define SOCKI_SYS_DOOR_H

#include <errno.h>
#include <sys/types.h>

#include "sys/fault.h"

/*
 * Makes a system call, or fails as a test wishes.  rc becomes what expr gave,
 * or -errno; the caller's errno stays as it was.
 */
#define DOOR_CUT(rc, call, expr, n) \
	do { \
		const int door_errno = errno; \
		(rc) = -socki_fault(SOCKI_CALL_##call, (n)); \
		if ((rc) == 0 && ((rc) = (expr)) < 0) { \
			(rc) = -errno; \
			errno = door_errno; \
		} \
	} while (0)

#define DOOR(rc, call, expr) DOOR_CUT(rc, call, expr, NULL)

/* The same for what is called directly (sys/direct.h): expr gives -errno. */
#define DOOR_DIRECT_CUT(rc, call, expr, n) \
	do { \
		(rc) = -socki_fault(SOCKI_CALL_##call, (n)); \
		if ((rc) == 0) \
			(rc) = (expr); \
	} while (0)

#define DOOR_DIRECT(rc, call, expr) DOOR_DIRECT_CUT(rc, call, expr, NULL)

/* The same again while a signal interrupts it. */
#define DOOR_DIRECT_RESTART(rc, call, expr, n) \
	do { \
		DOOR_DIRECT_CUT(rc, call, expr, n); \
	} while ((rc) == -EINTR)

#define DOOR_RESTART(rc, call, expr) \
	do { \
		DOOR(rc, call, expr); \
	} while ((rc) == -EINTR)

#endif
