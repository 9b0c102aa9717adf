/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>

#include "sys/direct.h"
#include "sys/door.h"
#include "sys/sys.h"

#define MODE (SOCK_NONBLOCK | SOCK_CLOEXEC)

int
socki_sys_socket(int domain, int type, int protocol)
{
	int rc;

	DOOR(rc, socket, socket(domain, type | MODE, protocol));
	return socki_sys_high(rc);
}

int
socki_sys_socketpair(int type, int out[2])
{
	int rc;

	DOOR(rc, socketpair, socketpair(AF_UNIX, type | MODE, 0, out));
	return rc < 0 ? rc : socki_sys_high_both(out);
}

int
socki_sys_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int rc;

	DOOR(rc, bind, bind(fd, addr, len));
	return rc;
}

int
socki_sys_listen(int fd, int backlog)
{
	int rc;

	DOOR(rc, listen, listen(fd, backlog));
	return rc;
}

int
socki_sys_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int rc;

	DOOR_DIRECT_RESTART(rc, accept4, direct_accept4(fd, addr, len, MODE),
	    NULL);
	return socki_sys_high(rc);
}

int
socki_sys_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const int fault = socki_fault(SOCKI_CALL_connect, NULL);
	int rc;

	if (fault != 0 && fault != EINTR)
		return -fault;
	/* What is interrupted goes on, and so does what is said to be. */
	rc = direct_connect(fd, addr, len);
	if (fault == EINTR && (rc == 0 || rc == -EINPROGRESS))
		rc = -EINTR;
	return rc == -EINTR ? -EINPROGRESS : rc;
}

int
socki_sys_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	int rc;

	DOOR(rc, getsockname, getsockname(fd, addr, len));
	return rc;
}

int
socki_sys_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	int rc;

	DOOR(rc, getpeername, getpeername(fd, addr, len));
	return rc;
}

int
socki_sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int rc;

	DOOR(rc, getsockopt, getsockopt(fd, level, name, value, len));
	return rc;
}

int
socki_sys_setsockopt(int fd, int level, int name, const void *value,
    socklen_t len)
{
	int rc;

	DOOR(rc, setsockopt, setsockopt(fd, level, name, value, len));
	return rc;
}

int
socki_sys_getsockopt_int(int fd, int level, int name, int *value)
{
	socklen_t len = sizeof *value;

	return socki_sys_getsockopt(fd, level, name, value, &len);
}

int
socki_sys_setsockopt_int(int fd, int level, int name, int value)
{
	return socki_sys_setsockopt(fd, level, name, &value, sizeof value);
}

int
socki_sys_shutdown(int fd, int how)
{
	int rc;

	DOOR(rc, shutdown, shutdown(fd, how));
	return rc;
}

ssize_t
socki_sys_recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t rc;

	DOOR_DIRECT_RESTART(rc, recv, direct_recv(fd, buf, n, flags), &n);
	return rc;
}

ssize_t
socki_sys_send(int fd, const void *buf, size_t n, int flags)
{
	ssize_t rc;

	DOOR_DIRECT_RESTART(rc, send,
	    direct_send(fd, buf, n, flags | MSG_NOSIGNAL), &n);
	return rc == -EINPROGRESS ? -EAGAIN : rc;
}

/* For a fault: the message ends after n bytes of its first piece. */
static struct msghdr *
cut(struct msghdr *msg, struct iovec *piece, size_t n)
{
	if (msg->msg_iovlen > 0 && n < msg->msg_iov[0].iov_len) {
		*piece = (struct iovec){ msg->msg_iov[0].iov_base, n };
		msg->msg_iov = piece;
		msg->msg_iovlen = 1;
	}
	return msg;
}

ssize_t
socki_sys_recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct msghdr copy = *msg;
	struct iovec piece;
	size_t n = SIZE_MAX;
	ssize_t rc;

	flags |= MSG_CMSG_CLOEXEC;
	DOOR_DIRECT_RESTART(rc, recvmsg,
	    direct_recvmsg(fd, cut(&copy, &piece, n), flags), &n);
	msg->msg_namelen = copy.msg_namelen;
	msg->msg_controllen = copy.msg_controllen;
	msg->msg_flags = copy.msg_flags;
	return rc;
}

ssize_t
socki_sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct msghdr copy = *msg;
	struct iovec piece;
	size_t n = SIZE_MAX;
	ssize_t rc;

	flags |= MSG_NOSIGNAL;
	DOOR_DIRECT_RESTART(rc, sendmsg,
	    direct_sendmsg(fd, cut(&copy, &piece, n), flags), &n);
	return rc == -EINPROGRESS ? -EAGAIN : rc;
}

ssize_t
socki_sys_recvfrom(int fd, void *buf, size_t n, int flags,
    struct sockaddr *addr, socklen_t *len)
{
	ssize_t rc;

	DOOR_DIRECT_RESTART(rc, recvfrom,
	    direct_recvfrom(fd, buf, n, flags, addr, len), NULL);
	return rc;
}

ssize_t
socki_sys_sendto(int fd, const void *buf, size_t n, int flags,
    const struct sockaddr *addr, socklen_t len)
{
	ssize_t rc;

	DOOR_DIRECT_RESTART(rc, sendto,
	    direct_sendto(fd, buf, n, flags | MSG_NOSIGNAL, addr, len), NULL);
	return rc;
}

/* Where a sandbox knows no calls for many. */
static int
one_of_many(struct mmsghdr *msgs, ssize_t n)
{
	if (n < 0)
		return (int)n;
	msgs->msg_len = (unsigned)n;
	return 1;
}

int
socki_sys_recvmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags)
{
	int rc;

	DOOR_DIRECT_RESTART(rc, recvmmsg,
	    direct_recvmmsg(fd, msgs, count, flags | MSG_CMSG_CLOEXEC), NULL);
	if (rc != -ENOSYS || count == 0)
		return rc;
	return one_of_many(msgs, socki_sys_recvmsg(fd, &msgs->msg_hdr, flags));
}

int
socki_sys_sendmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags)
{
	int rc;

	DOOR_DIRECT_RESTART(rc, sendmmsg,
	    direct_sendmmsg(fd, msgs, count, flags | MSG_NOSIGNAL), NULL);
	if (rc != -ENOSYS || count == 0)
		return rc;
	return one_of_many(msgs, socki_sys_sendmsg(fd, &msgs->msg_hdr, flags));
}
