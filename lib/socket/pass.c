/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/info.h>
#include <string.h>

#include "socket/call.h"
#include "socket/socket.h"
#include "sys/sys.h"

/* Descriptors over a UNIX stream: SCM_RIGHTS, unix(7). */

#define CONTROL_SIZE CMSG_SPACE(SOCK_FDS_MAX * sizeof(int))

union control {
	struct cmsghdr header;
	char room[CONTROL_SIZE];
};

static int
usable(const struct socki_socket *s)
{
	if (s->kind == SOCKI_DIALING)
		return -ENOTCONN;
	return s->kind == SOCKI_STREAM && s->is_socket &&
		s->scheme == SOCK_SCHEME_UNIX && s->layers == NULL ?
	    0 :
	    SOCK_EUSAGE;
}

/* The first bytes, and the descriptors with them. */
static ssize_t
send_first(struct socki_socket *s, const int *fds, int count, const void *buf,
    size_t n)
{
	const size_t bytes = (size_t)count * sizeof *fds;
	union control control = { .room = { 0 } };
	struct iovec piece = { (void *)(uintptr_t)buf, n };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t put;

	if (count > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = (socklen_t)CMSG_SPACE(bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = (socklen_t)CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.header), fds, bytes);
	}
	put = socki_sys_sendmsg(s->watch.fd, &msg,
	    s->blocking ? MSG_DONTWAIT : 0);
	if (put > 0)
		socki_count(&s->bytes_out, put);
	return put;
}

static int
send_all(struct socki_socket *s, const int *fds, int count, const void *buf,
    size_t n, sock_time deadline)
{
	size_t done = 0;

	while (done < n) {
		const struct socki_seen seen = socki_stream_seen(s);
		ssize_t put = done == 0 ?
		    send_first(s, fds, count, buf, n) :
		    socki_stream_write(s, (const char *)buf + done, n - done);

		if (put == -EAGAIN)
			put = socki_stream_park(s, SOCKI_WRITE, seen, deadline);
		else if (put > 0)
			done += (size_t)put;
		if (put < 0)
			return done == 0 && put != -EPIPE &&
				put != -ECONNRESET ?
			    (int)put :
			    socki_socket_fail(s, SOCKI_WRITE, (int)put);
	}
	return 0;
}

int
sock_send_fds(sock_t handle, const int *fds, int count, const void *buf,
    size_t n, sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "send descriptors");

	if (rc < 0)
		return rc;
	rc = usable(s);
	if (rc == 0 &&
	    (n == 0 || count < 0 || count > SOCK_FDS_MAX ||
		deadline == SOCK_NOWAIT))
		rc = SOCK_EUSAGE;
	deadline = socki_write_deadline(s, deadline);
	if (rc == 0)
		rc = socki_write_begin(s, deadline);
	if (rc == 0) {
		rc = atomic_load(&s->write_error);
		if (rc == 0)
			rc = send_all(s, fds, count, buf, n, deadline);
		socki_write_end(s);
	}
	return socki_call_end(s, rc, "send descriptors");
}

/* The descriptors that have come so far. */
struct passed {
	int *fds;
	int count, max;
	int rc; /* why another one has not */
};

static void
miss(struct passed *p, int rc)
{
	if (p->rc == 0)
		p->rc = p->count == p->max ? SOCK_ETOOBIG : rc;
}

static void
take_fd(struct passed *p, int fd)
{
	fd = socki_sys_high(fd);
	if (fd >= 0 && p->count < p->max) {
		p->fds[p->count++] = fd;
		return;
	}
	miss(p, fd);
	if (fd >= 0)
		socki_sys_close(fd);
}

/* Walks cmsg_len: padding may carry a descriptor that nobody asked room for. */
static void
take_control(struct passed *p, struct msghdr *msg)
{
	struct cmsghdr *c;
	size_t i;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (i = CMSG_LEN(0); i + sizeof(int) <= c->cmsg_len;
		     i += sizeof(int)) {
			int fd;

			memcpy(&fd, (unsigned char *)c + i, sizeof fd);
			take_fd(p, fd);
		}
	}
	/* There is room for all that may come: the process has none. */
	if (msg->msg_flags & MSG_CTRUNC)
		miss(p, -EMFILE);
}

static int
receive_all(struct socki_socket *s, struct passed *p, char *buf, size_t n,
    sock_time deadline)
{
	union control control;
	size_t have = 0;

	while (have < n) {
		const struct socki_seen seen = socki_stream_seen(s);
		struct iovec piece = { buf + have, n - have };
		struct msghdr msg = { .msg_iov = &piece,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof control };
		ssize_t got = socki_sys_recvmsg(s->watch.fd, &msg,
		    s->blocking ? MSG_DONTWAIT : 0);

		if (got >= 0)
			take_control(p, &msg);
		if (got > 0)
			socki_count(&s->bytes_in, got);
		if (got == 0) {
			s->at_end = true;
			return SOCK_EEOF;
		}
		if (got == -EAGAIN)
			got = socki_stream_park(s, SOCKI_READ, seen, deadline);
		else if (got < 0)
			return socki_socket_fail(s, SOCKI_READ, (int)got);
		else
			have += (size_t)got;
		if (got < 0)
			return (int)got;
	}
	return p->rc < 0 ? p->rc : p->count;
}

int
sock_receive_fds(sock_t handle, int *fds, int max, void *buf, size_t n,
    sock_time deadline)
{
	struct passed passed = { .fds = fds, .max = max };
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "receive descriptors"), i;

	for (i = 0; i < max; i++)
		fds[i] = -1;
	if (rc < 0)
		return rc;
	rc = usable(s);
	if (rc == 0 && (n == 0 || max < 0 || deadline == SOCK_NOWAIT))
		rc = SOCK_EUSAGE;
	if (rc == 0)
		rc = socki_read_begin(s);
	if (rc == 0) {
		rc = atomic_load(&s->read_error);
		if (s->in != NULL)
			rc = SOCK_EUSAGE;
		else if (s->at_end)
			rc = SOCK_EEOF;
		if (rc == 0)
			rc = receive_all(s, &passed, buf, n,
			    socki_read_deadline(s, deadline));
		s->quiet = false;
		socki_read_end(s);
	}
	while (rc < 0 && passed.count > 0) {
		socki_sys_close(fds[--passed.count]);
		fds[passed.count] = -1;
	}
	return socki_call_end(s, rc, "receive descriptors");
}
