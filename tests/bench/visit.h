/* SPDX-License-Identifier: MIT */
#ifndef VISIT_H
#define VISIT_H

#include "peer.h"

/*
 * The side that connects, asks for an echo of 64 bytes, awaits it and closes,
 * over and over: so many visitors at a time.
 */

struct visits {
	unsigned answered;
	unsigned refused; /* the connection never stood */
	unsigned cut;     /* it did, and brought no answer */
};

struct visit;

struct visit *visit_open(const struct peer *peer, unsigned visitors);

/* Waits for something to happen, for ms at most, and adds what did. */
void visit_step(struct visit *visit, int ms, struct visits *sum);

/* Visitors who leave are not followed by others any more. */
void visit_last(struct visit *visit);

/* Visitors whose connection stands, or who try to connect. */
unsigned visit_inside(const struct visit *visit);
unsigned visit_outside(const struct visit *visit);

void visit_close(struct visit *visit);

#endif
