/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "httpd_answer.h"
#include "httpd_date.h"

#define END_ROOM 64 /* for what follows the request */

/* "192.0.2.7", without the port and the brackets around [::1]. */
static void
find_peer(struct conversation *c)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct out o = { .at = c->peer, .room = sizeof c->peer - 1 };
	struct sock_addr peer;
	char *at = text, *end;

	if (sock_peer(c->sock, &peer) < 0 || peer.scheme == SOCK_SCHEME_UNIX) {
		put_char(&o, '-');
	} else {
		sock_addr_text(&peer, text, sizeof text);
		at += strcspn(text, ":") + 1;
		end = strrchr(at, ':');
		if (*at == '[') {
			at++;
			end--;
		}
		put_bytes(&o, at, (size_t)(end - at));
	}
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
	put_quoted(&o, w->request.line);
	put(&o, "\" ");
	put_number(&o, status);
	put_char(&o, ' ');
	put_number(&o, bytes);
	put_char(&o, '\n');
	/* A full disk must not end the serving. */
	if (write(c->site->log, o.at, o.used) < 0)
		return;
}
