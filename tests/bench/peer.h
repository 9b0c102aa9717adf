/* SPDX-License-Identifier: MIT */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Servers to compare, each a program of its own.  A bench starts one, asks it,
 * looks at its clock and ends it, and no more than one at a time.
 */

#define PEER_ARGS_MAX 10

enum peer_place {
	PEER_BESIDE, /* a processor for the server, another for who asks */
	PEER_ALONG,  /* both on one: no waking of an idle one is measured */
	PEER_SPREAD, /* both wherever they like */
};

struct peer {
	const char *name;
	/*
	 * A program beside this one, or a path with a slash.  "PORT" in an
	 * argument stands for the port, which it listens on at 127.0.0.1.
	 */
	const char *argv[PEER_ARGS_MAX];
	const char *package; /* what Debian calls the one it is missing for */
	int pid, port;
};

/*
 * Whether it can be run and ONLY=NAMES, if there is one, names it; says what is
 * missing.
 */
bool peer_wanted(const struct peer *peer);

/* The port of the peer that is started next. */
int peer_next_port(void);

/* Returns when it listens; the caller's place is set, too. */
void peer_start(struct peer *peer, enum peer_place place);

/* ns of CPU that it took so far, its children included. */
uint64_t peer_cpu(const struct peer *peer);

/* KiB of memory that is its own. */
uint64_t peer_memory(const struct peer *peer);

/* Ends it with a signal; what it exits with, or 128 + a signal. */
int peer_stop(struct peer *peer, int signal);

/* Whether it has ended by itself, and the same. */
bool peer_ended(struct peer *peer, int *code);

/* Connects to 127.0.0.NET; blocking, with Nagle's algorithm off. */
int peer_dial(const struct peer *peer, unsigned net);

void die(const char *what) __attribute__((noreturn));

/* As many descriptors as we may have. */
unsigned raise_descriptors(void);

#endif
