/* SPDX-License-Identifier: MIT */
#ifndef SOCK_SERVER_H
#define SOCK_SERVER_H

#include <sock/base.h>

/*
 * Servers: one function that holds a conversation, and one call that lets it
 * hold as many as the machine can, in fibers, in threads, in processes, or one
 * after the other.
 *
 *	static void
 *	echo(sock_t s, void *arg)
 *	{
 *		char buf[4096];
 *		ssize_t n;
 *
 *		while ((n = sock_read(s, buf, sizeof buf, SOCK_DEFAULT)) > 0)
 *			sock_write(s, buf, (size_t)n, SOCK_DEFAULT);
 *	}
 *
 *	struct sock_server *v = sock_serve("tcp:*:echo", .on_stream = echo);
 *
 * The handler is called once for each conversation.  When it returns, the
 * conversation is finished for it, as sock_finish() does, so that the peer
 * never loses the last answer.  It may also end it itself, by any of the calls
 * that do; other threads may use the handle, and end it, at any time.  Who
 * wants to keep a conversation beyond the handler's return detaches it
 * (sock_detach, sock_adopt), which ends it for the server.
 *
 * A handler may fork: the child ends by _exit(2) when it returns there.
 *
 * In SOCK_PROCESSES and SOCK_FORKING it runs in children of the program, with a
 * copy of the memory as it was when they were forked; what it changes there
 * nobody else sees.  All signals are blocked in them.  The streams and
 * listeners that the program has by then are closed in them, since no end of a
 * stream would be seen, and no port be free, while a child held it, too (what
 * another thread opens or closes at that very moment may stay open); pairs,
 * sockets of messages and descriptors of its own are theirs as after any
 * fork().  They end by _exit(2): no function of atexit(3) is called, and what
 * stdio holds is lost.  One that crashes loses its own conversations, which
 * count as aborted, and of those forked beforehand another takes its place: at
 * once, or after up to a second if it has lived no longer.  They drain when the
 * program is gone, as sock_server_drain() has it, and those that have not ended
 * two seconds after the drain's deadline are killed; once the program is gone,
 * those of SOCK_FORKING alone, since in one of SOCK_PROCESSES a handler that
 * never waits keeps from running who could do it.  The program may wait for any
 * child or ignore SIGCHLD, and its own children are left alone.  Without
 * pidfds (Linux 5.3) the end of a child is seen up to 100 ms late.
 *
 * Connections that are reset while they wait in the queue may be passed over.
 * At the limit of descriptors, threads or memory the server takes fewer: those
 * who wait in the queue are turned away at up to 100 a second, or wait, and
 * all goes on by itself as soon as there is room again.  How many descriptors
 * it may have is up to the program: the soft limit is often 1024, and can be
 * raised to the hard one (setrlimit(2)).
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sock_addr;
struct sock_server;
struct sock_tls;

enum sock_mode {
	/*
	 * Each conversation in a fiber of its own, on all cores (fiber.h).  On
	 * a machine without fibers this is SOCK_THREADS.
	 */
	SOCK_FIBERS,
	SOCK_THREADS,   /* in a thread of its own */
	SOCK_PROCESSES, /* in fibers of a few processes, forked beforehand */
	SOCK_FORKING,   /* in a process of its own */
	SOCK_ITERATIVE  /* one after the other, in one thread */
};

/*
 * Every member is optional but size, on_stream, and one of address and
 * listener; 0 or NULL is the default.  sock_serve() sets the size.
 *
 * Spans are looked at now and then: what is over ends late by up to an eighth
 * of the shortest of the three, or by 20 ms if that is more, and not before.
 */
struct sock_serve_options {
	size_t size;
	const char *address;   /* as for sock_listen(): tcp:, tls:, unix: */
	const char *reserved_; /* makes a stray second argument a warning */
	/*
	 * In its place: the server's from now on.  For SOCK_PROCESSES no fiber
	 * may have waited for it.  One of tls: has brought its .tls along.
	 */
	sock_t listener;
	void *arg; /* for the handler */
	void (*on_stream)(sock_t s, void *arg);
	/*
	 * For tls:, which needs it, or for a listener that has none: each
	 * conversation begins with its handshake.
	 */
	struct sock_tls *tls;
	enum sock_mode mode;
	/*
	 * SOCK_FIBERS: worker threads, at most those of sock_runtime();
	 * SOCK_PROCESSES: children, at most 1024; 0: one a core.
	 */
	int workers;
	/*
	 * Conversations at a time, of all together; 0: no limit.  What comes
	 * beyond it waits in the kernel's queue.
	 */
	int max_streams;
	/*
	 * Of these from one IPv4 address, or from one /64 of IPv6; 0: no limit.
	 * What comes beyond it is closed at once.  UNIX peers are not counted.
	 */
	int max_per_peer;
	/*
	 * For the handshake, which is over before the handler is called; 0:
	 * 10000; -1: no limit.
	 */
	int handshake_ms;
	/* Then to the first byte from the peer, and from one byte, either way,
	 * to the next; 0: no limit. */
	int first_ms, idle_ms;
	int lifetime_ms; /* of a conversation, all in all; 0: no limit */
	/*
	 * After the handler has returned, until the peer finishes too.
	 * 0: 2000, and 64 KiB at most; -1: for ever.
	 */
	int finish_ms;
	int drain_ms; /* for sock_server_drain(); 0: 30000; -1: for ever */
	/* Zeroed bytes for each conversation, for sock_session(). */
	size_t session_size;
	bool client_first; /* the client speaks first: TCP_DEFER_ACCEPT */
};

