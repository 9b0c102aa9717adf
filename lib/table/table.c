/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/table.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "table/netlink.h"
#include "table/owners.h"
#include "table/peers.h"
#include "table/request.h"
#include "table/row.h"
#include "table/seen.h"

#define TRANSPORTS (SOCK_TABLE_TCP | SOCK_TABLE_UDP | SOCK_TABLE_UNIX)
/* Of states there is a bit for each but the first. */
#define STATES (2u * SOCK_TABLE_CLOSING - 2)
/* A dump that its kernel calls inconsistent is made again, so often. */
#define TRIES_MAX 3

struct sock_table {
	struct sock_table_options options;
	struct socki_netlink netlink;
	struct socki_seen seen;
	struct socki_owners owners;
	struct socki_peers peers;
	struct socki_found found;
	enum socki_request_kind kind; /* the dump that is read */
	int tries;
	int error;
};

static const struct {
	unsigned transport;
	int scheme;
	char name[5];
} kinds[] = {
	[SOCKI_REQUEST_TCP] = { SOCK_TABLE_TCP, SOCK_SCHEME_TCP, "TCP" },
	[SOCKI_REQUEST_TCP4] = { SOCK_TABLE_TCP, SOCK_SCHEME_TCP, "TCP" },
	[SOCKI_REQUEST_TCP6] = { SOCK_TABLE_TCP, SOCK_SCHEME_TCP, "TCP" },
	[SOCKI_REQUEST_UDP4] = { SOCK_TABLE_UDP, SOCK_SCHEME_UDP, "UDP" },
	[SOCKI_REQUEST_UDP6] = { SOCK_TABLE_UDP, SOCK_SCHEME_UDP, "UDP" },
	[SOCKI_REQUEST_UNIX] = { SOCK_TABLE_UNIX, SOCK_SCHEME_UNIX, "UNIX" },
};

static bool
is_port(int port)
{
	return port >= 0 && port <= 65535;
}

static int
copy_options(struct sock_table_options *to,
    const struct sock_table_options *from, struct socki_why *why)
{
	*to = (struct sock_table_options){ .size = sizeof *to };
	if (from->size < offsetof(struct sock_table_options, local_port))
		return socki_why(why, SOCK_EUSAGE, "the options have no size");
	memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
	if ((to->transports & ~(unsigned)TRANSPORTS) != 0 ||
	    (to->states & ~STATES) != 0)
		return socki_why(why, SOCK_EUSAGE,
		    "there is no such transport, or state");
	if (!is_port(to->local_port) || !is_port(to->peer_port) ||
	    !is_port(to->port))
		return socki_why(why, SOCK_EUSAGE, "a port is 0-65535");
	if (to->transports == 0)
		to->transports = TRANSPORTS;
	if (to->local_port > 0 || to->peer_port > 0 || to->port > 0)
		to->transports &= ~(unsigned)SOCK_TABLE_UNIX;
	return 0;
}

static int
ask(struct sock_table *t, struct socki_why *why)
{
	struct socki_request request;
	int rc;

	socki_request_fill(&request, t->kind, &t->options);
	rc = socki_netlink_ask(&t->netlink, request.type, request.body,
	    request.n);
	return rc < 0 ?
	    socki_why(why, rc, "sock_diag for %s", kinds[t->kind].name) :
	    0;
}

/* The names of peers may come after their peers. */
static int
keep_all(struct sock_table *t)
{
	struct socki_message m;
	int rc;

	while ((rc = socki_netlink_next(&t->netlink, &m)) > 0) {
		rc = socki_peers_add(&t->peers, &m);
		if (rc < 0)
			break;
	}
	return rc;
}

/* Begins the first dump from kind on that is wanted and is not refused. */
static int
begin(struct sock_table *t, enum socki_request_kind kind, struct socki_why *why)
{
	int rc = 0;

	for (; kind < SOCKI_REQUEST_COUNT; kind++) {
		if ((kinds[kind].transport & t->options.transports) == 0)
			continue;
		t->kind = kind;
		rc = ask(t, why);
		/* The old form may be gone; what follows it does the same. */
		if (kind == SOCKI_REQUEST_TCP && rc < 0 && rc != -ENOMEM)
			continue;
		break;
	}
	t->kind = kind;
	if (kind == SOCKI_REQUEST_UNIX && rc == 0)
		rc = keep_all(t);
	return rc;
}

