/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_PLAIN_H
#define SOCK_TEST_PLAIN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * The other end, by bare system calls: what a test says of the library is not
 * said by the library.  Descriptors, or -1 with errno.
 */

static inline socklen_t
plain_loopback(struct sockaddr_storage *sa, int family, int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)sa;

	memset(sa, 0, sizeof *sa);
	sa->ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		in6->sin6_addr = in6addr_loopback;
		in6->sin6_port = htons((uint16_t)port);
		return sizeof *in6;
	}
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons((uint16_t)port);
	return sizeof *in;
}

static inline int
plain_port(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return -1;
	/* In the same place in both families. */
	return ntohs(((struct sockaddr_in *)(void *)&sa)->sin_port);
}

/*
 * A TCP socket on loopback; port 0: any.  backlog < 0: bound and no more, so
 * that its port is one where nobody listens.
 */
static inline int
plain_bind(int family, int port, int backlog)
{
	struct sockaddr_storage sa;
	const socklen_t len = plain_loopback(&sa, family, port);
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, len) == 0 &&
	    (backlog < 0 || listen(fd, backlog) == 0))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Two with one port, [::1] and 127.0.0.1.  False: it did not come to be. */
static inline bool
plain_bind_both(int fd[2], int backlog6, int backlog4)
{
	int i;

	fd[0] = fd[1] = -1;
	for (i = 0; i < 16; i++) {
		fd[0] = plain_bind(AF_INET6, 0, backlog6);
		if (fd[0] < 0)
			return false;
		fd[1] = plain_bind(AF_INET, plain_port(fd[0]), backlog4);
		if (fd[1] >= 0)
			return true;
		close(fd[0]);
	}
	return false;
}

static inline int
plain_connect(int family, int port)
{
	struct sockaddr_storage sa;
	const socklen_t len = plain_loopback(&sa, family, port);
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline bool
plain_has_ipv6(void)
{
	const int fd = plain_bind(AF_INET6, 0, -1);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* type: SOCK_STREAM, SOCK_DGRAM, ...; backlog < 0: bound and no more. */
static inline int
plain_unix(const char *name, int type, int backlog)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", name);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&un, sizeof un) == 0 &&
	    (backlog < 0 || listen(fd, backlog) == 0))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static inline int
plain_unix_connect(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof un) == 0)
		return fd;
	close(fd);
	return -1;
}

/*
 * A port that answers nothing: a queue of one that is full, into which the
 * kernel lets no SYN.
 */
struct plain_hole {
	int listener, filler, port;
};

static inline bool
plain_hole_open(struct plain_hole *h, int family)
{
	h->filler = -1;
	h->port = 0;
	h->listener = plain_bind(family, 0, 0);
	if (h->listener < 0)
		return false;
	h->port = plain_port(h->listener);
	h->filler = plain_connect(family, h->port);
	if (h->filler >= 0)
		return true;
	close(h->listener);
	return false;
}

/* How many wait for its answer, a SYN sent; of IPv4. */
static inline int
plain_hole_waiters(const struct plain_hole *h)
{
	FILE *f = fopen("/proc/net/tcp", "r");
	unsigned port, state;
	char line[256];
	int n = 0;

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		n += sscanf(line, "%*d: %*x:%*x %*x:%x %x", &port, &state) ==
			2 &&
		    (int)port == h->port && state == TCP_SYN_SENT;
	if (f != NULL)
		fclose(f);
	return n;
}

static inline void
plain_hole_close(struct plain_hole *h)
{
	close(h->listener);
	close(h->filler);
}

#endif
