/* SPDX-License-Identifier: MIT */
#include "datagrams.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "converse.h"
#include "options.h"
#include "say.h"

#define MESSAGE_MAX ((size_t)65536) /* more than IP can carry */
#define SILENCE_NS 1000000000

/* The fibers of one exchange: who starts another shares its worker with it. */
struct exchange {
	struct conversation *c;
	bool many;
	bool packets; /* whose end can be seen */
	bool sending;
	struct sock_message last; /* whom to answer, of many */
	char in[MESSAGE_MAX], out[MESSAGE_MAX + 1];
};

bool
sends_messages(const struct sock_addr *addr)
{
	return addr->scheme == SOCK_SCHEME_UDP ||
	    addr->scheme == SOCK_SCHEME_UNIXGRAM ||
	    addr->scheme == SOCK_SCHEME_UNIXPACKET;
}

static void
fail(struct exchange *e, int code, const char *subject)
{
	conversation_fails(e->c, code, subject);
	sock_group_cancel(e->c->group);
}

/* A line with its end, or what is left without one; 0 at the end. */
static ssize_t
read_line(const struct terminal *terminal, char *line)
{
	const sock_t input = terminal->input;
	ssize_t n;

	if (terminal->stopped)
		return -ECANCELED;
	n = sock_read_until(input, line, MESSAGE_MAX - 1, "\n", 1,
	    SOCK_FOREVER);
	if (n == SOCK_EEOF)
		n = sock_read(input, line, MESSAGE_MAX - 1, SOCK_FOREVER);
	return n;
}

/* LF becomes CR LF, unless it is one. */
static size_t
to_crlf(char *line, size_t n)
{
	if (n == 0 || line[n - 1] != '\n' || (n > 1 && line[n - 2] == '\r'))
		return n;
	line[n - 1] = '\r';
	line[n] = '\n';
	return n + 1;
}

/* What has no end of its own ends with silence, with --timeout's if given. */
static void
await_silence(struct conversation *c)
{
	sock_time until;

	if (c->options->timeout_ms > 0)
		return;
	do
		until = c->active + SILENCE_NS;
	while (sock_sleep(until) == 0 && c->active + SILENCE_NS > until);
	sock_group_cancel(c->group);
}

static int
send_line(struct exchange *e, size_t n)
{
	return e->many ? sock_reply(e->c->stream, &e->last, e->in, n) :
			 sock_send(e->c->stream, e->in, n, NULL, SOCK_FOREVER);
}

/* The input has ended: so do the messages, or after a while. */
static void
end_input(struct exchange *e)
{
	struct conversation *c = e->c;

	c->said_all = true;
	if (e->packets)
		sock_shut(c->stream, SOCK_DEFAULT);
	else if (!c->options->keep)
		await_silence(c);
}

static void
send_lines(void *arg)
{
	struct exchange *e = arg;
	struct conversation *c = e->c;
	ssize_t n;
	int rc;

	while ((n = read_line(c->terminal, e->in)) > 0) {
		if (c->options->crlf)
			n = (ssize_t)to_crlf(e->in, (size_t)n);
		rc = send_line(e, (size_t)n);
		if (rc < 0) {
			fail(e, rc, c->peer);
			return;
		}
		c->active = sock_now();
		c->sent += (uint64_t)n;
	}
	if (n == 0)
		end_input(e);
	else if (n != -ECANCELED)
		fail(e, (int)n, "standard input");
}

/* Its length, or an error; a message of no bytes is one, too. */
static ssize_t
receive(struct exchange *e, sock_time until)
{
	int rc;

	if (e->c->terminal->stopped)
		return -ECANCELED;
	if (!e->many)
		return sock_receive(e->c->stream, e->out, MESSAGE_MAX, NULL,
		    until);
	e->last.data = e->out;
	e->last.capacity = MESSAGE_MAX;
	rc = sock_receive_many(e->c->stream, &e->last, 1, until);
	if (rc < 0)
		return rc;
	/* Whoever sends it, over unixgram, is not to end this for all. */
	if (e->last.truncated)
		(void)complain(0, e->c->peer, "receive",
		    "a message over 65,536 bytes is cut");
	return e->last.truncated ? (ssize_t)MESSAGE_MAX :
				   (ssize_t)e->last.length;
}

/* Silence counts once there is somebody to be silent. */
static ssize_t
receive_patiently(struct exchange *e)
{
	sock_time until;
	ssize_t n;

	do {
		until = e->sending ? conversation_patience(e->c) : SOCK_FOREVER;
		n = receive(e, until);
	} while (n == -ETIMEDOUT && conversation_patience(e->c) > until);
	return n;
}

static bool
print(struct exchange *e, size_t n)
{
	e->c->active = sock_now();
	e->c->received += n;
	if (n == 0 || e->out[n - 1] != '\n')
		e->out[n++] = '\n';
	return terminal_write(e->c->terminal, e->out, n) == 0;
}

/* To answer there must be somebody: of many, whoever has sent. */
static bool
start_sending(struct exchange *e)
{
	if (e->sending)
		return true;
	e->sending = true;
	return sock_go(e->c->group, send_lines, e) == 0;
}

static void
receive_messages(void *arg)
{
	struct exchange *e = arg;
	struct conversation *c = e->c;
	ssize_t n = 0;

	if (!e->many && !start_sending(e))
		n = -ENOMEM;
	while (n >= 0) {
		n = receive_patiently(e);
		if (n < 0 || (n == 0 && e->packets))
			break;
		if (!print(e, (size_t)n)) {
			fail(e, 0, "standard output");
			return;
		}
		if (!start_sending(e))
			n = -ENOMEM;
	}
	/* The peer has said all; we may not have, unless the next one waits. */
	if (n == 0 && (!c->options->keep || c->terminal->rewinds))
		return;
	if (n < 0 && n != -ECANCELED && !(n == -ETIMEDOUT && c->said_all))
		fail(e, (int)n, c->peer);
	sock_group_cancel(c->group);
}

int
exchange(struct conversation *c, bool many)
{
	struct exchange *e = calloc(1, sizeof *e);
	struct sock_addr here = { .scheme = SOCK_SCHEME_NONE };
	int code = EXIT_OK;

	conversation_begin(c);
	sock_local(c->stream, &here);
	if (e != NULL) {
		e->c = c;
		e->many = many;
		e->packets = here.scheme == SOCK_SCHEME_UNIXPACKET;
	}
	if (e == NULL || sock_go(c->group, receive_messages, e) < 0)
		code = complain(EXIT_FAILED, c->peer, "start", "out of memory");
	else
		sock_group_wait(c->group, SOCK_FOREVER);
	sock_group_free(c->group);
	sock_close(c->stream);
	free(e);
	return c->failed ? EXIT_FAILED : code;
}
