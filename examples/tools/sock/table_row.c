/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "out.h"
#include "say.h"
#include "table.h"
#include "table_names.h"

#define OWNER_MAX 96 /* a number, a slash, 15 bytes as \xNN, a comma */

static bool
is_udp(const struct sock_row *row)
{
	return row->local.scheme == SOCK_SCHEME_UDP;
}

/* Of a socket that waits for whoever comes. */
static bool
is_passive(const struct sock_row *row)
{
	return row->peer.scheme == SOCK_SCHEME_NONE;
}

static void
read_range(struct ports *p)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	p->first = 32768; /* the kernel's default */
	p->last = 60999;
	if (f == NULL)
		return;
	if (fscanf(f, "%d %d", &p->first, &p->last) != 2)
		p->last = 60999;
	fclose(f);
}

static int
note_passive(struct ports *p, unsigned transport, unsigned state)
{
	struct sock_table *t =
	    sock_table_open(.transports = transport, .states = state);
	const struct sock_row *row;
	int port;

	while ((row = sock_table_next(t)) != NULL) {
		port = sock_addr_port(&row->local);
		p->listening[is_udp(row)][port / 8] |=
		    (unsigned char)(1 << port % 8);
	}
	return t == NULL || sock_table_close(t) < 0 ? complain_last("sockets") :
						      EXIT_OK;
}

/* One for each transport: connections are then no work for the kernel. */
int
ports_read(struct ports *p)
{
	int code;

	read_range(p);
	memset(p->listening, 0, sizeof p->listening);
	code = note_passive(p, SOCK_TABLE_TCP, SOCK_TABLE_LISTEN);
	return code != EXIT_OK ?
	    code :
	    note_passive(p, SOCK_TABLE_UDP, SOCK_TABLE_UNCONNECTED);
}

/* By this kernel's rule; a peer's may follow IANA's. */
static bool
is_clients(const struct ports *p, int port)
{
	return (port >= p->first && port <= p->last) ||
	    sock_port_class(port) == SOCK_PORT_DYNAMIC;
}

int
ports_service(const struct ports *p, const struct sock_row *row)
{
	int local, peer;

	if (row->local.u.sa.sa_family == AF_UNIX)
		return -1;
	local = sock_addr_port(&row->local);
	if (is_passive(row) ||
	    (p->listening[is_udp(row)][local / 8] >> local % 8 & 1))
		return 0;
	peer = sock_addr_port(&row->peer);
	if (is_clients(p, local))
		return is_clients(p, peer) ? -1 : 1;
	return is_clients(p, peer) || local < peer ? 0 : 1;
}

const char *
ports_name(const struct sock_row *row, int end)
{
	if (end < 0)
		return NULL;
	return sock_service_name(sock_addr_port(end == 0 ? &row->local :
							   &row->peer),
	    row->transport);
}

/* Each port is asked about once: that is reading three files. */
size_t
class_words(char *to, size_t room, int port)
{
	static const char *const here[] = { "", ", privileged",
		", given to clients", ", reserved" };
	static unsigned char known[65536]; /* 1 + an index of here */
	struct sock_port_here h = { .size = sizeof h };

	if (known[port] == 0) {
		(void)sock_port_here(port, &h);
		known[port] = (unsigned char)(h.reserved ? 4 :
			h.ephemeral                      ? 3 :
			h.privileged                     ? 2 :
							   1);
	}
	return (size_t)snprintf(to, room, "%s%s",
	    sock_port_class_name(sock_port_class(port)), here[known[port] - 1]);
}

static size_t
put(char *to, const char *text)
{
	return safe_text(to, CELL_MAX, text);
}

/* The most frequent kind of all, and the only one that must be fast. */
static size_t
put_ip4(char *to, const struct sock_addr *a)
{
	const unsigned char *b = (const unsigned char *)&a->u.in.sin_addr;
	size_t n = 0, i;

	for (i = 0; i < 4; i++) {
		n += number_text(to + n, b[i]);
		to[n++] = i < 3 ? '.' : ':';
	}
	return n;
}

static size_t
put_host(char *to, const struct sock_addr *a, const char *name)
{
	char text[SOCK_ADDR_TEXT_MAX];
	size_t n;

	if (name != NULL) {
		n = put(to, name);
		to[n++] = ':';
		return n;
	}
	if (a->u.sa.sa_family == AF_INET)
		return put_ip4(to, a);
	sock_addr_text(a, text, sizeof text);
	strrchr(text, ':')[1] = '\0';
	return put(to, strchr(text, ':') + 1);
}

