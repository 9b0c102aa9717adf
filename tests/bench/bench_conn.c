/* SPDX-License-Identifier: MIT */

/*
 * CPU of servers for a connection that is accepted, asks once, is answered and
 * closed by its peer.
 */
#include <signal.h>
#include <stddef.h>

#include "serve.h"
#include "visit.h"

#define VISITORS 32
#define CONNECTIONS 8000

static struct peer peers[] = {
	{ "epoll", { "peer_epoll", "PORT" }, NULL, 0, 0 },
	{ "epoll, with savings", { "peer_epoll", "PORT", "savings" }, NULL, 0,
	    0 },
	{ "epoll, the client first", { "peer_epoll", "PORT", "client_first" },
	    NULL, 0, 0 },
	{ "epoll, a thread beside", { "peer_epoll", "PORT", "thread" }, NULL, 0,
	    0 },
	{ "examples/servers/echo.c",
	    { "echo", "--workers", "1", "tcp:0.0.0.0:PORT" }, NULL, 0, 0 },
	{ "the same, the client first",
	    { "echo", "--client-first", "--workers", "1", "tcp:0.0.0.0:PORT" },
	    NULL, 0, 0 },
	{ "the same in a process",
	    { "echo", "--mode", "processes", "--workers", "1",
		"tcp:0.0.0.0:PORT" },
	    NULL, 0, 0 },
	{ "in a process, the client first",
	    { "echo", "--client-first", "--mode", "processes", "--workers", "1",
		"tcp:0.0.0.0:PORT" },
	    NULL, 0, 0 },
	{ "libuv, uv_try_write", { "peer_uv", "PORT", "try" }, "libuv1-dev", 0,
	    0 },
	{ "libevent", { "peer_event", "PORT" }, "libevent-dev", 0, 0 },
	{ "Go", { "peer_go", "PORT" }, "golang-go", 0, 0 },
	{ "a thread a connection", { "peer_thread", "PORT" }, NULL, 0, 0 },
};

#define PEERS (sizeof peers / sizeof peers[0])

static enum peer_place place;

static unsigned
visit(struct visit *v, unsigned count)
{
	struct visits sum = { 0, 0, 0 };

	while (sum.answered < count) {
		visit_step(v, 1000, &sum);
		if (sum.cut > 0 || sum.refused > 0)
			die("a visitor was not answered");
	}
	return sum.answered;
}

static uint64_t
serve(const struct contender *c, unsigned count)
{
	struct peer *peer = c->arg;
	struct visit *v;
	uint64_t taken;
	unsigned done;

	peer_start(peer, place);
	v = visit_open(peer, VISITORS);
	(void)visit(v, count / 8);
	taken = peer_cpu(peer);
	done = visit(v, count);
	taken = peer_cpu(peer) - taken;
	visit_close(v);
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}

int
main(void)
{
	struct contender list[PEERS];
	const unsigned contenders = serve_list(list, peers, PEERS, serve);

	place = PEER_ALONG;
	pairs_run("accept, one answer, close; one processor", list, contenders,
	    CONNECTIONS);
	place = PEER_BESIDE;
	pairs_run("accept, one answer, close", list, contenders, CONNECTIONS);
	return 0;
}
