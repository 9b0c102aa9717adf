/* SPDX-License-Identifier: MIT */
#ifndef SERVE_H
#define SERVE_H

#include "ask.h"
#include "pairs.h"

/* Servers as contenders, each of which is started anew for each turn. */

/* Those of count peers that are wanted, with run; how many. */
unsigned serve_list(struct contender *list, struct peer *peers, unsigned count,
    uint64_t (*run)(const struct contender *, unsigned));

struct serve_turn {
	enum peer_place place;
	struct ask_plan plan;
	uint64_t (*clock)(const struct peer *peer); /* ns, such as peer_cpu */
};

/* What the clock says count answers take, after a quarter as many. */
uint64_t
serve_turn(struct peer *peer, const struct serve_turn *turn, unsigned count);

#endif
