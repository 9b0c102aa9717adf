/* SPDX-License-Identifier: MIT */
#include "smtp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../mail/line.h"
#include "../mail/plain.h"
#include "dots.h"
#include "smtp_reply.h"

/* So many commands at once: their answers fit into what a window holds. */
#define GROUP 50
#define PIECE 16384
#define END ".\r\n" /* of the message */
/* RFC 5321, 4.5.3.2: ten minutes of patience for the last answer. */
#define LAST_TIMES 10
/* RFC 4954, 4: a longer command is no command. */
#define COMMAND_MAX 510
#define NAME_ROOM (SOCK_ADDR_TEXT_MAX + 8)

struct smtp {
	const struct delivery *d;
	struct line line;
	struct smtp_offers offers;
	struct smtp_reply reply;
	int accepted; /* recipients */
};

/* The next answer, whatever it says. */
static int
hear(struct smtp *m, struct smtp_offers *offers)
{
	char text[LINE_MAX_IN];
	const char *wrong;
	size_t n;
	int code;

	m->reply = (struct smtp_reply){ 0 };
	while (!m->reply.whole) {
		code = line_hear(&m->line, text, &n);
		if (code != EXIT_OK)
			return code;
		wrong = smtp_reply_add(&m->reply, text, n, offers);
		if (wrong != NULL)
			return line_complain(&m->line, EXIT_MALFORMED, wrong);
	}
	return EXIT_OK;
}

static int
refused(struct smtp *m, const char *what)
{
	char words[SMTP_WORDS_MAX + 16];

	snprintf(words, sizeof words, "%d %s", m->reply.code, m->reply.words);
	return line_refused(&m->line, what, words);
}

/* The next answer must have this code. */
static int
expect(struct smtp *m, int wanted, const char *what)
{
	const int code = hear(m, NULL);

	if (code != EXIT_OK)
		return code;
	return m->reply.code == wanted ? EXIT_OK : refused(m, what);
}

/* Of this host: a name with a dot, else its address (RFC 5321, 4.1.4). */
static void
own_name(struct smtp *m, char name[NAME_ROOM])
{
	char text[SOCK_ADDR_TEXT_MAX], *end;
	struct sock_addr here;

	if (gethostname(name, NAME_ROOM) == 0 &&
	    memchr(name, '\0', NAME_ROOM) != NULL && strchr(name, '.') != NULL)
		return;
	snprintf(name, NAME_ROOM, "[127.0.0.1]");
	if (sock_local(m->line.stream, &here) < 0)
		return;
	sock_addr_text(&here, text, sizeof text);
	end = strrchr(text, ':');
	if (end != NULL)
		*end = '\0';
	text[strcspn(text, "%]")] = '\0';
	end = strchr(text, '[');
	if (end != NULL)
		snprintf(name, NAME_ROOM, "[IPv6:%s]", end + 1);
	else
		snprintf(name, NAME_ROOM, "[%s]", text + strlen("tcp:"));
}

/* What the server can do; asked again once TLS is on. */
static int
hello(struct smtp *m)
{
	char name[NAME_ROOM];
	int code;

	if (m->d->name == NULL)
		own_name(m, name);
	else
		snprintf(name, sizeof name, "%s", m->d->name);
	m->offers = (struct smtp_offers){ .starttls = false };
	line_step(&m->line);
	code = line_say(&m->line, "EHLO %s", name);
	if (code == EXIT_OK)
		code = hear(m, &m->offers);
	if (code != EXIT_OK || m->reply.code == 250)
		return code;
	m->offers = (struct smtp_offers){ .starttls = false };
	if (m->reply.code != 500 && m->reply.code != 502)
		return refused(m, "EHLO");
	line_step(&m->line);
	code = line_say(&m->line, "HELO %s", name);
	return code != EXIT_OK ? code : expect(m, 250, "HELO");
}

