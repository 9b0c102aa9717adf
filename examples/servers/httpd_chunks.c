/* SPDX-License-Identifier: MIT */
#include "httpd_chunks.h"

#include "httpd_fields.h"

#define SIZE_DIGITS 15 /* of a chunk: below 2^60 */

enum stage {
	SIZE,
	CHUNK,
	CHUNK_END,
	TRAILERS
};

/* "1a2b", and extensions behind ';', which nobody here understands. */
static void
end_size(struct chunks *c)
{
	size_t i = 0;

	c->left = 0;
	while (i < c->length && i < SIZE_DIGITS && hex_digit(c->line[i]) >= 0)
		c->left = 16 * c->left + hex_digit(c->line[i++]);
	c->wrong = i == 0 || (i < c->length && hex_digit(c->line[i]) >= 0);
	while (i < c->length && (c->line[i] == ' ' || c->line[i] == '\t'))
		i++;
	c->wrong = c->wrong || (i < c->length && c->line[i] != ';');
	for (; i < c->length; i++)
		if (((unsigned char)c->line[i] < 0x20 && c->line[i] != '\t') ||
		    c->line[i] == 0x7f)
			c->wrong = true;
	c->stage = c->left > 0 ? CHUNK : TRAILERS;
}

static void
end_line(struct chunks *c)
{
	const struct text line = { c->line, c->length };

	if (c->stage == SIZE) {
		end_size(c);
	} else if (c->stage == CHUNK_END) {
		c->wrong = c->length > 0;
		c->stage = SIZE;
	} else if (c->length > 0) {
		c->wrong = fields_add(NULL, line) != 0;
	} else {
		c->whole = true;
	}
	c->length = 0;
}

static void
take_byte(struct chunks *c, char byte)
{
	if (byte == '\n' && c->length > 0 && c->line[c->length - 1] == '\r') {
		c->length--;
		end_line(c);
	} else if (byte == '\n' || c->length == sizeof c->line) {
		c->wrong = true;
	} else {
		c->line[c->length++] = byte;
	}
}

size_t
chunks_take(struct chunks *c, const char *in, size_t n)
{
	size_t at = 0;

	while (at < n && !c->whole && !c->wrong) {
		size_t taken = 1;

		if (c->stage == CHUNK) {
			if (n - at < (uint64_t)c->left)
				taken = n - at;
			else
				taken = (size_t)c->left;
			c->left -= (int64_t)taken;
			if (c->left == 0)
				c->stage = CHUNK_END;
		} else {
			take_byte(c, in[at]);
		}
		at += taken;
	}
	return at;
}
