/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "out.h"
#include "say.h"
#include "screen.h"
#include "table.h"
#include "table_names.h"
#include "watched.h"

/* "sock table --watch": a live screen. */

#define HEAD_LINES 4
#define SERVICES_SHOWN 8
#define LINE_MAX 1024
#define NAMES_MS 100 /* while names come, it is drawn so often */

struct live {
	struct wording *wording;
	struct watched watched;
	struct out out;
	size_t first; /* the row at the top */
	size_t lines, columns;
	sock_t keys, signals;
	bool over;
	int code;
};

/* A line that is built up to the width of the screen. */
struct line {
	size_t n, width;
	char text[LINE_MAX];
};

static void
add(struct line *l, const char *text, size_t n)
{
	if (n > l->width - l->n)
		n = l->width - l->n;
	memcpy(l->text + l->n, text, n);
	l->n += n;
}

static void
add_text(struct line *l, const char *text)
{
	add(l, text, strlen(text));
}

static void
add_count(struct line *l, const char *name, size_t n, unsigned count)
{
	char digits[20];

	add_text(l, l->n > 0 ? "  " : "");
	add(l, name, n);
	add_text(l, " ");
	add(l, digits, number_text(digits, count));
}

/* Padded, or cut before its port. */
static void
add_cell(struct line *l, const char *text, size_t n, size_t width)
{
	size_t tail = 0;

	if (n <= width) {
		add(l, text, n);
		while (n++ < width)
			add(l, " ", 1);
		return;
	}
	while (tail < n && text[n - 1 - tail] != ':')
		tail++;
	tail = tail + 5 > width ? 0 : tail + 1;
	add(l, text, width - tail - 1);
	add_text(l, "~");
	add(l, text + n - tail, tail);
}

/* Up to the margin, with a mark where it is cut. */
static void
add_last(struct line *l, const char *text)
{
	const size_t n = strlen(text), room = l->width - l->n;

	if (n > room && room > 0) {
		add(l, text, room - 1);
		text = "~";
	}
	add_text(l, text);
}

static void
start_line(struct live *v, struct line *l)
{
	l->n = 0;
	l->width = v->columns < LINE_MAX ? v->columns : LINE_MAX;
}

/* look: how it appears, or "". */
static void
put_line(struct live *v, const struct line *l, const char *look)
{
	out_text(&v->out, look);
	out_bytes(&v->out, l->text, l->n);
	out_text(&v->out, *look != '\0' ? "\033[0m\033[K\r\n" : "\033[K\r\n");
}

static void
put_head(struct live *v)
{
	const struct totals *t = &v->watched.totals;
	struct service_total services[SERVICES_SHOWN];
	const int n = totals_services(t, services, SERVICES_SHOWN);
	const time_t now = time(NULL);
	struct tm broken_down;
	struct line l;
	char words[128];
	int i;

	start_line(v, &l);
	localtime_r(&now, &broken_down);
	add(&l, words,
	    strftime(words, sizeof words, "%H:%M:%S  ", &broken_down));
	(void)snprintf(words, sizeof words,
	    "%u sockets   sorted by %c of: t l p s v a   q ends", t->all,
	    v->watched.sort);
	add_text(&l, words);
	put_line(v, &l, "");
	start_line(v, &l);
	for (i = 0; i < TOTALS_STATES && t->states[i].name != NULL; i++)
		add_count(&l, t->states[i].name, strlen(t->states[i].name),
		    t->states[i].count);
	put_line(v, &l, "");
	start_line(v, &l);
	for (i = 0; i < n; i++)
		add_count(&l, words,
		    service_words(words, sizeof words, &services[i]),
		    services[i].count);
	put_line(v, &l, "");
}

/* What the others leave is for the two addresses. */
static size_t
end_width(const struct live *v, size_t transport)
{
	const size_t rest =
	    2 + transport + 1 + 2 + 11 + (v->wording->view->owners ? 20 : 0);

	return v->columns > rest + 20 ? (v->columns - rest) / 2 : 10;
}

static void
put_row(struct live *v, const struct watched_row *r, size_t transport)
{
	const size_t width = end_width(v, transport);
	const bool new = r->born > 1 && v->watched.look - r->born < STAYS;
	const char *look = r->gone != 0 ? "\033[2m" : new ? "\033[1m" : "";
	static struct cells c;
	struct line l;

	(void)row_cells(&c, v->wording, &r->row);
	start_line(v, &l);
	add_text(&l, r->gone != 0 ? "- " : new ? "+ " : "  ");
	add_cell(&l, c.text[CELL_TRANSPORT], c.n[CELL_TRANSPORT], transport);
	add_text(&l, " ");
	add_cell(&l, c.text[CELL_LOCAL], c.n[CELL_LOCAL], width);
	add_text(&l, " ");
	add_cell(&l, c.text[CELL_PEER], c.n[CELL_PEER], width);
	add_text(&l, " ");
	if (r->gone != 0)
		add_cell(&l, "closed", 6, 11);
	else
		add_cell(&l, c.text[CELL_STATE], c.n[CELL_STATE], 11);
	add_text(&l, " ");
	add_last(&l, r->owners);
	put_line(v, &l, look);
	if (!v->wording->view->classes)
		return;
	start_line(v, &l);
	add_cell(&l, "", 0, 2 + transport + 1);
	add(&l, c.text[CELL_CLASS], c.n[CELL_CLASS]);
	put_line(v, &l, look);
}

