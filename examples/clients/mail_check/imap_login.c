/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "../mail/plain.h"
#include "imap.h"

#define QUOTED_MAX (2 * PASSWORD_MAX + 3)

void
imap_capabilities(struct imap *m, const char *words)
{
	m->starttls = imap_capable(words, "STARTTLS");
	m->login_disabled = imap_capable(words, "LOGINDISABLED");
	m->auth_plain = imap_capable(words, "AUTH=PLAIN");
	m->initial_response = imap_capable(words, "SASL-IR");
}

const char *
imap_tag(struct imap *m)
{
	line_step(&m->line);
	snprintf(m->tag, sizeof m->tag, "a%d", ++m->commands);
	return m->tag;
}

static int
ask_capabilities(struct imap *m)
{
	const int code = line_say(&m->line, "%s CAPABILITY", imap_tag(m));

	/* What was told before, or without TLS, does not count. */
	imap_capabilities(m, "");
	return code != EXIT_OK ? code : imap_await(m, false, "CAPABILITY");
}

static int
start_tls(struct imap *m)
{
	int code;

	/* Logged in by whoever is on the way (RFC 9051, 11.1)? */
	if (m->preauth)
		return line_complain(&m->line, EXIT_ANSWER,
		    "the server logs in before TLS began; --plain goes on "
		    "without");
	if (!m->starttls)
		return line_complain(&m->line, EXIT_ANSWER,
		    "the server does not offer STARTTLS; --plain goes on "
		    "without");
	code = line_say(&m->line, "%s STARTTLS", imap_tag(m));
	if (code == EXIT_OK)
		code = imap_await(m, false, "STARTTLS");
	if (code == EXIT_OK)
		code = line_secure(&m->line);
	return code != EXIT_OK ? code : ask_capabilities(m);
}

static int
greet(struct imap *m)
{
	struct imap_response r;
	int code = imap_hear(m, &r);

	if (code != EXIT_OK)
		return code;
	if (r.kind != IMAP_STATUS || r.status == IMAP_NO ||
	    r.status == IMAP_BAD)
		return line_complain(&m->line, EXIT_MALFORMED,
		    "it does not greet as IMAP does");
	if (r.status == IMAP_BYE)
		return line_refused(&m->line, "to talk", r.words);
	/* Of later ones nobody may be logged in. */
	m->preauth = r.status == IMAP_PREAUTH;
	code = ask_capabilities(m);
	if (code != EXIT_OK || m->line.account->security != SECURITY_START)
		return code;
	return start_tls(m);
}

static int
authenticate(struct imap *m, const char *password)
{
	char secret[PLAIN_ROOM];
	int code;

	plain_text(secret, m->line.account->user, password);
	if (m->initial_response) {
		code = line_say_secret(&m->line, "%s AUTHENTICATE PLAIN %s",
		    imap_tag(m), secret);
	} else {
		code = line_say(&m->line, "%s AUTHENTICATE PLAIN", imap_tag(m));
		if (code == EXIT_OK)
			code = imap_await(m, true, "to log in");
		if (code == EXIT_OK)
			code = line_say_secret(&m->line, "%s", secret);
	}
	explicit_bzero(secret, sizeof secret);
	return code;
}

static int
login(struct imap *m, const char *password)
{
	char user[QUOTED_MAX], secret[QUOTED_MAX];
	int code;

	if (m->login_disabled)
		return line_complain(&m->line, EXIT_ANSWER,
		    "the server lets nobody log in by a way known here");
	if (imap_quote(user, sizeof user, m->line.account->user) == NULL ||
	    imap_quote(secret, sizeof secret, password) == NULL)
		return line_complain(&m->line, EXIT_ANSWER,
		    "the server takes names and passwords of ASCII alone");
	code = line_say_secret(&m->line, "%s LOGIN %s %s", imap_tag(m), user,
	    secret);
	explicit_bzero(secret, sizeof secret);
	return code;
}

static int
log_in(struct imap *m)
{
	char password[PASSWORD_MAX];
	int code;

	if (m->preauth)
		return EXIT_OK;
	code = account_password(m->line.account, password);
	if (code == EXIT_OK)
		code = m->auth_plain ? authenticate(m, password) :
				       login(m, password);
	explicit_bzero(password, sizeof password);
	return code != EXIT_OK ? code : imap_await(m, false, "to log in");
}

int
imap_begin_session(struct imap *m)
{
	const int code = greet(m);

	return code != EXIT_OK ? code : log_in(m);
}
