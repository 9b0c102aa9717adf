/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SERVER_SERVER_H
#define SOCKI_SERVER_SERVER_H

#include <pthread.h>
#include <sock/addr.h>
#include <sock/server.h>
#include <stdatomic.h>

#include "engine/worker.h"
#include "server/peers.h"
#include "server/process.h"
#include "socket/socket.h"

struct socki_why;

/*
 * A server has stations, where connections arrive: one a worker in fibers, one
 * elsewhere.  Each has an acceptor, which takes them and starts their
 * conversations, and a keeper, which ends those whose time is over.  Both are
 * fibers of the station's worker, or threads.
 *
 * Locks are taken in this order: a station's lock, its gone_lock; the server's
 * is taken alone.
 */

#define SOCKI_CACHE_LINE_BYTES 64

/* Written under the station's lock, read by anybody. */
struct socki_counts {
	_Alignas(SOCKI_CACHE_LINE_BYTES) _Atomic uint64_t accepted;
	_Atomic uint64_t finished, shed, aborted, timed_out;
	_Atomic uint64_t bytes_in, bytes_out; /* of those that are over */
	_Atomic int streams; /* in SOCK_PROCESSES: of max_streams */
};

/* What counts for all stations, perhaps in several processes. */
struct socki_limits {
	_Atomic int
	    streams; /* only if there is a max_streams; of one process */
	struct socki_peers_lock peers;
};

/*
 * All that processes of one server share.  It is mapped in one piece, with
 * MAP_SHARED if there is more than one.
 */
struct socki_shared {
	_Atomic sock_time drain_by; /* 0: it is not drained */
	_Atomic bool asked;         /* to drain, not by itself */
	struct socki_limits limits;
	struct socki_counts counts[]; /* for each station */
	/* struct socki_peers, for each, if there is a max_per_peer */
};

struct socki_conversation;

enum { /* who is woken at a station */
	SOCKI_ACCEPTOR = 1,
	SOCKI_KEEPER = 2
};

struct socki_station {
	struct sock_server *server;
	struct socki_counts *counts;
	struct socki_peers *peers;            /* NULL: nobody counts them */
	struct socki_worker *worker;          /* NULL: threads */
	struct socki_task *acceptor, *keeper; /* fibers that are to start */
	sock_t handle;                 /* of the listener; 0: a sibling's */
	struct socki_socket *listener; /* pinned by the acceptor */
	int spare; /* the acceptor's, to give up; < 0: none */

	pthread_mutex_t lock;
	struct socki_conversation *first;
	unsigned active;
	bool keeper_idle; /* it waits for a first conversation */
	bool told;        /* of the drain: its conversations */
	struct socki_queue waiting;

	pthread_mutex_t gone_lock;
	struct socki_queue gone_waiting;
};

struct sock_server {
	struct sock_serve_options options;
	struct sock_tls *tls; /* retained; NULL: none */
	int64_t tick_ms;      /* the keepers' */
	unsigned forks;       /* of the process that it serves in */
	struct socki_shared *shared;
	size_t shared_bytes;
	struct sock_addr addrs[2];
	int addr_count;

	pthread_mutex_t lock;
	struct socki_queue waiting;  /* for the last station to end */
	unsigned alive;              /* stations that have not ended */
	struct socki_family *family; /* NULL: one process serves */

	_Atomic int *streams;      /* where this process counts max_streams */
	_Atomic unsigned turn;     /* whose load is looked at next */
	_Atomic unsigned starving; /* acceptors that wait for max_streams */
	pthread_t thread;          /* the acceptor's, if it has its own */
	bool has_thread;
	unsigned acceptors;
	_Atomic unsigned accepting; /* of these, those that have not ended */
	unsigned count;
	struct socki_station stations[];
};

/* How a conversation ended; the first that is known counts. */
enum socki_outcome {
	SOCKI_FINISHED,
	SOCKI_TIMED_OUT,
	SOCKI_ABORTED
};

/* Lies where its fiber or its thread can keep it; the session is behind it. */
struct socki_conversation {
	struct socki_extra extra; /* first: the socket points here */
	sock_t sock;
	struct socki_station *station;
	struct socki_task *task;     /* its fiber or thread */
	uint64_t peer;               /* socki_peers_key(); 0: not counted */
	struct socki_socket *socket; /* NULL: it has ended it itself */
	bool waits;                  /* for others to be done with it */
	bool shaken;                 /* nothing comes before the handler */
	int wake_fd;                 /* for its thread */

	/* Under the station's lock. */
	struct socki_conversation *next, **link;
	uint8_t outcome;        /* enum socki_outcome */
	_Atomic bool finishing; /* its handler has returned */

	/* The keeper's; the first three are told anew after a handshake. */
	sock_time first_since; /* 0: from birth on */
	uint64_t in_before;
	bool first_came;
	sock_time born, stirred;
	uint64_t moved; /* bytes */

