/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "options.h"
#include "out.h"
#include "say.h"
#include "table.h"
#include "table_names.h"

#define GAP 2 /* between columns */

/* Lines kept until the width of every column is known. */
struct page {
	char *bytes;
	size_t n, room;
	size_t width[CELL_COUNT];
	bool folded; /* the classes have lines of their own */
	bool lost;   /* out of memory */
};

static const char *const heads[CELL_COUNT] = { "transport", "local", "peer",
	"state", "class", "owners" };

static void
keep(struct page *p, const void *bytes, size_t n)
{
	size_t room = p->room == 0 ? OUT_ROOM : p->room;
	char *larger;

	/* What lacks its beginning is not to be read. */
	if (p->lost)
		return;
	while (room - p->n < n)
		room *= 2;
	if (room != p->room) {
		larger = realloc(p->bytes, room);
		if (larger == NULL) {
			p->lost = true;
			return;
		}
		p->bytes = larger;
		p->room = room;
	}
	memcpy(p->bytes + p->n, bytes, n);
	p->n += n;
}

static void
keep_cells(struct page *p, const struct cells *c)
{
	int i;

	keep(p, c->n, sizeof c->n);
	for (i = 0; i < CELL_COUNT; i++) {
		keep(p, c->text[i], c->n[i]);
		if (c->n[i] > p->width[i])
			p->width[i] = c->n[i];
	}
}

/* A cell is padded if there is one behind it. */
static void
put_line(struct out *out, const size_t width[CELL_COUNT],
    const size_t n[CELL_COUNT], const char *const text[CELL_COUNT])
{
	size_t owed = 0;
	int i;

	for (i = 0; i < CELL_COUNT; i++) {
		if (n[i] > 0) {
			out_spaces(out, owed);
			out_bytes(out, text[i], n[i]);
			owed = 0;
		}
		if (width[i] > 0)
			owed += GAP + (width[i] > n[i] ? width[i] - n[i] : 0);
	}
	out_bytes(out, "\n", 1);
}

static void
put_folded(struct out *out, const struct page *p, size_t n[CELL_COUNT],
    const char *const text[CELL_COUNT])
{
	const size_t class = n[CELL_CLASS];

	if (p->folded)
		n[CELL_CLASS] = 0;
	put_line(out, p->width, n, text);
	if (!p->folded || class == 0)
		return;
	out_spaces(out, p->width[CELL_TRANSPORT] + GAP);
	out_bytes(out, text[CELL_CLASS], class);
	out_bytes(out, "\n", 1);
}

/* Words of up to 60 bytes, which rarely fit beside all the rest. */
static void
fold(struct page *p, size_t columns)
{
	size_t all = 0;
	int i;

	for (i = 0; i < CELL_COUNT; i++)
		all += p->width[i] > 0 ? p->width[i] + GAP : 0;
	p->folded = p->width[CELL_CLASS] > 0 && all > columns + GAP;
	if (p->folded)
		p->width[CELL_CLASS] = 0;
}

/* Where all of it does not fit, long addresses push what follows aside. */
static void
fit(size_t width[CELL_COUNT], size_t columns)
{
	size_t rest = 0, each;
	int i;

	for (i = 0; i < CELL_COUNT; i++)
		if (i != CELL_LOCAL && i != CELL_PEER && width[i] > 0)
			rest += width[i] + GAP;
	each = columns > rest + 2 * GAP ? (columns - rest - 2 * GAP) / 2 : 0;
	for (i = CELL_LOCAL; i <= CELL_PEER; i++)
		if (width[i] > each && each > 20)
			width[i] = each;
}

static void
put_page(struct out *out, struct page *p, size_t columns)
{
	const char *text[CELL_COUNT];
	size_t n[CELL_COUNT], at = 0;
	int i;

	for (i = 0; i < CELL_COUNT; i++) {
		n[i] = p->width[i] > 0 ? strlen(heads[i]) : 0;
		if (n[i] > p->width[i])
			p->width[i] = n[i];
	}
	fold(p, columns);
	fit(p->width, columns);
	put_folded(out, p, n, heads);
	while (at < p->n) {
		memcpy(n, p->bytes + at, sizeof n);
		at += sizeof n;
		for (i = 0; i < CELL_COUNT; i++) {
			text[i] = p->bytes + at;
			at += n[i];
		}
		put_folded(out, p, n, text);
	}
}

static void
put_plain(struct out *out, const struct cells *c)
{
	int i;

	for (i = 0; i < CELL_COUNT; i++) {
		if (c->n[i] == 0)
			continue;
		if (i > 0)
			out_bytes(out, "  ", GAP);
		out_bytes(out, c->text[i], c->n[i]);
	}
	out_bytes(out, "\n", 1);
}

/* The hosts of a walk of their own, so that no row waits in memory. */
int
table_find_names(struct wording *w)
{
	const struct sock_row *row;
	struct sock_table *t;

	if (w->names == NULL)
		return EXIT_OK;
	t = view_open(w->view);
	if (t == NULL)
		return EXIT_FAILED;
	while ((row = sock_table_next(t)) != NULL)
		if (view_wants(w->view, row))
			names_note(w->names, row);
	if (sock_table_close(t) < 0)
		return complain_last("sockets");
	names_find(w->names);
	return EXIT_OK;
}

/* Of the terminal at standard output; 0: it is none. */
static size_t
terminal_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

static int
walk(struct wording *w, struct out *out, struct page *page)
{
	struct sock_table *t = view_open(w->view);
	struct cells cells = { .owners = NULL };
	const struct sock_row *row;
	int code = EXIT_OK;

	if (t == NULL)
		return EXIT_FAILED;
	while ((row = sock_table_next(t)) != NULL) {
		if (!view_wants(w->view, row))
			continue;
		code = row_cells(&cells, w, row);
		if (code != EXIT_OK)
			break;
		if (page != NULL)
			keep_cells(page, &cells);
		else
			put_plain(out, &cells);
	}
	free(cells.owners);
	return sock_table_close(t) < 0 ? complain_last("sockets") : code;
}

int
table_list(struct wording *w)
{
	static struct out out;
	struct page page = { .n = 0 };
	const size_t columns = terminal_columns();
	int code = table_find_names(w);

	if (code == EXIT_OK)
		code = walk(w, &out, columns > 0 ? &page : NULL);
	if (columns > 0 && code == EXIT_OK && !page.lost)
		put_page(&out, &page, columns);
	out_flush(&out);
	free(page.bytes);
	if (code == EXIT_OK && (out.failed || page.lost))
		code = complain(EXIT_FAILED, "standard output", "write",
		    "not all of it could be written");
	return code;
}
