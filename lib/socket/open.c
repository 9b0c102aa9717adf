/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sock/open.h>

#include "addr/addr.h"
#include "base/error.h"
#include "socket/socket.h"
#include "sys/sys.h"

static int
option(int fd, int name)
{
	int value, rc;

	rc = socki_sys_getsockopt_int(fd, SOL_SOCKET, name, &value);
	return rc < 0 ? rc : value;
}

/* What a socket made elsewhere is: its scheme, or SOCK_EUSAGE. */
static int
scheme_of(int fd)
{
	const int domain = option(fd, SO_DOMAIN);
	const int type = option(fd, SO_TYPE);
	const int protocol = option(fd, SO_PROTOCOL);

	if (domain == AF_UNIX)
		return type == SOCK_STREAM ? SOCK_SCHEME_UNIX :
		    type == SOCK_DGRAM     ? SOCK_SCHEME_UNIXGRAM :
					     SOCK_SCHEME_UNIXPACKET;
	if (domain != AF_INET && domain != AF_INET6)
		return SOCK_EUSAGE;
	/* SCTP has no half-close, and ping(8) has datagrams too. */
	if (type == SOCK_STREAM && protocol != IPPROTO_SCTP)
		return SOCK_SCHEME_TCP;
	return type == SOCK_DGRAM && protocol == IPPROTO_UDP ? SOCK_SCHEME_UDP :
							       SOCK_EUSAGE;
}

/* An address that a system call tells of an open descriptor. */
static void
ask(struct sock_addr *out, int scheme, int fd,
    int (*call)(int fd, struct sockaddr *sa, socklen_t *len))
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;

	if (call(fd, (struct sockaddr *)&sa, &len) < 0 ||
	    socki_addr_from_sockaddr(out, scheme, (struct sockaddr *)&sa, len) <
		0)
		*out = (struct sock_addr){ 0 };
}

static int
adopt_socket(struct socki_socket **out, int fd)
{
	const int scheme = scheme_of(fd);
	const bool streams =
	    scheme == SOCK_SCHEME_TCP || scheme == SOCK_SCHEME_UNIX;
	const bool listens = option(fd, SO_ACCEPTCONN) > 0;
	struct socki_socket *s;
	int rc;

	if (scheme < 0)
		return scheme;
	rc = socki_socket_new(out, -1,
	    listens     ? SOCKI_LISTENER :
		streams ? SOCKI_STREAM :
			  SOCKI_MESSAGES,
	    scheme);
	if (rc < 0)
		return rc;
	s = *out;
	if (!listens)
		ask(&s->addr, scheme, fd, socki_sys_getpeername);
	s->passive = !listens && !streams &&
	    s->addr.scheme == SOCK_SCHEME_NONE &&
	    scheme != SOCK_SCHEME_UNIXPACKET;
	if (listens || s->passive)
		ask(&s->addr, scheme, fd, socki_sys_getsockname);
	return 0;
}

sock_t
sock_adopt(int fd)
{
	struct socki_socket *s;
	struct stat st;
	int rc = socki_sys_fstat(fd, &st);
	const int flags = socki_sys_getfl(fd);

	if (rc == 0 && flags < 0)
		rc = flags;
	if (rc >= 0 && S_ISSOCK(st.st_mode))
		rc = adopt_socket(&s, fd);
	else if (rc >= 0)
		rc = socki_socket_new(&s, -1, SOCKI_STREAM, SOCK_SCHEME_NONE);
	if (rc < 0)
		return socki_error_usage(rc, "adopt",
		    "a kind of socket that is not known");
	s->is_socket = S_ISSOCK(st.st_mode);
	s->blocking = (flags & O_NONBLOCK) == 0;
	/* poll(2) says nothing of a direction that it was not opened for. */
	if ((flags & O_ACCMODE) == O_RDONLY)
		s->write_error = -EBADF;
	else if ((flags & O_ACCMODE) == O_WRONLY)
		s->read_error = -EBADF;
	socki_socket_classify(s);
	s->watch.fd = fd;
	return s->watch.handle;
}

static void
name_pair(struct socki_socket *s)
{
	s->addr.scheme = SOCK_SCHEME_UNIX;
	s->addr.length = sizeof(sa_family_t);
	s->addr.u.sa.sa_family = AF_UNIX;
}

int
sock_pair(sock_t out[2])
{
	struct socki_socket *a = NULL, *b = NULL;
	int fd[2], rc;

	out[0] = out[1] = 0;
	rc = socki_sys_socketpair(SOCK_STREAM, fd);
	if (rc < 0)
		return socki_error(rc, "pair", NULL, NULL);
	rc = socki_socket_new(&a, fd[0], SOCKI_STREAM, SOCK_SCHEME_UNIX);
	if (rc < 0)
		goto close_both;
	rc = socki_socket_new(&b, fd[1], SOCKI_STREAM, SOCK_SCHEME_UNIX);
	if (rc < 0)
		goto drop_first;
	name_pair(a);
	name_pair(b);
	out[0] = a->watch.handle;
	out[1] = b->watch.handle;
	return 0;

drop_first:
	a->watch.fd = -1;
	socki_socket_drop(a);
close_both:
	socki_sys_close(fd[0]);
	socki_sys_close(fd[1]);
	return socki_error(rc, "pair", NULL, NULL);
}

int
sock_fd(sock_t handle)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "fd");
	socki_nagle_settle(s);
	atomic_store_explicit(&s->watch.sole, false, memory_order_relaxed);
	rc = s->watch.fd;
	socki_socket_unpin(s);
	return rc;
}
