/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 65536
#define PERIOD 65521 /* prime: no two requests of a connection are alike */
#define EVENTS 512

struct connection {
	int fd;
	uint64_t shift, sent, due, got; /* bytes of the stream */
};

struct ask {
	struct ask_plan plan;
	int epoll;
	unsigned answers;
	struct connection connections[];
};

const unsigned char *
ask_bytes(uint64_t from)
{
	static unsigned char bytes[PERIOD + 2 * PIECE];
	uint64_t x = 0x9e3779b97f4a7c15;
	unsigned i;

	if (bytes[0] == 0) {
		for (i = 0; i < PERIOD; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[i] = (unsigned char)(x >> 24);
		}
		bytes[0] |= 1;
		for (i = PERIOD; i < sizeof bytes; i++)
			bytes[i] = bytes[i - PERIOD];
	}
	return bytes + from % PERIOD;
}

static void
push(struct connection *c)
{
	while (c->sent < c->due) {
		const uint64_t want = c->due - c->sent;
		const ssize_t n = send(c->fd, ask_bytes(c->shift + c->sent),
		    want < PIECE ? want : PIECE, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			die("send");
		c->sent += (uint64_t)n;
	}
}

static void
pull(struct ask *ask, struct connection *c)
{
	static unsigned char buf[PIECE];
	ssize_t n;

	do {
		const uint64_t before = c->got / ask->plan.bytes;
		uint64_t answers;

		n = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			die("an echo that ended");
		if (memcmp(buf, ask_bytes(c->shift + c->got), (size_t)n) != 0) {
			fprintf(stderr, "an echo that differs\n");
			exit(1);
		}
		c->got += (uint64_t)n;
		answers = c->got / ask->plan.bytes - before;
		ask->answers += (unsigned)answers;
		c->due += answers * ask->plan.bytes;
		push(c);
	} while (n == sizeof buf);
}

struct ask *
ask_open(const struct peer *peer, const struct ask_plan *plan)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	struct ask *ask = calloc(1,
	    sizeof *ask + plan->connections * sizeof ask->connections[0]);
	unsigned i;

	if (ask == NULL)
		die("calloc");
	ask->plan = *plan;
	ask->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < plan->connections; i++) {
		struct connection *c = &ask->connections[i];

		c->fd = peer_dial(peer, 0);
		c->shift = i * 977;
		c->due = plan->bytes * plan->depth;
		e.data.ptr = c;
		if (epoll_ctl(ask->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0)
			die("epoll_ctl");
		push(c);
	}
	return ask;
}

unsigned
ask_run(struct ask *ask, unsigned answers)
{
	struct epoll_event events[EVENTS];
	int i, n;

	for (ask->answers = 0; ask->answers < answers;) {
		n = epoll_wait(ask->epoll, events, EVENTS, 10000);
		if (n <= 0) {
			fprintf(stderr, "no echo for ten seconds\n");
			exit(1);
		}
		for (i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				push(c);
			if (events[i].events & ~(unsigned)EPOLLOUT)
				pull(ask, c);
		}
	}
	return ask->answers;
}

void
ask_close(struct ask *ask)
{
	unsigned i;

	for (i = 0; i < ask->plan.connections; i++)
		close(ask->connections[i].fd);
	close(ask->epoll);
	free(ask);
}
