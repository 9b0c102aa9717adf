/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sock/info.h>
#include <sock/stream.h>

#include "socket/call.h"
#include "socket/options.h"
#include "socket/socket.h"
#include "sys/sys.h"

/* Probes after which a silent peer is given up, tcp(7). */
#define KEEPALIVE_PROBES 3

struct option {
	int level, name;       /* of the kernel; level -1: ours */
	int level_v6, name_v6; /* where IPv6 has its own; 0: the same */
	unsigned only;         /* for these; 0: for all */
	int64_t least, most;
};

#define TCP 1
#define IP 2 /* TCP and UDP */
#define UDP 4

static const struct option table[] = {
	[SOCK_OPT_NODELAY] = { IPPROTO_TCP, TCP_NODELAY, 0, 0, TCP, 0, 1 },
	[SOCK_OPT_KEEPALIVE_S] = { -1, 0, 0, 0, TCP, 0, 32767 },
	[SOCK_OPT_USER_TIMEOUT_MS] = { IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, TCP,
	    0, INT_MAX },
	[SOCK_OPT_RCVBUF] = { SOL_SOCKET, SO_RCVBUF, 0, 0, 0, 0, INT_MAX / 2 },
	[SOCK_OPT_SNDBUF] = { SOL_SOCKET, SO_SNDBUF, 0, 0, 0, 0, INT_MAX / 2 },
	[SOCK_OPT_TTL] = { IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS,
	    IP, 1, 255 },
	[SOCK_OPT_TOS] = { IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS, IP, 0,
	    255 },
	[SOCK_OPT_BROADCAST] = { SOL_SOCKET, SO_BROADCAST, 0, 0, UDP, 0, 1 },
	[SOCK_OPT_MULTICAST_TTL] = { IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6,
	    IPV6_MULTICAST_HOPS, UDP, 0, 255 },
	[SOCK_OPT_MULTICAST_LOOP] = { IPPROTO_IP, IP_MULTICAST_LOOP,
	    IPPROTO_IPV6, IPV6_MULTICAST_LOOP, UDP, 0, 1 },
	[SOCK_OPT_READ_TIMEOUT_MS] = { -1, 0, 0, 0, 0, -1, INT_MAX },
	[SOCK_OPT_WRITE_TIMEOUT_MS] = { -1, 0, 0, 0, 0, -1, INT_MAX },
	[SOCK_OPT_PACING_BPS] = { SOL_SOCKET, SO_MAX_PACING_RATE, 0, 0, IP, 0,
	    INT64_MAX },
};

static const struct option *
find(const struct socki_socket *s, enum sock_option option)
{
	/* What it will be is not known while it dials. */
	const unsigned kinds = s->kind == SOCKI_DIALING ? TCP | IP | UDP :
	    s->scheme == SOCK_SCHEME_TCP                ? TCP | IP :
	    s->scheme == SOCK_SCHEME_UDP                ? UDP | IP :
							  0;
	const struct option *o;

	if ((int)option < 1 || (size_t)option >= sizeof table / sizeof *table)
		return NULL;
	o = &table[option];
	if (!s->is_socket && o->level != -1)
		return NULL;
	return o->only == 0 || (o->only & kinds) != 0 ? o : NULL;
}

static int
get_int(int fd, int level, int name, int64_t *value)
{
	int v = 0;
	const int rc = socki_sys_getsockopt_int(fd, level, name, &v);

	*value = v;
	return rc;
}

void
socki_nagle_settle(struct socki_socket *s)
{
	if (atomic_load(&s->nagle) != SOCKI_NAGLE_SAID &&
	    atomic_exchange(&s->nagle, SOCKI_NAGLE_SAID) != SOCKI_NAGLE_SAID)
		(void)socki_sys_setsockopt_int(s->watch.fd, IPPROTO_TCP,
		    TCP_NODELAY, 1);
}

int
socki_option_keepalive(int fd, int idle_s)
{
	int rc =
	    socki_sys_setsockopt_int(fd, SOL_SOCKET, SO_KEEPALIVE, idle_s > 0);

	if (rc < 0 || idle_s <= 0)
		return rc;
	rc = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
	if (rc == 0)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_KEEPINTVL,
		    idle_s / KEEPALIVE_PROBES + 1);
	if (rc == 0)
		rc = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_KEEPCNT,
		    KEEPALIVE_PROBES);
	return rc;
}

