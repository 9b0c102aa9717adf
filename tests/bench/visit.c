/* SPDX-License-Identifier: MIT */
#include "visit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"

#define BYTES 64
#define NETS 16 /* addresses of one port: TIME-WAIT holds ports of each */
#define EVENTS 256

struct visitor {
	int fd;
	bool inside;
	unsigned got;
};

struct visit {
	int epoll, port;
	unsigned visitors, net;
	bool last;
	struct visitor list[];
};

static void
come(struct visit *visit, struct visitor *v)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + visit->net),
		.sin_port = htons((uint16_t)visit->port) };
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = v };

	visit->net = (visit->net + 1) % NETS;
	v->inside = false;
	v->got = 0;
	v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (v->fd < 0)
		die("socket");
	if (connect(v->fd, (struct sockaddr *)&a, sizeof a) < 0 &&
	    errno != EINPROGRESS)
		die("connect");
	if (epoll_ctl(visit->epoll, EPOLL_CTL_ADD, v->fd, &e) < 0)
		die("epoll_ctl");
}

static void
leave(struct visit *visit, struct visitor *v)
{
	close(v->fd);
	v->fd = -1;
	if (!visit->last)
		come(visit, v);
}

/* 1: the answer is complete, 0: not yet, -1: there will be none. */
static int
receive(struct visitor *v)
{
	unsigned char buf[BYTES];
	const ssize_t n = recv(v->fd, buf, sizeof buf - v->got, 0);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0 || memcmp(buf, ask_bytes(v->got), (size_t)n) != 0)
		return -1;
	v->got += (unsigned)n;
	return v->got == BYTES;
}

static int
go_on(struct visitor *v, uint32_t events)
{
	if (!v->inside && events & EPOLLOUT) {
		v->inside = true;
		if (send(v->fd, ask_bytes(0), BYTES, MSG_NOSIGNAL) != BYTES)
			return -1;
	}
	return events & ~(uint32_t)EPOLLOUT ? receive(v) : 0;
}

/* Before a connection stands a reset is a refusal, connect(2). */
static bool
is_refused(const struct visitor *v)
{
	int error = 0;
	socklen_t n = sizeof error;

	(void)getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	return error == ECONNREFUSED || error == ETIMEDOUT;
}

struct visit *
visit_open(const struct peer *peer, unsigned visitors)
{
	struct visit *visit =
	    calloc(1, sizeof *visit + visitors * sizeof visit->list[0]);
	unsigned i;

	if (visit == NULL)
		die("calloc");
	visit->epoll = epoll_create1(EPOLL_CLOEXEC);
	visit->port = peer->port;
	visit->visitors = visitors;
	for (i = 0; i < visitors; i++)
		come(visit, &visit->list[i]);
	return visit;
}

void
visit_step(struct visit *visit, int ms, struct visits *sum)
{
	struct epoll_event events[EVENTS];
	const int n = epoll_wait(visit->epoll, events, EVENTS, ms);
	int i, rc;

	for (i = 0; i < n; i++) {
		struct visitor *v = events[i].data.ptr;

		if (!v->inside && events[i].events & EPOLLERR &&
		    is_refused(v)) {
			sum->refused++;
			leave(visit, v);
			continue;
		}
		rc = go_on(v, events[i].events);
		sum->answered += rc > 0;
		sum->cut += rc < 0;
		if (rc != 0)
			leave(visit, v);
	}
}

void
visit_last(struct visit *visit)
{
	visit->last = true;
}

static unsigned
count(const struct visit *visit, bool inside)
{
	unsigned i, n = 0;

	for (i = 0; i < visit->visitors; i++)
		n += visit->list[i].fd >= 0 && visit->list[i].inside == inside;
	return n;
}

unsigned
visit_inside(const struct visit *visit)
{
	return count(visit, true);
}

unsigned
visit_outside(const struct visit *visit)
{
	return count(visit, false);
}

void
visit_close(struct visit *visit)
{
	unsigned i;

	for (i = 0; i < visit->visitors; i++)
		if (visit->list[i].fd >= 0)
			close(visit->list[i].fd);
	close(visit->epoll);
	free(visit);
}
