/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TABLE_H
#define SOCK_TABLE_H

#include <sock/addr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The sockets of this machine, of every process: what ss(8) and netstat(8)
 * show, asked of the kernel through sock_diag(7).  No privilege is needed.
 *
 *	struct sock_table *t = sock_table_open(.transports = SOCK_TABLE_TCP,
 *	    .states = SOCK_TABLE_LISTEN);
 *	const struct sock_row *row;
 *
 *	while ((row = sock_table_next(t)) != NULL)
 *		printf("%s %s\n", row->transport, row->state);
 *	if (t == NULL || sock_table_close(t) < 0)
 *		printf("%s\n", sock_errmsg());
 *
 * The kernel lists while the machine goes on: a socket made or closed meanwhile
 * may be in the table or not, but none is in it twice.  A table is read by one
 * thread at a time.  It is that of the network namespace in which it was
 * opened.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Transports. */
enum {
	SOCK_TABLE_TCP = 1,
	SOCK_TABLE_UDP = 2,
	SOCK_TABLE_UNIX = 4 /* streams, datagrams and packets */
};

/*
 * States: RFC 9293, section 3.3.2, under the names of ss(8).  The kernel calls a
 * unixgram socket ESTABLISHED, too, that others have, or had, for their peer.
 */
enum {
	SOCK_TABLE_ESTABLISHED = 1 << 1, /* datagrams: has a fixed peer */
	SOCK_TABLE_SYN_SENT = 1 << 2,
	SOCK_TABLE_SYN_RECV = 1 << 3,
	SOCK_TABLE_FIN_WAIT_1 = 1 << 4,
	SOCK_TABLE_FIN_WAIT_2 = 1 << 5,
	SOCK_TABLE_TIME_WAIT = 1 << 6,
	SOCK_TABLE_UNCONNECTED = 1 << 7, /* bound, or not even that */
	SOCK_TABLE_CLOSE_WAIT = 1 << 8,
	SOCK_TABLE_LAST_ACK = 1 << 9,
	SOCK_TABLE_LISTEN = 1 << 10,
	SOCK_TABLE_CLOSING = 1 << 11
};

/* Every member is optional but size, which sock_table_open() sets. */
struct sock_table_options {
	size_t size;
	unsigned transports; /* SOCK_TABLE_TCP | ...; 0: all */
	unsigned states;     /* SOCK_TABLE_LISTEN | ...; 0: all */
	int local_port;      /* with this port alone, which leaves out UNIX */
	int peer_port;
	int port;       /* of either end */
	bool processes; /* tell the owners: reads /proc, once, at opening */
};

struct sock_owner {
	int pid;
	const char *command; /* any bytes, 15 at most; "": not known */
};

/*
 * The strings are static but for the owners'.  IPv4 carried by an IPv6 socket
 * is IPv4; a socket on all addresses of both families is "*".
 */
struct sock_row {
	const char *transport;  /* "tcp", "udp", "unix", "unixgram", ... */
	const char *state;      /* "ESTABLISHED", "TIME-WAIT", ... */
	struct sock_addr local; /* of a UNIX socket: perhaps unnamed */
	struct sock_addr peer;  /* zeroed: it has none */
	unsigned uid;           /* who made it; of TIME-WAIT it is 0 */
	uint64_t inode;         /* 0: no process has it (TIME-WAIT, ...) */
	/*
	 * Bytes to be read, and bytes not acknowledged; of udp both, and of
	 * UNIX sockets the second, as the memory that the kernel spends on
	 * them, which is more.  Of a listener the connections that wait for
	 * accept(2), and how many may.
	 */
	uint32_t receive_queue, send_queue;
	/*
	 * Every process that holds it, if processes was asked for.  One that
	 * this user may not look at is missing (proc_pid_fd(5)).
	 */
	const struct sock_owner *owners;
	int owner_count;
};

/*
 * A table to walk; NULL: -ENOENT, -EPROTONOSUPPORT, -EPERM, ...: the kernel
 * has no sock_diag, or refuses it; SOCK_EUSAGE: the options; -EMFILE, -ENOMEM.
 */
struct sock_table *
sock_table_open_with(const struct sock_table_options *options);

/*
 * The next socket, good until the next call; never waits.  NULL: the end, or
 * an error, which sock_table_close() returns.  NULL is the end of no table.
 */
const struct sock_row *sock_table_next(struct sock_table *table);

/* 0, or the error that ended the walk early. */
int sock_table_close(struct sock_table *table);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#ifndef __cplusplus
#define sock_table_open(...) \
	sock_table_open_with(&(const struct sock_table_options){ \
	    .size = sizeof(struct sock_table_options), \
	    __VA_ARGS__ })
#else
inline struct sock_table *
sock_table_open(sock_table_options options = sock_table_options())
{
	options.size = sizeof options;
	return sock_table_open_with(&options);
}
#endif

#endif