/* Whether the descriptor is of IPv6, though its addresses may show as IPv4. */
static bool
is_v6(int fd)
{
	int domain;

	return socki_sys_getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN, &domain) ==
	    0 &&
	    domain == AF_INET6;
}

static int
set_kernel(int fd, const struct option *o, int64_t value)
{
	uint64_t rate = value == 0 ? UINT64_MAX : (uint64_t)value;
	int rc;

	if (o->level == -1)
		return socki_option_keepalive(fd, (int)value);
	if (o == &table[SOCK_OPT_PACING_BPS])
		return socki_sys_setsockopt(fd, o->level, o->name, &rate,
		    sizeof rate);
	rc = socki_sys_setsockopt_int(fd, o->level, o->name, (int)value);
	if (o->level_v6 != 0 && is_v6(fd))
		rc = socki_sys_setsockopt_int(fd, o->level_v6, o->name_v6,
		    (int)value);
	return rc;
}

static int
set(struct socki_socket *s, enum sock_option option, int64_t value)
{
	const struct option *o = find(s, option);
	unsigned n;
	int fd, rc = 0;

	if (o == NULL || value < o->least || value > o->most)
		return SOCK_EUSAGE;
	if (option == SOCK_OPT_READ_TIMEOUT_MS) {
		s->read_timeout_ms = (int)value;
		return 0;
	}
	if (option == SOCK_OPT_WRITE_TIMEOUT_MS) {
		s->write_timeout_ms = (int)value;
		return 0;
	}
	socki_nagle_settle(s);
	for (n = 0; rc == 0 && (fd = socki_call_fd(s, n)) != -1; n++)
		rc = fd < 0 ? fd : set_kernel(fd, o, value);
	return rc;
}

static int
get_keepalive(int fd, int64_t *value)
{
	const int rc = get_int(fd, SOL_SOCKET, SO_KEEPALIVE, value);

	if (rc < 0 || *value == 0)
		return rc;
	return get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, value);
}

static int
get_pacing(int fd, int64_t *value)
{
	uint64_t rate = UINT64_MAX;
	socklen_t n = sizeof rate;
	const int rc =
	    socki_sys_getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, &n);

	*value = rate > INT64_MAX ? 0 : (int64_t)rate;
	return rc;
}

static int
get(struct socki_socket *s, enum sock_option option, int64_t *value)
{
	const struct option *o = find(s, option);
	const int fd = socki_call_fd(s, 0);

	if (o == NULL)
		return SOCK_EUSAGE;
	if (option == SOCK_OPT_READ_TIMEOUT_MS) {
		*value = s->read_timeout_ms;
		return 0;
	}
	if (option == SOCK_OPT_WRITE_TIMEOUT_MS) {
		*value = s->write_timeout_ms;
		return 0;
	}
	if (fd < 0)
		return fd;
	socki_nagle_settle(s);
	if (o->level == -1)
		return get_keepalive(fd, value);
	if (o == &table[SOCK_OPT_PACING_BPS])
		return get_pacing(fd, value);
	if (o->level_v6 != 0 && is_v6(fd))
		return get_int(fd, o->level_v6, o->name_v6, value);
	return get_int(fd, o->level, o->name, value);
}

int
sock_set(sock_t handle, enum sock_option option, int64_t value)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "set");

	if (rc < 0)
		return rc;
	rc = set(s, option, value);
	return socki_call_end(s, rc, "set");
}

int
sock_get(sock_t handle, enum sock_option option, int64_t *value)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "get");

	*value = 0;
	if (rc < 0)
		return rc;
	rc = get(s, option, value);
	return socki_call_end(s, rc, "get");
}

int
sock_cork(sock_t handle, bool on)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "cork");

	if (rc < 0)
		return rc;
	if (s->kind != SOCKI_STREAM)
		rc = s->kind == SOCKI_DIALING ? -ENOTCONN : SOCK_EUSAGE;
	else if (s->scheme == SOCK_SCHEME_TCP) {
		atomic_store(&s->corked, on);
		rc = socki_sys_setsockopt_int(s->watch.fd, IPPROTO_TCP,
		    TCP_CORK, on);
	}
	return socki_call_end(s, rc, "cork");
}