static size_t
put_unix(char *to, const struct sock_addr *a)
{
	char text[SOCK_ADDR_TEXT_MAX];
	const char *name;

	name = strchr(sock_addr_text(a, text, sizeof text), ':') + 1;
	return put(to, *name == '\0' ? "-" : name);
}

static size_t
put_end(char *to, const struct sock_addr *a, const char *service,
    const struct wording *w)
{
	const char *name = NULL;
	size_t n;

	if (a->u.sa.sa_family == AF_UNIX)
		return put_unix(to, a);
	if (w->names != NULL)
		name = names_of(w->names, a);
	n = put_host(to, a, name);
	if (service != NULL)
		return n + safe_text(to + n, CELL_MAX - n, service);
	return n +
	    number_text(to + n,
		ntohs(a->u.sa.sa_family == AF_INET ? a->u.in.sin_port :
						     a->u.in6.sin6_port));
}

static size_t
put_classes(char *to, const struct sock_row *row)
{
	size_t n = class_words(to, CELL_MAX, sock_addr_port(&row->local));

	if (is_passive(row))
		return n;
	n += put(to + n, " > ");
	return n +
	    class_words(to + n, CELL_MAX - n, sock_addr_port(&row->peer));
}

size_t
owners_text(char *to, size_t room, const struct sock_row *row)
{
	static const char more[] = ",...";
	char one[OWNER_MAX];
	size_t n = 0, k, behind;
	int i;

	for (i = 0; i < row->owner_count; i++) {
		k = number_text(one, (uint64_t)row->owners[i].pid);
		one[k++] = '/';
		k += safe_text(one + k, sizeof one - k, row->owners[i].command);
		behind = i + 1 < row->owner_count ? sizeof more : 1;
		if (n + 1 + k + behind > room) {
			k = n > 0 ? 0 : 1;
			memcpy(to + n, more + k, sizeof more - k);
			return n + sizeof more - k - 1;
		}
		if (i > 0)
			to[n++] = ',';
		memcpy(to + n, one, k);
		n += k;
	}
	to[n] = '\0';
	return n;
}

/* All of them, who are hundreds where a listener is shared by workers. */
static int
put_owners(struct cells *c, const struct sock_row *row)
{
	const size_t room = ((size_t)row->owner_count + 1) * OWNER_MAX;
	char *larger;

	if (room > c->owners_room) {
		larger = realloc(c->owners, room);
		if (larger == NULL)
			return complain(EXIT_FAILED, "sockets", "table",
			    "out of memory");
		c->owners = larger;
		c->owners_room = room;
	}
	c->text[CELL_OWNERS] = c->owners;
	c->n[CELL_OWNERS] = owners_text(c->owners, c->owners_room, row);
	return EXIT_OK;
}

int
row_cells(struct cells *c, const struct wording *w, const struct sock_row *row)
{
	const struct view *v = w->view;
	const bool is_unix = row->local.u.sa.sa_family == AF_UNIX;
	const int end = v->numeric ? -1 : ports_service(&w->ports, row);
	const char *name = ports_name(row, end);
	int i;

	for (i = 0; i < CELL_OWNERS; i++)
		c->text[i] = c->room[i];
	c->n[CELL_TRANSPORT] = put(c->room[CELL_TRANSPORT], row->transport);
	c->n[CELL_LOCAL] = put_end(c->room[CELL_LOCAL], &row->local,
	    end == 0 ? name : NULL, w);
	if (row->peer.scheme == SOCK_SCHEME_NONE)
		c->n[CELL_PEER] =
		    put(c->room[CELL_PEER], is_unix ? "-" : "*:*");
	else
		c->n[CELL_PEER] = put_end(c->room[CELL_PEER], &row->peer,
		    end == 1 ? name : NULL, w);
	c->n[CELL_STATE] = put(c->room[CELL_STATE], row->state);
	c->n[CELL_CLASS] =
	    v->classes && !is_unix ? put_classes(c->room[CELL_CLASS], row) : 0;
	c->text[CELL_OWNERS] = "";
	c->n[CELL_OWNERS] = 0;
	return v->owners ? put_owners(c, row) : EXIT_OK;
}
