/* SPDX-License-Identifier: MIT */
#ifndef SOCK_INFO_H
#define SOCK_INFO_H

#include <sock/base.h>
#include <sys/types.h>

/*
 * About a socket: its addresses, its options, its state; and what UNIX
 * sockets carry beside bytes.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sock_addr;

enum sock_option {
	SOCK_OPT_NODELAY = 1,     /* 0 or 1 */
	SOCK_OPT_KEEPALIVE_S,     /* idle seconds to the first probe; 0: off */
	SOCK_OPT_USER_TIMEOUT_MS, /* TCP_USER_TIMEOUT; 0: the system's */
	SOCK_OPT_RCVBUF,          /* bytes; read back doubled, socket(7) */
	SOCK_OPT_SNDBUF,
	SOCK_OPT_TTL,             /* 1-255; IPv6: the unicast hop limit */
	SOCK_OPT_TOS,             /* 0-255; IPv6: the traffic class */
	SOCK_OPT_BROADCAST,       /* udp: 1 allows to send to broadcasts */
	SOCK_OPT_MULTICAST_TTL,   /* udp: 0-255, 1 at first: this link alone */
	SOCK_OPT_MULTICAST_LOOP,  /* udp: 1, at first: this host hears it too */
	SOCK_OPT_READ_TIMEOUT_MS, /* of SOCK_DEFAULT; 0 or -1: none */
	SOCK_OPT_WRITE_TIMEOUT_MS,
	SOCK_OPT_PACING_BPS /* bytes a second at most; 0: no limit */
};

/*
 * 0; SOCK_EUSAGE: out of the option's range, or it makes no sense for this
 * kind of socket; -ENOTCONN: it still dials, and has the two timeouts alone;
 * else what the kernel says.  Of "localhost" both sockets are set, and the
 * first is read.
 */
int sock_set(sock_t s, enum sock_option option, int64_t value);
int sock_get(sock_t s, enum sock_option option, int64_t *value);

/*
 * The two ends.  IPv4 carried by an IPv6 socket shows as IPv4; a listener on
 * all addresses of both families shows as "*", one on localhost as [::1].  0;
 * -ENOTCONN: no peer, and SOCK_EUSAGE: not a socket, with *out zeroed.
 */
int sock_local(sock_t s, struct sock_addr *out);
int sock_peer(sock_t s, struct sock_addr *out);

/* Set size to sizeof before the call. */
struct sock_credentials {
	size_t size;
	int pid;           /* when it connected; it may have ended since, and
	                      the number may be another's: decide by uid, gid */
	unsigned uid, gid; /* effective, when it connected */
};

/*
 * The process behind a UNIX stream or unixpacket: SO_PEERCRED, unix(7).  To who
 * dialed it is the one that listens, as it was when it began to.  0,
 * SOCK_EUSAGE.
 */
int sock_peer_credentials(sock_t s, struct sock_credentials *out);

/*
 * Set size to sizeof before the call; members beyond it are left alone.  What
 * a kind of stream does not have is 0.
 */
struct sock_info {
	size_t size;
	const char *state; /* "ESTABLISHED", ... static; "" if not TCP */
	uint32_t rtt_us;   /* smoothed */
	uint32_t rtt_var_us;
	uint32_t cwnd;        /* segments */
	uint32_t mss;         /* bytes */
	uint32_t retransmits; /* segments, over the connection's life */
	/*
	 * Bytes in the kernel, and buffered here; of udp and unixgram the next
	 * message's, of unixpacket those of all together.
	 */
	uint32_t receive_queue;
	/*
	 * Bytes not sent, or not acknowledged; of UNIX sockets and udp what the
	 * kernel spends on it: a byte in a queue counts as some hundreds.
	 */
	uint32_t send_queue;
	uint32_t accept_queue;   /* of a listener: connections that wait */
	uint32_t accept_backlog; /* and how many may */
	uint64_t bytes_in;       /* over the connection's life */
	uint64_t bytes_out;      /* acknowledged by the peer */
};

/* TCP_INFO and the queues.  0; SOCK_EUSAGE: not a socket. */
int sock_info(sock_t s, struct sock_info *out);

/* The kernel's bound on descriptors in one message (SCM_MAX_FD). */
#define SOCK_FDS_MAX 253

/*
 * Sends n bytes (at least 1) over a UNIX stream, and count descriptors with
 * the first of them; the caller keeps its own.
 *
 * 0; SOCK_EUSAGE: not a UNIX stream, n is 0, count is over SOCK_FDS_MAX, or a
 * layer is on; -ETOOMANYREFS: too many descriptors in flight; -EBADF.
 */
int sock_send_fds(sock_t s, const int *fds, int count, const void *buf,
    size_t n, sock_time deadline);

/*
 * Reads exactly n bytes, as sock_read_full(), and the descriptors that came
 * with them: CLOEXEC, the caller's, and -1 in the rest of fds.  On failure
 * every descriptor that came is closed.
 *
 * How many came; SOCK_ETOOBIG: more than max; -EMFILE: the process may have no
 * more descriptors, and the n bytes are in buf all the same; SOCK_EUSAGE: not a
 * UNIX stream, n is 0, a layer is on, or sock_peek and its kin have read ahead.
 */
int sock_receive_fds(sock_t s, int *fds, int max, void *buf, size_t n,
    sock_time deadline);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
