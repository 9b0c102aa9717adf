/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "tour.h"

#define LISTENER 0
#define OPEN 1  /* the two ends of a conversation that goes on */
#define ENDED 3 /* and of one that has ended */
#define HANDLES 5

/* A passive socket, and two who have connected to it, from these addresses. */
static bool
converse(sock_t s[HANDLES], int *port, struct sock_addr clients[2])
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	sock_t *pair;

	s[LISTENER] = sock_listen("tcp:127.0.0.1:0");
	if (sock_local(s[LISTENER], &addr) < 0)
		return false;
	*port = sock_addr_port(&addr);
	sock_addr_text(&addr, text, sizeof text);
	for (pair = s + OPEN; pair <= s + ENDED; pair += 2) {
		pair[0] = sock_dial(text, .deadline = sock_in(PATIENCE_MS));
		pair[1] = sock_accept(s[LISTENER], sock_in(PATIENCE_MS));
		if (pair[1] < 0 || sock_local(pair[0], clients++) < 0)
			return false;
	}
	/* Whoever ends first waits for late segments, RFC 9293, 3.6. */
	sock_shut(s[ENDED], SOCK_DEFAULT);
	return sock_finish(s[ENDED + 1], sock_in(PATIENCE_MS)) == 0 &&
	    sock_finish(s[ENDED], sock_in(PATIENCE_MS)) == 0;
}

/* "127.0.0.1:443", of "tcp:127.0.0.1:443". */
static const char *
end_of(const struct sock_addr *addr, char text[SOCK_ADDR_TEXT_MAX])
{
	sock_addr_text(addr, text, SOCK_ADDR_TEXT_MAX);
	return strchr(text, ':') + 1;
}

static void
show_row(const struct sock_row *row)
{
	char local[SOCK_ADDR_TEXT_MAX], peer[SOCK_ADDR_TEXT_MAX];

	printf("  %s  %-15s  %-15s  %-11s", row->transport,
	    end_of(&row->local, local),
	    row->peer.length > 0 ? end_of(&row->peer, peer) : "*", row->state);
	if (row->owner_count > 0)
		printf("  %s, %d\n", row->owners[0].command,
		    row->owners[0].pid);
	else
		printf("  -\n");
}

/* The port may have been a client's of another program's a minute ago. */
static bool
is_ours(const struct sock_row *row, const struct sock_addr *client)
{
	return sock_addr_equal(&row->local, client) ||
	    sock_addr_equal(&row->peer, client);
}

static void
show_rows(int port, const struct sock_addr clients[2])
{
	struct sock_table *table = sock_table_open(.transports = SOCK_TABLE_TCP,
	    .port = port, .processes = true);
	const struct sock_row *row;

	if (table == NULL) {
		printf("  not on this machine: %s\n", sock_errmsg());
		return;
	}
	while ((row = sock_table_next(table)) != NULL)
		if (strcmp(row->state, "LISTEN") == 0 ||
		    is_ours(row, &clients[0]) || is_ours(row, &clients[1]))
			show_row(row);
	if (sock_table_close(table) < 0)
		broken("table", sock_errmsg());
}

void
show_table(void)
{
	struct sock_addr clients[2];
	sock_t s[HANDLES] = { 0 };
	int port, i;

	chapter("The table of connections",
	    "What this machine's sockets are doing, as the kernel tells it: "
	    "here those of a server with two clients, of which one has left.  "
	    "Each connection has two ends, and both are here.");
	if (converse(s, &port, clients))
		show_rows(port, clients);
	else
		broken("conversation", sock_errmsg());
	for (i = 0; i < HANDLES; i++)
		sock_close(s[i]);
}
