/* SPDX-License-Identifier: MIT */
#include "ftp_get_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "password.h"

int
control_failed(struct control *c)
{
	return complain(EXIT_FAILED, c->name, sock_errmsg());
}

int
control_refused(struct control *c, int code)
{
	char text[FTP_LINE_MAX + 32];

	if (code < 0)
		return -code;
	snprintf(text, sizeof text, "the server answers %d %s", code,
	    c->reply.text);
	return complain(EXIT_ANSWER, c->name, text);
}

/* The dialogue, for those who want to see it; secrets are not in it. */
static void
show(const struct control *c, char who, const char *line, size_t n)
{
	if (!c->options->verbose)
		return;
	fprintf(stderr, "%c ", who);
	put_safely(stderr, line, n);
	putc('\n', stderr);
}

int
control_hear(struct control *c)
{
	/* Of the whole reply: lines that keep coming do not put it off. */
	const sock_time deadline = patience(c->options);
	struct ftp_reply *r = &c->reply;
	char line[FTP_LINE_MAX];

	ftp_reply_begin(r);
	while (!r->whole && r->wrong == NULL) {
		ssize_t n = -ETIMEDOUT;

		if (!is_over(deadline))
			n = sock_read_line(c->stream, line, sizeof line,
			    deadline);
		if (n == -ETIMEDOUT)
			return -complain(EXIT_FAILED, c->name,
			    sock_strerror(-ETIMEDOUT));
		if (n == SOCK_ETOOBIG)
			return -complain(EXIT_MALFORMED, c->name,
			    "a line of a reply is over 4 KiB");
		if (n == SOCK_EEOF)
			return -complain(EXIT_FAILED, c->name,
			    "the server ended the connection");
		if (n < 0)
			return -control_failed(c);
		show(c, '<', line, (size_t)n);
		ftp_reply_take(r, line, (size_t)n);
	}
	if (r->wrong != NULL)
		return -complain(EXIT_MALFORMED, c->name, r->wrong);
	/* It may come at any time, and nothing comes after it. */
	if (r->code == 421)
		return -control_refused(c, r->code);
	return r->code;
}

int
control_ask(struct control *c, const char *verb, const char *argument)
{
	char line[FTP_PATH_MAX + 32];
	int n, rc;

	/* What stood behind it would be a command of its own. */
	if (argument != NULL && strpbrk(argument, "\r\n") != NULL)
		return -complain(EXIT_USAGE, verb, "it holds a line end");
	n = snprintf(line, sizeof line, "%s%s%s\r\n", verb,
	    argument != NULL ? " " : "", argument != NULL ? argument : "");
	if (n < 0 || (size_t)n >= sizeof line)
		return -complain(EXIT_USAGE, verb, "it is too long");
	if (strcmp(verb, "PASS") == 0)
		show(c, '>', "PASS ...", 8);
	else
		show(c, '>', line, (size_t)n - 2);
	rc = sock_write(c->stream, line, (size_t)n, patience(c->options));
	explicit_bzero(line, sizeof line); /* it may be the password */
	return rc < 0 && !is_deaf(rc) ? -control_failed(c) : control_hear(c);
}

static int
start_tls(struct control *c)
{
	if (client_tls_start(c->stream, c->tls, c->url->host,
		patience(c->options)) < 0)
		return control_failed(c);
	return EXIT_OK;
}

/* RFC 4217, 4 */
static int
auth_tls(struct control *c)
{
	const int code = control_ask(c, "AUTH", "TLS");

	return code == 234 ? start_tls(c) : control_refused(c, code);
}

/* RFC 4217, 9: the data are as private as the commands. */
static int
protect_data(struct control *c)
{
	int code = control_ask(c, "PBSZ", "0");

	if (code / 100 == 2)
		code = control_ask(c, "PROT", "P");
	return code / 100 == 2 ? EXIT_OK : control_refused(c, code);
}

static int
send_password(struct control *c)
{
	const struct options *o = c->options;
	char password[PASSWORD_MAX] = "anonymous@", prompt[640];
	const struct password_from from = { .file = o->password_file,
		.environment = "FTP_PASSWORD",
		.prompt = prompt };
	const char *wrong = NULL;
	int code;

	snprintf(prompt, sizeof prompt, "password of %s at %s: ", o->user,
	    c->url->host);
	if (strcmp(o->user, "anonymous") != 0)
		wrong = password_get(&from, password);
	if (wrong != NULL)
		return -complain(EXIT_USAGE, c->name, wrong);
	code = control_ask(c, "PASS", password);
	explicit_bzero(password, sizeof password);
	return code;
}

static int
log_in(struct control *c)
{
	int code = control_ask(c, "USER", c->options->user);

	if (code == 331)
		code = send_password(c);
	return code / 100 == 2 ? EXIT_OK : control_refused(c, code);
}

static int
greet(struct control *c)
{
	int code = control_hear(c);

	while (code / 100 == 1) /* "ready in 5 minutes" */
		code = control_hear(c);
	return code == 220 ? EXIT_OK : control_refused(c, code);
}

static int
dial(struct control *c)
{
	char address[sizeof c->url->host + sizeof c->url->port + 8];

	snprintf(address, sizeof address, "tcp:%s:%s", c->url->host,
	    c->url->port);
	c->stream = sock_dial(address, .deadline = patience(c->options));
	if (c->stream > 0)
		return EXIT_OK;
	if (c->stream == SOCK_EADDR || c->stream == SOCK_ENOSERVICE)
		return complain(EXIT_USAGE, c->name, sock_errmsg());
	return control_failed(c);
}

int
control_open(struct control *c)
{
	const struct options *o = c->options;
	int code = EXIT_OK;

	if (o->tls)
		code = client_tls_new(&c->tls, &o->with);
	if (code == EXIT_OK)
		code = dial(c);
	if (code == EXIT_OK && c->url->tls)
		code = start_tls(c);
	if (code == EXIT_OK)
		code = greet(c);
	if (code == EXIT_OK && o->tls && !c->url->tls)
		code = auth_tls(c);
	if (code == EXIT_OK)
		code = log_in(c);
	if (code == EXIT_OK && o->tls)
		code = protect_data(c);
	return code;
}

void
control_close(struct control *c)
{
	sock_close(c->stream);
	client_tls_free(c->tls);
}
