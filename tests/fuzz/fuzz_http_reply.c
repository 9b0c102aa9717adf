/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/fetch_reply.h"

/*
 * What a web server may send.  The first byte says how the rest is cut into
 * pieces; whole, and in these pieces, it must be understood alike.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
	struct reply reply;
	uint64_t sum; /* of the body */
	size_t lines;
};

static void
check(int good)
{
	if (!good)
		abort();
}

static void
count(void *arg, const char *line, size_t n)
{
	check(n < REPLY_LINE_MAX && memchr(line, '\n', n) == NULL);
	++*(size_t *)arg;
}

static void
read_all(struct outcome *o, const char *in, size_t n, size_t step, int bodiless)
{
	struct reply_piece body;
	size_t at = 0, i;

	o->sum = o->lines = 0;
	reply_begin(&o->reply, bodiless);
	o->reply.told = count;
	o->reply.arg = &o->lines;
	while (at < n && !o->reply.whole && o->reply.wrong == NULL) {
		const size_t room = n - at < step ? n - at : step;
		const size_t used = reply_take(&o->reply, in + at, room, &body);

		check(used > 0 && used <= room && body.n <= used);
		check(body.n == 0 ||
		    (body.at >= in + at && body.at + body.n == in + at + used));
		for (i = 0; i < body.n; i++)
			o->sum = 31 * o->sum + (uint8_t)body.at[i];
		at += used;
	}
	if (o->reply.wrong == NULL)
		reply_end(&o->reply);
}

static void
check_outcome(const struct reply *r, int bodiless)
{
	const struct fields *f = &r->fields;

	if (r->wrong != NULL)
		return;
	check(r->whole && r->headed && r->status >= 200 && r->status <= 599);
	check(r->received == 0 || !bodiless);
	check(bodiless || r->status == 204 || r->status == 304 ||
	    f->length < 0 || r->received == f->length);
	check(!f->ranged || f->first <= f->last);
	check(!f->ranged || f->total < 0 || f->last < f->total);
	check(strlen(fields_validator(f)) < VALIDATOR_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct outcome whole, sliced; /* 25 KiB each */
	const char *in = (const char *)data + 1;
	size_t step;
	int bodiless;

	if (n == 0)
		return 0;
	bodiless = data[0] & 1;
	step = 1 + data[0] / 2 % 16;
	read_all(&whole, in, n - 1, n, bodiless);
	read_all(&sliced, in, n - 1, step, bodiless);
	check_outcome(&whole.reply, bodiless);
	check((whole.reply.wrong == NULL) == (sliced.reply.wrong == NULL));
	check(whole.reply.status == sliced.reply.status);
	check(whole.reply.received == sliced.reply.received);
	check(whole.sum == sliced.sum && whole.lines == sliced.lines);
	return 0;
}
