/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/mail_check/imap_reply.h"

/*
 * What an IMAP server may say.  The first byte says how the rest is cut into
 * pieces; whole, and in these pieces, it must be understood alike.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define LITERAL_MAX 100000

struct outcome {
	struct imap_reader reader;
	size_t responses, bytes;
	uint64_t sum; /* of what was understood */
	int wrong;
};

static void
check(int good)
{
	if (!good)
		abort();
}

static void
add(struct outcome *o, uint64_t value)
{
	o->sum = 31 * o->sum + value;
}

static void
read_data(struct outcome *o, const char *words)
{
	struct imap_data d;
	int c;

	if (imap_data(&d, words) != NULL)
		return;
	add(o, (uint64_t)d.size + 2 * d.literal);
	check(d.size >= -1 && d.size <= UINT32_MAX);
	check(d.text == NULL || *d.text == '"');
	if (d.text != NULL)
		for (d.text++; (c = imap_unquote(&d.text)) >= 0;)
			add(o, (uint64_t)c);
}

static void
read_response(struct outcome *o)
{
	struct imap_response r;

	check(memchr(o->reader.text, '\0', o->reader.n + 1) ==
	    o->reader.text + o->reader.n);
	o->responses++;
	if (imap_parse(&r, o->reader.text, "a1") != NULL)
		return;
	check(r.words >= o->reader.text &&
	    r.words <= o->reader.text + o->reader.n);
	add(o, (uint64_t)r.kind + r.number);
	if (r.kind == IMAP_CAPABLE)
		add(o, imap_capable(r.words, "STARTTLS"));
	if (r.kind == IMAP_FETCH)
		read_data(o, r.words);
}

static void
take_piece(struct outcome *o, struct imap_piece piece)
{
	struct imap_response r;
	size_t i;

	o->bytes += piece.n;
	for (i = 0; i < piece.n; i++)
		add(o, (uint8_t)piece.at[i]);
	if (piece.n > 0 && imap_parse(&r, o->reader.text, "a1") == NULL &&
	    r.kind == IMAP_FETCH && o->reader.left == 0)
		read_data(o, r.words);
}

static void
read_all(struct outcome *o, const char *in, size_t n, size_t step)
{
	struct imap_piece piece;
	size_t at = 0;

	o->responses = o->bytes = o->sum = 0;
	imap_begin(&o->reader, LITERAL_MAX);
	while (at < n && o->reader.wrong == NULL) {
		const size_t room = n - at < step ? n - at : step;
		const size_t used =
		    imap_take(&o->reader, in + at, room, &piece);

		check(used > 0 && used <= room && piece.n <= used);
		check(piece.n == 0 || piece.at == in + at);
		take_piece(o, piece);
		at += used;
		if (o->reader.whole) {
			read_response(o);
			imap_begin(&o->reader, LITERAL_MAX);
		}
	}
	o->wrong = o->reader.wrong != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct outcome whole, sliced; /* 16 KiB each */
	const char *in = (const char *)data + 1;

	if (n == 0)
		return 0;
	read_all(&whole, in, n - 1, n);
	read_all(&sliced, in, n - 1, 1 + data[0] % 16);
	check(whole.wrong == sliced.wrong);
	check(whole.responses == sliced.responses);
	check(whole.bytes == sliced.bytes && whole.sum == sliced.sum);
	return 0;
}
