/* SPDX-License-Identifier: MIT */
#ifndef SOCK_OPEN_H
#define SOCK_OPEN_H

#include <sock/base.h>

/*
 * Active and passive sockets: opening them, and the ways to end them.
 *
 *	sock_t s = sock_dial("tcp:localhost:echo", .deadline = sock_in(5000));
 *	sock_t l = sock_listen("tcp:*:8000");
 *	sock_t c = sock_accept(l, SOCK_DEFAULT);
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sock_addr;
struct sock_tls;

/*
 * Every member is optional but size and address; 0 or NULL is the default.
 * sock_dial() sets the size.
 */
struct sock_dial_options {
	size_t size;
	const char *address;   /* "tcp:...", "udp:..."; see sock.h */
	const char *reserved_; /* makes a stray second argument a warning */
	sock_time deadline;    /* for the whole of dialing */
	struct sock_tls *tls;  /* tls: and srv: take it, and tls: needs it */
	/*
	 * Whom the peer's certificate is to name.  NULL: the host as it is
	 * written, without a dot at its end; an address's text; the domain that
	 * stands behind _SERVICE._tcp (RFC 9525).
	 */
	const char *server_name;
	/*
	 * "socks5:[USER:PASSWORD@]HOST:PORT" (RFC 1928, 1929) or
	 * "connect:[USER:PASSWORD@]HOST:PORT" (HTTP), bytes that are not
	 * printable as %XX: dial through it.  tcp: and tls: alone; it is the
	 * proxy that looks up the name.
	 */
	const char *proxy;
	/* "192.0.2.7", "[::1]:0", "*:5000", a UNIX path: bind here. */
	const char *local;
	const char *device; /* "eth0": SO_BINDTODEVICE, socket(7) */
	int family;         /* AF_INET or AF_INET6 alone; 0: both */
	/*
	 * The attempt delay of RFC 8305: when the next address has its turn
	 * though no other failed.  0: 250; -1: never; else the nearest of
	 * 10 to 2000.
	 */
	int stagger_ms;
	/* A probe after so many idle seconds, up to 32767; three tell. */
	int keepalive_s;
	int user_timeout_ms; /* TCP_USER_TIMEOUT, tcp(7): unanswered so long */
	int rcvbuf, sndbuf;  /* bytes; the kernel doubles them, socket(7) */
	bool delay;          /* leave Nagle's algorithm on */
	bool any_address;    /* allow 0.0.0.0 and [::] as a destination */
	/*
	 * Where the kernel has them, silently without.  With fast_open
	 * (RFC 7413) and a cookie of the peer from an earlier connection, the
	 * SYN goes out with the first write, which then tells of a failure.
	 * So it is for who speaks first: a read before that would wait for a
	 * server that has heard nothing yet.
	 */
	bool fast_open, multipath;
	/*
	 * Asked about each address right before connecting: the place for
	 * rules against requests that are lured inside.  False: the address
	 * fails with -EACCES and the next one has its turn.  A dial that was
	 * started keeps the two until it is connected or closed.  It is called
	 * by whoever dials or calls sock_connected(), and must not wait.
	 */
	bool (*permit)(const struct sock_addr *addr, void *arg);
	void *arg;
};

/* As above; sock_listen() sets the size. */
struct sock_listen_options {
	size_t size;
	const char *address; /* "tcp:*:http", "tcp:localhost:0", "unix:/..." */
	const char *reserved_;
	struct sock_tls *tls; /* tls: needs it, nothing else takes it */
	int family;           /* AF_INET or AF_INET6 alone; 0: both */
	int backlog;          /* 0: net.core.somaxconn, which also caps it */
	int rcvbuf, sndbuf; /* bytes; over TCP what is accepted inherits them */
	int unix_mode;      /* of a UNIX path, less the umask(2); 0: 0600 */
	bool reuse_port;    /* SO_REUSEPORT: siblings share the port */
	bool fast_open;     /* TCP_FASTOPEN where the kernel has it */
	bool free_bind;     /* IP_FREEBIND: an address that is not here yet */
	bool client_first;  /* the client speaks first: TCP_DEFER_ACCEPT */
	const char *device; /* as above */
};

