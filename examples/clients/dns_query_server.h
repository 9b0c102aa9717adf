/* SPDX-License-Identifier: MIT */
#ifndef DNS_QUERY_SERVER_H
#define DNS_QUERY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* Whom to ask. */

#define SERVERS_MAX 3 /* MAXNS, resolv.conf(5) */
#define SERVER_MAX 300

struct servers {
	char host[SERVERS_MAX][SERVER_MAX]; /* "192.0.2.7:53", "[::1]:53" */
	int count;
};

/*
 * "192.0.2.7", "::1", "[::1]:5353", "ns.example.org": with its port, 53 if
 * the text has none.  False: it is too long.
 */
bool server_add(struct servers *s, const char *text);

/* Those of /etc/resolv.conf; none there: this machine, as resolv.conf(5). */
void servers_configured(struct servers *s, const char *path);

#endif
