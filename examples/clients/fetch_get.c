/* SPDX-License-Identifier: MIT */
#include "fetch_get.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch_ask.h"
#include "fetch_reply.h"
#include "transfer_progress.h"
#include "transfer_save.h"

struct transfer {
	const struct options *options;
	struct url url;
	char text[URL_TEXT_MAX]; /* of the URL, for errors */
	bool elsewhere;          /* another server than the command line's */
	int redirects;
	sock_t stream;
	struct reply reply;
	struct save save;
	struct progress progress;
	int64_t from;    /* where the body begins in the whole */
	int64_t expect;  /* bytes of the body; -1: not known */
	int64_t missing; /* bytes behind it that were asked for, too */
};

struct part {
	int64_t first, last;
};

/* -1 goes on; all other results here are exit codes. */
#define GO_ON (-1)

static void
show_line(void *arg, const char *line, size_t n)
{
	(void)arg;
	put_safely(stdout, line, n);
	putchar('\n');
}

/* What came by then is kept: say how much, and how to go on. */
static int
cut(struct transfer *t, const char *reason)
{
	const int64_t have = t->from + t->reply.received;
	char text[512];

	if (t->expect >= 0)
		snprintf(text, sizeof text,
		    "%s, after %" PRId64 " of %" PRId64 " bytes%s", reason,
		    have, t->from + t->expect,
		    t->save.file && t->options->range == NULL ?
			"; --continue fetches the rest" :
			"");
	else
		snprintf(text, sizeof text, "%s, after %" PRId64 " bytes",
		    reason, have);
	return complain(EXIT_CUT, t->text, text);
}

static int
malformed(struct transfer *t, const char *reason)
{
	char text[128];

	snprintf(text, sizeof text, "the answer is not understood: %s", reason);
	return complain(EXIT_MALFORMED, t->text, text);
}

/* The stream has ended, or failed with this error. */
static int
lost(struct transfer *t, ssize_t error)
{
	/* A part says where it ends, however the stream does. */
	if (error < 0 && t->reply.headed && t->reply.left < 0 &&
	    t->reply.received == t->expect)
		error = 0;
	if (error < 0 && t->reply.headed)
		return cut(t, sock_last_error()->reason);
	if (error < 0)
		return complain(EXIT_FAILED, t->text, sock_errmsg());
	reply_end(&t->reply);
	if (t->reply.wrong == NULL)
		return GO_ON;
	if (t->reply.headed)
		return cut(t, t->reply.wrong);
	return complain(EXIT_FAILED, t->text, t->reply.wrong);
}

/* Reads on: to the end of the head, or a piece of the body, which it saves. */
static int
pull(struct transfer *t, sock_time deadline)
{
	struct reply_piece body;
	const void *view;
	const ssize_t n = sock_peek(t->stream, &view, 1, deadline);
	int64_t behind = 0;
	int code = EXIT_OK;
	size_t used;

	if (n <= 0)
		return lost(t, n);
	used = reply_take(&t->reply, view, (size_t)n, &body);
	if (t->reply.wrong != NULL)
		return malformed(t, t->reply.wrong);
	if (t->expect >= 0 && t->reply.received > t->expect)
		behind = t->reply.received - t->expect;
	body.n -= (size_t)behind;
	if (body.n > 0)
		code = save_write(&t->save, body.at, body.n);
	if (behind > 0 && code == EXIT_OK)
		code = malformed(t, "it is longer than it says");
	if (code != EXIT_OK)
		return code;
	sock_skip(t->stream, used);
	progress_show(&t->progress, t->from + t->reply.received);
	if (!t->reply.whole && is_over(t->options->deadline))
		return t->reply.headed ?
		    cut(t, sock_strerror(-ETIMEDOUT)) :
		    complain(EXIT_FAILED, t->text, sock_strerror(-ETIMEDOUT));
	return GO_ON;
}