/*
 * Connects to an address.  A host name is looked up for both families at once;
 * its addresses race as RFC 8305 has it, best first (RFC 6724) and the families
 * by turns: the next one begins after 250 ms (stagger_ms), or as soon as one
 * has failed, at most six at a time.  The first that answers wins, the others
 * are closed with nothing sent.  TCP_NODELAY is set unless delay says else.
 *
 * "udp:", "unixgram:" and "unixpacket:" give a handle for messages to and from
 * this one peer.  Of several addresses of udp it is the first one that has a
 * route; whether anybody listens there shows later.  A unixgram socket is
 * given a name, so that it can be answered, unless local is one.
 *
 * "srv:_imaps._tcp.example.org" is dialed as its SRV records say: the next
 * target has its turn when the one before has failed, or is silent for 3 s;
 * what is heard of that one later counts all the same.  With stagger_ms -1 it
 * is the silence of its name alone, and a connection is waited for.
 *
 * "tls:" is a connection of TCP and the handshake over it, all within the
 * deadline.  While the winner of the race shakes hands the others are kept as
 * they are, and closed when that has ended well.  A peer that TLS refuses, or
 * that refuses (SOCK_ETLS, SOCK_ECERT, SOCK_ENAME), ends the dial: where one
 * host has a bad certificate no other address is asked to do better.  A
 * connection that breaks or ends in the handshake fails as an address does, and
 * the next one has its turn.  After 3 s without a byte from it, or to it, the
 * race goes on beside the winner, which loses to the next that connects.
 * Through a proxy there is one way alone, and its end is the dial's.
 *
 * Through a proxy, permit, local, device and family are about the proxy, and
 * so is sock_peer().
 *
 * A handle; -ECONNREFUSED, -ETIMEDOUT and whatever else the kernel says, of
 * the address whose failure tells most, and the message lists the others;
 * -ETIMEDOUT: the deadline; SOCK_ENOHOST, SOCK_ERESOLVE: the name; SOCK_EADDR,
 * SOCK_ENOSERVICE: the text; SOCK_EUSAGE: the options; -EACCES: permit said
 * no, or a proxy; SOCK_EPROXY; SOCK_ELIMIT: too many names are looked up;
 * -EAFNOSUPPORT: not of the family that family or local allows; -ENODEV: no
 * such interface; SOCK_ETLS, SOCK_ECERT, SOCK_ENAME, SOCK_EEOF, ...: the
 * handshake, and the message says why; -EAGAIN: SOCK_NOWAIT, and it would wait;
 * -ECANCELED: its group.
 */
sock_t sock_dial_with(const struct sock_dial_options *options);

/*
 * The same in two parts, for foreign loops and for cancelling: a handle at
 * once, connecting.  While it does, sock_fd() is one descriptor to poll for
 * reading and writing, and sock_due() the time by which to call
 * sock_connected() again, which changes with each call.  The deadline in the
 * options bounds the connecting, which ends with -ETIMEDOUT for good then; a
 * loop hears of it by sock_due().  SOCK_NOWAIT bounds nothing, as this never
 * waits.
 *
 * A handle, or an error of sock_dial() that is known at once.
 */
sock_t sock_dial_start_with(const struct sock_dial_options *options);

/*
 * Waits until a dialing handle is connected, or gives -EAGAIN with SOCK_NOWAIT.
 * Success may close the descriptor that sock_fd() gave, and its number may be
 * another's at once: let a loop forget it before this call, and ask again
 * after.  -ETIMEDOUT of this call's deadline leaves the attempt going; every
 * other error is final, and the handle still wants closing.
 *
 * The same for the handshake of a stream that sock_accept() gave or a layer was
 * put on, which else the first read or write would do.
 *
 * 0, also for a stream that is connected already; an error of sock_dial().
 */
int sock_connected(sock_t s, sock_time deadline);

/*
 * When to call sock_connected() again, or SOCK_FOREVER: for what has connected
 * and for listeners, too.  An error code for no handle.
 */
sock_time sock_due(sock_t s);

/*
 * A passive socket.  TCP gets SO_REUSEADDR, so that a restart is not kept
 * waiting.  "*" is one socket for both families where the kernel allows it,
 * else whichever there is.  "localhost" is [::1] and 127.0.0.1 with the same
 * port, both or neither, under one handle; for messages it is refused, unless
 * the family is said.
 *
 * udp and unixgram give a handle for sock_receive() at once, with any number of
 * peers.  An address of datagrams is never shared, but for reuse_port and for
 * multicast groups.
 *
 * A UNIX path gets its mode before it exists.  A socket file that nobody
 * listens on any more is replaced, under a lock on PATH.lock; a live one, or a
 * file that is no socket, gives -EADDRINUSE.  The path is unlinked when the
 * handle is closed by the process that made it, if it is still its own.
 *
 * HOST is an address, or localhost: to look up a name is to wait, and this
 * never does.
 *
 * A handle for sock_accept(); sock_local() tells the port that 0 became.
 * -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, ...; SOCK_EADDR, SOCK_ENOSERVICE: the
 * text; SOCK_EUSAGE, -ENODEV: the options.
 */
sock_t sock_listen_with(const struct sock_listen_options *options);

/*
 * The next connection.  Any number of threads and fibers may wait here.
 * Connections that ended in the queue are passed over.  Over tls: it returns
 * before the handshake, which the first read or write does, or sock_connected()
 * in its own time: who accepts waits for no peer's.
 *
 * A handle; -EAGAIN, -ETIMEDOUT, -ECANCELED, SOCK_ESTALE; -EMFILE, -ENFILE,
 * -ENOBUFS, -ENOMEM: out of resources, the connection stays in the queue.
 */
sock_t sock_accept(sock_t listener, sock_time deadline);

