/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_DIAL_NAMES_H
#define SOCKI_DIAL_NAMES_H

#include <sock/base.h>

#include "dial/race.h"
#include "resolve/resolve.h"

struct socki_target;
struct socki_watch;
struct socki_why;

/*
 * The names of a dial, while they are looked up: of one host, or of a service
 * whose SRV records name hosts, one after the other.
 */

/*
 * A target that answers nothing for so long is joined by the next one: its
 * SYN has gone out twice, and once more may have helped (RFC 6298: 1 s, 2 s).
 * A name server may still answer: it is asked again after 5 s, resolv.conf(5).
 */
#define SOCKI_NAMES_TARGET_MS 3000

struct socki_names_host {
	struct socki_lookup lookup; /* first */
	struct socki_names *names;
	struct socki_names_host *before; /* silent, that it has joined */
	unsigned open;                   /* asked, and not yet taken */
	int port;
};

struct socki_names {
	struct socki_watch *watch; /* nudged when an answer comes */
	int bell;                  /* or an eventfd that is rung; -1: none */

	unsigned questions; /* of a host: SOCKI_ASK_A, SOCKI_ASK_AAAA */
	int scheme;
	int code; /* of the last one that brought nothing; 0: none */
	struct socki_names_host *last, first;
	struct socki_srv *targets;
	int count, at;     /* how many, and the next one */
	sock_time next_at; /* when its turn comes in any case */
};

/* NULL: out of memory. */
struct socki_names *
socki_names_new(struct socki_watch *watch, int bell, unsigned questions);

/* In a child: another eventfd takes the place of the bell. */
void socki_names_ring(struct socki_names *names, int bell);

/* NULL is nothing. */
void socki_names_free(struct socki_names *names);

/*
 * Asks for a target of kind NAME or SERVICE.  0, or as socki_lookup_begin().
 */
int socki_names_ask(struct socki_names *names, const struct socki_target *to,
    struct socki_why *why);

/* Hands what has come to the race, and asks for the next target. */
void socki_names_gather(struct socki_names *names, struct socki_race *race,
    sock_time now);

/* When to gather again though nothing has come, or SOCK_FOREVER. */
sock_time socki_names_due(const struct socki_names *names);

#endif
