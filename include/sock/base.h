/* SPDX-License-Identifier: MIT */
#ifndef SOCK_BASE_H
#define SOCK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Handles, time and errors: what every other header stands on.
 */

#define SOCK_VERSION "0.1.0"
#define SOCK_VERSION_NUM 0x000100 /* 0xMMmmpp */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * A handle: a slot and a generation in one number.  Copy it, print it, store
 * it, compare it.  0 is never a handle; a negative value is an error code, and
 * every call that is given one returns it unchanged.
 */
typedef int64_t sock_t;

/* A point in time: nanoseconds on CLOCK_MONOTONIC. */
typedef int64_t sock_time;

/* As a deadline: the handle's own timeout, else for ever. */
#define SOCK_DEFAULT ((sock_time)0)
/* As a deadline: -EAGAIN instead of waiting. */
#define SOCK_NOWAIT ((sock_time)-1)
/* As a deadline: for ever, whatever the handle's timeout is. */
#define SOCK_FOREVER ((sock_time)INT64_MAX)

/* The time now.  Always positive. */
sock_time sock_now(void);

/*
 * The time ms milliseconds from now: sock_in(5000) is a deadline in five
 * seconds.  It saturates: a span too long to express is SOCK_FOREVER, and a
 * negative span is a time that has passed; never 0, never negative.
 */
sock_time sock_in(int64_t ms);

/*
 * What the library adds to the kernel's codes.  A kernel error is -errno as
 * the kernel gave it (-ECONNREFUSED, -ETIMEDOUT, ...).
 */
enum {
	/* the handle was closed, by whichever thread */
	SOCK_ESTALE = -2001,
	/* the peer finished before all the bytes that were asked for */
	SOCK_EEOF = -2002,
	/* the address text is not understood; the message says where */
	SOCK_EADDR = -2003,
	/* no such host name, or it has no address of the kind wanted */
	SOCK_ENOHOST = -2004,
	/* no such service name, or the domain says that it has none */
	SOCK_ENOSERVICE = -2005,
	/* the name service failed for now */
	SOCK_ERESOLVE = -2006,
	/* TLS failed; the message says why */
	SOCK_ETLS = -2010,
	/* the peer's certificate is not trusted */
	SOCK_ECERT = -2011,
	/* the peer's certificate is for another name */
	SOCK_ENAME = -2012,
	/* TLS ended without its own end: what came may be a part only */
	SOCK_ETRUNC = -2013,
	/* a proxy refused, or answered something that is not understood */
	SOCK_EPROXY = -2020,
	/* a line, frame or message over its bound */
	SOCK_ETOOBIG = -2021,
	/* a configured limit was reached */
	SOCK_ELIMIT = -2022,
	/* the call makes no sense for this handle, or with these arguments */
	SOCK_EUSAGE = -2023
};

/*
 * The last error of this thread or, inside a fiber, of this fiber.  The
 * struct and its strings are the library's: valid until the next failing call
 * of the same thread or fiber, or its end.
 */
struct sock_error {
	int code;         /* of the call; 0: nothing has failed yet */
	bool retry;       /* the same call may succeed later */
	const char *op;   /* "dial", "listen", "accept", "read", ... */
	const char *addr; /* what it was aimed at, as asked for, or "" */
	/*
	 * The whole message, one line: "dial tcp:127.0.0.1:1: connection
	 * refused".  Bytes that are not printable ASCII are shown as \xNN.
	 */
	const char *text;
	/* Its end, without operation and address: "connection refused". */
	const char *reason;
};

/* Never NULL.  Does not wait, and does not change the error. */
const struct sock_error *sock_last_error(void);

/* sock_last_error()->text. */
const char *sock_errmsg(void);

/*
 * One fixed English sentence for a code of either kind: static, never NULL,
 * the same in every locale.  Success (>= 0) is "success".
 */
const char *sock_strerror(int code);

/* The version of the library that runs: "0.1.0"; compare SOCK_VERSION. */
const char *sock_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
