/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_DIAL_RACE_H
#define SOCKI_DIAL_RACE_H

#include <sock/addr.h>
#include <sock/base.h>

/*
 * Happy Eyeballs (RFC 8305), without sockets and without a clock: addresses,
 * answers, failures and the time go in, whose turn it is comes out.
 *
 * Both families take turns.  An address has its turn when the one before it
 * has had the attempt delay, or as soon as any fails.
 */

/* More at once is a flood of SYNs, and helps nobody. */
#define SOCKI_RACE_FLYING_MAX 6

/* Section 8: the delay between two, its bounds, and how long AAAA is awaited.
 */
#define SOCKI_RACE_DELAY_MS 250
#define SOCKI_RACE_DELAY_MS_MIN 10
#define SOCKI_RACE_DELAY_MS_MAX 2000
#define SOCKI_RACE_AAAA_MS 50

/* Without look-ups there are no more than [::1] and 127.0.0.1. */
#define SOCKI_RACE_FEW 2

enum {
	SOCKI_RACER_WAITS,
	SOCKI_RACER_FLIES,
	SOCKI_RACER_FAILED
};

struct socki_racer {
	struct sock_addr addr;
	int code; /* why it failed */
	int fd;   /* the dial's */
	uint8_t state;
};

struct socki_race {
	struct socki_racer *racers; /* in the order in which they came */
	unsigned count, room, waiting, flying;
	unsigned awaited;  /* what may still be answered; SOCKI_ASK_AAAA ... */
	int turn;          /* the family whose turn it is, if it has any */
	bool begun, holds; /* an attempt was made; AAAA is waited for */
	int64_t delay_ns;
	int aaaa_ms; /* how long AAAA is waited for */
	sock_time next_at;
	struct socki_racer few[SOCKI_RACE_FEW];
};

/* delay_ms is put within its bounds; 0: the usual, < 0: one at a time. */
void socki_race_begin(struct socki_race *race, int delay_ms);

/* Frees what it holds, but no descriptor. */
void socki_race_end(struct socki_race *race);

/* Addresses, best first.  0, -ENOMEM. */
int socki_race_add(struct socki_race *race, const struct sock_addr *addrs,
    int count);

/* The best address of a family that waits, or NULL. */
const struct socki_racer *
socki_race_best(const struct socki_race *race, int family);

/*
 * What may still come, after what has come was added.  A first address of
 * IPv4 waits a little for the answer about IPv6.
 */
void socki_race_await(struct socki_race *race, unsigned awaited, sock_time now);

/*
 * Who is to begin now: its index, and it flies; -EAGAIN: nobody before
 * socki_race_due(), a failure or an answer; -ENOENT: all have failed, and
 * nothing more will come.
 */
int socki_race_next(struct socki_race *race, sock_time now);

/* One that flies has failed. */
void socki_race_fail(struct socki_race *race, unsigned racer, int code,
    sock_time now);

/* When somebody's turn comes, if nothing happens before; or SOCK_FOREVER. */
sock_time socki_race_due(const struct socki_race *race);

#endif