static int
question_asked(struct transfer *t)
{
	struct question q = { .options = t->options,
		.url = &t->url,
		.own_headers = !t->elsewhere,
		.range = t->options->range,
		.unless = t->save.validator };
	struct client_tls tls = t->options->tls;
	char rest[32];
	int code;

	t->stream = 0;
	if (t->save.had > 0) {
		snprintf(rest, sizeof rest, "%" PRId64 "-", t->save.had);
		q.range = rest;
	}
	if (t->elsewhere) /* who we are is for the command line's server */
		tls.cert = NULL;
	if (t->url.https && (code = client_tls_new(&q.tls, &tls)) != EXIT_OK)
		return code;
	t->stream = ask(&q);
	client_tls_free(q.tls);
	if (t->stream > 0)
		return GO_ON;
	/* An address that is not understood is whose who wrote it. */
	if (t->stream != SOCK_EADDR && t->stream != SOCK_EUSAGE)
		return complain(EXIT_FAILED, t->text, sock_errmsg());
	return complain(t->redirects > 0 ? EXIT_ANSWER : EXIT_USAGE, t->text,
	    sock_errmsg());
}

static int
head_read(struct transfer *t)
{
	const sock_time deadline = patience(t->options);
	int code = GO_ON;

	reply_begin(&t->reply, t->options->head);
	if (t->options->head)
		t->reply.told = show_line;
	t->from = 0;
	t->expect = -1;
	t->missing = 0;
	while (!t->reply.headed && code == GO_ON)
		code = pull(t, deadline);
	if (t->options->head && code == GO_ON)
		putchar('\n');
	return code;
}

static int
refused(struct transfer *t)
{
	char text[REASON_MAX + 32];

	snprintf(text, sizeof text, "the server answers %d %s", t->reply.status,
	    t->reply.reason);
	return complain(EXIT_ANSWER, t->text, text);
}

static int
redirected(struct transfer *t)
{
	const char *to = t->reply.fields.location;
	char text[LOCATION_MAX + 128];
	struct url next;
	const char *wrong;

	if (to[0] == '\0')
		return complain(EXIT_ANSWER, t->text,
		    "it redirects, and does not say where");
	if (t->redirects++ == t->options->redirects)
		return complain(EXIT_ANSWER, t->text,
		    "more redirects than --redirects allows");
	wrong = url_follow(&next, &t->url, to);
	if (wrong == NULL && next.https)
		wrong = client_tls_missing();
	if (wrong == NULL && t->url.https && !next.https &&
	    !t->options->downgrade)
		wrong = "that is without TLS; see --downgrade";
	if (wrong != NULL) {
		snprintf(text, sizeof text, "it redirects to %s: %s", to,
		    wrong);
		return complain(EXIT_ANSWER, t->text, text);
	}
	/* Whoever is redirected back has been away, too. */
	t->elsewhere = t->elsewhere || !url_same_server(&next, &t->url);
	t->url = next;
	url_text(&t->url, t->text);
	return GO_ON;
}

/*
 * What was asked for, as far as it is there (RFC 9110, 14.1.2).  The end of
 * what has no length is where the answer says that its part ends.
 */
static struct part
part_wanted(const struct transfer *t)
{
	const struct fields *f = &t->reply.fields;
	struct part part = { .first = t->save.had };
	int64_t last;
	char *dash;

	part.last = f->total >= 0 ? f->total - 1 : f->last;
	if (part.first > 0)
		return part;
	part.first = strtoll(t->options->range, &dash, 10);
	if (part.first < 0) { /* "-5" */
		part.first += part.last + 1;
		if (part.first < 0)
			part.first = 0;
	} else if (dash[1] != '\0') {
		last = strtoll(dash + 1, NULL, 10);
		if (f->total < 0 || last < f->total)
			part.last = last;
	}
	return part;
}

