/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_PIPE_H
#define SOCKI_SOCKET_PIPE_H

#include <stddef.h>

/*
 * Pipes through which the kernel moves bytes from one socket to another.  A few
 * empty ones are kept for all, so that only who has bytes in one holds it.
 */
struct socki_pipe {
	int out, in; /* to be read from, written to; 0: there is none */
};

/* Bytes that one pipe may hold, as long as nobody puts in more. */
#define SOCKI_PIPE_MOST ((size_t)256 << 10)

/* 0; -EMFILE, -ENFILE, ...; SOCK_ELIMIT: there are enough of them. */
int socki_pipe_take(struct socki_pipe *pipe);

/* It is empty. */
void socki_pipe_give(struct socki_pipe *pipe);

/* Closes it with what is in it; in a child that has it from its parent, too. */
void socki_pipe_drop(struct socki_pipe *pipe);

/* Closes those that are kept. */
void socki_pipe_drop_spares(void);

#endif
