/* SPDX-License-Identifier: MIT */
#include "converse.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "say.h"

#define PIECE ((size_t)16384)
#define END_MS 1000 /* for an end of our own, which TLS has */

int
terminal_open(struct terminal *t, const struct options *o)
{
	struct stat st;

	t->shows = !o->raw && isatty(STDOUT_FILENO);
	t->visible.n = 0;
	t->input = sock_adopt(STDIN_FILENO);
	if (t->input < 0)
		return complain_last("standard input");
	t->output = sock_adopt(STDOUT_FILENO);
	if (t->output < 0)
		return complain_last("standard output");
	t->rewinds = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	return EXIT_OK;
}

int
terminal_write(struct terminal *t, const char *data, size_t n)
{
	char shown[VISIBLE_ROOM];
	size_t length;
	int rc = 0;

	if (!t->shows)
		return sock_write(t->output, data, n, SOCK_FOREVER);
	while (n > 0 && rc == 0) {
		length = visible_put(&t->visible, &data, &n, shown);
		rc = sock_write(t->output, shown, length, SOCK_FOREVER);
	}
	return rc;
}

int
terminal_end(struct terminal *t)
{
	char shown[VISIBLE_ROOM];
	const size_t n = visible_end(&t->visible, shown);

	return n == 0 ? 0 : sock_write(t->output, shown, n, SOCK_FOREVER);
}

/* What was read ahead for the peer before is not for this one. */
static void
rewind_input(sock_t input)
{
	const void *view;
	const ssize_t n = sock_peek(input, &view, 1, SOCK_NOWAIT);

	if (n > 0)
		sock_skip(input, (size_t)n);
	lseek(STDIN_FILENO, 0, SEEK_SET);
}

void
conversation_begin(struct conversation *c)
{
	if (c->terminal->rewinds && c->options->keep)
		rewind_input(c->terminal->input);
	c->group = sock_group_new();
	c->active = sock_now();
}

void
conversation_fails(struct conversation *c, int code, const char *subject)
{
	char reason[64];

	if (atomic_exchange(&c->failed, true))
		return;
	/* TCP gives up by itself, too. */
	if (code == -ETIMEDOUT && c->options->timeout_ms > 0) {
		snprintf(reason, sizeof reason, "nothing came or went for %g s",
		    (double)c->options->timeout_ms / 1000);
		(void)complain(0, c->peer, "idle", reason);
	} else if (code == -ECANCELED) {
		(void)complain(0, subject, "read", sock_strerror(code));
	} else {
		(void)complain_last(subject);
	}
}

sock_time
conversation_patience(struct conversation *c)
{
	return c->options->timeout_ms > 0 ?
	    c->active + c->options->timeout_ms * 1000000 :
	    SOCK_FOREVER;
}

/* A direction is idle only if the other one is, too. */
static ssize_t
read_patiently(struct conversation *c, sock_t from, char *buf, size_t n)
{
	sock_time until;
	ssize_t got;

	do {
		if (c->terminal->stopped)
			return -ECANCELED;
		until = conversation_patience(c);
		got = sock_read(from, buf, n, until);
	} while (got == -ETIMEDOUT && conversation_patience(c) > until);
	c->active = sock_now();
	return got;
}

/* All of it, unless both directions are idle.  0, or a code. */
static int
write_patiently(struct conversation *c, const char *data, size_t n)
{
	sock_time until;
	ssize_t went;

	while (n > 0) {
		until = conversation_patience(c);
		went = sock_write_some(c->stream, data, n, until);
		if (went == -ETIMEDOUT && conversation_patience(c) > until)
			continue;
		if (went < 0)
			return (int)went;
		c->active = sock_now();
		c->sent += (size_t)went;
		data += went;
		n -= (size_t)went;
	}
	return 0;
}

/* LF becomes CR LF, unless it is one.  out has room for twice as much. */
static size_t
to_crlf(char *out, const char *in, size_t n, char *last)
{
	size_t i, length = 0;

	for (i = 0; i < n; i++) {
		if (in[i] == '\n' && *last != '\r')
			out[length++] = '\r';
		out[length++] = *last = in[i];
	}
	return length;
}

static void
send_input(void *arg)
{
	struct conversation *c = arg;
	char in[PIECE], out[2 * PIECE], last = '\0';
	ssize_t n;
	int rc = 0;

	while ((n = read_patiently(c, c->terminal->input, in, PIECE)) > 0) {
		const char *piece = in;
		size_t length = (size_t)n;

		if (c->options->crlf) {
			length = to_crlf(out, in, length, &last);
			piece = out;
		}
		rc = write_patiently(c, piece, length);
		if (rc < 0)
			break;
	}
	c->said_all = n == 0;
	if (n == 0)
		rc = sock_shut(c->stream, SOCK_DEFAULT);
	if (n < 0)
		rc = (int)n;
	if (rc < 0 && rc != -ECANCELED)
		conversation_fails(c, rc, n < 0 ? "standard input" : c->peer);
	/* Of a peer that no longer listens the last words are still heard. */
	if (n < 0 || rc == -ETIMEDOUT)
		sock_group_cancel(c->group);
}

/* The peer has finished: so does the output, and perhaps the conversation. */
static void
end_output(struct conversation *c)
{
	if (c->options->keep) {
		if (!c->terminal->rewinds)
			sock_group_cancel(c->group);
		return;
	}
	if (!c->said_all && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		fprintf(stderr, "the peer has finished; end yours with ^D\n");
	sock_close(c->terminal->output);
}

static void
receive_output(void *arg)
{
	struct conversation *c = arg;
	char buf[PIECE];
	ssize_t n;
	int rc = 0;

	while ((n = read_patiently(c, c->stream, buf, sizeof buf)) > 0) {
		rc = terminal_write(c->terminal, buf, (size_t)n);
		if (rc < 0)
			break;
		c->active = sock_now();
		c->received += (size_t)n;
	}
	if (n <= 0)
		rc = terminal_end(c->terminal);
	if (n == 0 && rc == 0) {
		end_output(c);
		return;
	}
	conversation_fails(c, n < 0 ? (int)n : rc,
	    n < 0 ? c->peer : "standard output");
	sock_group_cancel(c->group);
}

static int
run_both(struct conversation *c)
{
	int rc = c->group == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = sock_go(c->group, receive_output, c);
	if (rc == 0)
		rc = sock_go(c->group, send_input, c);
	/* The first may have failed already, and told it. */
	if (rc < 0 && rc != -ECANCELED) {
		sock_group_free(c->group);
		return complain(EXIT_FAILED, c->peer, "start",
		    sock_strerror(rc));
	}
	sock_group_wait(c->group, SOCK_FOREVER);
	sock_group_free(c->group);
	return c->failed ? EXIT_FAILED : EXIT_OK;
}

int
converse(struct conversation *c)
{
	int code;

	conversation_begin(c);
	code = run_both(c);
	/* With --keep the peer's end may have come first. */
	if (code == EXIT_OK)
		(void)sock_shut(c->stream, sock_in(END_MS));
	sock_close(c->stream);
	return code;
}
