/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_HERE_H
#define SOCKI_BASE_HERE_H

/*
 * Whoever runs: a thread or a fiber.  The engine's tasks begin with one, and
 * a switch of fibers changes the pointer.
 */

struct socki_error_record;

struct socki_here {
	struct socki_error_record *error; /* NULL: nothing has failed yet */
	int error_lost; /* something has, without memory to tell of it */
};

/* Never NULL: a thread that nobody announced is given one of its own. */
struct socki_here *socki_here(void);

extern _Thread_local struct socki_here *socki_here_now
    __attribute__((tls_model("initial-exec")));

/* Makes h the one that runs on this thread; NULL: the thread's own again. */
static inline void
socki_here_set(struct socki_here *h)
{
	socki_here_now = h;
}

/* Frees what it holds. */
void socki_here_end(struct socki_here *h);

#endif
