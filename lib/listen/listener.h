/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_LISTEN_LISTENER_H
#define SOCKI_LISTEN_LISTENER_H

#include <net/if.h>
#include <sock/addr.h>
#include <sock/open.h>
#include <stdatomic.h>

#include "listen/unix_path.h"
#include "socket/socket.h"

struct socki_why;

#define SOCKI_LISTENER_FDS 2 /* "localhost": [::1] and 127.0.0.1 */

/* What a listener has beside its watch; an adopted one has none of it. */
struct socki_listener {
	struct socki_extra extra; /* first */
	/*
	 * With more than one, the watch has a descriptor for both, and accept
	 * takes from each in turn.
	 */
	int fds[SOCKI_LISTENER_FDS + 1]; /* then, -1 behind them */
	unsigned count;
	_Atomic unsigned turn;
	struct socki_unix_path path;
	struct sock_tls *tls;               /* retained; NULL: none */
	struct sock_listen_options options; /* for siblings; no address */
	char device[IFNAMSIZ];
};

/* Before it is bound to addr.  0, or what the kernel says. */
int socki_listen_set(int fd, const struct sock_addr *addr,
    const struct sock_listen_options *o);

/* Whether .tls and the scheme want each other.  0, SOCK_EUSAGE, -ENOMEM. */
int socki_listen_check_tls(struct sock_tls *tls, bool wanted,
    struct socki_why *why);

/* SO_REUSEPORT, which a sibling needs, too. */
int socki_listen_share(int fd);

/* What the listener keeps; NULL: it was adopted. */
static inline struct socki_listener *
socki_listener_of(struct socki_socket *s)
{
	return (struct socki_listener *)(void *)s->extra;
}

/*
 * One try, which does not wait, into a socket without a descriptor.  0;
 * -EAGAIN; as accept(2), but for what is over when its turn comes.
 */
int socki_accept_now(struct socki_socket *listener, struct socki_socket *s);

/*
 * Another listener on the same TCP address, which the kernel deals its share
 * of the connections.  Only once the first one is bound may others join, so
 * that a second start of a program finds the address taken.
 *
 * A handle; SOCK_EUSAGE: the first one is not TCP, has two descriptors, or was
 * adopted; -EADDRINUSE: it was bound by another user; ...
 */
sock_t socki_listen_sibling(struct socki_socket *first);

/*
 * New arrivals are refused or dropped from now on; who is in the queue stays
 * there, to be accepted.  An adopted one is left alone: it may be others', too.
 */
void socki_listen_turn_away(struct socki_socket *listener);

#endif
