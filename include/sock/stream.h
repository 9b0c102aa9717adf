/* SPDX-License-Identifier: MIT */
#ifndef SOCK_STREAM_H
#define SOCK_STREAM_H

#include <sock/base.h>
#include <sys/types.h>

/*
 * Bytes over a stream.  Every call here gives, beside what its comment names,
 * -ETIMEDOUT (the deadline), -EAGAIN (SOCK_NOWAIT), -ECANCELED, SOCK_ESTALE,
 * SOCK_EUSAGE (not a stream) and what the kernel says; the reading ones -EBUSY
 * while another thread or fiber reads.  What was read before a failure stays
 * buffered, unless the comment says else.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct iovec;

/*
 * 1 to n bytes, as soon as there are any; 0 at the end of the peer's data,
 * and again at every later call.  n 0 returns 0 without looking.
 */
ssize_t sock_read(sock_t s, void *buf, size_t n, sock_time deadline);

/*
 * Exactly n bytes, else an error.  SOCK_EEOF: the peer finished first; what
 * had come by then, or by the deadline, is in buf, and how much is lost count
 * of: for data that may end early, use sock_read().  SOCK_NOWAIT is
 * SOCK_EUSAGE here for the same reason.
 */
ssize_t sock_read_full(sock_t s, void *buf, size_t n, sock_time deadline);

/*
 * A line into buf, without its LF or CR LF, terminated by NUL; a CR elsewhere
 * and a NUL are data.  cap counts the terminator.  A last line that lacks its
 * LF is given as a line.
 *
 * The length without terminator.  SOCK_EEOF: the end, and no byte before it;
 * SOCK_ETOOBIG: no line end in cap - 1 bytes and CR LF, which stay unread.  A
 * line is at most 65,536 bytes long whatever cap is.
 */
ssize_t sock_read_line(sock_t s, char *buf, size_t cap, sock_time deadline);

/*
 * Bytes up to and with the first mark, as many as the return value says.
 *
 * SOCK_EEOF: the peer finished before a mark came, and the bytes stay unread;
 * SOCK_ETOOBIG: none in the first cap bytes, or in the first 65,536; these
 * stay unread.  SOCK_EUSAGE: an empty mark.
 */
ssize_t sock_read_until(sock_t s, void *buf, size_t cap, const void *mark,
    size_t marklen, sock_time deadline);

/*
 * Shows what comes next without taking it: at least min bytes (0 counts as 1,
 * at most 65,536), fewer only at the end of the data.  The view is the
 * handle's: it lives until this reader's next call on the handle, whoever
 * closes it meanwhile; until that call the descriptor stays open.  A child of
 * the thread or fiber that views has the view, too.  While it waits here an
 * idle conversation holds no buffer.
 *
 * The number of bytes in view; 0 at the end.  SOCK_ETOOBIG: min is too large.
 */
ssize_t sock_peek(sock_t s, const void **view, size_t min, sock_time deadline);

/* Takes n bytes that were seen.  0, or SOCK_EUSAGE: more than is buffered. */
int sock_skip(sock_t s, size_t n);

/*
 * All n bytes, or an error.  Each call is atomic: bytes of another writer go
 * before or behind.  A deadline that passes when some are gone already is
 * fatal for writing (-ETIMEDOUT, and again at each later write), since nobody
 * knows how many arrived; over a layer, which may hold some, in any case.
 * SOCK_NOWAIT is SOCK_EUSAGE here: use sock_write_some().  -EPIPE,
 * -ECONNRESET: the peer is gone; no signal.
 */
int sock_write(sock_t s, const void *buf, size_t n, sock_time deadline);

/*
 * 1 to n bytes, as soon as some fit; n 0 returns 0.  Over a layer the next
 * write after -EAGAIN or -ETIMEDOUT must bring the same bytes again.
 */
ssize_t
sock_write_some(sock_t s, const void *buf, size_t n, sock_time deadline);

/* sock_write() of several pieces; count may exceed IOV_MAX. */
int sock_writev(sock_t s, const struct iovec *pieces, int count,
    sock_time deadline);

/*
 * sock_write() of formatted text, printf(3), with the handle's own timeout.
 * The number of bytes, or an error; SOCK_EUSAGE: the format fails.
 */
int sock_printf(sock_t s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * sock_write() of a part of a regular file: n bytes from offset on.  n -1: to
 * its end; offset -1: from the file's own position, which moves behind what was
 * sent and else stays.  Where it can the kernel moves the bytes (sendfile(2)),
 * so that what changes in the file before the peer has it may go changed; a
 * slow disk holds the worker up, as read(2) would.  Inside of sock_cork() a
 * head that is written before and the file share segments; a file of more than
 * 512 KiB is corked until its end in any case.
 *
 * The number of bytes sent: fewer than n if the file ends before, as one that
 * shrinks does.  A failure behind the first byte is fatal for writing, also one
 * of the file.  SOCK_EUSAGE: no regular file (sock_copy() is for others),
 * numbers below -1, SOCK_NOWAIT; -EBADF, -EIO, ...: the file cannot be read.
 */
int64_t
sock_send_file(sock_t s, int fd, int64_t offset, int64_t n, sock_time deadline);

/*
 * One way, as a loop of sock_read() and sock_write() with this deadline each,
 * so that SOCK_DEFAULT bounds every wait anew: from its buffered bytes on to
 * its end, or to max bytes if max is not -1.  Both may be the same handle.  No
 * other bytes come in between on their way out.  Between sockets without layers
 * the kernel moves what flows (splice(2)), through up to 256 KiB of its memory.
 *
 * The number of bytes copied; neither end is shut.  An error is told with op
 * "copy from" or "copy to", and what it is about.  No failure loses a byte that
 * could not be delivered: it is still to be read, and another sock_copy() goes
 * on where this one ended; before it nothing else is written over a layer.
 * (For want of memory alone that is not so: -ENOMEM then ends reading.)
 * SOCK_EUSAGE: SOCK_NOWAIT, max below -1.
 */
int64_t sock_copy(sock_t to, sock_t from, int64_t max, sock_time deadline);

/*
 * On: partial segments are held back for up to 200 ms (TCP_CORK, tcp(7)); off:
 * they go.  0; nothing happens on streams that have no segments.
 */
int sock_cork(sock_t s, bool on);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
