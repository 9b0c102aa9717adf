/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <stdio.h>

#include "tour.h"

#define BACKLOG 1
#define TRIES 8

/* A passive socket whose queue is full: the kernel answers nobody else. */
struct silent {
	sock_t listener;
	sock_t queued[BACKLOG + 1];
	int port;
};

static bool
fall_silent(struct silent *s)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	int i;

	*s = (struct silent){ 0 };
	s->listener = sock_listen("tcp:[::1]:0", .backlog = BACKLOG);
	if (sock_local(s->listener, &addr) < 0)
		return false;
	s->port = sock_addr_port(&addr);
	sock_addr_text(&addr, text, sizeof text);
	for (i = 0; i <= BACKLOG; i++)
		s->queued[i] =
		    sock_dial(text, .deadline = sock_in(PATIENCE_MS));
	return s->queued[BACKLOG] > 0;
}

static void
end_silence(struct silent *s)
{
	int i;

	for (i = 0; i <= BACKLOG; i++)
		sock_close(s->queued[i]);
	sock_close(s->listener);
}

/* On the same port of the other family, which somebody else may hold. */
static sock_t
listen_beside(struct silent *s)
{
	sock_t listener = -1;
	char text[32];
	int i;

	for (i = 0; i < TRIES && listener < 0; i++) {
		if (i > 0)
			end_silence(s);
		if (!fall_silent(s))
			break;
		snprintf(text, sizeof text, "tcp:127.0.0.1:%d", s->port);
		listener = sock_listen(text);
	}
	return listener;
}

static void
show_race(int port)
{
	const sock_time begin = sock_now();
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr peer;
	sock_t s;

	snprintf(text, sizeof text, "tcp:localhost:%d", port);
	s = sock_dial(text, .deadline = sock_in(PATIENCE_MS));
	if (sock_peer(s, &peer) < 0) {
		broken(text, sock_errmsg());
		return;
	}
	printf("  %s is [::1], where nobody answers, and 127.0.0.1:\n", text);
	printf("  connected to %s after %d ms\n",
	    sock_addr_text(&peer, text, sizeof text),
	    (int)((sock_now() - begin) / 1000000));
	sock_close(s);
}

void
show_dialing(void)
{
	struct silent silent;
	sock_t listener;

	chapter("Past a dead address",
	    "A name may have several addresses, and some of them may be dead.  "
	    "When one does not answer within 250 ms the next has its turn, "
	    "and the first that answers wins (RFC 8305).");
	listener = listen_beside(&silent);
	if (listener > 0)
		show_race(silent.port);
	else
		printf("  not on this machine: %s\n", sock_errmsg());
	sock_close(listener);
	end_silence(&silent);
}
