/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "server/server.h"

#define DRAIN_MS 30000

/* As many as there may be workers. */
#define CHILDREN_MAX 1024

/* Below 0, or below -1 where that is for ever. */
static bool
has_negative(const struct sock_serve_options *o)
{
	return o->workers < 0 || o->max_streams < 0 || o->max_per_peer < 0 ||
	    o->first_ms < 0 || o->idle_ms < 0 || o->lifetime_ms < 0 ||
	    o->handshake_ms < -1 || o->finish_ms < -1 || o->drain_ms < -1;
}

int
socki_server_options(struct sock_serve_options *to,
    const struct sock_serve_options *from, struct socki_why *why)
{
	memset(to, 0, sizeof *to);
	if (from->size < offsetof(struct sock_serve_options, tls))
		return socki_why(why, SOCK_EUSAGE, "the options have no size");
	memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
	if (to->on_stream == NULL)
		return socki_why(why, SOCK_EUSAGE, "there is no on_stream");
	if ((to->address == NULL) == (to->listener == 0))
		return socki_why(why, SOCK_EUSAGE,
		    "it takes one of address and listener");
	if (to->mode < SOCK_FIBERS || to->mode > SOCK_ITERATIVE)
		return socki_why(why, SOCK_EUSAGE, "there is no such mode");
	if (to->mode == SOCK_PROCESSES && to->workers > CHILDREN_MAX)
		return socki_why(why, SOCK_EUSAGE, "more than %d workers",
		    CHILDREN_MAX);
	if (has_negative(to))
		return socki_why(why, SOCK_EUSAGE, "a negative number");
	if (to->session_size > SIZE_MAX / 2)
		return socki_why(why, -ENOMEM, "session_size");
	if (to->drain_ms == 0)
		to->drain_ms = DRAIN_MS;
	return 0;
}
