/* SPDX-License-Identifier: MIT */
#include "base/here.h"

#include <pthread.h>
#include <stddef.h>

#include "base/memory.h"

/* initial-exec: one load instead of a call, at each switch of fibers. */
#define FAST_TLS _Thread_local __attribute__((tls_model("initial-exec")))

static FAST_TLS struct socki_here *now;
static FAST_TLS struct socki_here own;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_made;

static void
thread_ends(void *here)
{
	socki_here_end(here);
}

static void
make_key(void)
{
	key_made = pthread_key_create(&key, thread_ends) == 0;
}

struct socki_here *
socki_here(void)
{
	if (now != NULL)
		return now;
	pthread_once(&once, make_key);
	/* Without a key the thread's record is lost at its end, no more. */
	if (key_made)
		(void)pthread_setspecific(key, &own);
	now = &own;
	return now;
}

void
socki_here_set(struct socki_here *h)
{
	now = h;
}

void
socki_here_end(struct socki_here *h)
{
	socki_free(h->error);
	h->error = NULL;
}
