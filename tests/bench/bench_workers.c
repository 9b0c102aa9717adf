/* SPDX-License-Identifier: MIT */

/*
 * Two workers beside one: CPU a request, with 64 connections.  Of two that cost
 * as much as one each serves as many; where the side that asks has processors
 * of its own, requests a second show the same.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "ask.h"
#include "pairs.h"

static const struct ask_plan plan = { 64, 64, 1 };

static struct peer peers[] = {
	{ "one worker", { "peer_ours", "PORT", "one" }, NULL, 0, 0 },
	{ "a worker a processor", { "peer_ours", "PORT" }, NULL, 0, 0 },
	{ "a process a processor", { "peer_ours", "PORT", "processes" }, NULL,
	    0, 0 },
	{ "Go", { "peer_go", "PORT" }, "golang-go", 0, 0 },
};

#define PEERS (sizeof peers / sizeof peers[0])

static bool by_clock;

static uint64_t
look(const struct peer *peer)
{
	struct timespec t;

	if (!by_clock)
		return peer_cpu(peer);
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t
serve(const struct contender *c, unsigned count)
{
	struct peer *peer = c->arg;
	struct ask *ask;
	uint64_t taken;
	unsigned done;

	peer_start(peer, PEER_SPREAD);
	ask = ask_open(peer, &plan);
	(void)ask_run(ask, count / 4);
	taken = look(peer);
	done = ask_run(ask, count);
	taken = look(peer) - taken;
	ask_close(ask);
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}

int
main(void)
{
	struct contender list[PEERS];
	unsigned contenders = 0, i;

	for (i = 0; i < PEERS; i++)
		if (peer_wanted(&peers[i]))
			list[contenders++] = (struct contender){ peers[i].name,
				serve, &peers[i] };
	pairs_run("echo of 64 bytes, 64 connections: CPU", list, contenders,
	    50000);
	by_clock = true;
	pairs_run("echo of 64 bytes, 64 connections: time", list, contenders,
	    50000);
	return 0;
}
