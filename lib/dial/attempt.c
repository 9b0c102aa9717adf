/* SPDX-License-Identifier: MIT */
#include "dial/attempt.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "socket/options.h"
#include "sys/sys.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 /* Linux 5.6 */
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30 /* Linux 4.11 */
#endif
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24 /* Linux 4.2 */
#endif

static int
set_tcp(int fd, const struct socki_attempt_options *o)
{
	int rc = 0;

	/* From here on connect(2) puts the SYN off to the first write. */
	if (o->fast_open)
		(void)socki_sys_setsockopt_int(fd, IPPROTO_TCP,
		    TCP_FASTOPEN_CONNECT, 1);
	if (o->keepalive_s > 0)
		rc = socki_option_keepalive(fd, o->keepalive_s);
	if (rc == 0 && o->user_timeout_ms > 0)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
		    o->user_timeout_ms);
	return rc;
}

static int
set_all(int fd, const struct sock_addr *addr,
    const struct socki_attempt_options *o)
{
	int rc = 0;

	if (addr->scheme == SOCK_SCHEME_TCP)
		rc = set_tcp(fd, o);
	if (rc == 0 && o->rcvbuf > 0)
		rc = socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_RCVBUF,
		    o->rcvbuf);
	if (rc == 0 && o->sndbuf > 0)
		rc = socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_SNDBUF,
		    o->sndbuf);
	if (rc == 0 && o->device[0] != '\0' && addr->u.sa.sa_family != AF_UNIX)
		rc = socki_sys_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
		    o->device, (socklen_t)strlen(o->device));
	return rc;
}

static int
bind_local(int fd, const struct sock_addr *from, int family)
{
	struct sock_addr local = *from;

	/* Without a port of ours, one may serve several destinations: ip(7). */
	if (family != AF_UNIX && sock_addr_port(&local) == 0)
		(void)socki_sys_setsockopt_int(fd, IPPROTO_IP,
		    IP_BIND_ADDRESS_NO_PORT, 1);
	if (local.both) {
		/* No byte set but the port's, in the same place in both. */
		local.u.sa.sa_family = (sa_family_t)family;
		/* Or no attempt of IPv4 could have the port beside it. */
		(void)socki_sys_setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    1);
	}
	return socki_sys_bind(fd, &local.u.sa, local.length);
}

/* Of an attempt that came to nothing: the next one is to have its path. */
static void
unlink_local(const struct sock_addr *local)
{
	if (local->scheme != SOCK_SCHEME_NONE &&
	    local->u.sa.sa_family == AF_UNIX && local->u.un.sun_path[0] != '\0')
		(void)socki_sys_unlink(local->u.un.sun_path);
}

/* Nobody can answer a datagram that comes from no name: unix(7), autobind. */
static int
bind_unnamed(int fd)
{
	const struct sockaddr sa = { .sa_family = AF_UNIX };

	return socki_sys_bind(fd, &sa, sizeof sa.sa_family);
}

static int
type_of(int scheme)
{
	switch (scheme) {
	case SOCK_SCHEME_UDP:
	case SOCK_SCHEME_UNIXGRAM:
		return SOCK_DGRAM;
	case SOCK_SCHEME_UNIXPACKET:
		return SOCK_SEQPACKET;
	default:
		return SOCK_STREAM;
	}
}

static int
start(int *fd, const struct sock_addr *addr,
    const struct socki_attempt_options *o, int protocol)
{
	const bool named_last = addr->scheme == SOCK_SCHEME_UNIXGRAM;
	int rc;

	*fd = socki_sys_socket(addr->u.sa.sa_family, type_of(addr->scheme),
	    protocol);
	if (*fd < 0)
		return *fd;
	rc = set_all(*fd, addr, o);
	/* From its name on only the peer can put anything into its queue. */
	if (rc == 0 && named_last)
		rc = socki_sys_connect(*fd, &addr->u.sa, addr->length);
	if (rc == 0 && o->local.scheme != SOCK_SCHEME_NONE)
		rc = bind_local(*fd, &o->local, addr->u.sa.sa_family);
	else if (rc == 0 && named_last)
		rc = bind_unnamed(*fd);
	if (rc == 0 && !named_last) {
		rc = socki_sys_connect(*fd, &addr->u.sa, addr->length);
		if (rc < 0)
			unlink_local(&o->local);
	}
	if (rc < 0 && rc != -EINPROGRESS) {
		socki_sys_close(*fd);
		*fd = -1;
	}
	return rc;
}

int
socki_attempt_start(int *fd, const struct sock_addr *addr,
    const struct socki_attempt_options *o)
{
	int rc;

	if (o->multipath && addr->scheme == SOCK_SCHEME_TCP) {
		rc = start(fd, addr, o, IPPROTO_MPTCP);
		/* What the kernel lacks, or an option that MPTCP lacks. */
		if (*fd >= 0)
			return rc;
	}
	return start(fd, addr, o, 0);
}

/* Why a connection is not there: it failed, or it is still under way. */
static int
failure(int fd)
{
	int word = 0, rc;

	rc = socki_sys_getsockopt_int(fd, SOL_SOCKET, SO_ERROR, &word);
	if (rc < 0 || word != 0)
		return rc < 0 ? rc : -word;
	/* The kernel tells it once: maybe to a process forked meanwhile. */
	(void)socki_sys_getsockopt_int(fd, IPPROTO_TCP, TCP_INFO, &word);
	/* A struct tcp_info begins with one byte of state. */
	return *(const unsigned char *)&word == TCP_CLOSE ? -EAGAIN :
							    -EINPROGRESS;
}

/* Ports below are nobody's by chance: ip_local_port_range, ip(7). */
#define EPHEMERAL_MIN 1024

int
socki_attempt_check(int fd, const struct sock_addr *addr,
    const struct socki_attempt_options *o)
{
	struct sockaddr_storage peer, own;
	socklen_t peer_len = sizeof peer, own_len = sizeof own;
	const struct linger reset = { 1, 0 };
	int rc;

	rc = socki_sys_getpeername(fd, (struct sockaddr *)&peer, &peer_len);
	if (rc == -ENOTCONN)
		return failure(fd);
	if (rc < 0 || addr->scheme != SOCK_SCHEME_TCP ||
	    (o->local.scheme == SOCK_SCHEME_NONE &&
		sock_addr_port(addr) < EPHEMERAL_MIN))
		return rc;
	rc = socki_sys_getsockname(fd, (struct sockaddr *)&own, &own_len);
	/* Not with addr: 0.0.0.0 has become 127.0.0.1. */
	if (rc < 0 || peer_len != own_len || memcmp(&peer, &own, own_len) != 0)
		return rc;
	/* TIME-WAIT would keep the port from who ought to listen there. */
	(void)socki_sys_setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
	    sizeof reset);
	return -EAGAIN;
}
