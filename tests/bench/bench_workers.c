/* SPDX-License-Identifier: MIT */

/*
 * Two workers beside one: CPU a request, with 64 connections.  Of two that cost
 * as much as one each serves as many; where the side that asks has processors
 * of its own, requests a second show the same.  What of it is the machine's a
 * loop over epoll shows, by one process and by one a processor.
 */
#include <stdio.h>
#include <time.h>

#include "serve.h"

static struct peer peers[] = {
	{ "one worker", { "peer_ours", "PORT", "one" }, NULL, 0, 0 },
	{ "a worker a processor", { "peer_ours", "PORT" }, NULL, 0, 0 },
	{ "a process a processor", { "peer_ours", "PORT", "processes" }, NULL,
	    0, 0 },
	{ "epoll, one process", { "peer_epoll", "PORT" }, NULL, 0, 0 },
	{ "epoll, a process a processor", { "peer_epoll", "PORT", "processes" },
	    NULL, 0, 0 },
	{ "Go", { "peer_go", "PORT" }, "golang-go", 0, 0 },
};

#define PEERS (sizeof peers / sizeof peers[0])

static uint64_t
look(const struct peer *peer)
{
	struct timespec t;

	(void)peer;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct serve_turn turn = { PEER_SPREAD, { 64, 64, 1 }, peer_cpu };

static uint64_t
serve(const struct contender *c, unsigned count)
{
	return serve_turn(c->arg, &turn, count);
}

int
main(void)
{
	struct contender list[PEERS];
	const unsigned contenders = serve_list(list, peers, PEERS, serve);

	pairs_run("echo of 64 bytes, 64 connections: CPU", list, contenders,
	    50000);
	turn.clock = look;
	pairs_run("echo of 64 bytes, 64 connections: time", list, contenders,
	    50000);
	return 0;
}
