/* SPDX-License-Identifier: MIT */
#include "toy_tls.h"

#include <errno.h>
#include <sock/wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
	struct toy_tls *toy;
	bool server, said, heard;
	char name[256]; /* a client's: whom it wants */
	char line[300];
	size_t line_n;
	unsigned char out[1024];
	size_t out_at, out_n;
	int rc; /* of what has failed */
	bool marked, ended;
	char reason[320];
};

static int
flush(struct state *st, struct sock_below *below, unsigned *need)
{
	while (st->out_at < st->out_n) {
		const ssize_t n = sock_below_write(below, st->out + st->out_at,
		    st->out_n - st->out_at);

		if (n < 0) {
			*need = SOCK_WRITABLE;
			return (int)n;
		}
		st->out_at += (size_t)n;
	}
	st->out_at = st->out_n = 0;
	return 0;
}

static void
say(struct state *st, const char *word, const char *rest)
{
	const int n = snprintf((char *)st->out + st->out_n,
	    sizeof st->out - st->out_n, "%s %s\n", word, rest);

	st->out_n += (size_t)n;
}

/* As an alert: told, and then it is over. */
static int
fail(struct state *st, struct sock_below *below, int code, const char *why)
{
	unsigned need;

	(void)snprintf(st->reason, sizeof st->reason, "%s", why);
	st->out_at = st->out_n = 0;
	say(st, "NO", "thanks");
	(void)flush(st, below, &need);
	st->rc = code;
	return code;
}

/* 1: there is a line. */
static int
hear(struct state *st, struct sock_below *below, unsigned *need)
{
	char c = '\0';
	ssize_t n;

	while (st->line_n < sizeof st->line - 1) {
		n = sock_below_read(below, &c, 1);
		*need = SOCK_READABLE;
		if (n <= 0)
			return n == 0 ? SOCK_EEOF : (int)n;
		if (c == '\n')
			return 1;
		st->line[st->line_n++] = c;
	}
	return 1;
}

static int
judge(struct state *st, struct sock_below *below)
{
	struct toy_tls *toy = st->toy;
	const char *word = st->server ? "HELLO " : "OK ";
	char why[320];

	if (strncmp(st->line, word, strlen(word)) != 0) {
		(void)snprintf(why, sizeof why, "no hello but \"%.200s\"",
		    st->line);
		return fail(st, below, SOCK_ETLS, why);
	}
	if (toy->refuses != 0)
		return fail(st, below, toy->refuses, "not\x1b[2J to my liking");
	if (!st->server && st->name[0] != '\0' &&
	    strcmp(st->line + 3, st->name) != 0) {
		(void)snprintf(why, sizeof why,
		    "it is \"%.90s\", not \"%.90s\"", st->line + 3, st->name);
		return fail(st, below, SOCK_ENAME, why);
	}
	return 0;
}

static int
toy_start(void *state, struct sock_below *below, unsigned *need)
{
	struct state *st = state;
	int rc;

	if (!st->server && !st->said) {
		say(st, "HELLO", st->name);
		st->said = true;
	}
	rc = flush(st, below, need);
	if (rc == 0 && !st->heard) {
		rc = hear(st, below, need);
		if (rc <= 0)
			return rc;
		if (st->toy->closes)
			return -ECONNABORTED;
		if (st->toy->stalls) {
			st->line_n = 0;
			*need = SOCK_READABLE;
			return -EAGAIN;
		}
		st->heard = true;
		rc = judge(st, below);
	}
	if (rc == 0 && st->server && !st->said) {
		say(st, "OK", st->toy->name);
		st->said = true;
		rc = flush(st, below, need);
	}
	return rc;
}

static ssize_t
toy_read(void *state, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	struct state *st = state;
	unsigned char *to = buf;
	size_t have = 0;

	*need = SOCK_READABLE;
	while (have < n && !st->ended) {
		unsigned char c;
		const ssize_t got = sock_below_read(below, &c, 1);

		if (got <= 0 && have > 0)
			break;
		if (got <= 0)
			return got == 0 ? SOCK_ETRUNC : got;
		if (st->marked)
			to[have++] = c;
		else if (c != 'd' && c != '.')
			return fail(st, below, SOCK_ETLS, "no data");
		st->ended = !st->marked && c == '.';
		st->marked = !st->marked && !st->ended;
	}
	return (ssize_t)have;
}

static ssize_t
toy_write(void *state, struct sock_below *below, const void *buf, size_t n,
    unsigned *need)
{
	struct state *st = state;
	size_t i;
	int rc = flush(st, below, need);

	if (rc < 0)
		return rc;
	if (n > sizeof st->out / 2)
		n = sizeof st->out / 2;
	for (i = 0; i < n; i++) {
		st->out[st->out_n++] = 'd';
		st->out[st->out_n++] = ((const unsigned char *)buf)[i];
	}
	rc = flush(st, below, need);
	return rc < 0 && rc != -EAGAIN ? rc : (ssize_t)n;
}

static int
toy_shut(void *state, struct sock_below *below, unsigned *need)
{
	struct state *st = state;
	int rc = flush(st, below, need);

	if (rc < 0)
		return rc;
	st->out[st->out_n++] = '.';
	atomic_fetch_add(&st->toy->shut, 1);
	return flush(st, below, need);
}

static const char *
toy_reason(void *state)
{
	const struct state *st = state;

	return st->reason[0] != '\0' ? st->reason : NULL;
}

void
toy_tls_drop(void *state)
{
	struct state *st = state;

	atomic_fetch_sub(&st->toy->alive, 1);
	free(st);
}

const struct sock_layer toy_layer = {
	.size = sizeof(struct sock_layer),
	.name = "toy",
	.read = toy_read,
	.write = toy_write,
	.shut = toy_shut,
	.close = toy_tls_drop,
	.start = toy_start,
	.reason = toy_reason,
};

static int
toy_open(struct sock_tls *tls, bool server, const char *server_name,
    void **state)
{
	struct toy_tls *toy = (struct toy_tls *)(void *)tls;
	struct state *st = toy->no_memory ? NULL : calloc(1, sizeof *st);

	if (server != (toy->name != NULL)) {
		free(st);
		return SOCK_EUSAGE;
	}
	if (st == NULL)
		return -ENOMEM;
	st->toy = toy;
	st->server = server;
	if (!server) {
		(void)snprintf(st->name, sizeof st->name, "%s", server_name);
		(void)snprintf(toy->asked, sizeof toy->asked, "%s",
		    server_name);
	}
	atomic_fetch_add(&toy->alive, 1);
	atomic_fetch_add(&toy->opened, 1);
	*state = st;
	return 0;
}

void *
toy_tls_state(struct toy_tls *toy, const char *server_name)
{
	void *state = NULL;

	(void)toy_open(&toy->tls, server_name == NULL, server_name, &state);
	return state;
}

static void
toy_retain(struct sock_tls *tls)
{
	atomic_fetch_add(&((struct toy_tls *)(void *)tls)->references, 1);
}

static void
toy_release(struct sock_tls *tls)
{
	atomic_fetch_sub(&((struct toy_tls *)(void *)tls)->references, 1);
}

void
toy_tls_init(struct toy_tls *toy)
{
	*toy = (struct toy_tls){
		.tls = {
			.size = sizeof(struct sock_tls),
			.layer = &toy_layer,
			.open = toy_open,
			.retain = toy_retain,
			.release = toy_release,
		},
		.references = 1,
	};
}
