/* SPDX-License-Identifier: MIT */

/*
 * CPU of a client that connects to a numeric address, exchanges 64 bytes and
 * closes: by the five system calls, by the eight that it takes if others can end
 * each wait and no socket may be connected to itself, and by the library.  The
 * server is one and the same, on the same processor.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

#define BYTES 64

static struct sockaddr_in to = { .sin_family = AF_INET };
static char text[64];

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
	for (i = 0; i < count; i++) {
		const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
			die("connect");
		if (send(fd, buf, BYTES, MSG_NOSIGNAL) != BYTES ||
		    recv(fd, buf, BYTES, 0) != BYTES)
			die("exchange");
		close(fd);
	}
	return cpu_self() - begun;
}

/* On this host a connection stands when connect(2) returns. */
static int
connect_softly(void)
{
	const int fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in peer, own;
	socklen_t peer_len = sizeof peer, own_len = sizeof own;

	(void)connect(fd, (struct sockaddr *)&to, sizeof to);
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 ||
	    memcmp(&peer, &own, sizeof own) == 0)
		die("connect");
	return fd;
}

static uint64_t
softly(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	struct pollfd fds[2] = { { eventfd(0, EFD_CLOEXEC), POLLIN, 0 } };
	char buf[BYTES] = { 1 };
	unsigned i;

	(void)c;
	for (i = 0; i < count; i++) {
		const int fd = connect_softly();

		fds[1] = (struct pollfd){ fd, POLLIN, 0 };
		if (send(fd, buf, BYTES, MSG_NOSIGNAL) != BYTES ||
		    poll(fds, 2, -1) != 1 || recv(fd, buf, BYTES, 0) != BYTES)
			die("exchange");
		close(fd);
	}
	close(fds[0].fd);
	return cpu_self() - begun;
}

static uint64_t
ours(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	char buf[BYTES] = { 1 };
	unsigned i;

	(void)c;
	for (i = 0; i < count; i++) {
		const sock_t s = sock_dial(text);

		if (sock_write(s, buf, BYTES, SOCK_DEFAULT) < 0 ||
		    sock_read(s, buf, BYTES, SOCK_DEFAULT) != BYTES) {
			fprintf(stderr, "%s\n", sock_errmsg());
			exit(1);
		}
		sock_close(s);
	}
	return cpu_self() - begun;
}

static void
serve(int listener)
{
	char buf[BYTES];
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		const ssize_t n = recv(fd, buf, sizeof buf, 0);

		if (n > 0 && send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			die("send");
		/* The client closes first: the waiting state is its own. */
		(void)recv(fd, buf, sizeof buf, 0);
		close(fd);
	}
}

int
main(void)
{
	const struct contender list[] = {
		{ "socket, connect, send, recv, close", bare, NULL },
		{ "the same in eight calls", softly, NULL },
		{ "sock_dial, write, read, close", ours, NULL },
	};
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof to;
	int pid;

	pin_to_one();
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&to, sizeof to) < 0 ||
	    listen(listener, 4096) < 0 ||
	    getsockname(listener, (struct sockaddr *)&to, &len) < 0)
		die("listen");
	(void)snprintf(text, sizeof text, "tcp:127.0.0.1:%d",
	    ntohs(to.sin_port));
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener);
		_exit(0);
	}
	pairs_run("dial of a numeric address, one exchange, close", list, 3,
	    1000);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return 0;
}
