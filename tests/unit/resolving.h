/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_RESOLVING_H
#define SOCK_TEST_RESOLVING_H

#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "scripted.h"
#include "where.h"

/* One call of sock_resolve(), in a thread or a fiber, and what came of it. */

#define RESOLVING_MAX (2 * SOCKI_ADDRESSES_MAX)

/* Long for a wait that ends well, and for one that a test makes end. */
#define SOON sock_in(20000)
#define SHORTLY sock_in(60)

struct resolving {
	const char *address;
	sock_time deadline;
	int rc;
	struct sock_addr out[RESOLVING_MAX];
	char text[600]; /* of the error */
};

static inline void
resolving_try(void *arg)
{
	struct resolving *r = arg;

	r->rc = sock_resolve(r->address, r->out, RESOLVING_MAX, r->deadline);
	(void)snprintf(r->text, sizeof r->text, "%s",
	    r->rc < 0 ? sock_errmsg() : "");
}

static inline int
resolving_run(struct resolving *r, enum where where)
{
	r->rc = 0;
	return where_run(where, resolving_try, r) ? r->rc : 0;
}

/* All that was found, a blank between. */
static inline const char *
resolving_text(const struct resolving *r, char *buf, size_t n)
{
	char text[SOCK_ADDR_TEXT_MAX];
	size_t used = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < r->rc && used < n; i++)
		used += (size_t)snprintf(buf + used, n - used, "%s%s",
		    i > 0 ? " " : "",
		    sock_addr_text(&r->out[i], text, sizeof text));
	return buf;
}

#endif
