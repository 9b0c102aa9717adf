/* SPDX-License-Identifier: MIT */
#include "imap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADERS_MAX (1 << 20)
#define NAME_ROOM 512

/* Whatever comes of others, or before anybody asked, is not what was asked for. */
static bool
is_wanted(const struct imap *m, uint32_t number)
{
	return m->first != 0 && number >= m->first && number <= m->last;
}

/* A piece of BODY[...] of this message, in whichever form it came. */
static int
body(struct imap *m, uint32_t number, const char *at, size_t n)
{
	int code;

	if (!is_wanted(m, number) || n == 0)
		return EXIT_OK;
	if (m->request->action == ACTION_LIST) {
		header_add(&m->header, at, n);
		return EXIT_OK;
	}
	/* While it comes there is time for more. */
	line_step(&m->line);
	code = save_write(&m->save, at, n);
	m->saved = m->saved || code == EXIT_OK;
	return code;
}

static int
wrong(struct imap *m, const char *what)
{
	return line_complain(&m->line, EXIT_MALFORMED, what);
}

/* A piece of a literal: whose it is stands in front of it. */
static int
literal(struct imap *m, struct imap_piece piece)
{
	struct imap_response r;
	struct imap_data d;

	if (imap_parse(&r, m->reader.text, m->tag) != NULL ||
	    r.kind != IMAP_FETCH || imap_data(&d, r.words) != NULL ||
	    !d.literal)
		return EXIT_OK;
	return body(m, r.number, piece.at, piece.n);
}

/* A server may tell of a message in parts, or again (RFC 3501, 7). */
static void
add_to_row(struct imap *m, uint32_t number, int64_t size)
{
	struct row *row = &m->rows[number - m->first];

	if (row->number == 0 || size >= 0)
		row->size = size;
	row->number = number;
	if (m->header.n > 0)
		row_read(row, &m->header);
}

static int
message(struct imap *m, const struct imap_response *r)
{
	struct imap_data d;
	const char *bad = imap_data(&d, r->words);
	int code = EXIT_OK, c;
	char byte;

	if (bad != NULL)
		return wrong(m, bad);
	if (d.text != NULL)
		for (d.text++;
		     code == EXIT_OK && (c = imap_unquote(&d.text)) >= 0;) {
			byte = (char)c;
			code = body(m, r->number, &byte, 1);
		}
	if (m->request->action == ACTION_LIST && is_wanted(m, r->number))
		add_to_row(m, r->number, d.size);
	m->header.n = 0;
	if (m->saved) /* once */
		m->first = 0;
	return code;
}

static int
untagged(struct imap *m, const struct imap_response *r)
{
	switch (r->kind) {
	case IMAP_STATUS:
		if (r->status == IMAP_BYE)
			return line_refused(&m->line, "to go on", r->words);
		return EXIT_OK;
	case IMAP_CAPABLE:
		imap_capabilities(m, r->words);
		return EXIT_OK;
	case IMAP_EXISTS:
		m->exists = r->number;
		return EXIT_OK;
	case IMAP_FETCH:
		return message(m, r);
	default:
		return EXIT_OK;
	}
}

int
imap_hear(struct imap *m, struct imap_response *r)
{
	struct imap_piece piece;
	const char *view, *bad;
	size_t n, used;
	int code = EXIT_OK;

	imap_begin(&m->reader,
	    m->request->action == ACTION_FETCH ? UINT32_MAX : HEADERS_MAX);
	while (!m->reader.whole && m->reader.wrong == NULL && code == EXIT_OK) {
		code = line_peek(&m->line, &view, &n);
		if (code != EXIT_OK)
			return code;
		if (n == 0)
			return line_complain(&m->line, EXIT_FAILED,
			    "the server ended the connection");
		used = imap_take(&m->reader, view, n, &piece);
		if (piece.n > 0)
			code = literal(m, piece);
		sock_skip(m->line.stream, used);
	}
	if (code != EXIT_OK)
		return code;
	line_show(&m->line, "< ", m->reader.text, m->reader.n);
	bad = m->reader.wrong != NULL ? m->reader.wrong :
					imap_parse(r, m->reader.text, m->tag);
	return bad == NULL ? EXIT_OK : wrong(m, bad);
}

