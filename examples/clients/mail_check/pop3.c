/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../mail/line.h"
#include "../mail/plain.h"
#include "../transfer_save.h"
#include "pop3_reply.h"
#include "request.h"
#include "row.h"
#include "undot.h"

/* A conversation over POP3 (RFC 1939). */

#define BATCH 16 /* messages whose commands go at once, where they may */
/* Of an answer of several lines that is no message. */
#define LINES_MAX (1 << 20)
#define COMMAND_MAX 253 /* RFC 2449, 4 */

struct pop3 {
	const struct request *request;
	struct line line;
	struct pop3_capabilities can;
	uint64_t count; /* of messages */
	struct save save;
	bool saved; /* some of the message is out */
};

/* Where the lines of an answer go. */
typedef int pop3_sink(struct pop3 *p, void *arg, const char *at, size_t n);

/* The next answer's first line, whatever it says. */
static int
hear(struct pop3 *p, char text[LINE_MAX_IN], bool *good, const char **words)
{
	const char *wrong;
	size_t n;
	const int code = line_hear(&p->line, text, &n);

	if (code != EXIT_OK)
		return code;
	wrong = pop3_status(text, n, good, words);
	return wrong == NULL ? EXIT_OK :
			       line_complain(&p->line, EXIT_MALFORMED, wrong);
}

/* It must be +OK. */
static int
expect(struct pop3 *p, const char *what)
{
	char text[LINE_MAX_IN];
	const char *words;
	bool good;
	const int code = hear(p, text, &good, &words);

	return code != EXIT_OK || good ? code :
					 line_refused(&p->line, what, words);
}

/* The lines of an answer, behind its first one. */
static int
hear_lines(struct pop3 *p, pop3_sink *sink, void *arg)
{
	struct undot undot = { .at = 0 };
	struct undot_piece piece;
	size_t n, used, all = 0;
	const char *view;
	int code;

	while (!undot.ended) {
		code = line_peek(&p->line, &view, &n);
		if (code != EXIT_OK)
			return code;
		if (n == 0)
			return line_complain(&p->line, EXIT_FAILED,
			    "the server ended the connection");
		used = undot_take(&undot, view, n, &piece);
		all += piece.n;
		if (all > LINES_MAX && p->request->action != ACTION_FETCH)
			return line_complain(&p->line, EXIT_MALFORMED,
			    "its answer has no end");
		code = sink(p, arg, piece.at, piece.n);
		sock_skip(p->line.stream, used);
		if (code != EXIT_OK)
			return code;
	}
	return EXIT_OK;
}

struct capa {
	struct pop3_capabilities can;
	struct pop3_line line;
};

static int
to_capabilities(struct pop3 *p, void *arg, const char *at, size_t n)
{
	struct capa *c = arg;

	(void)p;
	pop3_capability(&c->can, &c->line, at, n);
	return EXIT_OK;
}

/* A server need not know CAPA. */
static int
ask_capabilities(struct pop3 *p)
{
	char text[LINE_MAX_IN];
	struct capa c = { .line = { .n = 0 } };
	const char *words;
	bool good;
	int code;

	line_step(&p->line);
	code = line_say(&p->line, "CAPA");
	if (code == EXIT_OK)
		code = hear(p, text, &good, &words);
	if (code == EXIT_OK && good)
		code = hear_lines(p, to_capabilities, &c);
	p->can = c.can;
	return code;
}

static int
greet(struct pop3 *p)
{
	int code = expect(p, "to talk");

	if (code == EXIT_OK)
		code = ask_capabilities(p);
	if (code != EXIT_OK || p->line.account->security != SECURITY_START)
		return code;
	if (!p->can.stls)
		return line_complain(&p->line, EXIT_ANSWER,
		    "the server does not offer STLS; --plain goes on without");
	line_step(&p->line);
	code = line_say(&p->line, "STLS");
	if (code == EXIT_OK)
		code = expect(p, "STLS");
	if (code == EXIT_OK)
		code = line_secure(&p->line);
	/* What was told without TLS does not count. */
	return code != EXIT_OK ? code : ask_capabilities(p);
}

/* "+ ": the server waits for what is left out of a long command. */
static int
authenticate(struct pop3 *p, const char *secret)
{
	char text[LINE_MAX_IN];
	size_t n;
	int code;

	if (strlen("AUTH PLAIN ") + strlen(secret) <= COMMAND_MAX)
		return line_say_secret(&p->line, "AUTH PLAIN %s", secret);
	code = line_say(&p->line, "AUTH PLAIN");
	if (code == EXIT_OK)
		code = line_hear(&p->line, text, &n);
	if (code == EXIT_OK && text[0] != '+')
		return line_refused(&p->line, "AUTH PLAIN", text);
	return code != EXIT_OK ? code : line_say_secret(&p->line, "%s", secret);
}

