/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sock/stream.h>
#include <unistd.h>

#include "socket/buffer.h"
#include "socket/writer.h"
#include "sys/sys.h"

struct sending {
	struct socki_socket *s;
	sock_time deadline;
	int fd;
	int64_t at, left, sent;
	size_t share;             /* sent since others had their turn */
	bool corked;              /* by this, and not before */
	struct socki_buffer *via; /* NULL: the kernel moves the bytes */
	const char *reason;       /* NULL: it is the stream that failed */
};

static size_t
piece(const struct sending *f, size_t most)
{
	return f->left < (int64_t)most ? (size_t)f->left : most;
}

static ssize_t
read_file(struct sending *f, void *buf, size_t n)
{
	const ssize_t got = socki_sys_pread(f->fd, buf, n, f->at);

	if (got < 0)
		f->reason = "the file cannot be read";
	return got;
}

/* -EINVAL, -ENOSYS: such a file, or such a kernel, does not do that. */
static ssize_t
send_in_kernel(struct sending *f)
{
	struct socki_socket *s = f->s;
	ssize_t put;
	char byte;

	do {
		const struct socki_seen seen = socki_stream_seen(s);

		socki_nagle_write(s);
		put = socki_sys_sendfile(s->watch.fd, f->fd, f->at,
		    piece(f, SOCKI_SHARE));
		if (put != -EAGAIN)
			break;
		put = socki_stream_park(s, SOCKI_WRITE, seen, f->deadline);
		if (put < 0)
			return put;
	} while (put == 0);
	if (put > 0)
		socki_count(&s->bytes_out, put);
	/* Which of the two failed sendfile(2) does not say. */
	if (put < 0 && put != -EINVAL && put != -ENOSYS &&
	    read_file(f, &byte, 1) >= 0)
		return socki_stream_write_fails(s, put);
	return put;
}

static ssize_t
send_through_buffer(struct sending *f)
{
	ssize_t got;
	int rc;

	if (f->via == NULL && (f->via = socki_buffer_new()) == NULL) {
		f->reason = "";
		return -ENOMEM;
	}
	got = read_file(f, f->via->data, piece(f, f->via->capacity));
	if (got <= 0)
		return got;
	rc = socki_writer_all(f->s, f->via->data, (size_t)got, f->sent > 0,
	    f->deadline);
	return rc < 0 ? rc : got;
}

/*
 * An acknowledgement between two calls would send what fills no segment yet,
 * and wake the reader for it: 0.2 x the time of a large file on loopback.
 */
static void
hold_back(struct sending *f)
{
	const int fd = f->s->watch.fd;
	int corked = 1;

	if (f->corked || f->s->scheme != SOCK_SCHEME_TCP ||
	    socki_sys_getsockopt_int(fd, IPPROTO_TCP, TCP_CORK, &corked) < 0 ||
	    corked)
		return;
	f->corked = socki_sys_setsockopt_int(fd, IPPROTO_TCP, TCP_CORK, 1) == 0;
}

static void
let_go(const struct sending *f)
{
	if (f->corked && !atomic_load(&f->s->corked))
		(void)socki_sys_setsockopt_int(f->s->watch.fd, IPPROTO_TCP,
		    TCP_CORK, 0);
}

/* 0, or why it ends before its end. */
static int
send_all(struct sending *f)
{
	bool in_kernel =
	    f->s->is_socket && !f->s->blocking && f->s->layers == NULL;

	while (f->left > 0) {
		ssize_t put = 0;

		if (f->share >= SOCKI_SHARE) {
			f->share = 0;
			if (in_kernel)
				hold_back(f);
			put = socki_stream_give_way(f->s, f->deadline);
			/* What fits goes, also late, or after a cancel. */
			if (put == -ETIMEDOUT || put == -ECANCELED)
				put = 0;
		}
		if (put == 0)
			put = in_kernel ? send_in_kernel(f) :
					  send_through_buffer(f);
		if (in_kernel && (put == -EINVAL || put == -ENOSYS)) {
			in_kernel = false;
			continue;
		}
		if (put <= 0)
			return (int)put;
		f->at += put;
		f->sent += put;
		f->left -= put;
		f->share += (size_t)put;
	}
	return 0;
}

/* 0 and the place to begin at, or what is wrong. */
static int
look_at(struct sending *f, int64_t offset)
{
	struct stat st;
	int64_t at = offset;
	int rc = socki_sys_fstat(f->fd, &st);

	if (rc < 0)
		f->reason = "the file cannot be read";
	else if (!S_ISREG(st.st_mode))
		f->reason = "no file: sock_adopt() and sock_copy() are for it";
	else if (offset < -1 || f->left < -1)
		f->reason = "a number below -1";
	else if (f->deadline == SOCK_NOWAIT)
		f->reason = "all of it goes, which may take waiting";
	if (f->reason != NULL)
		return rc < 0 ? rc : SOCK_EUSAGE;
	if (offset == -1)
		at = socki_sys_lseek(f->fd, 0, SEEK_CUR);
	f->at = at;
	/* Far behind its end some file systems know no place. */
	if (st.st_size > 0 && at >= st.st_size)
		f->left = 0;
	return at < 0 ? (int)at : 0;
}

static int
send_it(struct sending *f, int64_t offset)
{
	int rc = look_at(f, offset);

	if (rc < 0)
		return rc;
	if (f->left < 0)
		f->left = INT64_MAX;
	rc = send_all(f);
	let_go(f);
	socki_buffer_free(f->via);
	if (offset == -1)
		(void)socki_sys_lseek(f->fd, f->at, SEEK_SET);
	if (rc < 0 && (f->reason == NULL || f->sent > 0))
		rc = socki_writer_cut_off(f->s, f->sent > 0, rc);
	return rc;
}

int64_t
sock_send_file(sock_t handle, int fd, int64_t offset, int64_t n,
    sock_time deadline)
{
	struct sending f = { .fd = fd, .left = n };
	int rc = socki_writer_begin(handle, &f.s, &deadline, "send file");

	if (rc < 0)
		return rc;
	f.deadline = deadline;
	rc = send_it(&f, offset);
	if (rc < 0)
		rc = socki_socket_error_why(f.s, rc, "send file", f.reason);
	socki_write_end(f.s);
	socki_socket_unpin(f.s);
	if (rc >= 0)
		socki_task_went_on();
	return rc < 0 ? rc : f.sent;
}
