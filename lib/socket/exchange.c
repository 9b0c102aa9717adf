/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/message.h>
#include <string.h>

#include "addr/addr.h"
#include "socket/message.h"

/* Until the first repetition, and until each later one at most: RFC 8085. */
#define REPEAT_MS 1000
#define REPEAT_MS_MAX 60000
/* An error was put off, and the kernel has one: both of what went before. */
#define TRIES 3

struct exchange {
	const void *request;
	size_t n;
	void *reply;
	size_t cap;
	bool (*accept)(const void *request, size_t n, const void *reply,
	    size_t m);
};

/*
 * What came before the socket was connected stays in its queue, whoever sent
 * it; from then on the kernel looks.
 */
static bool
is_peers(const struct socki_socket *s, const struct sockaddr_storage *sa,
    socklen_t len)
{
	struct sock_addr from;

	if (s->scheme != SOCK_SCHEME_UDP ||
	    (len == s->addr.length && memcmp(sa, &s->addr.u, len) == 0))
		return true;
	return socki_addr_from_sockaddr(&from, s->scheme,
		   (const struct sockaddr *)sa, len) == 0 &&
	    sock_addr_equal(&from, &s->addr);
}

static ssize_t
await_reply(struct socki_socket *s, const struct exchange *e,
    sock_time deadline, struct socki_why *why)
{
	int rc;

	/* The request has only just gone out. */
	while ((rc = socki_watch_await(&s->watch, SOCKI_READ, deadline)) == 0) {
		struct sockaddr_storage sa;
		socklen_t len;
		const ssize_t got = socki_message_receive(s, e->reply, e->cap,
		    &sa, &len, deadline);
		const size_t here = (size_t)got < e->cap ? (size_t)got : e->cap;

		if (got < 0)
			return got;
		if (!is_peers(s, &sa, len) ||
		    (e->accept != NULL &&
			!e->accept(e->request, e->n, e->reply, here))) {
			if (got == 0)
				rc = socki_message_ends(s);
			/* Whoever forges replies does not end with it. */
			if (rc == 0)
				rc = socki_stream_give_way(s, deadline);
			if (rc < 0)
				return rc;
			continue;
		}
		if ((size_t)got > e->cap)
			return socki_why(why, SOCK_ETOOBIG,
			    "the reply has %zd bytes, and there was room for "
			    "%zu",
			    got, e->cap);
		return got;
	}
	return rc;
}

static ssize_t
exchange(struct socki_socket *s, const struct exchange *e, sock_time deadline,
    struct socki_why *why)
{
	int64_t repeat_ms = REPEAT_MS;
	int tries = 0;
	ssize_t rc;

	do {
		socki_why_none(why);
		rc = socki_message_send(s, e->request, e->n, NULL, deadline,
		    why);
		/* Told late, of what was sent before this request. */
	} while (socki_message_may_be_late((int)rc) &&
	    s->scheme == SOCK_SCHEME_UDP && ++tries < TRIES);
	while (rc == 0) {
		sock_time until = sock_in(repeat_ms);

		if (until > deadline)
			until = deadline;
		rc = await_reply(s, e, until, why);
		if (rc != -ETIMEDOUT || until == deadline)
			return rc;
		repeat_ms = repeat_ms * 2 < REPEAT_MS_MAX ? repeat_ms * 2 :
							    REPEAT_MS_MAX;
		rc = socki_message_send(s, e->request, e->n, NULL, deadline,
		    why);
	}
	return rc;
}

ssize_t
sock_exchange(sock_t handle, const void *request, size_t n, void *reply,
    size_t cap,
    bool (*accept)(const void *request, size_t n, const void *reply, size_t m),
    sock_time deadline)
{
	const struct exchange e = { request, n, reply, cap, accept };
	struct socki_why why;
	struct socki_socket *s;
	ssize_t rc = socki_message_begin(handle, &s, "exchange");

	socki_why_none(&why);
	if (rc < 0)
		return rc;
	deadline = socki_read_deadline(s, deadline);
	if (deadline == SOCK_NOWAIT)
		rc = socki_why(&why, SOCK_EUSAGE, "it waits for the reply");
	else if (s->passive)
		rc = -EDESTADDRREQ;
	else if (atomic_exchange(&s->exchanging, true))
		rc = -EBUSY;
	if (rc == 0) {
		rc = exchange(s, &e, deadline, &why);
		atomic_store(&s->exchanging, false);
	}
	return socki_message_end(s, rc, "exchange", NULL, &why);
}
