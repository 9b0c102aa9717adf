/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "socket/layers.h"
#include "socket/socket.h"

/* An error of the moment leaves the stream as it was. */
static bool
passes(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM || rc == -ENOBUFS ||
	    rc == -EMFILE || rc == -ENFILE;
}

ssize_t
socki_stream_read(struct socki_socket *s, void *buf, size_t n)
{
	unsigned need = SOCKI_READ;
	const ssize_t got = s->layers != NULL ?
	    socki_layers_read(s, buf, n, &need) :
	    socki_raw_read(s, buf, n);

	atomic_store_explicit(&s->read_need, (uint8_t)need,
	    memory_order_relaxed);
	/* A terminal may go on after its end, a socket does not. */
	if (got == 0 && s->is_socket)
		s->at_end = true;
	if (got < 0 && !passes(got))
		(void)socki_socket_fail(s, SOCKI_READ, (int)got);
	return got;
}

ssize_t
socki_stream_write(struct socki_socket *s, const void *buf, size_t n)
{
	unsigned need = SOCKI_WRITE;
	const ssize_t put = s->layers != NULL ?
	    socki_layers_write(s, buf, n, &need) :
	    socki_raw_write(s, buf, n);

	atomic_store_explicit(&s->write_need, (uint8_t)need,
	    memory_order_relaxed);
	if (put < 0 && !passes(put))
		(void)socki_socket_fail(s, SOCKI_WRITE, (int)put);
	return put;
}

int
socki_stream_park(struct socki_socket *s, unsigned need, struct socki_seen seen,
    sock_time deadline)
{
	if (deadline == SOCK_NOWAIT)
		return -EAGAIN;
	return socki_watch_park(&s->watch, need,
	    need == SOCKI_READ ? seen.read : seen.write, deadline);
}

size_t
socki_stream_pending(struct socki_socket *s)
{
	size_t n = atomic_load_explicit(&s->ahead, memory_order_relaxed);

	if (n == 0 && s->layers != NULL)
		n = socki_layers_pending(s);
	return n;
}
