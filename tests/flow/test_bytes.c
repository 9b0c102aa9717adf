/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdlib.h>

#include "traffic.h"

#define MANY ((size_t)1 << 20)

static void
both_ways(struct flow *f, size_t total, size_t out_block, size_t in_block)
{
	struct direction there_out = { f->a, 1, total, out_block, true, 0 };
	struct direction there_in = { f->b, 1, total, in_block, true, 0 };
	struct direction back_out = { f->b, 2, total, out_block, true, 0 };
	struct direction back_in = { f->a, 2, total, in_block, true, 0 };

	flow_start(f, traffic_write, &there_out);
	flow_start(f, traffic_read, &there_in);
	flow_start(f, traffic_write, &back_out);
	traffic_read(&back_in);
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
	struct direction out = { f->a, 3, fewer(30000), 7, false, 0 };
	unsigned char *block = malloc(out.total);
	ssize_t n;
	size_t same;

	flow_start(f, traffic_write, &out);
	n = sock_read_full(f->b, block, out.total, soon());
	same = n < 0 ? 0 : traffic_same(block, (size_t)n, 0, 3);
	free(block);
	SAME(n, out.total);
	SAME(same, out.total);
	flow_join(f);
}

static void
nothing_is_no_end(struct flow *f)
{
	struct direction out = { f->a, 4, 1, 1, false, 0 };
	unsigned char byte = 'x';

	SAME(sock_read(f->a, &byte, 0, SOCK_NOWAIT), 0);
	SAME(sock_read_full(f->a, &byte, 0, SOCK_NOWAIT), 0);
	SAME(sock_write(f->a, &byte, 0, soon()), 0);
	SAME(sock_write_some(f->a, &byte, 0, SOCK_NOWAIT), 0);
	SAME(sock_writev(f->a, NULL, 0, soon()), 0);
	SAME(sock_printf(f->a, "%s", ""), 0);
	SAME(sock_skip(f->b, 0), 0);
	SAME(sock_read(f->b, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	flow_start(f, traffic_write, &out);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(traffic_same(&byte, 1, 0, 4), 1);
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
