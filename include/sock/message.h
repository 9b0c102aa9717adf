/* SPDX-License-Identifier: MIT */
#ifndef SOCK_MESSAGE_H
#define SOCK_MESSAGE_H

#include <sock/addr.h>
#include <sock/base.h>
#include <sys/types.h>

/*
 * Messages: over udp, unixgram and unixpacket what one call sends, one call
 * receives, or nobody does.  A handle has one peer (it was dialed or accepted)
 * or any number of them (it listens):
 *
 *	sock_t s = sock_listen("udp:*:echo");
 *	sock_receive_many(s, &m, 1, SOCK_DEFAULT);
 *	sock_reply(s, &m, m.data, m.length);
 *
 * Any number of threads and fibers may send and receive on one handle at a
 * time, and every message comes to one of them.  Every call here gives, beside
 * what its comment names, -ETIMEDOUT, -EAGAIN (SOCK_NOWAIT), -ECANCELED,
 * SOCK_ESTALE, SOCK_EUSAGE (no messages, or not with these arguments) and what
 * the kernel says.  No error ends a handle: the next call begins anew.
 *
 * Errors that the network sends back (ICMP: nobody listens there, no route)
 * belong to a peer.  A handle with one peer tells with whatever call comes next
 * that nobody listens there, -ECONNREFUSED; of routes the kernel tells it this
 * host's alone.  A handle with many never tells them to who receives, nor to
 * who sends elsewhere; the next message to that peer is not sent, and its call
 * fails with the code, once.  Those of the last eight peers are kept.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Fixed for good.  data and capacity are the caller's; a call that receives
 * fills in the rest, and what it cannot know becomes 0.  A received one can be
 * sent back as it is.
 */
struct sock_message {
	void *data;
	size_t capacity;        /* bytes of data, to receive */
	size_t length;          /* of the message, also where it was cut */
	struct sock_addr peer;  /* whose it is; nameless: "unixgram:" */
	struct sock_addr local; /* which of our addresses was asked */
	int64_t received_ns;    /* by the kernel, CLOCK_REALTIME */
	uint32_t ifindex;       /* the interface it came through */
	uint8_t ttl, tos;       /* IPv6: hop limit and traffic class */
	bool truncated;         /* data holds capacity bytes of length */
	uint8_t reserved_[9];
};

/*
 * The next message into buf, and who sent it into *from, which may be NULL.
 *
 * Its length; 0 is a message of no bytes, and over unixpacket also the end of
 * the peer's messages, which looks the same.  -ECONNRESET: the peer of a
 * unixpacket has gone without having taken all; told once, behind what it had
 * sent.  SOCK_ETOOBIG: the message was longer than n; buf and *from are filled,
 * the rest is lost, and the error's text tells its length (sock_receive_many()
 * in a member).
 */
ssize_t sock_receive(sock_t s, void *buf, size_t n, struct sock_addr *from,
    sock_time deadline);

/*
 * Sends one message to an address, or with NULL to the peer.  It waits while
 * there is no room for it: here or, over unixgram, at the peer.
 *
 * 0: it is on its way, which is all that anybody knows.  -EMSGSIZE: the text
 * tells how much would fit; -EDESTADDRREQ: no address and no peer, or a peer
 * without a name; -EACCES: among others a broadcast without
 * SOCK_OPT_BROADCAST; -ENOBUFS, with SOCK_NOWAIT: the device is full; -EPIPE,
 * -ECONNRESET, -ENOENT: the UNIX peer is gone.
 */
int sock_send(sock_t s, const void *buf, size_t n, const struct sock_addr *to,
    sock_time deadline);

/*
 * Waits for one message, and takes up to count of those that are there.
 *
 * How many, at least 1; 0 if count is 0.  What is cut has truncated set and is
 * no error.  An error behind the first message is told by the next call.
 */
int sock_receive_many(sock_t s, struct sock_message *messages, int count,
    sock_time deadline);

/*
 * Sends length bytes of each to its peer (a zeroed peer: the handle's own),
 * from local if that is set and this host's, through ifindex where peer or
 * local is of link scope or multicast.
 *
 * How many went, in order.  Fewer than count: the next one failed, or its time
 * ran out; sent again it tells why.
 */
int sock_send_many(sock_t s, const struct sock_message *messages, int count,
    sock_time deadline);

/*
 * Answers a message that sock_receive_many() filled in: to its peer, from the
 * address that it was sent to, so that a client which asked one of several
 * gets its answer from that one.  Never waits: -EAGAIN, -ENOBUFS: no room.
 * 0 or an error of sock_send().
 */
int
sock_reply(sock_t s, const struct sock_message *to, const void *buf, size_t n);

/*
 * Sends a request to the peer and waits for the reply: over a lossy path, so
 * the request goes again after 1, 2, 4, ... and at most 60 seconds (RFC 8085,
 * section 3.1.1), until accept() takes a message for the reply or the deadline
 * passes.  What it refuses is dropped, as is what others sent.  NULL takes
 * anything.  accept() is given the bytes that fit, and must not wait.
 *
 * The reply's length.  SOCK_ETOOBIG: accept() took one longer than cap, of
 * which cap bytes are in reply; -ECONNREFUSED: at once, nobody listens there;
 * -EBUSY: another call exchanges on the handle; -EDESTADDRREQ: it has no peer;
 * SOCK_EEOF: the peer of a unixpacket has finished, and sent nothing that
 * accept() took; SOCK_EUSAGE: SOCK_NOWAIT.
 */
ssize_t
sock_exchange(sock_t s, const void *request, size_t n, void *reply, size_t cap,
    bool (*accept)(const void *request, size_t n, const void *reply, size_t m),
    sock_time deadline);

/*
 * Joins a multicast group, and leaves it: "224.0.0.251", "ff02::fb", of one
 * source alone "232.1.1.1@192.0.2.1" (RFC 4607).  interface is a name, an
 * index or, for IPv4, one of its addresses; NULL: the route's, or the zone's
 * of the group.  From the first join on the handle receives no group that
 * another program joined.
 *
 * 0; SOCK_EADDR: not understood, or no multicast address; -ENODEV: no such
 * interface, or no route; -EADDRINUSE: joined already; -EADDRNOTAVAIL: not
 * joined; -ENOBUFS: more groups than the system allows one socket.
 */
int sock_join(sock_t s, const char *group, const char *interface);
int sock_leave(sock_t s, const char *group, const char *interface);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
