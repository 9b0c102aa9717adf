/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "httpd_answer.h"

#define BODY_MAX 65536 /* of a request that needs none: read and dropped */
#define SHOWN_MAX 512  /* in the log, of what is not understood */

/* The first line of what may be anything. */
static struct text
first_line(const char *in, size_t n)
{
	size_t begin = 0, end;

	while (begin < n && (in[begin] == '\r' || in[begin] == '\n'))
		begin++;
	for (end = begin; end < n && end - begin < SHOWN_MAX; end++)
		if (in[end] == '\r' || in[end] == '\n')
			break;
	return (struct text){ in + begin, end - begin };
}

/*
 * The head of the next request: the number of its bytes, which are in view;
 * 0: nobody asks for anything now; negative: the status to refuse it with.
 */
static int
read_head(struct conversation *c, const char **in, size_t *seen)
{
	struct request *r = &c->work->request;
	const void *view;
	sock_time deadline = SOCK_NOWAIT;
	ssize_t n;
	int rc;

	*r = (struct request){ 0 };
	for (*seen = 0;; *seen = (size_t)n) {
		n = sock_peek(c->sock, &view, *seen + 1, deadline);
		if (n == -ETIMEDOUT) {
			rc = -408;
		} else if (n <= (ssize_t)*seen) {
			/* The end, if it is not that of a body before. */
			c->over = n != -EAGAIN;
			return 0;
		} else {
			rc = request_read(r, view, (size_t)n);
		}
		if (rc != 0)
			break;
		if (*seen == 0) {
			deadline = sock_in(c->site->request_ms);
			flush(c);
		}
	}
	if (rc == -408)
		n = sock_peek(c->sock, &view, 1, SOCK_NOWAIT);
	if (rc < 0 && r->line.n == 0 && n > 0)
		r->line = first_line(view, (size_t)n);
	*seen = n > 0 ? (size_t)n : 0;
	*in = view;
	return rc;
}

/* Reads the body of a request, and drops it: 0, a status, or -1: gone. */
static int
drop_body(const struct conversation *c)
{
	const struct request *r = &c->work->request;
	const sock_time deadline = sock_in(c->site->request_ms);
	struct chunks *chunks = &c->work->chunks;
	int64_t taken = 0;
	const void *view;
	ssize_t n;

	*chunks = (struct chunks){ 0 };
	while (r->chunked ? !chunks->whole : taken < r->length) {
		n = sock_peek(c->sock, &view, 1, deadline);
		if (n == -ETIMEDOUT)
			return 408;
		if (n <= 0)
			return -1;
		if (r->chunked)
			n = (ssize_t)chunks_take(chunks, view, (size_t)n);
		else if (n > r->length - taken)
			n = (ssize_t)(r->length - taken);
		sock_skip(c->sock, (size_t)n);
		taken += n;
		if (chunks->wrong)
			return 400;
		if (taken > BODY_MAX)
			return 413;
	}
	return 0;
}

/*
 * A head is shown only as long as nothing behind it is looked at, so that of
 * a request with a body is kept in *head, to be freed.
 */
static int
take_body(struct conversation *c, const char *in, size_t n, char **head)
{
	struct request *r = &c->work->request;

	if (r->length > BODY_MAX)
		return 413;
	*head = malloc(n);
	if (*head == NULL)
		return 500;
	memcpy(*head, in, n);
	sock_skip(c->sock, n);
	*r = (struct request){ 0 };
	request_read(r, *head, n);
	if (r->expects && make_room(c, HEAD_ROOM))
		put(&c->work->out, "HTTP/1.1 100 Continue\r\n\r\n");
	return flush(c) ? drop_body(c) : -1;
}

static int
check_method(const struct request *r)
{
	switch (r->method) {
	case METHOD_GET:
	case METHOD_HEAD:
	case METHOD_OPTIONS:
		return 0;
	case METHOD_UNKNOWN:
		return 501;
	default:
		return 405;
	}
}

/* A request whose head, if it is one, is the first taken bytes of in. */
static void
serve(struct conversation *c, int taken, const char *in)
{
	struct work *w = c->work;
	const struct request *r = &w->request;
	const bool body = r->chunked || r->length > 0;
	char *head = NULL;
	int status = taken < 0 ? -taken : check_method(r);

	clock_gettime(CLOCK_REALTIME, &w->now);
	c->over = taken < 0 || !r->persistent || c->site->one_each ||
	    sock_draining(c->sock) || (status != 0 && body);
	if (status == 0 && body) {
		status = take_body(c, in, (size_t)taken, &head);
		c->over = c->over || status != 0;
	}
	if (status == 0 && r->method == METHOD_OPTIONS)
		status = 204;
	if (status > 0)
		answer_status(c, status);
	else if (status == 0)
		answer_path(c);
	if (head == NULL && taken > 0)
		sock_skip(c->sock, (size_t)taken);
	free(head);
}

/* The requests that have come, whose answers leave together if they fit. */
static void
serve_all(struct conversation *c)
{
	const char *in;
	size_t seen;
	int taken;

	do {
		taken = read_head(c, &in, &seen);
		if (taken != 0)
			serve(c, taken, in);
	} while (!c->over && taken > 0 && (size_t)taken < seen);
	flush(c);
}

void
converse(sock_t s, void *site)
{
	struct conversation c = { .sock = s, .site = site };

	/* Whoever rests here holds nothing, and rests no more in a drain. */
	while (!c.over && sock_idle(s, SOCK_DEFAULT) > 0) {
		c.work = malloc(sizeof *c.work);
		if (c.work == NULL)
			return;
		c.work->out =
		    (struct out){ .at = c.work->room, .room = OUT_ROOM };
		serve_all(&c);
		free(c.work);
	}
}
