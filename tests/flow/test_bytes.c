/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANY ((size_t)1 << 20)

/* The byte at a place of a stream, whoever asks. */
static unsigned char
byte_at(size_t at, unsigned seed)
{
	return (unsigned char)((at + seed) * 2654435761U >> 13);
}

/* One direction of a stream, written or read in blocks. */
struct direction {
	sock_t sock;
	unsigned seed;
	size_t total, block;
	bool ends; /* shuts behind it, or expects the end */
};

static void
write_it(void *arg)
{
	const struct direction *d = arg;
	unsigned char *block = malloc(d->block);
	size_t at, i, n;
	int rc = 0;

	for (at = 0; at < d->total && rc == 0; at += n) {
		n = d->total - at < d->block ? d->total - at : d->block;
		for (i = 0; i < n; i++)
			block[i] = byte_at(at + i, d->seed);
		rc = sock_write(d->sock, block, n, soon());
	}
	free(block);
	SAME(rc, 0);
	if (d->ends)
		SAME(sock_shut(d->sock, soon()), 0);
}

/* Where a block first differs from what should be at that place; n: nowhere. */
static size_t
same_until(const unsigned char *block, size_t n, size_t at, unsigned seed)
{
	size_t i;

	for (i = 0; i < n && block[i] == byte_at(at + i, seed); i++)
		;
	return i;
}

static void
read_it(void *arg)
{
	const struct direction *d = arg;
	unsigned char *block = malloc(d->block);
	ssize_t n = 0;
	size_t at = 0;

	while (at < d->total || d->ends) {
		n = sock_read(d->sock, block, d->block, soon());
		if (n <= 0 ||
		    same_until(block, (size_t)n, at, d->seed) != (size_t)n)
			break;
		at += (size_t)n;
	}
	free(block);
	SAME(at, d->total);
	if (d->ends)
		SAME(n, 0);
}

static void
both_ways(struct flow *f, size_t total, size_t out_block, size_t in_block)
{
	struct direction there_out = { f->a, 1, total, out_block, true };
	struct direction there_in = { f->b, 1, total, in_block, true };
	struct direction back_out = { f->b, 2, total, out_block, true };
	struct direction back_in = { f->a, 2, total, in_block, true };

	flow_start(f, write_it, &there_out);
	flow_start(f, read_it, &there_in);
	flow_start(f, write_it, &back_out);
	read_it(&back_in);
	flow_join(f);
}

static void
a_mebibyte_flows_both_ways_at_once(struct flow *f)
{
	both_ways(f, fewer(MANY), MANY, (size_t)64 << 10);
}

static void
single_bytes_keep_their_order(struct flow *f)
{
	both_ways(f, fewer(4096), 1, 1);
}

static void
blocks_of_odd_sizes_keep_their_order(struct flow *f)
{
	both_ways(f, fewer(100000), 4099, 1021);
}

static void
read_full_gives_all_of_what_comes_in_slices(struct flow *f)
{
	struct direction out = { f->a, 3, fewer(30000), 7, false };
	unsigned char *block = malloc(out.total);
	ssize_t n;
	size_t same;

	flow_start(f, write_it, &out);
	n = sock_read_full(f->b, block, out.total, soon());
	same = n < 0 ? 0 : same_until(block, (size_t)n, 0, 3);
	free(block);
	SAME(n, out.total);
	SAME(same, out.total);
	flow_join(f);
}

static void
nothing_is_no_end(struct flow *f)
{
	struct direction out = { f->a, 4, 1, 1, false };
	char byte = 'x';

	SAME(sock_read(f->a, &byte, 0, SOCK_NOWAIT), 0);
	SAME(sock_read_full(f->a, &byte, 0, SOCK_NOWAIT), 0);
	SAME(sock_write(f->a, &byte, 0, soon()), 0);
	SAME(sock_write_some(f->a, &byte, 0, SOCK_NOWAIT), 0);
	SAME(sock_writev(f->a, NULL, 0, soon()), 0);
	SAME(sock_printf(f->a, "%s", ""), 0);
	SAME(sock_skip(f->b, 0), 0);
	SAME(sock_read(f->b, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	flow_start(f, write_it, &out);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME((unsigned char)byte, byte_at(0, 4));
	flow_join(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_mebibyte_flows_both_ways_at_once, OVER_ALL),
		FLOW_TEST(single_bytes_keep_their_order, OVER_ALL),
		FLOW_TEST(blocks_of_odd_sizes_keep_their_order, OVER_ALL),
		FLOW_TEST(read_full_gives_all_of_what_comes_in_slices,
		    OVER_ALL),
		FLOW_TEST(nothing_is_no_end, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
