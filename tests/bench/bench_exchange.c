/* SPDX-License-Identifier: MIT */

/*
 * CPU of a client that sends a datagram of 64 bytes and receives the answer: by
 * the two system calls on a connected socket, by three, since somebody else can
 * end the wait, and by the library.  The server is one and the same, on the
 * same processor.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

#define BYTES 64

static struct sockaddr_in to = { .sin_family = AF_INET };
static int bare_fd, epoll_fd;
static sock_t handle;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t
bare(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	char buf[BYTES] = { 1 };
	unsigned i;

	(void)c;
	for (i = 0; i < count; i++)
		if (sendto(bare_fd, buf, BYTES, 0, NULL, 0) != BYTES ||
		    recvfrom(bare_fd, buf, BYTES, 0, NULL, NULL) != BYTES)
			die("exchange");
	return cpu_self() - begun;
}

static uint64_t
with_wait(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	char buf[BYTES] = { 1 };
	struct epoll_event e;
	unsigned i;

	(void)c;
	for (i = 0; i < count; i++)
		if (sendto(bare_fd, buf, BYTES, 0, NULL, 0) != BYTES ||
		    epoll_wait(epoll_fd, &e, 1, 1000) != 1 ||
		    recvfrom(bare_fd, buf, BYTES, 0, NULL, NULL) != BYTES)
			die("exchange");
	return cpu_self() - begun;
}

static void
make_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN };

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, bare_fd, &e) < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, eventfd(0, EFD_CLOEXEC), &e) < 0)
		die("epoll_ctl");
}

static uint64_t
two_calls(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	char buf[BYTES] = { 1 };
	unsigned i;

	(void)c;
	for (i = 0; i < count; i++)
		if (sock_send(handle, buf, BYTES, NULL, SOCK_DEFAULT) < 0 ||
		    sock_receive(handle, buf, BYTES, NULL, SOCK_DEFAULT) !=
			BYTES)
			die(sock_errmsg());
	return cpu_self() - begun;
}

static bool
same_id(const void *request, size_t n, const void *reply, size_t m)
{
	return n >= 2 && m >= 2 && memcmp(request, reply, 2) == 0;
}

static uint64_t
one_call(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	char request[BYTES] = { 1 }, reply[BYTES];
	unsigned i;

	(void)c;
	for (i = 0; i < count; i++)
		if (sock_exchange(handle, request, BYTES, reply, BYTES, same_id,
			SOCK_DEFAULT) != BYTES)
			die(sock_errmsg());
	return cpu_self() - begun;
}

static void
serve(int fd)
{
	char buf[BYTES];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t n;

	while ((n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from,
		    &len)) >= 0) {
		(void)sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from,
		    len);
		len = sizeof from;
	}
}

int
main(void)
{
	const struct contender list[] = {
		{ "sendto, recvfrom", bare, NULL },
		{ "sendto, epoll_wait, recvfrom", with_wait, NULL },
		{ "sock_send, sock_receive", two_calls, NULL },
		{ "sock_exchange", one_call, NULL },
	};
	const int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof to;
	char text[64];
	int pid;

	pin_to_one();
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(server, (struct sockaddr *)&to, sizeof to) < 0 ||
	    getsockname(server, (struct sockaddr *)&to, &len) < 0)
		die("bind");
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(server);
		_exit(0);
	}
	bare_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (connect(bare_fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("connect");
	make_epoll();
	(void)snprintf(text, sizeof text, "udp:127.0.0.1:%d",
	    ntohs(to.sin_port));
	handle = sock_dial(text);
	pairs_run("one exchange of 64 bytes over UDP", list, 4, 5000);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return 0;
}