	/* What the socket leaves behind when it ends. */
	bool gone;   /* ended by another; under the station's gone_lock */
	bool broken; /* by an error, or by sock_abort() */
	_Atomic uint64_t bytes_in, bytes_out;

	_Alignas(max_align_t) unsigned char session[];
};

static inline bool
socki_server_drains(const struct sock_server *v)
{
	return atomic_load_explicit(&v->shared->drain_by,
		   memory_order_relaxed) != 0;
}

/* In a child after fork() that the program made: it serves nobody. */
bool socki_server_is_elsewhere(const struct sock_server *v);

/*
 * What the caller asks for, with what stands for 0 where that is known by now.
 * 0, or what makes no sense.
 */
int socki_server_options(struct sock_serve_options *to,
    const struct sock_serve_options *from, struct socki_why *why);

/* What all stations share: 0; -ENOMEM. */
int socki_shared_map(struct sock_server *v);

/*
 * The .tls of conversations: the options', or the listener's; that of an
 * address has the options'.  0; SOCK_EUSAGE, -ENOMEM.
 */
int socki_server_take_tls(struct sock_server *v, struct socki_socket *listener,
    struct socki_why *why);

/* One of max_streams, to be given back; false: there are as many. */
bool socki_streams_reserve(struct sock_server *v);
void socki_streams_give_back(struct sock_server *v);
/* The same, and whoever waits for it may go on. */
void socki_streams_give_room(struct sock_server *v);

/*
 * As sock_server_drain(); unless asked, by itself: then it is as it was if it
 * drains already, and who asks first has yet to set the deadline.
 */
void socki_server_drain(struct sock_server *v, sock_time deadline, bool asked);

/* Has everybody in this process see that it drains; first: since now. */
void socki_server_stir(struct sock_server *v, bool first);

/*
 * Under the server's lock: until something there has changed, or the time has
 * come; or, without the means to wait, for a moment.
 */
void socki_server_nap(struct sock_server *v, sock_time deadline);

/* Wakes acceptors or keepers, or both, at every station. */
void socki_server_wake(struct sock_server *v, unsigned who);

/* What the acceptor of a server that drains knows of its queue.  Zeroed. */
struct socki_ebb {
	sock_time since; /* nobody new has come to it */
	bool empty;      /* the last look found nobody half-way */
};

/*
 * While it drains, and the queue was just found empty: whether it stays so, and
 * the listener may be closed.  From the first call on those who arrive are
 * turned away, even if whoever told the server to drain has not come to that
 * yet; a handshake that was under way then shows in a later look.
 */
bool
socki_server_is_empty(struct socki_ebb *ebb, struct socki_socket *listener);

/* Until the last station has ended, whatever happens. */
void socki_server_await(struct sock_server *v);

/* Adds to a counter of a station's.  Under its lock. */
static inline void
socki_counts_add(_Atomic uint64_t *count, uint64_t n)
{
	atomic_store_explicit(count,
	    atomic_load_explicit(count, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* The acceptor of a station, until it is drained; then the listener is closed. */
void socki_station_accept(void *station);

/*
 * Under the station's lock: what has to be done by now for its conversations;
 * when the next time is.
 */
sock_time socki_station_look(struct socki_station *station);

/* The keeper of a station: the last to end there. */
void socki_station_keep(void *station);

/* It on a thread; 0, or an error. */
int socki_station_start_keeper(struct socki_station *station);

/*
 * A conversation over an accepted socket, which is its own from now on.  0; an
 * error, and the socket is as it was.
 */
int socki_conversation_start(struct socki_station *station,
    struct socki_socket *s, uint64_t peer);

/* The same on the caller's own thread, until it is over. */
int socki_conversation_hold(struct socki_station *station,
    struct socki_socket *s, uint64_t peer);

/*
 * On its own fiber or thread, before the handler: its handshake, if it has one.
 * False: it has failed, and the socket is to be finished.
 */
bool socki_conversation_shake(struct socki_conversation *c);

/*
 * For one that a child holds: in the parent it has no socket, and room bytes in
 * place of a session.  NULL: no memory.
 */
struct socki_conversation *socki_conversation_new(struct socki_station *station,
    size_t room, uint64_t peer);
void socki_conversation_enter(struct socki_conversation *c);
/* It has not begun after all: nobody has seen it. */
void socki_conversation_retract(struct socki_conversation *c);
/* It is over, and out of everything, for the caller to free. */
void socki_conversation_leave(struct socki_conversation *c,
    enum socki_outcome outcome);

/* Under the station's lock: ends each with a reset. */
void socki_conversation_abort_all(struct socki_station *station);

/* Likewise: has those look around who are waiting in sock_idle(). */
void socki_conversation_nudge_all(struct socki_station *station);

/* Whose socket it is; NULL: no conversation's. */
struct socki_conversation *socki_conversation_of(const struct socki_socket *s);

#endif