/*
 * Starts a server, which serves until it is drained or freed.  The address is
 * listened to when this returns.  Any number of servers may run in a process.
 *
 * When one of first_ms, idle_ms and lifetime_ms is over, every present and
 * later call of the conversation gets -ETIMEDOUT; what the handler does then is
 * up to it.  A handshake that fails is never the handler's: its conversation
 * counts as aborted, or as timed_out.
 *
 * NULL: an error of sock_listen(); SOCK_EUSAGE: the options, or an address that
 * has no streams; -ENOMEM, -EMFILE, -EAGAIN: no worker, no thread.  The
 * listener is then as it was, the caller's.
 */
struct sock_server *sock_serve_with(const struct sock_serve_options *options);

/*
 * The i-th address that is listened to, from 0: "localhost" has two.  0;
 * SOCK_EUSAGE: there is none of that number.
 */
int
sock_server_address(struct sock_server *server, int i, struct sock_addr *addr);

/*
 * No new conversations: new arrivals are turned away from now on (those over
 * TCP are told when the queue is empty), whoever waits in the queue is still
 * served, then the listeners are closed.  What is left of the conversations at
 * the deadline is aborted: the handler's calls get SOCK_ESTALE or -ECANCELED,
 * the peer a reset.  SOCK_DEFAULT is drain_ms from now.  A second call sets
 * the deadline to now.  A server whose listener was closed drains by itself,
 * with SOCK_DEFAULT, and the first call still sets the deadline.  Returns at
 * once, with 0; from any thread, and from a handler.
 */
int sock_server_drain(struct sock_server *server, sock_time deadline);

/*
 * Whether the server of this conversation drains; a protocol that has a way to
 * say so tells the peer now.  False for what is no conversation of a server's.
 */
bool sock_draining(sock_t s);

/*
 * Where a conversation may rest, between two requests: waits until there is
 * something to read, and holds no buffer meanwhile.
 *
 *	while (sock_idle(s, SOCK_DEFAULT) > 0)
 *		answer(s);
 *
 * A server that drains waits here for a second at most, for requests that are
 * under way; elsewhere a call goes on until the drain's deadline.
 *
 * 1: there is; 0: there will be nothing: the peer has finished, or the server
 * drains; or an error, as of sock_peek().
 */
int sock_idle(sock_t s, sock_time deadline);

/*
 * Waits until the server has been drained, the last handler has returned and
 * its conversation is over.  Not from a handler: SOCK_EUSAGE.
 *
 * 0; -ETIMEDOUT, -EAGAIN; -ECANCELED: the caller's group was.
 */
int sock_server_wait(struct sock_server *server, sock_time deadline);

/*
 * Drains now, waits, frees.  Not from a handler.  NULL is allowed.  In a child
 * after fork() nothing is left to drain: it closes what the child has of the
 * listeners.
 */
void sock_server_free(struct sock_server *server);

/*
 * accepted is always the sum of the five below it.  Bytes are those that the
 * kernel took and gave, of conversations that go on, too, but for those in
 * children.
 */
struct sock_server_stats {
	size_t size; /* set by the caller */
	uint64_t accepted;
	uint64_t active;    /* they begin, their handler runs, or they end */
	uint64_t finished;  /* both ends finished, or the handler ended it */
	uint64_t shed;      /* turned away: max_per_peer, no room */
	uint64_t aborted;   /* broken off, by a reset, an error or the drain */
	uint64_t timed_out; /* by handshake_ms, first_ms, idle_ms, ... */
	uint64_t bytes_in, bytes_out;
};

/* 0; SOCK_EUSAGE: the size is not that of any version. */
int
sock_server_stats(struct sock_server *server, struct sock_server_stats *stats);

/*
 * The conversation's session_size bytes, aligned for any type: zeroed before
 * the handler is called, and gone when it has returned.  NULL: no session_size,
 * or no conversation of a server's.
 */
void *sock_session(sock_t s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#ifndef __cplusplus
#define sock_serve(...) \
	sock_serve_with(&(const struct sock_serve_options){ \
	    .size = sizeof(struct sock_serve_options), \
	    .address = __VA_ARGS__ })
#else
inline struct sock_server *
sock_serve(sock_serve_options options)
{
	options.size = sizeof options;
	return sock_serve_with(&options);
}
#endif

#endif
