/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_READER_H
#define SOCKI_SOCKET_READER_H

#include "socket/buffer.h"
#include "socket/socket.h"

/* For calls that read and hold the reader's turn: read.c, copy.c. */

/* Pins and takes the turn; an error is told already. */
int socki_reader_begin(sock_t handle, struct socki_socket **s, const char *op);

/* Bytes that are read ahead. */
static inline size_t
socki_reader_has(const struct socki_socket *s)
{
	return s->in == NULL ? 0 : s->in->end - s->in->begin;
}

static inline const unsigned char *
socki_reader_start(const struct socki_socket *s)
{
	return s->in->data + s->in->begin;
}

void socki_reader_consume(struct socki_socket *s, size_t n);

/*
 * Adds 1 to most bytes to the buffer, in one piece with room for min.  0 at the
 * end.  Nothing is kept while there is nothing to hold.
 */
ssize_t socki_reader_fill(struct socki_socket *s, size_t min, size_t most,
    sock_time deadline);

#endif
