/* SPDX-License-Identifier: MIT */
#include "httpd_answer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "httpd_date.h"
#include "httpd_file.h"
#include "httpd_list.h"
#include "httpd_types.h"

#define ALLOW "Allow: GET, HEAD, OPTIONS\r\n"

struct head {
	int status;
	const char *type;
	int64_t length;                /* of the body; -1: it has none */
	const struct version *version; /* or NULL */
	const struct part *part;       /* of 206 */
	const char *folder;            /* to go to, of 301 */
};

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i = 0;

	while (reasons[i].status != status)
		i++;
	return reasons[i].reason;
}

bool
flush(struct conversation *c)
{
	struct out *o = &c->work->out;

	if (o->used > 0 &&
	    sock_write(c->sock, o->at, o->used, SOCK_DEFAULT) < 0)
		c->over = c->gone = true;
	o->used = 0;
	return !c->gone;
}

bool
make_room(struct conversation *c, size_t n)
{
	const struct out *o = &c->work->out;

	return o->room - o->used >= n || flush(c);
}

static void
put_field(struct out *o, const char *name, const char *value)
{
	put(o, name);
	put(o, ": ");
	put(o, value);
	put(o, "\r\n");
}

static void
put_version(struct out *o, const struct head *h)
{
	const struct version *v = h->version;

	put(o, "Last-Modified: ");
	put_date(o, v->modified);
	put(o, "\r\n");
	put_field(o, "ETag", v->etag);
	put(o, "Accept-Ranges: bytes\r\n");
	if (h->status != 206 && h->status != 416)
		return;
	put(o, "Content-Range: bytes ");
	if (h->status == 206) {
		put_number(o, h->part->first);
		put_char(o, '-');
		put_number(o, h->part->first + h->part->length - 1);
	} else {
		put_char(o, '*');
	}
	put_char(o, '/');
	put_number(o, v->size);
	put(o, "\r\n");
}

static void
put_head(struct conversation *c, const struct head *h)
{
	const struct request *r = &c->work->request;
	struct out *o = &c->work->out;

	put(o, "HTTP/1.1 ");
	put_number(o, h->status);
	put_char(o, ' ');
	put(o, reason(h->status));
	put(o, "\r\nDate: ");
	put_date(o, c->work->now.tv_sec);
	put(o, "\r\n");
	if (h->status == 204 || h->status == 405)
		put(o, ALLOW);
	if (h->length >= 0) {
		put_field(o, "Content-Type", h->type);
		put(o, "Content-Length: ");
		put_number(o, h->length);
		put(o, "\r\n");
	}
	if (h->version != NULL)
		put_version(o, h);
	if (h->folder != NULL) {
		/* Without a host: this one, whatever it is called. */
		put(o, "Location: /");
		path_encode(o, h->folder);
		put_char(o, '/');
		put_bytes(o, r->query.at, r->query.n);
		put(o, "\r\n");
	}
	if (c->over)
		put(o, "Connection: close\r\n");
	else if (r->minor == 0)
		put(o, "Connection: keep-alive\r\n");
	put(o, "\r\n");
}

/* A head, and its own sentence as body where it has one. */
static void
answer_short(struct conversation *c, struct head h)
{
	struct out *o = &c->work->out;
	const char *text = reason(h.status);
	const bool body = h.status != 204 && h.status != 304;
	const size_t before = o->used;

	h.type = "text/plain; charset=utf-8";
	h.length = body ? (int64_t)strlen(text) + 1 : -1;
	put_head(c, &h);
	if (body && c->work->request.method != METHOD_HEAD) {
		put(o, text);
		put_char(o, '\n');
	} else {
		h.length = 0;
	}
	if (!o->full) {
		log_answer(c, h.status, h.length);
		return;
	}
	/* A name that does not fit, once it is encoded. */
	o->used = before;
	o->full = false;
	answer_status(c, 414);
}

void
answer_status(struct conversation *c, int status)
{
	if (make_room(c, HEAD_ROOM))
		answer_short(c, (struct head){ .status = status });
}