/* Two connected streams: socketpair(2).  0, or an error and both 0. */
int sock_pair(sock_t out[2]);

/*
 * A handle for a descriptor made elsewhere: a socket of TCP, UDP or UNIX, a
 * pipe, a terminal, a file.  Its file status flags are left alone, since other
 * processes may share them; a blocking descriptor never blocks a call all the
 * same.  On success the handle owns the descriptor, on failure the caller
 * keeps it.
 *
 * A handle; -EBADF; SOCK_EUSAGE: a kind of socket the library does not know.
 */
sock_t sock_adopt(int fd);

/*
 * The descriptor, to poll: borrowed, good until the handle is closed.  Reading
 * from it past the library loses what is buffered.  Or SOCK_ESTALE.
 */
int sock_fd(sock_t s);

/*
 * Gives the descriptor back and closes the handle.  Descriptors that the
 * library made are non-blocking and CLOEXEC.
 *
 * The descriptor; -EBUSY: bytes are buffered, or somebody reads or writes;
 * SOCK_EUSAGE: it dials, has a layer, or is a listener with more to it than a
 * descriptor (a UNIX path to unlink, a second family).
 */
int sock_detach(sock_t s);

/*
 * "Nothing more from me": sends what a layer holds and the end of the stream;
 * reading goes on.  A second call does nothing, unless the first one failed, as
 * with a layer it may (-EAGAIN, -ETIMEDOUT): then it goes on.  Nobody writes any
 * more in either case (-EPIPE).
 *
 * 0; SOCK_EUSAGE: not a stream socket, nor unixpacket.
 */
int sock_shut(sock_t s, sock_time deadline);

/*
 * The orderly end: shuts, reads and drops what still comes until the peer
 * finishes too, closes, and waits until the descriptor is gone.  Without a
 * deadline of its own the drain is bounded by 2 s and 64 KiB.  Closing without
 * this may destroy the last answer on its way, since unread input makes TCP
 * send a reset (RFC 1122, 4.2.2.13).  The handle is closed whatever is
 * returned.
 *
 * 0: the peer finished; or, once a layer's end had gone out, closed without the
 * layer's own, as many clients of TLS do: that is no receipt, which only an
 * answer of the peer's is; -ETIMEDOUT: it had not by then;
 * SOCK_ETOOBIG: it sent more than the bound; else the stream's first error.
 */
int sock_finish(sock_t s, sock_time deadline);

/*
 * Closes at once.  The handle is stale from now on in every thread; whoever
 * waits on it gets SOCK_ESTALE, and the descriptor goes when the last call
 * inside has returned.  That of a listener has gone when this returns, and its
 * port or path is free; that of a stream which a fiber waited for may go a
 * moment later, and sock_finish() waits for it.
 *
 * 0, or the stream's first error (not its end); without any, why a sock_shut()
 * has not succeeded.  Closing 0 does nothing.
 */
int sock_close(sock_t s);

/*
 * Closes with a reset (TCP), so that the peer cannot take it for an end.
 * 0, or SOCK_ESTALE.
 */
int sock_abort(sock_t s);

/*
 * Wakes whoever waits on the handle with -ECANCELED, and sticks: every later
 * call that would wait gets it too, until the handle is closed.  0.
 */
int sock_cancel(sock_t s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#ifndef __cplusplus
#define sock_dial(...) \
	sock_dial_with(&(const struct sock_dial_options){ \
	    .size = sizeof(struct sock_dial_options), \
	    .address = __VA_ARGS__ })
#define sock_dial_start(...) \
	sock_dial_start_with(&(const struct sock_dial_options){ \
	    .size = sizeof(struct sock_dial_options), \
	    .address = __VA_ARGS__ })
#define sock_listen(...) \
	sock_listen_with(&(const struct sock_listen_options){ \
	    .size = sizeof(struct sock_listen_options), \
	    .address = __VA_ARGS__ })
#else
inline sock_t
sock_dial(const char *address, sock_time deadline = SOCK_DEFAULT)
{
	sock_dial_options options = {};

	options.size = sizeof options;
	options.address = address;
	options.deadline = deadline;
	return sock_dial_with(&options);
}

inline sock_t
sock_dial(sock_dial_options options)
{
	options.size = sizeof options;
	return sock_dial_with(&options);
}

inline sock_t
sock_dial_start(const char *address)
{
	sock_dial_options options = {};

	options.size = sizeof options;
	options.address = address;
	return sock_dial_start_with(&options);
}

inline sock_t
sock_dial_start(sock_dial_options options)
{
	options.size = sizeof options;
	return sock_dial_start_with(&options);
}

inline sock_t
sock_listen(const char *address)
{
	sock_listen_options options = {};

	options.size = sizeof options;
	options.address = address;
	return sock_listen_with(&options);
}

inline sock_t
sock_listen(sock_listen_options options)
{
	options.size = sizeof options;
	return sock_listen_with(&options);
}
#endif

#endif