/* After the end of a dump. */
static int
go_on(struct sock_table *t, struct socki_why *why)
{
	enum socki_request_kind then = t->kind + 1;

	if (t->netlink.interrupted && ++t->tries < TRIES_MAX) {
		then = t->kind; /* what has been seen is not told again */
	} else {
		t->tries = 0;
		if (t->kind == SOCKI_REQUEST_TCP)
			then = SOCKI_REQUEST_UDP4;
	}
	if (t->kind == SOCKI_REQUEST_UNIX)
		socki_peers_end(&t->peers);
	return begin(t, then, why);
}

/* 1: found; 0: the dump is at its end. */
static int
read_one(struct sock_table *t)
{
	struct socki_message m;
	int rc;

	if (t->kind == SOCKI_REQUEST_UNIX)
		return socki_peers_next(&t->peers, &t->found);
	rc = socki_netlink_next(&t->netlink, &m);
	if (rc <= 0)
		return rc;
	rc = socki_row_inet(&t->found, kinds[t->kind].scheme, m.body, m.n);
	return rc < 0 ? rc : 1;
}

/* 1: it is wanted, and was not there yet. */
static int
is_new(struct sock_table *t)
{
	const struct socki_found *f = &t->found;
	int rc = 0;

	if (t->options.states != 0 && (t->options.states & f->state) == 0)
		return 0;
	if (f->cookie != 0)
		rc = socki_seen_before(&t->seen, f->cookie);
	return rc < 0 ? rc : rc == 0;
}

/* 1: a row; 0: the end of the table. */
static int
find_next(struct sock_table *t, struct socki_why *why)
{
	int rc;

	while (t->kind < SOCKI_REQUEST_COUNT) {
		rc = read_one(t);
		if (rc == 0)
			rc = go_on(t, why);
		else if (rc > 0 && (rc = is_new(t)) > 0)
			return 1;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
start(struct sock_table *t, const struct sock_table_options *options,
    struct socki_why *why)
{
	int rc;

	t->netlink.fd = -1;
	socki_seen_start(&t->seen);
	socki_owners_start(&t->owners);
	socki_peers_start(&t->peers);
	rc = copy_options(&t->options, options, why);
	if (rc < 0)
		return rc;
	if (t->options.processes)
		rc = socki_owners_walk(&t->owners, why);
	if (rc < 0)
		return rc;
	rc = socki_netlink_open(&t->netlink);
	if (rc < 0)
		return socki_why(why, rc, "netlink(7)");
	return begin(t, SOCKI_REQUEST_TCP, why);
}

static void
end(struct sock_table *t)
{
	socki_netlink_close(&t->netlink);
	socki_peers_end(&t->peers);
	socki_owners_end(&t->owners);
	socki_seen_end(&t->seen);
	socki_free(t);
}

struct sock_table *
sock_table_open_with(const struct sock_table_options *options)
{
	struct sock_table *t = socki_zalloc(sizeof *t);
	struct socki_why why = { .text = "" };
	int rc = -ENOMEM;

	if (t != NULL)
		rc = start(t, options, &why);
	if (rc == 0)
		return t;
	if (t != NULL)
		end(t);
	(void)socki_error(rc, "table", NULL, &why);
	return NULL;
}

const struct sock_row *
sock_table_next(struct sock_table *t)
{
	struct socki_why why = { .text = "" };
	int rc;

	if (t == NULL || t->error < 0)
		return NULL;
	rc = find_next(t, &why);
	if (rc < 0)
		t->error = socki_error(rc, "table", NULL, &why);
	if (rc <= 0)
		return NULL;
	if (t->options.processes)
		t->found.row.owner_count = socki_owners_of(&t->owners,
		    t->found.row.inode, &t->found.row.owners);
	return &t->found.row;
}

int
sock_table_close(struct sock_table *t)
{
	int rc;

	if (t == NULL)
		return 0;
	rc = t->error;
	end(t);
	return rc;
}
