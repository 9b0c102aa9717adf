/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../client.h"

#define GOODBYE_MS 500 /* nobody waits longer for the end of a connection */

void
line_step(struct line *l)
{
	l->deadline = account_patience(l->account);
}

int
line_complain(const struct line *l, int code, const char *reason)
{
	return complain(code, l->address + strlen("tcp:"), reason);
}

int
line_refused(const struct line *l, const char *what, const char *words)
{
	char text[1024];

	snprintf(text, sizeof text, "the server refuses %s: %s", what, words);
	return line_complain(l, EXIT_ANSWER, text);
}

int
line_lost(const struct line *l)
{
	const int code = sock_last_error()->code;

	if (code == SOCK_EEOF)
		return line_complain(l, EXIT_FAILED,
		    "the server ended the connection");
	return line_complain(l, EXIT_FAILED, sock_last_error()->reason);
}

int
line_open(struct line *l, const struct account *a)
{
	const bool first = a->security == SECURITY_FIRST;
	int code = EXIT_OK;

	*l = (struct line){ .account = a, .secure = first };
	snprintf(l->address, sizeof l->address, "%s:%s:%d",
	    first ? "tls" : "tcp", a->host, a->port);
	line_step(l);
	if (a->security != SECURITY_NONE)
		code = client_tls_new(&l->tls, &a->trust);
	if (code != EXIT_OK)
		return code;
	l->stream = sock_dial(l->address, .deadline = l->deadline,
	    .tls = first ? l->tls : NULL);
	if (l->stream > 0)
		return EXIT_OK;
	client_tls_free(l->tls);
	return line_complain(l,
	    l->stream == SOCK_EADDR || l->stream == SOCK_EUSAGE ? EXIT_USAGE :
								  EXIT_FAILED,
	    sock_last_error()->reason);
}

void
line_show(const struct line *l, const char *way, const char *text, size_t n)
{
	if (!l->account->verbose)
		return;
	fputs(way, stderr);
	put_safely(stderr, text, n);
	putc('\n', stderr);
}

__attribute__((format(printf, 3, 0))) static int
say(struct line *l, bool secret, const char *format, va_list args)
{
	char text[LINE_MAX_OUT + 2];
	const int n = vsnprintf(text, LINE_MAX_OUT, format, args);
	int code = EXIT_OK, rc;

	if (n < 0 || n >= LINE_MAX_OUT)
		return line_complain(l, EXIT_USAGE,
		    "a command would be too long");
	/* Nobody's name may become a command. */
	if (strpbrk(text, "\r\n") != NULL)
		return line_complain(l, EXIT_USAGE,
		    "a command would hold a line end");
	if (secret)
		line_show(l, "> (secret)", text, 0);
	else
		line_show(l, "> ", text, (size_t)n);
	memcpy(text + n, "\r\n", 2);
	rc = sock_write(l->stream, text, (size_t)n + 2, l->deadline);
	if (rc < 0 && !is_deaf(rc))
		code = line_lost(l);
	if (secret)
		explicit_bzero(text, sizeof text);
	return code;
}

int
line_say(struct line *l, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = say(l, false, format, args);
	va_end(args);
	return code;
}

int
line_say_secret(struct line *l, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = say(l, true, format, args);
	va_end(args);
	return code;
}

static int
late(const struct line *l)
{
	return line_complain(l, EXIT_FAILED, sock_strerror(-ETIMEDOUT));
}

int
line_hear(struct line *l, char in[LINE_MAX_IN], size_t *n)
{
	ssize_t got;

	*n = 0;
	if (is_over(l->deadline))
		return late(l);
	got = sock_read_line(l->stream, in, LINE_MAX_IN, l->deadline);
	*n = got < 0 ? 0 : (size_t)got;
	if (got == SOCK_ETOOBIG)
		return line_complain(l, EXIT_MALFORMED,
		    "a line of its answer has no end");
	if (got < 0)
		return line_lost(l);
	line_show(l, "< ", in, *n);
	return EXIT_OK;
}

int
line_secure(struct line *l)
{
	const int rc =
	    client_tls_start(l->stream, l->tls, l->account->host, l->deadline);

	/* Whoever is on the way may add to what comes before TLS. */
	if (rc == -EBUSY)
		return line_complain(l, EXIT_MALFORMED,
		    "more than an answer came before TLS began");
	if (rc < 0)
		return line_lost(l);
	l->secure = true;
	return EXIT_OK;
}

int
line_peek(struct line *l, const char **view, size_t *n)
{
	const void *at;
	ssize_t got;

	*n = 0;
	if (is_over(l->deadline))
		return late(l);
	got = sock_peek(l->stream, &at, 1, l->deadline);
	*view = at;
	*n = got < 0 ? 0 : (size_t)got;
	return got < 0 ? line_lost(l) : EXIT_OK;
}

void
line_close(struct line *l, const char *word)
{
	const sock_time soon = sock_in(GOODBYE_MS);
	const sock_time end =
	    soon < l->account->deadline ? soon : l->account->deadline;
	char text[32];
	int n;

	if (word != NULL) {
		n = snprintf(text, sizeof text, "%s\r\n", word);
		line_show(l, "> ", word, strlen(word));
		(void)sock_write(l->stream, text, (size_t)n, end);
	}
	sock_finish(l->stream, end);
	client_tls_free(l->tls);
}