static int
log_in(struct pop3 *p)
{
	const char *user = p->line.account->user;
	char password[PASSWORD_MAX], secret[PLAIN_ROOM];
	int code = account_password(p->line.account, password);

	line_step(&p->line);
	if (code == EXIT_OK && p->can.auth_plain) {
		plain_text(secret, user, password);
		code = authenticate(p, secret);
	} else if (code == EXIT_OK) {
		code = line_say(&p->line, "USER %s", user);
		if (code == EXIT_OK)
			code = expect(p, "this user");
		if (code == EXIT_OK)
			code = line_say_secret(&p->line, "PASS %s", password);
	}
	explicit_bzero(password, sizeof password);
	explicit_bzero(secret, sizeof secret);
	return code != EXIT_OK ? code : expect(p, "to log in");
}

static int
ask_count(struct pop3 *p)
{
	char text[LINE_MAX_IN];
	const char *words;
	uint64_t size;
	bool good;
	int code;

	line_step(&p->line);
	code = line_say(&p->line, "STAT");
	if (code == EXIT_OK)
		code = hear(p, text, &good, &words);
	if (code != EXIT_OK)
		return code;
	if (!good)
		return line_refused(&p->line, "STAT", words);
	if (!pop3_numbers(words, &p->count, &size) || p->count > UINT32_MAX)
		return line_complain(&p->line, EXIT_MALFORMED,
		    "it does not tell how many messages there are");
	return EXIT_OK;
}

static int
to_header(struct pop3 *p, void *arg, const char *at, size_t n)
{
	(void)p;
	header_add(arg, at, n);
	return EXIT_OK;
}

static int
to_output(struct pop3 *p, void *arg, const char *at, size_t n)
{
	int code;

	(void)arg;
	/* While it comes there is time for more. */
	line_step(&p->line);
	if (n == 0)
		return EXIT_OK;
	code = save_write(&p->save, at, n);
	p->saved = p->saved || code == EXIT_OK;
	return code;
}

static int
say_row(struct pop3 *p, uint32_t number)
{
	const int code = line_say(&p->line, "LIST %" PRIu32, number);

	return code != EXIT_OK ?
	    code :
	    line_say(&p->line, "TOP %" PRIu32 " 0", number);
}

/* A message that was deleted meanwhile is none of the list. */
static int
hear_row(struct pop3 *p, uint32_t number)
{
	struct row row = { .number = number, .size = -1 };
	struct header header = { .n = 0 };
	char text[LINE_MAX_IN];
	uint64_t again, size;
	const char *words;
	bool there, good;
	int code = hear(p, text, &there, &words);

	if (code == EXIT_OK && there && pop3_numbers(words, &again, &size))
		row.size = (int64_t)size;
	if (code == EXIT_OK)
		code = hear(p, text, &good, &words);
	if (code == EXIT_OK && good)
		code = hear_lines(p, to_header, &header);
	if (code != EXIT_OK || !there)
		return code;
	row_read(&row, &header);
	row_show(&row);
	return EXIT_OK;
}

static int
list(struct pop3 *p)
{
	const uint32_t batch = p->can.pipelining ? BATCH : 1;
	uint64_t first, last, i;
	int code = EXIT_OK;

	for (first = 1; first <= p->count && code == EXIT_OK; first += batch) {
		last = first + batch <= p->count ? first + batch - 1 : p->count;
		line_step(&p->line);
		sock_cork(p->line.stream, true);
		for (i = first; i <= last && code == EXIT_OK; i++)
			code = say_row(p, (uint32_t)i);
		sock_cork(p->line.stream, false);
		for (i = first; i <= last && code == EXIT_OK; i++)
			code = hear_row(p, (uint32_t)i);
	}
	return code;
}

static int
fetch(struct pop3 *p)
{
	int code = save_open(&p->save, NULL, false), end;

	line_step(&p->line);
	if (code == EXIT_OK)
		code = line_say(&p->line, "RETR %" PRIu32, p->request->number);
	if (code == EXIT_OK)
		code = expect(p, "the message");
	if (code == EXIT_OK)
		code = hear_lines(p, to_output, NULL);
	end = save_end(&p->save, code == EXIT_OK);
	if (code == EXIT_OK)
		code = end;
	return code != EXIT_OK && p->saved ? EXIT_CUT : code;
}

static int
act(struct pop3 *p)
{
	int code;

	if (p->request->action == ACTION_FETCH)
		return fetch(p);
	code = ask_count(p);
	if (code == EXIT_OK && p->request->action == ACTION_LIST)
		return list(p);
	if (code == EXIT_OK)
		printf("%" PRIu64 "\n", p->count);
	return code;
}

int
pop3_check(const struct request *request)
{
	struct pop3 p = { .request = request };
	int code = line_open(&p.line, &request->account);

	if (code != EXIT_OK)
		return code;
	code = greet(&p);
	if (code == EXIT_OK)
		code = log_in(&p);
	if (code == EXIT_OK)
		code = act(&p);
	line_close(&p.line,
	    code == EXIT_OK || code == EXIT_ANSWER ? "QUIT" : NULL);
	return code;
}
