/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>

#include "socket/layers.h"
#include "socket/socket.h"
#include "sys/sys.h"

/* One call moves no more (Linux: MAX_RW_COUNT, a page below 2 GiB). */
#define MOVE_MAX ((size_t)1 << 30)

/*
 * After poll(2) said that a blocking pipe or terminal takes bytes, so many
 * cannot block: PIPE_BUF of a pipe, pipe(7); of a terminal less.
 */
#define POLITE_MAX ((size_t)512)

static int
flags(const struct socki_socket *s)
{
	return s->blocking ? MSG_DONTWAIT : 0;
}

static ssize_t
read_file(struct socki_socket *s, void *buf, size_t n)
{
	if (s->blocking && !socki_watch_ready(&s->watch, SOCKI_READ))
		return -EAGAIN;
	return socki_sys_read(s->watch.fd, buf, n);
}

/*
 * A UNIX stream stops short where a message brought descriptors, which are
 * dropped here: that proves nothing about what is behind.
 */
static ssize_t
read_unix(struct socki_socket *s, void *buf, size_t n, bool *dropped)
{
	struct iovec piece = { buf, n };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };
	const ssize_t got = socki_sys_recvmsg(s->watch.fd, &msg, flags(s));

	*dropped = got > 0 && (msg.msg_flags & MSG_CTRUNC) != 0;
	return got;
}

ssize_t
socki_raw_read(struct socki_socket *s, void *buf, size_t n)
{
	const uint32_t seen = socki_watch_seen(&s->watch, SOCKI_READ);
	bool proves_nothing = false;
	ssize_t got;

	if (n > MOVE_MAX)
		n = MOVE_MAX;
	if (!s->is_socket)
		got = read_file(s, buf, n);
	else if (s->scheme == SOCK_SCHEME_UNIX)
		got = read_unix(s, buf, n, &proves_nothing);
	else
		got = socki_sys_recv(s->watch.fd, buf, n, flags(s));
	s->quiet = got > 0 && (size_t)got < n && !proves_nothing &&
	    s->is_socket &&
	    !atomic_load_explicit(&s->watch.unsteady, memory_order_relaxed);
	s->quiet_seen = seen;
	return got;
}

static ssize_t
write_file(struct socki_socket *s, const void *buf, size_t n)
{
	if (s->blocking) {
		if (!socki_watch_ready(&s->watch, SOCKI_WRITE))
			return -EAGAIN;
		if (n > POLITE_MAX)
			n = POLITE_MAX;
	}
	return socki_sys_write(s->watch.fd, buf, n);
}

ssize_t
socki_raw_write(struct socki_socket *s, const void *buf, size_t n)
{
	if (n > MOVE_MAX)
		n = MOVE_MAX;
	if (!s->is_socket)
		return write_file(s, buf, n);
	socki_nagle_write(s);
	return socki_sys_send(s->watch.fd, buf, n, flags(s));
}
