/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../mail/plain.h"
#include "../mail/utf8.h"
#include "text.h"

#define LINE_MAX_BYTES 998 /* RFC 5322, 2.1.1 */
#define PIECE_MAX 65536
#define BASE64_LINE 57 /* bytes in a line of 76 digits (RFC 2045, 6.8) */

static const char no_memory[] = "there is not enough memory";

const char *
message_read(struct message *m, int fd)
{
	ssize_t n = 1;
	char *end;

	while (n > 0 || errno == EINTR) {
		end = text_room(m, PIECE_MAX);
		if (end == NULL)
			return no_memory;
		errno = 0;
		n = read(fd, end, PIECE_MAX);
		m->n += n > 0 ? (size_t)n : 0;
		if (m->n > MESSAGE_MAX)
			return "it is over 128 MiB";
	}
	return n < 0 ? strerror(errno) : NULL;
}

void
message_free(struct message *m)
{
	free(m->text);
	*m = (struct message){ .text = NULL };
}

/* What is read of a message, line by line. */
struct lines {
	const char *at, *end;
	size_t number;
	bool body; /* a CR alone ends a line, too */
};

/* The next one, without its end.  NULL, or what is wrong with it. */
static const char *
next_line(struct lines *l, const char **line, size_t *n)
{
	const char *c = l->at;

	l->number++;
	*line = c;
	while (c < l->end && *c != '\n' && *c != '\r' && *c != '\0')
		c++;
	*n = (size_t)(c - *line);
	l->at = c < l->end ? c + 1 : c;
	if (c < l->end && *c == '\0')
		return "it holds a NUL";
	if (c < l->end && *c == '\r') {
		if (l->at < l->end && *l->at == '\n')
			l->at++;
		else if (!l->body)
			/* Another reader may see two fields here. */
			return "its header holds a CR without LF";
	}
	return NULL;
}

static size_t
name_length(const char *line, size_t n)
{
	size_t i = 0;

	while (i < n && line[i] > 0x20 && line[i] < 0x7f && line[i] != ':')
		i++;
	return i > 0 && i < n && line[i] == ':' ? i : 0;
}

static bool
names(const char *line, size_t n, const char *name)
{
	return n == strlen(name) && strncasecmp(line, name, n) == 0;
}

static const char *
put_line(struct message *m, const char *line, size_t n)
{
	size_t i;

	for (i = 0; i < n && !m->eight_bit; i++)
		m->eight_bit = (unsigned char)line[i] > 0x7f;
	if (n > LINE_MAX_BYTES)
		return "it has a line of more than 998 bytes";
	text_put(m, line, n);
	text_put(m, "\r\n", 2);
	return m->failed ? no_memory : NULL;
}

struct header {
	bool dated, from, identified;
	bool left_out; /* the field that is being read */
};

static const char *
put_field(struct message *m, struct header *h, const char *line, size_t n)
{
	const size_t name = name_length(line, n);

	if ((line[0] == ' ' || line[0] == '\t') && (m->n > 0 || h->left_out))
		return h->left_out ? NULL : put_line(m, line, n);
	if (name == 0)
		return "its header has a line that is no \"Name: value\"; "
		       "--subject makes one";
	h->dated = h->dated || names(line, name, "Date");
	h->from = h->from || names(line, name, "From");
	h->identified = h->identified || names(line, name, "Message-ID");
	/* Nobody is told of those (RFC 5322, 3.6.3). */
	h->left_out =
	    names(line, name, "Bcc") || names(line, name, "Resent-Bcc");
	return h->left_out ? NULL : put_line(m, line, n);
}

static const char *
tidy_header(struct message *m, struct lines *l, const struct envelope *e)
{
	struct header h = { .dated = false };
	const char *line, *wrong = NULL;
	size_t n = 1, n_first = 0;

	while (l->at < l->end && wrong == NULL) {
		wrong = next_line(l, &line, &n);
		if (n == 0 && wrong == NULL)
			break;
		/* What a mailbox file has in front of each message. */
		if (wrong == NULL && n_first++ == 0 && n > 5 &&
		    memcmp(line, "From ", 5) == 0)
			continue;
		if (wrong == NULL)
			wrong = put_field(m, &h, line, n);
	}
	if (wrong != NULL)
		return wrong;
	if (m->n == 0)
		return "it has no header; --subject makes one";
	if (!h.dated)
		text_date(m);
	if (!h.from && e->from[0] != '\0')
		text_add(m, "From: %s\r\n", e->from);
	if (!h.identified)
		text_id(m, e->from);
	text_put(m, "\r\n", 2);
	return NULL;
}

static const char *
tidy_body(struct message *m, struct lines *l)
{
	const char *line, *wrong = NULL;
	size_t n;

	l->body = true;
	while (l->at < l->end && wrong == NULL) {
		wrong = next_line(l, &line, &n);
		if (wrong == NULL)
			wrong = put_line(m, line, n);
	}
	return wrong != NULL ? wrong : m->failed ? no_memory : NULL;
}

const char *
message_tidy(struct message *m, const struct message *raw,
    const struct envelope *e, size_t *line)
{
	struct lines l = { .at = raw->text, .end = raw->text + raw->n };
	const char *wrong = tidy_header(m, &l, e);

	if (wrong == NULL)
		wrong = tidy_body(m, &l);
	*line = m->failed ? 0 : l.number;
	return wrong;
}

static void
put_header(struct message *m, const struct envelope *e)
{
	int i;

	text_date(m);
	text_add(m, "From: %s\r\n", e->from);
	for (i = 0; i < e->count; i++)
		text_add(m, "%s %s%s\r\n", i == 0 ? "To:" : "", e->to[i],
		    i + 1 < e->count ? "," : "");
	text_subject(m, e->subject);
	text_id(m, e->from);
}

static void
put_base64(struct message *m, const struct message *body)
{
	char line[BASE64_ROOM(BASE64_LINE)];
	size_t at, n;

	for (at = 0; at < body->n; at += n) {
		n = body->n - at < BASE64_LINE ? body->n - at : BASE64_LINE;
		text_add(m, "%.*s\r\n", (int)base64(line, body->text + at, n),
		    line);
	}
}

/* Lines that end in CR LF, however long.  NULL, or what is wrong. */
static const char *
canonical(struct message *m, const struct message *raw, bool *as_it_is)
{
	struct lines l = { raw->text, raw->text + raw->n, 0, true };
	const char *line, *wrong = NULL;
	size_t n;

	*as_it_is = true;
	while (l.at < l.end && wrong == NULL) {
		wrong = next_line(&l, &line, &n);
		if (wrong == NULL && put_line(m, line, n) != NULL) {
			*as_it_is = false;
			text_put(m, line, n);
			text_put(m, "\r\n", 2);
		}
	}
	*as_it_is = *as_it_is && !m->eight_bit;
	return wrong;
}

const char *
message_make(struct message *m, const struct message *raw,
    const struct envelope *e)
{
	struct message body = { .text = NULL };
	bool as_it_is;
	const char *wrong = canonical(&body, raw, &as_it_is);

	put_header(m, e);
	text_add(m,
	    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=%s\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    !body.eight_bit                 ? "us-ascii" :
		utf8_all(body.text, body.n) ? "utf-8" :
					      "unknown-8bit",
	    as_it_is ? "7bit" : "base64");
	if (as_it_is)
		text_put(m, body.text, body.n);
	else
		put_base64(m, &body);
	if (wrong == NULL && (m->failed || body.failed))
		wrong = no_memory;
	message_free(&body);
	return wrong;
}