static int
greet(struct smtp *m)
{
	int code = expect(m, 220, "to talk");

	if (code == EXIT_OK)
		code = hello(m);
	if (code != EXIT_OK || m->line.account->security != SECURITY_START)
		return code;
	if (!m->offers.starttls)
		return line_complain(&m->line, EXIT_ANSWER,
		    "the server does not offer STARTTLS; --plain goes on "
		    "without");
	line_step(&m->line);
	code = line_say(&m->line, "STARTTLS");
	if (code == EXIT_OK)
		code = expect(m, 220, "STARTTLS");
	if (code == EXIT_OK)
		code = line_secure(&m->line);
	return code != EXIT_OK ? code : hello(m);
}

static int
say_secret(struct smtp *m, const char *secret)
{
	int code;

	line_step(&m->line);
	if (strlen("AUTH PLAIN ") + strlen(secret) <= COMMAND_MAX)
		return line_say_secret(&m->line, "AUTH PLAIN %s", secret);
	code = line_say(&m->line, "AUTH PLAIN");
	if (code == EXIT_OK)
		code = expect(m, 334, "AUTH PLAIN");
	return code != EXIT_OK ? code : line_say_secret(&m->line, "%s", secret);
}

static int
log_in(struct smtp *m)
{
	const struct account *a = m->line.account;
	char password[PASSWORD_MAX], secret[PLAIN_ROOM];
	int code;

	if (a->user == NULL)
		return EXIT_OK;
	if (!m->line.secure && !a->plain)
		return line_complain(&m->line, EXIT_USAGE,
		    "no password goes in plain text; --tls, or --plain");
	if (!m->offers.auth_plain)
		return line_complain(&m->line, EXIT_ANSWER,
		    m->offers.auth ? "the server does not offer AUTH PLAIN" :
				     "the server does not offer to log in");
	code = account_password(a, password);
	if (code == EXIT_OK) {
		plain_text(secret, a->user, password);
		code = say_secret(m, secret);
	}
	explicit_bzero(password, sizeof password);
	explicit_bzero(secret, sizeof secret);
	return code != EXIT_OK ? code : expect(m, 235, "to log in");
}

/* Before it is bothered with it. */
static int
check_limits(struct smtp *m)
{
	const struct message *message = &m->d->message;
	char text[96];

	if (message->eight_bit && !m->offers.eight_bit)
		return line_complain(&m->line, EXIT_ANSWER,
		    "the server takes no bytes beyond ASCII (8BITMIME)");
	if (m->offers.size_max == 0 || message->n <= m->offers.size_max)
		return EXIT_OK;
	snprintf(text, sizeof text,
	    "the server takes %" PRIu64 " bytes, and the message has %zu",
	    m->offers.size_max, message->n);
	return line_complain(&m->line, EXIT_ANSWER, text);
}

/* Command 0 says who sends, each of the others a recipient. */
static int
say_envelope(struct smtp *m, int i)
{
	char size[32] = "";

	if (i > 0)
		return line_say(&m->line, "RCPT TO:<%s>",
		    m->d->envelope.to[i - 1]);
	if (m->offers.size)
		snprintf(size, sizeof size, " SIZE=%zu", m->d->message.n);
	return line_say(&m->line, "MAIL FROM:<%s>%s%s", m->d->envelope.from,
	    size, m->d->message.eight_bit ? " BODY=8BITMIME" : "");
}

static int
hear_envelope(struct smtp *m, int i, int *sender)
{
	char what[512];
	int code = hear(m, NULL);

	if (code != EXIT_OK)
		return code;
	if (i == 0)
		*sender = m->reply.code;
	if (i == 0 && *sender != 250) {
		snprintf(what, sizeof what, "mail from <%s>",
		    m->d->envelope.from);
		return refused(m, what);
	}
	if (i == 0 || m->reply.code == 250 || m->reply.code == 251) {
		m->accepted += i > 0;
		return EXIT_OK;
	}
	snprintf(what, sizeof what, "<%s>", m->d->envelope.to[i - 1]);
	(void)refused(m, what);
	/* 421: it says no more than that. */
	return m->reply.code == 421 ? EXIT_ANSWER : EXIT_OK;
}

/*
 * Commands first to last, and then their answers: all at once where it may be
 * (RFC 2920).  DATA is none of them: whoever wants all or nobody must know
 * before.
 */