int
imap_await(struct imap *m, bool more, const char *what)
{
	struct imap_response r;
	int code;

	for (;;) {
		code = imap_hear(m, &r);
		if (code != EXIT_OK)
			return code;
		if (r.kind == IMAP_TAGGED && r.status == IMAP_OK && !more)
			return EXIT_OK;
		if (r.kind == IMAP_TAGGED && r.status != IMAP_OK)
			return line_refused(&m->line, what, r.words);
		if (r.kind == IMAP_TAGGED || (r.kind == IMAP_GO_ON && !more))
			return wrong(m, "its answer is to another command");
		if (r.kind == IMAP_GO_ON)
			return EXIT_OK;
		code = untagged(m, &r);
		if (code != EXIT_OK)
			return code;
	}
}

static int
examine(struct imap *m)
{
	char name[NAME_ROOM];
	int code;

	if (imap_quote(name, sizeof name, m->request->mailbox) == NULL)
		return complain(EXIT_USAGE, m->request->mailbox,
		    "a mailbox has a name of ASCII, of 255 bytes at most");
	m->exists = 0;
	code = line_say(&m->line, "%s EXAMINE %s", imap_tag(m), name);
	return code != EXIT_OK ? code : imap_await(m, false, "this mailbox");
}

static int
list(struct imap *m)
{
	/* Others may come meanwhile. */
	const uint32_t count = m->exists;
	int code = EXIT_OK, i;

	for (m->last = 0; m->last < count && code == EXIT_OK;) {
		m->first = m->last + 1;
		m->last = count - m->first < IMAP_BATCH ?
		    count :
		    m->first + IMAP_BATCH - 1;
		memset(m->rows, 0, sizeof m->rows);
		code = line_say(&m->line,
		    "%s FETCH %" PRIu32 ":%" PRIu32
		    " (RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM "
		    "SUBJECT)])",
		    imap_tag(m), m->first, m->last);
		if (code == EXIT_OK)
			code = imap_await(m, false, "the list");
		for (i = 0; i < IMAP_BATCH && code == EXIT_OK; i++)
			if (m->rows[i].number != 0)
				row_show(&m->rows[i]);
	}
	return code;
}

static int
fetch(struct imap *m)
{
	int code, end;

	if (m->request->number > m->exists)
		return line_complain(&m->line, EXIT_ANSWER,
		    "there is no such message");
	m->first = m->last = m->request->number;
	code = save_open(&m->save, NULL, false);
	if (code == EXIT_OK)
		code = line_say(&m->line, "%s FETCH %" PRIu32 " BODY.PEEK[]",
		    imap_tag(m), m->request->number);
	if (code == EXIT_OK)
		code = imap_await(m, false, "the message");
	end = save_end(&m->save, code == EXIT_OK);
	if (code == EXIT_OK && !m->saved)
		code = line_complain(&m->line, EXIT_ANSWER,
		    "the server has nothing of this message");
	if (code == EXIT_OK)
		code = end;
	return code != EXIT_OK && m->saved ? EXIT_CUT : code;
}

static int
act(struct imap *m)
{
	if (m->request->action == ACTION_LIST)
		return list(m);
	if (m->request->action == ACTION_FETCH)
		return fetch(m);
	printf("%" PRIu32 "\n", m->exists);
	return EXIT_OK;
}

int
imap_check(const struct request *request)
{
	static struct imap m; /* 130 KiB */
	int code = line_open(&m.line, &request->account);

	m.request = request;
	if (code != EXIT_OK)
		return code;
	code = imap_begin_session(&m);
	if (code == EXIT_OK)
		code = examine(&m);
	if (code == EXIT_OK)
		code = act(&m);
	line_close(&m.line,
	    code == EXIT_OK || code == EXIT_ANSWER ? "z LOGOUT" : NULL);
	return code;
}
