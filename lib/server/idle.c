/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "server/server.h"
#include "socket/reader.h"

/* What was sent before its sender heard of the drain has come by then. */
#define UNDER_WAY_MS 1000

static bool
drains(const struct socki_socket *s)
{
	const struct socki_conversation *c = socki_conversation_of(s);

	return c != NULL && socki_server_drains(c->station->server);
}

bool
sock_draining(sock_t handle)
{
	struct socki_socket *s;
	bool is;

	if (socki_socket_pin(handle, &s) < 0)
		return false;
	is = drains(s);
	socki_socket_unpin(s);
	return is;
}

/* The keeper's nudge, when it begins to drain, ends the wait for a look. */
static int
await(struct socki_socket *s, sock_time deadline)
{
	sock_time until = deadline;
	int rc = 0;

	/* Bytes that are here count, though the call is late, or cancelled. */
	while (rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED) {
		struct socki_seen seen = socki_stream_seen(s);
		ssize_t got = -EAGAIN;

		if (socki_reader_has(s) > 0)
			return 1;
		if (rc == 0 && s->quiet && s->layers == NULL &&
		    deadline != SOCK_NOWAIT) {
			s->quiet = false;
			seen.read = s->quiet_seen;
		} else {
			got = socki_reader_fill(s, 1, SIZE_MAX, SOCK_NOWAIT);
		}
		if (got != -EAGAIN)
			return got > 0 ? 1 : (int)got;
		if (rc < 0)
			return rc == -ETIMEDOUT && until < deadline ? 0 : rc;
		if (until == deadline && drains(s))
			until = sock_in(UNDER_WAY_MS);
		if (until > deadline)
			until = deadline;
		rc = socki_stream_park(s, s->read_need, seen, until);
	}
	return rc;
}

int
sock_idle(sock_t handle, sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_reader_begin(handle, &s, "idle");

	if (rc < 0)
		return rc;
	rc = await(s, socki_read_deadline(s, deadline));
	if (rc < 0)
		rc = socki_socket_error(s, rc, "idle");
	socki_read_end(s);
	socki_socket_unpin(s);
	return rc;
}
