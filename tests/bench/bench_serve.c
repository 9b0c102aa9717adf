/* SPDX-License-Identifier: MIT */

/*
 * CPU of servers that echo over TCP, a request: a hand-written loop over
 * edge-triggered epoll, the library, and what else there is for it.  Each round
 * starts each of them anew.  WORK=TEXT: only that whose title has it;
 * OTHER=PROGRAM: one more, such as another build.
 */
#include <stdlib.h>
#include <string.h>

#include "serve.h"

struct work {
	const char *title;
	struct serve_turn turn;
	unsigned requests;
};

static const struct work works[] = {
	{ "echo of 64 bytes, 1 connection, one processor",
	    { PEER_ALONG, { 1, 64, 1 }, peer_cpu }, 20000 },
	{ "echo of 64 bytes, 64 connections, one processor",
	    { PEER_ALONG, { 64, 64, 1 }, peer_cpu }, 30000 },
	{ "echo of 64 bytes, 64 connections",
	    { PEER_BESIDE, { 64, 64, 1 }, peer_cpu }, 30000 },
	{ "echo of 64 bytes, 1,000 connections",
	    { PEER_BESIDE, { 1000, 64, 1 }, peer_cpu }, 30000 },
	{ "echo of 64 bytes, 64 connections, 16 requests deep",
	    { PEER_BESIDE, { 64, 64, 16 }, peer_cpu }, 500000 },
	{ "echo of 16 KiB, 64 connections",
	    { PEER_BESIDE, { 64, 16384, 1 }, peer_cpu }, 20000 },
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
	return serve_turn(c->arg, &now->turn, count);
}

int
main(void)
{
	const char *only = getenv("WORK");
	struct contender list[PEERS];
	unsigned contenders, i;

	(void)raise_descriptors();
	peers[PEERS - 1].argv[0] = getenv("OTHER");
	contenders = serve_list(list, peers, PEERS, serve);
	for (i = 0; i < sizeof works / sizeof works[0]; i++) {
		now = &works[i];
		if (only != NULL && strstr(now->title, only) == NULL)
			continue;
		pairs_run(now->title, list, contenders, now->requests);
	}
	return 0;
}