static int
envelope_group(struct smtp *m, int first, int last)
{
	int code = EXIT_OK, sender = 250, i;

	line_step(&m->line);
	sock_cork(m->line.stream, true);
	for (i = first; i <= last && code == EXIT_OK; i++)
		code = say_envelope(m, i);
	sock_cork(m->line.stream, false);
	for (i = first; i <= last && code == EXIT_OK; i++)
		code = hear_envelope(m, i, &sender);
	return code;
}

static int
envelope(struct smtp *m)
{
	const int count = m->d->envelope.count;
	const int group = m->offers.pipelining ? GROUP : 1;
	int code = EXIT_OK, i;

	for (i = 0; i <= count && code == EXIT_OK; i += group)
		code = envelope_group(m, i,
		    i + group <= count ? i + group - 1 : count);
	if (code != EXIT_OK)
		return code;
	if (m->accepted == 0)
		return line_complain(&m->line, EXIT_ANSWER,
		    "nobody is left to send it to");
	if (m->d->all && m->accepted < count)
		return line_complain(&m->line, EXIT_ANSWER,
		    "nobody gets it, since not all do (--all)");
	return EXIT_OK;
}

static int
write_message(struct smtp *m)
{
	const struct message *message = &m->d->message;
	char piece[2 * PIECE + sizeof END];
	struct dots dots = { .inside = false };
	size_t at = 0, n, length;
	int rc;

	do {
		n = message->n - at < PIECE ? message->n - at : PIECE;
		length = dots_add(&dots, message->text + at, n, piece);
		at += n;
		if (at == message->n) {
			line_show(&m->line, "> ", ".", 1);
			memcpy(piece + length, END, strlen(END));
			length += strlen(END);
		}
		line_step(&m->line);
		rc =
		    sock_write(m->line.stream, piece, length, m->line.deadline);
	} while (at < message->n && rc >= 0);
	return rc;
}

/* Its last words may say why it does not take the message. */
static int
cut_off(struct smtp *m)
{
	char text[LINE_MAX_IN];
	ssize_t n;

	line_step(&m->line);
	m->reply = (struct smtp_reply){ 0 };
	while (!m->reply.whole) {
		n = sock_read_line(m->line.stream, text, sizeof text,
		    m->line.deadline);
		if (n < 0 ||
		    smtp_reply_add(&m->reply, text, (size_t)n, NULL) != NULL)
			return line_lost(&m->line);
		line_show(&m->line, "< ", text, (size_t)n);
	}
	return m->reply.code >= 400 ? refused(m, "the message") :
				      line_lost(&m->line);
}

static int
send_message(struct smtp *m)
{
	struct account patient = *m->line.account;
	int code;

	line_step(&m->line);
	code = line_say(&m->line, "DATA");
	if (code == EXIT_OK)
		code = expect(m, 354, "the message");
	if (code != EXIT_OK)
		return code;
	if (write_message(m) < 0)
		return cut_off(m);
	patient.timeout_ms *= LAST_TIMES;
	m->line.deadline = account_patience(&patient);
	code = hear(m, NULL);
	if (code != EXIT_OK)
		return line_complain(&m->line, EXIT_UNKNOWN,
		    "it may have the message, or not");
	return m->reply.code == 250 ? EXIT_OK : refused(m, "the message");
}

int
smtp_deliver(const struct delivery *d)
{
	struct smtp m = { .d = d };
	int code = line_open(&m.line, &d->account);

	if (code != EXIT_OK)
		return code;
	code = greet(&m);
	if (code == EXIT_OK)
		code = log_in(&m);
	if (code == EXIT_OK)
		code = check_limits(&m);
	if (code == EXIT_OK)
		code = envelope(&m);
	if (code == EXIT_OK) {
		code = send_message(&m);
		if (code == EXIT_OK && m.accepted < d->envelope.count)
			code = EXIT_CUT;
	}
	line_close(&m.line,
	    code == EXIT_OK || code == EXIT_CUT || code == EXIT_ANSWER ?
		"QUIT" :
		NULL);
	return code;
}
