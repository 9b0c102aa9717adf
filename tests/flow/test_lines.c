/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

#define MOST 65536 /* the longest line, whatever the caller has room for */

static const size_t slices[] = { 1, 2, 3, 1000 };
#define SLICES (sizeof slices / sizeof slices[0])

struct line {
	const char *text;
	ssize_t length;
};

/* Reads lines until the end, and compares. */
static void
expect_lines(struct flow *f, size_t cap, const struct line *lines, size_t count)
{
	char buf[128];
	size_t i;

	for (i = 0; i < count; i++) {
		SAME(sock_read_line(f->b, buf, cap, soon()), lines[i].length);
		WANT(memcmp(buf, lines[i].text, (size_t)lines[i].length + 1) ==
		    0);
	}
	SAME(sock_read_line(f->b, buf, cap, soon()), SOCK_EEOF);
	SAME(sock_read_line(f->b, buf, cap, soon()), SOCK_EEOF);
}

static const char mixed[] = "a\r\n\nb\rc\nnul\0x\n\r\r\n\r\nlast";
static const struct line mixed_lines[] = { { "a", 1 }, { "", 0 }, { "b\rc", 3 },
	{ "nul\0x", 5 }, { "\r", 1 }, { "", 0 }, { "last", 4 } };

/* A slice for each kind: the transports see all of them. */
static void
lines_end_with_lf_or_cr_lf(struct flow *f)
{
	struct speech w = { f->a, mixed, sizeof mixed - 1,
		slices[f->kind % (int)SLICES], true };

	flow_start(f, traffic_say, &w);
	expect_lines(f, 128, mixed_lines,
	    sizeof mixed_lines / sizeof mixed_lines[0]);
	flow_join(f);
}

static void
a_last_cr_is_data(struct flow *f)
{
	static const struct line lines[] = { { "x", 1 }, { "abc\r", 4 } };
	struct speech w = { f->a, "x\nabc\r", 6, 1, true };

	flow_start(f, traffic_say, &w);
	expect_lines(f, 5, lines, 2);
	flow_join(f);
}

static const struct {
	const char *text;
	size_t cap;
	ssize_t result;
} bounds[] = {
	{ "abcd\n", 5, 4 },
	{ "abcd\r\n", 5, 4 },
	{ "abcde\n", 5, SOCK_ETOOBIG },
	{ "abcde\r\n", 5, SOCK_ETOOBIG },
	{ "abcd\r\r\n", 5, SOCK_ETOOBIG },
	{ "abcdef", 5, SOCK_ETOOBIG },
	{ "abcd\r", 5, SOCK_ETOOBIG },
	{ "\n", 1, 0 },
	{ "\r\n", 1, 0 },
	{ "x\n", 1, SOCK_ETOOBIG },
	{ "", 1, SOCK_EEOF },
	{ "", 0, SOCK_EUSAGE },
};

/* A line that fits must leave nothing, one that does not must leave all. */
static void
expect_bound(struct flow *f, size_t row)
{
	char buf[16] = "", rest[16];
	const size_t n = strlen(bounds[row].text);
	struct speech w = { f->a, bounds[row].text, n, 2, true };
	ssize_t rc;

	flow_start(f, traffic_say, &w);
	rc = sock_read_line(f->b, buf, bounds[row].cap, soon());
	if (rc != bounds[row].result)
		flow_fail(__FILE__, __LINE__, "row %zu: %zd", row, rc);
	if (rc == SOCK_ETOOBIG) {
		rc = sock_read_line(f->b, buf, bounds[row].cap, soon());
		SAME(rc, SOCK_ETOOBIG);
		SAME(sock_read_full(f->b, rest, n, soon()), n);
		WANT(memcmp(rest, bounds[row].text, n) == 0);
	}
	SAME(traffic_drain(f->b), 0);
	flow_join(f);
}

static void
a_line_fits_or_stays_unread(struct flow *f)
{
	sock_t ends[2] = { f->a, f->b };
	size_t i;

	for (i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
		expect_bound(f, i);
		SAME(sock_close(ends[0]), 0);
		SAME(sock_close(ends[1]), 0);
		SAME(transport_open(f->transport, ends), 0);
		f->a = ends[0];
		f->b = ends[1];
	}
}

/* A line of n bytes and what ends it. */
static char *
long_line(size_t n, const char *end)
{
	char *text = malloc(n + 3);

	memset(text, 'x', n);
	memcpy(text + n, end, strlen(end) + 1);
	return text;
}

static void
expect_long(struct flow *f, size_t n, const char *end, ssize_t result)
{
	char *text = long_line(n, end), *buf = malloc(2 * MOST);
	struct speech w = { f->a, text, n + strlen(end), 5000, false };
	ssize_t rc, rest = (ssize_t)w.n;

	flow_start(f, traffic_say, &w);
	rc = sock_read_line(f->b, buf, 2 * MOST, soon());
	if (rc == SOCK_ETOOBIG)
		rest = sock_read_full(f->b, buf, w.n, soon());
	if (memcmp(buf, text, n) != 0)
		rest = -1;
	flow_join(f);
	free(text);
	free(buf);
	SAME(rc, result);
	SAME(rest, w.n);
}

static void
a_line_has_65536_bytes_at_most(struct flow *f)
{
	if (spares_bulk(f))
		return;
	expect_long(f, MOST, "\n", MOST);
	expect_long(f, MOST, "\r\n", MOST);
	expect_long(f, MOST + 1, "\n", SOCK_ETOOBIG);
	expect_long(f, MOST + 1, "\r\n", SOCK_ETOOBIG);
}

static void
half_a_line_stays_until_the_rest_comes(struct flow *f)
{
	struct speech half = { f->a, "abc", 3, 1, false };
	struct speech rest = { f->a, "def\n", 4, 1, false };
	const void *view;
	char buf[16];

	flow_start(f, traffic_say, &half);
	SAME(sock_peek(f->b, &view, 3, soon()), 3);
	flow_join(f);
	SAME(sock_read_line(f->b, buf, 16, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_read_line(f->b, buf, 16, sock_in(-1)), -ETIMEDOUT);
	SAME(sock_read_line(f->b, buf, 16, sock_in(5)), -ETIMEDOUT);
	flow_start(f, traffic_say, &rest);
	SAME(sock_read_line(f->b, buf, 16, soon()), 6);
	WANT(strcmp(buf, "abcdef") == 0);
	flow_join(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(lines_end_with_lf_or_cr_lf, OVER_ALL),
		FLOW_TEST(a_last_cr_is_data, OVER_ALL),
		FLOW_TEST(a_line_fits_or_stays_unread, OVER_ALL),
		FLOW_TEST(a_line_has_65536_bytes_at_most, OVER_ALL),
		FLOW_TEST(half_a_line_stays_until_the_rest_comes, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