/* 206: the part that was asked for, and of the same whole. */
static int
part_accepted(struct transfer *t)
{
	const struct fields *f = &t->reply.fields;
	const char *validator = fields_validator(f);
	struct part wanted;

	if (t->save.had == 0 && t->options->range == NULL)
		return malformed(t, "it is a part, and all was asked for");
	if (!f->ranged || f->first < 0)
		return malformed(t, "it does not say which part it is");
	if (f->length >= 0 && f->length != f->last - f->first + 1)
		return malformed(t, "its length is not that of its part");
	t->expect = f->last - f->first + 1;
	wanted = part_wanted(t);
	if (f->first != wanted.first || f->last > wanted.last)
		return malformed(t, "it is another part than was asked for");
	t->missing = wanted.last - f->last;
	if (t->save.had == 0)
		return save_begin(&t->save, false, "");
	if (t->save.validator[0] != '\0' && validator[0] != '\0' &&
	    strcmp(validator, t->save.validator) != 0)
		return complain(EXIT_ANSWER, t->text,
		    "it is a part of another version than the one here");
	t->from = t->save.had;
	return save_begin(&t->save, true,
	    validator[0] != '\0' ? validator : t->save.validator);
}

/* 416 with the length: perhaps nothing is missing. */
static int
nothing_left(struct transfer *t)
{
	const struct fields *f = &t->reply.fields;
	char text[96];

	if (t->save.had == 0 || !f->ranged || f->first >= 0)
		return refused(t);
	if (f->total == t->save.had)
		return save_end(&t->save, true);
	snprintf(text, sizeof text,
	    "%" PRId64 " bytes are here already, and %" PRId64 " there",
	    t->save.had, f->total);
	return complain(EXIT_ANSWER, t->text, text);
}

static int
all_accepted(struct transfer *t)
{
	if (t->options->range != NULL)
		return complain(EXIT_ANSWER, t->text,
		    "the server sends no part of it, but all");
	if (t->save.had > 0 && !t->options->quiet)
		(void)complain(0, t->save.name,
		    "the server sends all of it, so it begins anew");
	t->expect = t->reply.whole ? 0 : t->reply.fields.length;
	return save_begin(&t->save, false, fields_validator(&t->reply.fields));
}

/* EXIT_OK: the body is to come; GO_ON: ask again, elsewhere. */
static int
answer_judged(struct transfer *t)
{
	switch (t->reply.status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return redirected(t);
	case 206:
		return t->options->head ? EXIT_OK : part_accepted(t);
	case 416:
		return nothing_left(t);
	default:
		if (t->reply.status / 100 != 2)
			return refused(t);
		return t->options->head ? EXIT_OK : all_accepted(t);
	}
}

static int
body_read(struct transfer *t)
{
	int code = GO_ON;

	t->progress.on =
	    !t->options->quiet && isatty(STDERR_FILENO) && !t->save.shown;
	progress_begin(&t->progress, t->from,
	    t->expect < 0 ? -1 : t->from + t->expect);
	while (!t->reply.whole && code == GO_ON)
		code = pull(t, patience(t->options));
	if (code != GO_ON)
		return code;
	if (t->expect > t->reply.received && !t->options->head)
		return cut(t, "it ended before its part did");
	progress_end(&t->progress, t->from + t->reply.received);
	if (t->missing > 0) {
		t->expect += t->missing;
		return cut(t, "the server sent less than was asked for");
	}
	return EXIT_OK;
}

/* One question and its answer.  GO_ON: it was a redirect. */
static int
exchanged(struct transfer *t)
{
	int code = question_asked(t);

	if (code == GO_ON)
		code = head_read(t);
	if (code == GO_ON) {
		code = answer_judged(t);
		if (code == EXIT_OK && t->reply.status != 416)
			code = body_read(t);
	}
	sock_close(t->stream);
	return code;
}

int
get(const struct url *url, const struct options *o)
{
	struct transfer t = { .options = o, .url = *url };
	int code = save_open(&t.save, o->output, o->resume), end;

	url_text(url, t.text);
	if (code == EXIT_OK)
		do
			code = exchanged(&t);
		while (code == GO_ON);
	end = save_end(&t.save, code == EXIT_OK);
	return code == EXIT_OK ? end : code;
}
