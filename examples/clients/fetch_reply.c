/* SPDX-License-Identifier: MIT */
#include "fetch_reply.h"

#include <string.h>

#define SIZE_DIGITS 15 /* of a chunk: below 2^60 */

enum stage {
	STATUS,
	FIELDS,
	BODY,
	CHUNK_SIZE,
	CHUNK,
	CHUNK_END,
	TRAILERS
};

static void
begin_head(struct reply *r)
{
	r->stage = STATUS;
	r->fields = (struct fields){ .length = -1 };
}

void
reply_begin(struct reply *r, bool bodiless)
{
	*r = (struct reply){ .bodiless = bodiless };
	begin_head(r);
}

/* RFC 9112, 6.3 */
static void
end_head(struct reply *r)
{
	const struct fields *f = &r->fields;

	if (r->status == 101) {
		r->wrong = "it switches protocols, which nobody asked for";
		return;
	}
	if (r->status < 200) {
		begin_head(r);
		return;
	}
	r->headed = true;
	r->left = f->length;
	if (f->chunked && f->length >= 0)
		/* Two readers may disagree on where such a body ends. */
		r->wrong = "it has chunks and a length";
	else if (r->bodiless || r->status == 204 || r->status == 304)
		r->whole = true;
	else if (f->chunked)
		r->stage = CHUNK_SIZE;
	else if (f->length == 0)
		r->whole = true;
	else
		r->stage = BODY;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "1a2b", and extensions behind ';', which nobody here understands. */
static void
end_size(struct reply *r)
{
	size_t i = 0;

	r->left = 0;
	while (i < r->length && i < SIZE_DIGITS && hex_digit(r->line[i]) >= 0)
		r->left = 16 * r->left + hex_digit(r->line[i++]);
	if (i == 0 || (i < r->length && hex_digit(r->line[i]) >= 0)) {
		r->wrong = "the size of a chunk is no number";
		return;
	}
	while (i < r->length && (r->line[i] == ' ' || r->line[i] == '\t'))
		i++;
	if (i < r->length && r->line[i] != ';')
		r->wrong = "something stands behind the size of a chunk";
	r->stage = r->left > 0 ? CHUNK : TRAILERS;
}

static void
end_field(struct reply *r)
{
	struct fields ignored = { .length = -1 };

	if (r->length > 0) {
		r->wrong =
		    fields_add(r->stage == FIELDS ? &r->fields : &ignored,
			r->line, r->length);
		if (r->told != NULL && r->wrong == NULL && r->stage == FIELDS)
			r->told(r->arg, r->line, r->length);
	} else if (r->stage == FIELDS) {
		end_head(r);
	} else {
		r->whole = true;
	}
}

static void
end_line(struct reply *r)
{
	switch (r->stage) {
	case STATUS:
		r->wrong =
		    fields_status(r->line, r->length, &r->status, r->reason);
		if (r->told != NULL && r->wrong == NULL)
			r->told(r->arg, r->line, r->length);
		r->stage = FIELDS;
		break;
	case CHUNK_SIZE:
		end_size(r);
		break;
	case CHUNK_END:
		if (r->length > 0)
			r->wrong = "a chunk is longer than its size";
		r->stage = CHUNK_SIZE;
		break;
	default:
		end_field(r);
	}
	r->length = 0;
}

/* A line may end in LF alone (RFC 9112, 2.2), but not where chunks begin. */
static void
take_lf(struct reply *r)
{
	const bool cr = r->length > 0 && r->line[r->length - 1] == '\r';

	r->length -= cr;
	if (!cr && (r->stage == CHUNK_SIZE || r->stage == CHUNK_END))
		r->wrong = "a line between chunks lacks its CR";
	else if (r->length > 0 && (r->stage == FIELDS || r->stage == TRAILERS))
		r->ended = true;
	else
		end_line(r);
}

static void
take_byte(struct reply *r, char c)
{
	if (r->ended) {
		r->ended = false;
		/* A folded line: a blank for all of its fold (5.2). */
		if (c == '\t')
			c = ' ';
		if (c != ' ')
			end_line(r);
		if (r->wrong != NULL)
			return;
	}
	/* Sizes of chunks come with the body; only what they add counts. */
	if ((r->stage != CHUNK_SIZE && r->stage != CHUNK_END) ||
	    r->length > SIZE_DIGITS)
		r->spent++;
	if (r->spent > REPLY_HEAD_MAX)
		r->wrong = "its head is over 64 KiB";
	else if (c == '\n')
		take_lf(r);
	else if (r->length == sizeof r->line)
		r->wrong = "a line of its head is over 16 KiB";
	else
		r->line[r->length++] = c;
}

static struct reply_piece
take_body(struct reply *r, const char *in, size_t n)
{
	if (r->left >= 0 && n > (uint64_t)r->left)
		n = (size_t)r->left;
	r->received += (int64_t)n;
	if (r->left >= 0)
		r->left -= (int64_t)n;
	if (r->left == 0 && r->stage == CHUNK)
		r->stage = CHUNK_END;
	else if (r->left == 0)
		r->whole = true;
	return (struct reply_piece){ in, n };
}

size_t
reply_take(struct reply *r, const char *in, size_t n, struct reply_piece *body)
{
	const bool headed = r->headed;
	size_t at = 0;

	*body = (struct reply_piece){ in, 0 };
	while (at < n && !r->whole && r->wrong == NULL && body->n == 0 &&
	    r->headed == headed) {
		if (r->stage == BODY || r->stage == CHUNK) {
			*body = take_body(r, in + at, n - at);
			at += body->n;
		} else {
			take_byte(r, in[at++]);
		}
	}
	return at;
}

void
reply_end(struct reply *r)
{
	if (r->stage == BODY && r->left < 0)
		r->whole = true;
	else if (!r->whole && r->spent == 0)
		r->wrong = "nothing came";
	else if (!r->whole && !r->headed)
		r->wrong = "it ended within its head";
	else if (!r->whole)
		r->wrong = "it ended before its body did";
}
