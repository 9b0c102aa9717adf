/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_LISTEN_LISTENER_H
#define SOCKI_LISTEN_LISTENER_H

#include <sock/addr.h>
#include <stdatomic.h>

#include "listen/unix_path.h"
#include "socket/socket.h"

#define SOCKI_LISTENER_FDS 2 /* "localhost": [::1] and 127.0.0.1 */

/* What a listener has beside its watch; an adopted one has none of it. */
struct socki_listener {
	struct socki_extra extra; /* first */
	/*
	 * With more than one, the watch has a descriptor for both, and accept
	 * takes from each in turn.
	 */
	int fds[SOCKI_LISTENER_FDS];
	unsigned count;
	_Atomic unsigned turn;
	struct socki_unix_path path;
};

struct sock_listen_options;

/* Before it is bound to addr.  0, or what the kernel says. */
int socki_listen_set(int fd, const struct sock_addr *addr,
    const struct sock_listen_options *o);

#endif
