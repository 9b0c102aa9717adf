/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_DIAL_DIAL_H
#define SOCKI_DIAL_DIAL_H

#include <sock/open.h>

#include "dial/attempt.h"
#include "socket/socket.h"

struct socki_why;

/*
 * A dial: its addresses, each of which has its turn, and the attempt that is
 * under way.
 */

#define SOCKI_DIAL_ADDRS_MAX 2 /* [::1] and 127.0.0.1 */

struct socki_dial {
	struct socki_extra extra; /* first */
	struct socki_attempt_options options;
	bool (*permit)(const struct sock_addr *addr, void *arg);
	void *arg;
	int result; /* once it has failed for good */
	struct sock_addr addrs[SOCKI_DIAL_ADDRS_MAX];
	int codes[SOCKI_DIAL_ADDRS_MAX]; /* why each of them failed */
	unsigned count, at;
	int fd;             /* of the attempt under way, or -1 */
	bool foreign;       /* somebody else's loop polls the handle */
	sock_time retry_at; /* of a full UNIX backlog; SOCK_FOREVER: not now */
	int retry_ms, selves;
	char name[SOCK_ADDR_TEXT_MAX]; /* what was asked for, for messages */
};

/*
 * Reads what the caller asks for.  0; SOCK_EADDR, SOCK_ENOSERVICE, -ENODEV:
 * the texts; SOCK_EUSAGE, -EAFNOSUPPORT: the options; -ENOSYS,
 * -EPROTONOSUPPORT: not in this version.
 */
int socki_dial_read(struct socki_dial *d, const struct sock_dial_options *o,
    struct socki_why *why);

/* Once all addresses have failed: the failure that tells most. */
int socki_dial_telling(const struct socki_dial *d);

/* Leaves the error of a dial that ends with code, which it returns. */
int socki_dial_report(const struct socki_dial *d, int code);

#endif
