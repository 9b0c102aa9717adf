/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "httpd_answer.h"
#include "httpd_date.h"

#define END_ROOM 64 /* for what follows the request */

/* "[2001:db8::5]:4711" has brackets and a port that the log has not. */
static void
put_ipv6(struct out *o, const struct sock_addr *peer, char *room)
{
	const char *begin, *end;

	sock_addr_text(peer, room, SOCK_ADDR_TEXT_MAX);
	begin = strchr(room, '[');
	end = strrchr(room, ']');
	if (begin != NULL && end != NULL)
		put_bytes(o, begin + 1, (size_t)(end - begin - 1));
}

/*
 * Of IPv4 by hand: what sock_addr_text() takes of the stack is another page
 * that each conversation would keep.
 */
static void
find_peer(struct conversation *c)
{
	struct out o = { .at = c->peer, .room = sizeof c->peer - 1 };
	struct sock_addr peer;
	const unsigned char *byte = (void *)&peer.u.in.sin_addr;
	int i;

	if (sock_peer(c->sock, &peer) < 0)
		peer.u.sa.sa_family = AF_UNSPEC;
	if (peer.u.sa.sa_family == AF_INET6)
		put_ipv6(&o, &peer, c->work->line);
	for (i = 0; peer.u.sa.sa_family == AF_INET && i < 4; i++) {
		put(&o, i > 0 ? "." : "");
		put_number(&o, byte[i]);
	}
	if (o.used == 0)
		put_char(&o, '-');
	c->peer[o.used] = '\0';
}

/* Nothing that moves a terminal's cursor, or looks like another line. */
static void
put_quoted(struct out *o, struct text t)
{
	size_t i;

	for (i = 0; i < t.n && o->room - o->used > END_ROOM; i++) {
		const unsigned char c = (unsigned char)t.at[i];

		if (c == '"' || c == '\\') {
			put_char(o, '\\');
			put_char(o, t.at[i]);
		} else if (c >= 0x20 && c < 0x7f) {
			put_char(o, t.at[i]);
		} else {
			put(o, "\\x");
			put_char(o, "0123456789abcdef"[c >> 4]);
			put_char(o, "0123456789abcdef"[c & 15]);
		}
	}
}

/*
 * In one write each, so that lines of several workers and processes do not
 * mix; who does not read the log holds up the server, and loses no line.
 */
void
log_answer(struct conversation *c, int status, int64_t bytes)
{
	struct work *w = c->work;
	struct out o = { .at = w->line, .room = sizeof w->line };

	if (c->site->log < 0)
		return;
	if (c->peer[0] == '\0')
		find_peer(c);
	put(&o, c->peer);
	put(&o, " - - [");
	put_log_date(&o, w->now.tv_sec);
	put(&o, "] \"");
	if (w->request.line.n > 0)
		put_quoted(&o, w->request.line);
	else
		put_char(&o, '-');
	put(&o, "\" ");
	put_number(&o, status);
	put_char(&o, ' ');
	put_number(&o, bytes);
	put_char(&o, '\n');
	/* A full disk must not end the serving. */
	if (write(c->site->log, o.at, o.used) < 0)
		return;
}