static void
answer_redirect(struct conversation *c)
{
	if (flush(c))
		answer_short(c,
		    (struct head){ .status = 301, .folder = c->work->path });
}

/*
 * The beginning of a body goes with its head, in one write; the rest from the
 * file to the socket.
 */
static void
answer_body(struct conversation *c, const struct head *h, int fd,
    const struct part *p)
{
	struct out *o = &c->work->out;
	const int64_t n = p->length > CONTENT_MAX ? BEGIN_MAX : p->length;
	int64_t sent = n;
	size_t before;

	if (!make_room(c, HEAD_ROOM + (size_t)n))
		return;
	before = o->used;
	put_head(c, h);
	if (n > 0 && pread(fd, o->at + o->used, (size_t)n, p->first) != n) {
		o->used = before;
		answer_status(c, 500);
		return;
	}
	o->used += (size_t)n;
	if (p->length > n && flush(c)) {
		sent = sock_send_file(c->sock, fd, p->first + n, p->length - n,
		    SOCK_DEFAULT);
		if (sent != p->length - n) {
			/* It has become shorter: its end is not to be seen. */
			sock_abort(c->sock);
			c->over = c->gone = true;
		}
		sent = n + (sent > 0 ? sent : 0);
	}
	log_answer(c, h->status, sent);
}

static void
answer_file(struct conversation *c, const struct file *f)
{
	struct work *w = c->work;
	struct version version;
	struct part part;
	struct head head = { .version = &version, .part = &part };

	version_of(&version, f->modified, f->size,
	    (int64_t)w->now.tv_sec * 1000000000 + w->now.tv_nsec);
	head.status = match(&w->request, &version, w->now.tv_sec, &part);
	if (head.status > 206) {
		if (make_room(c, HEAD_ROOM))
			answer_short(c, head);
		return;
	}
	head.type = media_type(w->path);
	head.length = part.length;
	if (w->request.method == METHOD_HEAD)
		part.length = 0;
	answer_body(c, &head, f->fd, &part);
}

static void
answer_list(struct conversation *c, int fd)
{
	struct head head = { .status = 200,
		.type = "text/html; charset=utf-8" };
	const bool body = c->work->request.method != METHOD_HEAD;
	size_t n;
	char *page = list_page(fd, c->work->path, &n);

	if (page == NULL) {
		answer_status(c, 500);
		return;
	}
	if (make_room(c, HEAD_ROOM)) {
		head.length = (int64_t)n;
		put_head(c, &head);
		if (body && flush(c) &&
		    sock_write(c->sock, page, n, SOCK_DEFAULT) < 0)
			c->over = c->gone = true;
		log_answer(c, 200, body ? head.length : 0);
	}
	free(page);
}

/* Its index, else a list of it; the path ends in a slash, or is empty. */
static void
answer_folder(struct conversation *c)
{
	struct work *w = c->work;
	char *end = w->path + strlen(w->path);
	struct file f;
	int status;

	memcpy(end, INDEX, sizeof INDEX);
	status = file_open(c->site, w->path, &f);
	if (status == 0 && !f.folder) {
		answer_file(c, &f);
		close(f.fd);
		return;
	}
	if (status == 0) {
		close(f.fd);
		status = 404;
	}
	*end = '\0';
	/* Whether the folder is there at all. */
	if (status == 404 && (status = file_open(c->site, w->path, &f)) == 0) {
		if (c->site->list) {
			answer_list(c, f.fd);
			return;
		}
		close(f.fd);
		status = 403;
	}
	answer_status(c, status);
}

void
answer_path(struct conversation *c)
{
	struct work *w = c->work;
	struct file f;
	size_t n;
	int status;

	status = path_decode(w->request.path, w->path);
	if (status != 0) {
		answer_status(c, status);
		return;
	}
	n = strlen(w->path);
	if (n == 0 || w->path[n - 1] == '/') {
		answer_folder(c);
		return;
	}
	status = file_open(c->site, w->path, &f);
	if (status != 0) {
		answer_status(c, status);
		return;
	}
	if (f.folder)
		answer_redirect(c);
	else
		answer_file(c, &f);
	close(f.fd);
}
