/* SPDX-License-Identifier: MIT */

/*
 * CPU of servers that echo over TCP, a request: a hand-written loop over
 * edge-triggered epoll, the library, and what else there is for it.  Each round
 * starts each of them anew.  WORK=TEXT: only that whose title has it;
 * OTHER=PROGRAM: one more, such as another build.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "pairs.h"
#include "peer.h"

struct work {
	const char *title;
	struct ask_plan plan;
	enum peer_place place;
	unsigned requests;
};

static const struct work works[] = {
	{ "echo of 64 bytes, 1 connection, one processor", { 1, 64, 1 },
	    PEER_ALONG, 20000 },
	{ "echo of 64 bytes, 64 connections, one processor", { 64, 64, 1 },
	    PEER_ALONG, 30000 },
	{ "echo of 64 bytes, 64 connections", { 64, 64, 1 }, PEER_BESIDE,
	    30000 },
	{ "echo of 64 bytes, 1,000 connections", { 1000, 64, 1 }, PEER_BESIDE,
	    30000 },
	{ "echo of 64 bytes, 64 connections, 16 requests deep", { 64, 64, 16 },
	    PEER_BESIDE, 500000 },
	{ "echo of 16 KiB, 64 connections", { 64, 16384, 1 }, PEER_BESIDE,
	    20000 },
};

static struct peer peers[] = {
	{ "epoll", { "peer_epoll", "PORT" }, NULL, 0, 0 },
	{ "epoll, a thread beside", { "peer_epoll", "PORT", "thread" }, NULL, 0,
	    0 },
	{ "sock_serve, sock_read", { "peer_ours", "PORT", "one" }, NULL, 0, 0 },
	{ "examples/servers/echo.c",
	    { "echo", "--workers", "1", "tcp:0.0.0.0:PORT" }, NULL, 0, 0 },
	{ "the same in a process",
	    { "echo", "--mode", "processes", "--workers", "1",
		"tcp:0.0.0.0:PORT" },
	    NULL, 0, 0 },
	{ "sock_accept, sock_go", { "peer_ours", "PORT", "bare" }, NULL, 0, 0 },
	{ "libuv, uv_try_write", { "peer_uv", "PORT", "try" }, "libuv1-dev", 0,
	    0 },
	{ "libuv", { "peer_uv", "PORT" }, "libuv1-dev", 0, 0 },
	{ "libevent", { "peer_event", "PORT" }, "libevent-dev", 0, 0 },
	{ "GLib", { "peer_gio", "PORT" }, "libglib2.0-dev", 0, 0 },
	{ "Go", { "peer_go", "PORT" }, "golang-go", 0, 0 },
	{ "a thread a connection", { "peer_thread", "PORT" }, NULL, 0, 0 },
	{ "the other one", { NULL, "PORT" }, NULL, 0, 0 },
};

#define PEERS (sizeof peers / sizeof peers[0])

static const struct work *now;

static uint64_t
serve(const struct contender *c, unsigned count)
{
	struct peer *peer = c->arg;
	struct ask *ask;
	uint64_t taken;
	unsigned done;

	peer_start(peer, now->place);
	ask = ask_open(peer, &now->plan);
	(void)ask_run(ask, count / 4);
	taken = peer_cpu(peer);
	done = ask_run(ask, count);
	taken = peer_cpu(peer) - taken;
	ask_close(ask);
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}

int
main(void)
{
	const char *only = getenv("WORK");
	struct contender list[PEERS];
	unsigned contenders = 0, i;

	(void)raise_descriptors();
	peers[PEERS - 1].argv[0] = getenv("OTHER");
	for (i = 0; i < PEERS; i++)
		if (peer_wanted(&peers[i]))
			list[contenders++] = (struct contender){ peers[i].name,
				serve, &peers[i] };
	for (i = 0; i < sizeof works / sizeof works[0]; i++) {
		now = &works[i];
		if (only != NULL && strstr(now->title, only) == NULL)
			continue;
		pairs_run(now->title, list, contenders, now->requests);
	}
	return 0;
}
