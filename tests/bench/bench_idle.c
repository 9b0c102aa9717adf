/* SPDX-License-Identifier: MIT */

/*
 * User memory of a conversation that was answered once and is silent since.
 * CONNECTIONS=n says how many there are (15,000).
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"

#define BYTES 64
#define WARM 100
#define SPARE 64 /* descriptors for ourselves */

static struct peer peers[] = {
	{ "sock_serve, in sock_peek", { "peer_ours", "PORT", "peek" }, NULL, 0,
	    0 },
	{ "sock_serve, in sock_read, 4 KiB", { "peer_ours", "PORT", "small" },
	    NULL, 0, 0 },
	{ "epoll", { "peer_epoll", "PORT" }, NULL, 0, 0 },
	{ "libuv", { "peer_uv", "PORT" }, "libuv1-dev", 0, 0 },
	{ "libevent", { "peer_event", "PORT" }, "libevent-dev", 0, 0 },
	{ "Go, 4 KiB", { "peer_go", "PORT", "4096" }, "golang-go", 0, 0 },
	{ "a thread a connection, 4 KiB", { "peer_thread", "PORT", "4096" },
	    NULL, 0, 0 },
};

static int
converse(const struct peer *peer)
{
	const int fd = peer_dial(peer, 0);
	char buf[BYTES];

	if (send(fd, ask_bytes(0), BYTES, MSG_NOSIGNAL) != BYTES ||
	    recv(fd, buf, BYTES, MSG_WAITALL) != BYTES)
		die("no echo");
	return fd;
}

/* Servers may tidy up after the last answer. */
static uint64_t
settled(const struct peer *peer)
{
	const struct timespec pause = { 0, 300000000 };

	(void)nanosleep(&pause, NULL);
	return peer_memory(peer);
}

static void
measure(struct peer *peer, int *fds, unsigned connections)
{
	uint64_t before, after;
	unsigned i;

	peer_start(peer, PEER_SPREAD);
	for (i = 0; i < WARM; i++)
		close(converse(peer));
	before = settled(peer);
	for (i = 0; i < connections; i++)
		fds[i] = converse(peer);
	after = settled(peer);
	for (i = 0; i < connections; i++)
		close(fds[i]);
	(void)peer_stop(peer, SIGKILL);
	printf("  %-36s %10.2f\n", peer->name,
	    (double)(after - before) / connections);
	fflush(stdout);
}

int
main(void)
{
	const char *text = getenv("CONNECTIONS");
	unsigned connections =
	    text == NULL ? 15000 : (unsigned)strtoul(text, NULL, 10);
	const unsigned most = raise_descriptors() - SPARE;
	int *fds;
	unsigned i;

	if (connections > most)
		connections = most;
	fds = malloc(connections * sizeof *fds);
	if (fds == NULL)
		die("malloc");
	printf("%u silent conversations, KiB of user memory each\n",
	    connections);
	for (i = 0; i < sizeof peers / sizeof peers[0]; i++)
		if (peer_wanted(&peers[i]))
			measure(&peers[i], fds, connections);
	free(fds);
	return 0;
}
