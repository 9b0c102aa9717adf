/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_DIAL_ATTEMPT_H
#define SOCKI_DIAL_ATTEMPT_H

#include <net/if.h>
#include <sock/addr.h>

/* One attempt at one address: a fresh socket, since a failed one is spoilt. */

struct socki_attempt_options {
	struct sock_addr local; /* scheme NONE: any; both: of either family */
	char device[IFNAMSIZ];  /* "": any */
	int keepalive_s, user_timeout_ms, rcvbuf, sndbuf;
	bool delay;     /* for whoever gets the socket */
	bool fast_open; /* where the kernel has it, and a cookie of the peer */
	bool multipath; /* where the kernel has it */
};

/*
 * Makes a socket and connects it.  *fd is valid on 0, which needs no check, and
 * on -EINPROGRESS; else it is -1.  Nagle's algorithm is left on.  A full
 * UNIX backlog is -EAGAIN: such a socket polls as writable, so it is to be
 * tried again later (connect(2)).
 */
int socki_attempt_start(int *fd, const struct sock_addr *addr,
    const struct socki_attempt_options *options);

/*
 * Whether an attempt has come to its end: 0: connected; -EINPROGRESS; -EAGAIN:
 * to be tried again from another port, since it is connected to itself, with
 * source and destination the same (RFC 9293, figure 7), or has failed, and
 * another process was told why; else why it failed.
 */
int socki_attempt_check(int fd, const struct sock_addr *addr,
    const struct socki_attempt_options *options);

#endif
