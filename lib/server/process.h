/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SERVER_PROCESS_H
#define SOCKI_SERVER_PROCESS_H

#include <pthread.h>
#include <sock/base.h>
#include <stdatomic.h>
#include <sys/types.h>

/*
 * Servers of processes.  The parent keeps the listeners and what is counted,
 * each child has a copy of the server that is its own.  In each process a
 * minder, a fiber or a thread, waits for what is told to all:
 *
 *	drain, now	eventfds: it drains; at once
 *	line		a pipe whose other end only the parent has
 *	parent		a pidfd, if the kernel has them: a process that the
 *			program forked may hold the pipe open
 */

enum {
	SOCKI_TOLD_DRAIN,
	SOCKI_TOLD_NOW,
	SOCKI_TOLD_LINE,
	SOCKI_TOLD_PARENT, /* not to the parent itself */
	SOCKI_TOLD
};

struct sock_server;
struct socki_socket;
struct socki_station;

/*
 * What a child leaves behind.  Its exit status may be somebody else's: a
 * program that waits for any child, or ignores SIGCHLD.
 */
struct socki_report {
	_Atomic uint64_t bytes_in, bytes_out;
	_Atomic uint8_t outcome; /* 1 + enum socki_outcome; 0: it has crashed */
	_Atomic bool closed; /* its queue was empty, and it accepts no more */
	_Atomic bool taken;  /* the parent's */
};

/* A child, of which a fiber of the parent's waits for the end. */
struct socki_child {
	pid_t pid;
	sock_t
	    pidfd; /* <= 0: there is none, and it is looked at now and then */
	void (*ended)(struct socki_child *child);
	_Atomic bool is_over; /* its number may be another's */
};

/* One of those forked beforehand. */
struct socki_place {
	struct socki_child child; /* first */
	struct sock_server *server;
	struct socki_report *report;
	bool runs;
	sock_time born, due; /* when it was started, is to be started again */
	int back_off_ms;
};

struct socki_family {
	struct sock_server *server;
	struct socki_family *next;   /* all of this process */
	struct socki_worker *worker; /* of those who wait for children */
	/*
	 * The minder's handles, and the descriptors, which the parent has for
	 * its children: what its own worker watches is gone in a child.
	 */
	sock_t told[SOCKI_TOLD];
	int fds[SOCKI_TOLD];
	int line_end; /* the parent's end of the pipe */
	bool minds;   /* the parent's minder has not ended */
	struct socki_report *reports;
	unsigned report_count, report_turn;
	int64_t tick_ms;      /* of the server, before it was the parent's */
	sock_time late_since; /* the drain's deadline was seen to be over */

	/* Under the server's lock. */
	unsigned count;
	struct socki_place places[];
};

/* 0, and the server has one; an error. */
int socki_family_new(struct sock_server *server);
/*
 * Starts what has threads, if the program has none yet: the minder, since a
 * child may drain the server, and a worker for those who wait for children.
 */
int socki_family_start(struct socki_family *family);
void socki_family_free(struct socki_family *family);

/*
 * A handle for a descriptor, or for its error, that no child of a server's is to
 * have.  On failure it is closed.
 */
sock_t socki_family_handle(int fd);

/* It drains: for the others. */
void socki_family_tell(struct socki_family *family, bool first);

/* The place's station has closed its listener. */
void socki_family_closed(struct socki_station *station);

/*
 * The minder's work, which is a child's of SOCK_FORKING to do for the keeper,
 * too.
 */
void socki_family_mind(void *family);

/*
 * As fork(2), but a child has the server for its own, and of its parent's streams
 * and listeners one alone.
 */
pid_t
socki_family_fork(struct socki_family *family, const struct socki_socket *but);

/*
 * Before a fork, what can fail: a fiber for socki_child_watch().  NULL and *rc.
 */
struct socki_task *socki_child_prepare(struct socki_family *family,
    struct socki_child *child, int *rc);

/* After it: has it wait, and call ended() when the child is no more. */
void socki_child_watch(struct socki_child *child, struct socki_task *task);
void socki_child_kill(struct socki_child *child);

/* SOCK_PROCESSES: starts the children. */
int socki_places_serve(struct sock_server *server);

/*
 * SOCK_FORKING: a child holds the conversation.  0; an error, and the socket is
 * as it was.
 */
int socki_conversation_fork(struct socki_station *station,
    struct socki_socket *s, uint64_t peer);

/*
 * Under the station's lock, by its keeper: ends the children that are left when
 * it is time, by force; when it is.
 */
sock_time socki_conversation_end_late(struct socki_station *station);

/*
 * When children that have not ended are to be killed: so long after the drain's
 * deadline.  By one thread.
 */
#define SOCKI_KILL_MS 2000
sock_time socki_family_kill_at(struct socki_family *family);

#endif
