/* SPDX-License-Identifier: MIT */
#include "socket/pipe.h"

#include <sock/base.h>
#include <stdatomic.h>
#include <stdint.h>

#include "engine/fork.h"
#include "sys/sys.h"

#define KEPT 8
/* Descriptors are the program's: who would need more of them copies. */
#define PIPES_MAX 64

/*
 * A pipe that is kept is a number: how many forks lie before it, so that no
 * child shares one with its parent, and its descriptors.
 */
#define BITS 21
#define MASK (((uint64_t)1 << BITS) - 1)

static _Atomic uint64_t kept[KEPT];
static _Atomic unsigned count;

static uint64_t
forks(void)
{
	return (uint64_t)socki_fork_count() << 2 * BITS;
}

/* Out of those that are kept: the number, or 0. */
static uint64_t
pick(unsigned i)
{
	if (atomic_load_explicit(&kept[i], memory_order_relaxed) == 0)
		return 0;
	return atomic_exchange(&kept[i], 0);
}

static struct socki_pipe
pipe_of(uint64_t number)
{
	return (struct socki_pipe){ (int)(number >> BITS & MASK),
		(int)(number & MASK) };
}

static int
open_pipe(struct socki_pipe *pipe)
{
	int fd[2], rc = SOCK_ELIMIT;

	if (atomic_fetch_add(&count, 1) < PIPES_MAX)
		rc = socki_sys_pipe(fd, SOCKI_PIPE_MOST);
	if (rc < 0) {
		atomic_fetch_sub(&count, 1);
		return rc;
	}
	*pipe = (struct socki_pipe){ fd[0], fd[1] };
	return 0;
}

int
socki_pipe_take(struct socki_pipe *pipe)
{
	unsigned i;

	for (i = 0; i < KEPT; i++) {
		const uint64_t number = pick(i);

		*pipe = pipe_of(number);
		if (number != 0 && number >> 2 * BITS == forks() >> 2 * BITS)
			return 0;
		socki_pipe_drop(pipe);
	}
	return open_pipe(pipe);
}

void
socki_pipe_give(struct socki_pipe *pipe)
{
	const uint64_t number =
	    forks() | (uint64_t)pipe->out << BITS | (uint64_t)pipe->in;
	const bool fits = ((uint64_t)pipe->out | (uint64_t)pipe->in) <= MASK;
	unsigned i;

	for (i = 0; i < KEPT && fits && pipe->in != 0; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&kept[i], &none, number)) {
			*pipe = (struct socki_pipe){ 0, 0 };
			return;
		}
	}
	socki_pipe_drop(pipe);
}

void
socki_pipe_drop(struct socki_pipe *pipe)
{
	if (pipe->in == 0)
		return;
	socki_sys_close(pipe->out);
	socki_sys_close(pipe->in);
	*pipe = (struct socki_pipe){ 0, 0 };
	atomic_fetch_sub(&count, 1);
}

void
socki_pipe_drop_spares(void)
{
	unsigned i;

	for (i = 0; i < KEPT; i++) {
		struct socki_pipe pipe = pipe_of(pick(i));

		socki_pipe_drop(&pipe);
	}
}
