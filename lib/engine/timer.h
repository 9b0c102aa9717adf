/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_TIMER_H
#define SOCKI_ENGINE_TIMER_H

#include <sock/base.h>

/* A heap of times, four children a node, for one thread. */

struct socki_timer {
	size_t place; /* in the heap, from 1; 0: it is not there */
};

struct socki_timer_node {
	sock_time at;
	struct socki_timer *timer;
};

struct socki_timers {
	struct socki_timer_node *nodes;
	size_t count, capacity;
};

/*
 * Makes room for more: for 64 first, so that few who wait need no memory to.
 * 0, -ENOMEM.
 */
int socki_timers_grow(struct socki_timers *timers);

/* 0, -ENOMEM. */
int socki_timer_start(struct socki_timers *timers, struct socki_timer *timer,
    sock_time at);

/* Stopping one that is not there does nothing. */
void socki_timer_stop(struct socki_timers *timers, struct socki_timer *timer);

/* The earliest time, or SOCK_FOREVER. */
sock_time socki_timer_first(const struct socki_timers *timers);

/* Takes out the earliest if it is due; NULL: none is. */
struct socki_timer *socki_timer_due(struct socki_timers *timers, sock_time now);

#endif
