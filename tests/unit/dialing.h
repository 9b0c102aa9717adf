/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_DIALING_H
#define SOCK_TEST_DIALING_H

#include <sock.h>
#include <stdio.h>

#include "where.h"

/* One dial, in a thread or a fiber, and what came of it. */

/* Long for a wait that ends well, and for one that a test makes end. */
#define SOON sock_in(20000)
#define SHORTLY sock_in(60)

struct dialing {
	struct sock_dial_options options;
	sock_t got;
	bool retry;
	char text[600], addr[400];
};

#define DIALING(...) \
	{ \
		.options = { \
			.size = sizeof(struct sock_dial_options), \
			.address = __VA_ARGS__ \
		} \
	}

static inline void
dialing_try(void *arg)
{
	struct dialing *d = arg;
	const struct sock_error *e;

	d->got = sock_dial_with(&d->options);
	if (d->got > 0)
		return;
	e = sock_last_error();
	d->retry = e->retry;
	(void)snprintf(d->text, sizeof d->text, "%s", e->text);
	(void)snprintf(d->addr, sizeof d->addr, "%s", e->addr);
}

static inline sock_t
dialing_run(struct dialing *d, enum where where)
{
	d->got = 0;
	return where_run(where, dialing_try, d) ? d->got : 0;
}

/* "tcp:127.0.0.1:" and a port. */
static inline const char *
dialing_at(char *buf, size_t n, const char *host, int port)
{
	(void)snprintf(buf, n, "%s%d", host, port);
	return buf;
}

#endif
