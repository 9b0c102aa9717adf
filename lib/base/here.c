/* SPDX-License-Identifier: MIT */
#include "base/here.h"

#include <pthread.h>
#include <stddef.h>

#include "base/memory.h"

/* initial-exec: one load instead of a call, at each switch of fibers. */
_Thread_local struct socki_here *socki_here_now
    __attribute__((tls_model("initial-exec")));
static _Thread_local struct socki_here own
    __attribute__((tls_model("initial-exec")));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_made;

static void
thread_ends(void *here)
{
	socki_here_end(here);
	/* What fails later in this thread, in a destructor, asks for it again. */
	socki_here_now = NULL;
}

static void
make_key(void)
{
	key_made = pthread_key_create(&key, thread_ends) == 0;
}

struct socki_here *
socki_here(void)
{
	if (socki_here_now != NULL)
		return socki_here_now;
	pthread_once(&once, make_key);
	/* Without a key the thread's record is lost at its end, no more. */
	if (key_made)
		(void)pthread_setspecific(key, &own);
	socki_here_now = &own;
	return socki_here_now;
}

void
socki_here_end(struct socki_here *h)
{
	socki_free(h->error);
	h->error = NULL;
}
