/* SPDX-License-Identifier: MIT */
#include "watched.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "out.h"
#include "say.h"
#include "table_names.h"

struct looked {
	struct watched_row *rows;
	size_t count, room;
};

static int
by_address(const struct sock_addr *a, const struct sock_addr *b)
{
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(&a->u, &b->u, a->length);
}

/* Ports as numbers, not as bytes with the host behind them. */
static int
by_end(const struct sock_addr *a, const struct sock_addr *b)
{
	const int family = a->u.sa.sa_family;
	int order;

	if (a->scheme == SOCK_SCHEME_NONE || b->scheme == SOCK_SCHEME_NONE ||
	    family != b->u.sa.sa_family || family == AF_UNIX)
		return by_address(a, b);
	order = family == AF_INET ?
	    memcmp(&a->u.in.sin_addr, &b->u.in.sin_addr, 4) :
	    memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, 16);
	return order != 0 ? order : sock_addr_port(a) - sock_addr_port(b);
}

/* Whether two are the same socket, before and after a change of its state. */
static int
by_identity(const void *a, const void *b)
{
	const struct sock_row *x = a, *y = b; /* the first member of both */
	const bool local = x->local.u.sa.sa_family == AF_UNIX;
	int order = (int)x->local.scheme - (int)y->local.scheme;

	if (order == 0 && !local)
		order = by_address(&x->local, &y->local);
	if (order == 0 && !local)
		order = by_address(&x->peer, &y->peer);
	if (order == 0 && (local || x->peer.scheme == SOCK_SCHEME_NONE))
		return x->inode < y->inode ? -1 : x->inode > y->inode;
	return order;
}

static struct watched_row *
one_more(struct looked *l)
{
	struct watched_row *larger;
	size_t room;

	if (l->count == l->room) {
		room = l->room == 0 ? 256 : 2 * l->room;
		larger = realloc(l->rows, room * sizeof *larger);
		if (larger == NULL)
			return NULL;
		l->rows = larger;
		l->room = room;
	}
	return &l->rows[l->count++];
}

static int
add(struct looked *l, struct wording *w, const struct sock_row *row)
{
	struct watched_row *one = one_more(l);
	const int end = ports_service(&w->ports, row);

	if (one == NULL)
		return complain(EXIT_FAILED, "sockets", "table",
		    "out of memory");
	*one = (struct watched_row){ .row = *row, .service = -1 };
	one->row.owners = NULL;
	one->row.owner_count = 0;
	owners_text(one->owners, sizeof one->owners, row);
	if (end >= 0)
		one->service =
		    sock_addr_port(end == 0 ? &row->local : &row->peer);
	if (w->names != NULL)
		names_note(w->names, row);
	return EXIT_OK;
}

static int
read_all(struct looked *l, struct watched *watched, struct wording *w)
{
	const struct sock_row *row;
	struct sock_table *t;
	int code = ports_read(&w->ports);

	if (code != EXIT_OK)
		return code;
	t = view_open(w->view);
	if (t == NULL)
		return EXIT_FAILED;
	memset(&watched->totals, 0, sizeof watched->totals);
	while (code == EXIT_OK && (row = sock_table_next(t)) != NULL) {
		if (!view_wants(w->view, row))
			continue;
		totals_add(&watched->totals, &w->ports, row);
		code = add(l, w, row);
	}
	return sock_table_close(t) < 0 ? complain_last("sockets") : code;
}

/* Both lists are sorted; merged has room for all. */
static size_t
merge(struct watched_row *merged, struct watched *old, struct looked *fresh)
{
	size_t i = 0, j = 0, n = 0;
	int order;

	while (i < old->count || j < fresh->count) {
		order = i == old->count ?
		    1 :
		    j == fresh->count ?
		    -1 :
		    by_identity(&old->rows[i].row, &fresh->rows[j].row);
		if (order < 0) {
			merged[n] = old->rows[i++];
			if (merged[n].gone == 0)
				merged[n].gone = old->look;
			n += old->look - merged[n].gone < STAYS;
			continue;
		}
		merged[n] = fresh->rows[j++];
		merged[n].born = old->look;
		if (order == 0 && old->rows[i].gone == 0)
			merged[n].born = old->rows[i].born;
		i += order == 0;
		n++;
	}
	return n;
}

int
watched_look(struct watched *w, struct wording *wording)
{
	struct looked fresh = { .count = 0 };
	struct watched_row *merged = NULL;
	const struct watched_row **order = NULL;
	size_t room;
	int code;

	w->look++;
	code = read_all(&fresh, w, wording);
	room = fresh.count + w->count + 1;
	if (code == EXIT_OK) {
		merged = malloc(room * sizeof *merged);
		order = malloc(room * sizeof *order);
	}
	if (merged == NULL || order == NULL) {
		free(fresh.rows);
		free(merged);
		free(order);
		return code != EXIT_OK ?
		    code :
		    complain(EXIT_FAILED, "sockets", "table", "out of memory");
	}
	if (fresh.count > 0)
		qsort(fresh.rows, fresh.count, sizeof *fresh.rows, by_identity);
	w->count = merge(merged, w, &fresh);
	free(fresh.rows);
	free(w->rows);
	free(w->order);
	w->rows = merged;
	w->order = order;
	watched_sort(w, w->sort);
	if (wording->names != NULL)
		names_start(wording->names);
	return EXIT_OK;
}

static int
by_both_ends(const struct sock_row *x, const struct sock_row *y)
{
	int order = (int)x->local.scheme - (int)y->local.scheme;

	if (order == 0)
		order = by_end(&x->local, &y->local);
	return order != 0 ? order : by_end(&x->peer, &y->peer);
}

/* Two places in the order; what is equal stays as it lies. */
static int
or_place(int order, const void *a, const void *b)
{
	const struct watched_row *const *x = a, *const *y = b;

	return order != 0 ? order : *x < *y ? -1 : *x > *y;
}

#define BY(key, ...) \
	static int by_##key(const void *a, const void *b) \
	{ \
		const struct watched_row *x = \
		    *(const struct watched_row *const *)a; \
		const struct watched_row *y = \
		    *(const struct watched_row *const *)b; \
		return or_place(__VA_ARGS__, a, b); \
	}

BY(transport, by_both_ends(&x->row, &y->row))
BY(local, by_end(&x->row.local, &y->row.local))
BY(peer, by_end(&x->row.peer, &y->row.peer))
BY(state, strcmp(x->row.state, y->row.state))
BY(service, x->service<y->service ? -1 : x->service> y->service)
BY(age, x->born > y->born ? -1 : x->born < y->born)

void
watched_sort(struct watched *w, char key)
{
	static const struct {
		char key;
		int (*by)(const void *a, const void *b);
	} keys[] = { { 't', by_transport }, { 'l', by_local }, { 'p', by_peer },
		{ 's', by_state }, { 'v', by_service }, { 'a', by_age } };
	size_t i, k = 0;

	while (k < sizeof keys / sizeof keys[0] && keys[k].key != key)
		k++;
	if (k == sizeof keys / sizeof keys[0])
		return;
	w->sort = key;
	for (i = 0; i < w->count; i++)
		w->order[i] = &w->rows[i];
	if (w->count > 0)
		qsort(w->order, w->count, sizeof *w->order, keys[k].by);
}

void
watched_free(struct watched *w)
{
	free(w->rows);
	free(w->order);
}
