/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_MESSAGE_H
#define SOCKI_SOCKET_MESSAGE_H

#include "base/error.h"
#include "socket/socket.h"

/* Handles of messages, SOCKI_MESSAGES. */

/* Pins one.  0; else the error has been left, and nothing is pinned. */
int socki_message_begin(sock_t handle, struct socki_socket **s, const char *op);

/*
 * Leaves the error about peer (NULL: whom the handle is for), if rc is one, and
 * unpins.  Returns rc.
 */
ssize_t socki_message_end(struct socki_socket *s, ssize_t rc, const char *op,
    const struct sock_addr *peer, const struct socki_why *why);

/* Tries at one thing: begins with want alone. */
struct socki_message_try {
	unsigned want; /* SOCKI_READ or SOCKI_WRITE */
	struct socki_seen seen;
	bool woken;
	bool elsewhere;   /* not to the peer: nothing tells of room there */
	unsigned errors;  /* of other peers, passed over */
	unsigned unnoted; /* of them, in a row: nothing was in the queue */
	int pause_ms;
};

/* Before each. */
static inline void
socki_message_look(struct socki_socket *s, struct socki_message_try *t)
{
	t->seen = socki_stream_seen(s);
}

/*
 * After one that failed with rc: waits for what it lacked.  0: try again; else
 * what to tell.
 */
int socki_message_again(struct socki_socket *s, struct socki_message_try *t,
    int rc, sock_time deadline);

/* One message with its length, also where it was cut; *len may be NULL. */
ssize_t socki_message_receive(struct socki_socket *s, void *buf, size_t n,
    struct sockaddr_storage *from, socklen_t *len, sock_time deadline);

int socki_message_send(struct socki_socket *s, const void *buf, size_t n,
    const struct sock_addr *to, sock_time deadline, struct socki_why *why);

/* Why n bytes to a peer failed with rc, where there is more to say. */
void socki_message_explain(struct socki_socket *s, int rc, size_t n,
    const struct sock_addr *to, struct socki_why *why);

/* Errors that may be of an earlier message to whomever: icmp(7). */
bool socki_message_may_be_late(int rc);

/*
 * An error that came when a call had moved some messages: of a handle with one
 * peer the next call tells it, though the kernel has forgotten.  And a reset of
 * packets, by a peer that goes without having taken all: the kernel tells one
 * call, ahead of what that peer has sent, and who receives is told behind it.
 * Whether it is put off, and nothing was.
 */
bool socki_message_put_off(struct socki_socket *s, int rc);
int socki_message_take_late(struct socki_socket *s);

/*
 * After a message of no bytes, whether that is all that can come: 0: more may;
 * SOCK_EEOF; a reset that was put off.
 */
int socki_message_ends(struct socki_socket *s);

/* message_error.c: what ICMP says of peers. */

/* For who listens: the kernel is to tell it, and which address was asked. */
int socki_message_prepare(int fd, int family);

/* Notes what the kernel has to tell; how many errors of peers there were. */
unsigned socki_message_note(struct socki_socket *s);

/* What was noted of a peer: an error, or 0.  take_it: it is forgotten. */
int socki_message_noted(struct socki_socket *s, const struct sock_addr *peer,
    bool take_it);

#endif