static void
put_heads(struct live *v, size_t transport)
{
	const struct view *view = v->wording->view;
	struct line l;

	start_line(v, &l);
	add_text(&l, "  ");
	add_cell(&l, "transport", 9, transport);
	add_text(&l, " ");
	add_cell(&l, "local", 5, end_width(v, transport));
	add_text(&l, " ");
	add_cell(&l, "peer", 4, end_width(v, transport));
	add_text(&l, " ");
	add_cell(&l, "state", 5, 11);
	add_text(&l, view->owners ? " owners" : "");
	put_line(v, &l, "\033[7m");
}

/* Rows that the screen has room for. */
static size_t
page_rows(const struct live *v)
{
	const size_t each = v->wording->view->classes ? 2 : 1;
	const size_t room =
	    v->lines > HEAD_LINES + 1 ? (v->lines - HEAD_LINES - 1) / each : 0;

	return room > 0 ? room : 1;
}

static void
draw(struct live *v)
{
	const bool local =
	    (v->wording->view->rows.transports & SOCK_TABLE_UNIX) != 0;
	const size_t transport = local ? 10 : 9; /* as wide as its head */
	size_t room, i;

	screen_size(&v->lines, &v->columns);
	room = page_rows(v);
	if (v->first + room > v->watched.count)
		v->first =
		    v->watched.count > room ? v->watched.count - room : 0;
	out_text(&v->out, "\033[H");
	put_head(v);
	put_heads(v, transport);
	for (i = 0; i < room && v->first + i < v->watched.count; i++)
		put_row(v, v->watched.order[v->first + i], transport);
	out_text(&v->out, "\033[J");
	out_flush(&v->out);
	if (v->out.failed)
		v->over = true;
}

static void
scroll(struct live *v, bool down, size_t by)
{
	if (down)
		v->first += by;
	else
		v->first -= v->first < by ? v->first : by;
}

static void
take_key(struct live *v, const char *key)
{
	const size_t room = page_rows(v), page = room > 1 ? room - 1 : 1;

	if (*key == 'q' || *key == 'Q' || *key == '\004')
		v->over = true;
	else if (*key == 'j' || strncmp(key, "\033[B", 3) == 0)
		scroll(v, true, 1);
	else if (*key == 'k' || strncmp(key, "\033[A", 3) == 0)
		scroll(v, false, 1);
	else if (*key == ' ' || strncmp(key, "\033[6~", 4) == 0)
		scroll(v, true, page);
	else if (*key == 'b' || strncmp(key, "\033[5~", 4) == 0)
		scroll(v, false, page);
	else
		watched_sort(&v->watched, *key);
}

static void
take_keys(struct live *v)
{
	char keys[32];
	const ssize_t n =
	    sock_read(v->keys, keys, sizeof keys - 1, SOCK_NOWAIT);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		v->over = true; /* the terminal has gone */
		return;
	}
	keys[n] = '\0';
	/* An arrow is several bytes that come together. */
	for (ssize_t i = 0; i < n; i = keys[i] == '\033' ? n : i + 1)
		take_key(v, keys + i);
}

/* Ends, as it would without us, or stops and goes on. */
static void
take_signal(struct live *v)
{
	struct signalfd_siginfo info;

	while (sock_read(v->signals, &info, sizeof info, SOCK_NOWAIT) ==
	    sizeof info) {
		if (info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT)
			continue;
		if (info.ssi_signo != SIGTSTP) {
			v->over = true;
			v->code = 128 + (int)info.ssi_signo;
			continue;
		}
		screen_close();
		raise(SIGSTOP);
		if (screen_open() < 0)
			v->over = true;
	}
}

static void
wait_until(struct live *v, sock_time due)
{
	struct sock_event events[] = {
		{ .sock = v->keys, .want = SOCK_READABLE },
		{ .sock = v->signals, .want = SOCK_READABLE },
	};

	if (sock_wait(events, 2, due) <= 0)
		return;
	if (events[1].got != 0)
		take_signal(v);
	if (events[0].got != 0)
		take_keys(v);
}

static int
watch(struct live *v)
{
	const int64_t ms = v->wording->view->watch_ms;
	struct names *names = v->wording->names;
	sock_time due = 0, soon;
	int code = EXIT_OK;

	while (!v->over && code == EXIT_OK) {
		if (sock_now() >= due) {
			due = sock_in(ms);
			code = watched_look(&v->watched, v->wording);
		}
		if (code == EXIT_OK) {
			soon = SOCK_FOREVER;
			if (names != NULL && names_awaited(names))
				soon = sock_in(NAMES_MS);
			draw(v);
			wait_until(v, soon < due ? soon : due);
		}
	}
	return code != EXIT_OK ? code : v->code;
}

static sock_t
adopt_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGPIPE, SIGTSTP, SIGCONT, SIGWINCH };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sock_adopt(signalfd(-1, &set, SFD_CLOEXEC));
}

int
table_watch(struct wording *wording)
{
	static struct live v;
	int code;

	v.wording = wording;
	v.watched.sort = 't';
	v.signals = adopt_signals();
	if (v.signals < 0)
		return complain_last("signals");
	if (screen_open() < 0)
		return complain(EXIT_USAGE, "--watch", "table",
		    "standard input and output are no terminal");
	v.keys = sock_adopt(STDIN_FILENO);
	code = v.keys < 0 ? EXIT_FAILED : watch(&v);
	screen_close();
	if (v.keys < 0)
		(void)complain_last("standard input");
	(void)sock_detach(v.keys);
	sock_close(v.signals);
	watched_free(&v.watched);
	return code;
}
