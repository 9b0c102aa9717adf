/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/clients/mail_check/pop3_reply.h"
#include "../../examples/clients/mail_check/undot.h"
#include "../../examples/clients/mail_send/dots.h"

/*
 * What a POP3 server may answer: the first byte says how the rest is cut into
 * pieces.  And a message that is stuffed with dots comes out as it went in.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
	char *text;
	size_t n, used;
	bool ended;
};

static void
check(int good)
{
	if (!good)
		abort();
}

static struct outcome
read_all(const char *in, size_t n, size_t step)
{
	struct outcome o = { .text = malloc(n + 1) };
	struct undot u = { .at = 0 };
	struct undot_piece piece;

	check(o.text != NULL);
	while (o.used < n && !u.ended) {
		const size_t left = n - o.used;
		const size_t used = undot_take(&u, in + o.used,
		    left < step ? left : step, &piece);

		check(used <= left && used + piece.n > 0 && o.n + piece.n <= n);
		memcpy(o.text + o.n, piece.at, piece.n);
		o.n += piece.n;
		o.used += used;
	}
	o.ended = u.ended;
	return o;
}

static void
check_slices(const char *in, size_t n, size_t step)
{
	struct outcome whole = read_all(in, n, n);
	struct outcome sliced = read_all(in, n, step);

	check(whole.ended == sliced.ended && whole.n == sliced.n);
	check(whole.used == sliced.used);
	check(memcmp(whole.text, sliced.text, whole.n) == 0);
	free(whole.text);
	free(sliced.text);
}

/* Only where its lines end in CR LF is a message one. */
static void
check_both_ways(const char *in, size_t n)
{
	char *lines = malloc(2 * n + 2), *stuffed = malloc(4 * n + 8);
	struct dots d = { .inside = false };
	struct outcome back;
	size_t i, length = 0, all;

	check(lines != NULL && stuffed != NULL);
	for (i = 0; i < n; i++) {
		if (in[i] == '\n')
			lines[length++] = '\r';
		if (in[i] != '\r')
			lines[length++] = in[i];
	}
	memcpy(lines + length, "\r\n", 2);
	length += 2;
	all = dots_add(&d, lines, length, stuffed);
	check(!d.inside && all <= 2 * length);
	memcpy(stuffed + all, ".\r\n", 3);
	back = read_all(stuffed, all + 3, all + 3);
	check(back.ended && back.used == all + 3 && back.n == length);
	check(memcmp(back.text, lines, length) == 0);
	free(back.text);
	free(lines);
	free(stuffed);
}

static void
check_line(const char *in, size_t n)
{
	struct pop3_capabilities can = { .stls = false };
	struct pop3_line line = { .n = 0 };
	char *exact = malloc(n + 1);
	uint64_t first, second;
	const char *words;
	bool good;

	check(exact != NULL);
	memcpy(exact, in, n);
	exact[n] = '\0';
	if (pop3_status(exact, n, &good, &words) == NULL) {
		check(words >= exact && words <= exact + n);
		(void)pop3_numbers(words, &first, &second);
	}
	pop3_capability(&can, &line, in, n);
	check(line.n < sizeof line.at);
	free(exact);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *in = (const char *)data + 1;

	if (n < 2)
		return 0;
	check_slices(in, n - 1, 1 + data[0] % 16);
	check_both_ways(in, n - 1);
	check_line(in, n - 1);
	return 0;
}
