/* SPDX-License-Identifier: MIT */

/*
 * CPU of the side that answers, for 64 bytes there and back over TCP: plain
 * recv(2) and send(2), the same calls of ours in a thread, a hand-written loop
 * over edge-triggered epoll, the same calls of ours in a fiber.  Between the two
 * stands what the kernel alone takes for what ours promise: a wait that others
 * can end, and a worker beside the program's first thread, for in a process of
 * two threads each call on a descriptor costs more.  The side that asks is one
 * and the same, on the same processor.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

#define BYTES 64
#define CONNECTIONS_MAX 64

struct server {
	void (*serve)(const int *fds, int count);
	int pid;
	int fds[CONNECTIONS_MAX], count;
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
bare_thread(const int *fds, int count)
{
	char buf[4096];
	ssize_t n;

	(void)count;
	while ((n = recv(fds[0], buf, sizeof buf, 0)) > 0)
		if (send(fds[0], buf, (size_t)n, MSG_NOSIGNAL) != n)
			die("send");
}

static void
echo(void *arg)
{
	const sock_t s = *(const sock_t *)arg;
	char buf[4096];
	ssize_t n;

	while ((n = sock_read(s, buf, sizeof buf, SOCK_DEFAULT)) > 0)
		if (sock_write(s, buf, (size_t)n, SOCK_DEFAULT) < 0)
			break;
}

/* As a socket of the library's own: non-blocking. */
static sock_t
adopt(int fd)
{
	const int flags = 1;
	const sock_t s = sock_adopt(fd);

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &flags, sizeof flags);
	if (s < 0) {
		fprintf(stderr, "%s\n", sock_errmsg());
		exit(1);
	}
	return s;
}

static void
our_thread(const int *fds, int count)
{
	sock_t s = adopt(fds[0]);

	(void)count;
	echo(&s);
}

static void
bare_epoll(const int *fds, int count)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
		    EPOLLET },
			   events[128];
	const int ep = epoll_create1(EPOLL_CLOEXEC);
	static char buf[4096];
	int i, n;

	for (i = 0; i < count; i++) {
		e.data.fd = fds[i];
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e) < 0)
			die("epoll_ctl");
	}
	for (;;) {
		n = epoll_wait(ep, events, 128, -1);
		for (i = 0; i < n; i++) {
			const int fd = events[i].data.fd;
			const ssize_t got = recv(fd, buf, sizeof buf, 0);

			if (got == 0)
				return;
			if (got > 0 &&
			    send(fd, buf, (size_t)got, MSG_NOSIGNAL) != got)
				die("send");
		}
	}
}

static void *
sleep_on(void *arg)
{
	(void)pause();
	return arg;
}

static void
epoll_beside(const int *fds, int count)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_on, NULL) != 0)
		die("pthread_create");
	bare_epoll(fds, count);
}

static void
our_fibers(const int *fds, int count)
{
	static sock_t s[CONNECTIONS_MAX];
	struct sock_group *g = sock_group_new();
	int i;

	for (i = 0; i < count; i++) {
		s[i] = adopt(fds[i]);
		if (sock_go(g, echo, &s[i]) < 0)
			exit(1);
	}
	(void)sock_group_wait(g, SOCK_FOREVER);
}

static void
connect_pair(int *ours, int *theirs, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	const int one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(l, (struct sockaddr *)&a, sizeof a) < 0 || listen(l, 1) < 0 ||
	    getsockname(l, (struct sockaddr *)&a, &len) < 0)
		die("listen");
	*ours = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(*ours, (struct sockaddr *)&a, sizeof a) < 0)
		die("connect");
	*theirs = accept4(l, NULL, NULL, SOCK_CLOEXEC | type);
	if (*theirs < 0)
		die("accept");
	(void)setsockopt(*ours, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(*theirs, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	close(l);
}

static void
start(struct server *s, void (*serve)(const int *, int), int count, int type)
{
	int theirs[CONNECTIONS_MAX], i;

	s->serve = serve;
	s->count = count;
	for (i = 0; i < count; i++)
		connect_pair(&s->fds[i], &theirs[i], type);
	s->pid = fork();
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(theirs, count);
		_exit(0);
	}
	for (i = 0; i < count; i++)
		close(theirs[i]);
}

static void
stop(struct server *s)
{
	while (s->count > 0)
		close(s->fds[--s->count]);
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}

static uint64_t
ask(const struct contender *c, unsigned count)
{
	const struct server *s = c->arg;
	const uint64_t begun = cpu_of(s->pid);
	char buf[BYTES] = { 1 };
	unsigned done;
	int i;

	for (done = 0; done < count; done += (unsigned)s->count) {
		for (i = 0; i < s->count; i++)
			if (send(s->fds[i], buf, BYTES, MSG_NOSIGNAL) != BYTES)
				die("send");
		for (i = 0; i < s->count; i++)
			if (recv(s->fds[i], buf, BYTES, MSG_WAITALL) != BYTES)
				die("recv");
	}
	return (cpu_of(s->pid) - begun) * count / done;
}

struct way {
	const char *name;
	void (*serve)(const int *fds, int count);
	int type; /* SOCK_NONBLOCK */
};

#define WAYS 3

static void
compare(const char *title, const struct way *ways, int count, unsigned requests)
{
	struct server servers[WAYS];
	struct contender list[WAYS];
	int i;

	for (i = 0; i < WAYS; i++) {
		start(&servers[i], ways[i].serve, count, ways[i].type);
		list[i] = (struct contender){ ways[i].name, ask, &servers[i] };
	}
	pairs_run(title, list, WAYS, requests);
	for (i = 0; i < WAYS; i++)
		stop(&servers[i]);
}

int
main(void)
{
	static const struct way blocking[WAYS] = {
		{ "recv, send", bare_thread, 0 },
		{ "epoll_wait, recv, send", bare_epoll, SOCK_NONBLOCK },
		{ "sock_read, sock_write in a thread", our_thread,
		    SOCK_NONBLOCK },
	};
	static const struct way loops[WAYS] = {
		{ "epoll, edge-triggered", bare_epoll, SOCK_NONBLOCK },
		{ "the same, a thread beside", epoll_beside, SOCK_NONBLOCK },
		{ "sock_read, sock_write in fibers", our_fibers,
		    SOCK_NONBLOCK },
	};

	pin_to_one();
	compare("echo of 64 bytes, 1 connection, blocking", blocking, 1, 20000);
	compare("echo of 64 bytes, 1 connection, event loop", loops, 1, 20000);
	compare("echo of 64 bytes, 64 connections, event loop", loops, 64,
	    40000);
	return 0;
}
