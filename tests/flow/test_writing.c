/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "traffic.h"

#define WRITERS 4
#define RECORD_MAX 3000
#define MANY_PIECES 3000 /* IOV_MAX is 1,024 */

/* A record: who, how long, and as many bytes of who. */
struct writer {
	sock_t sock;
	unsigned char who;
	int records;
};

static size_t
record_length(int who, int i)
{
	return (size_t)(i * 211 + who * 37) % RECORD_MAX;
}

static int
write_record(const struct writer *w, int i, unsigned char *record)
{
	const size_t n = record_length(w->who, i);
	struct iovec piece[] = { { record, 1 }, { record + 1, 2 },
		{ record + 3, n } };

	record[0] = w->who;
	record[1] = (unsigned char)(n >> 8);
	record[2] = (unsigned char)n;
	memset(record + 3, w->who, n);
	if (i % 2 == 0)
		return sock_writev(w->sock, piece, 3, soon());
	return sock_write(w->sock, record, n + 3, soon());
}

static void
write_records(void *arg)
{
	const struct writer *w = arg;
	unsigned char record[RECORD_MAX + 3];
	int i;

	for (i = 0; i < w->records; i++)
		SAME(write_record(w, i, record), 0);
}

static bool
all_same(const unsigned char *bytes, size_t n, unsigned char what)
{
	while (n > 0 && *bytes == what)
		bytes++, n--;
	return n == 0;
}

static void
writers_never_tear_each_others_records(struct flow *f)
{
	const int records = (int)fewer(60);
	struct writer w[WRITERS];
	int next[WRITERS] = { 0 }, i;

	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	for (i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ f->a, (unsigned char)i, records };
		flow_start(f, write_records, &w[i]);
	}
	for (i = 0; i < WRITERS * records; i++) {
		unsigned char head[3], body[RECORD_MAX];
		size_t n;

		SAME(sock_read_full(f->b, head, 3, soon()), 3);
		WANT(head[0] < WRITERS);
		n = (size_t)head[1] << 8 | head[2];
		SAME(n, record_length(head[0], next[head[0]]++));
		SAME(sock_read_full(f->b, body, n, soon()), n);
		WANT(all_same(body, n, head[0]));
	}
	flow_join(f);
}

struct pieces {
	sock_t sock;
	struct iovec *piece;
	int count;
};

static void
write_pieces(void *arg)
{
	const struct pieces *p = arg;

	SAME(sock_writev(p->sock, p->piece, p->count, soon()), 0);
}

static void
more_pieces_than_iov_max_go_in_order(struct flow *f)
{
	struct iovec *piece = calloc(MANY_PIECES, sizeof *piece);
	struct pieces p = { f->a, piece, spares_bulk(f) ? 10 : MANY_PIECES };
	unsigned char *block = malloc(MANY_PIECES * 3);
	struct direction in = { f->b, 9, 0, 1000, false, 0 };
	size_t at = 0;
	int i;

	/* Empty ones among them, without an address, first and last as well. */
	for (i = 0; i < p.count; i++) {
		const size_t n = i + 1 < p.count ? (size_t)i % 4 : 0;

		piece[i] = (struct iovec){ n > 0 ? block + at : NULL, n };
		at += n;
	}
	traffic_fill(block, at, 0, 9);
	in.total = at;
	flow_start(f, write_pieces, &p);
	traffic_read(&in);
	flow_join(f);
	free(block);
	free(piece);
}

static void
pieces_have_a_count(struct flow *f)
{
	char text[] = "abc";
	struct iovec piece[] = { { NULL, 0 }, { text, 0 }, { text, 3 } };
	struct pieces p = { f->a, piece, 3 };
	char buf[3];

	SAME(sock_writev(f->a, piece, -1, soon()), SOCK_EUSAGE);
	SAME(sock_writev(f->a, piece, 3, SOCK_NOWAIT), SOCK_EUSAGE);
	SAME(sock_writev(f->a, piece, 2, soon()), 0);
	flow_start(f, write_pieces, &p);
	SAME(sock_read_full(f->b, buf, 3, soon()), 3);
	WANT(memcmp(buf, text, 3) == 0);
	flow_join(f);
}

struct printed {
	sock_t sock;
	int width;
};

static void
print_it(void *arg)
{
	const struct printed *p = arg;

	SAME(sock_printf(p->sock, "%s:%*d|", "x", p->width, 7), p->width + 3);
}

static void
formatted_text_may_be_long(struct flow *f)
{
	static const int widths[] = { 1, 508, 509, 510, 20000 };
	const size_t count = sizeof widths / sizeof widths[0];
	char *buf = malloc(20003);
	size_t i;

	for (i = 0; i < count - spares_bulk(f); i++) {
		struct printed p = { f->a, widths[i] };
		const size_t n = (size_t)widths[i] + 3;
		ssize_t rc;

		flow_start(f, print_it, &p);
		rc = sock_read_full(f->b, buf, n, soon());
		flow_join(f);
		if (rc != (ssize_t)n || memcmp(buf, "x:", 2) != 0 ||
		    memcmp(buf + n - 2, "7|", 2) != 0 ||
		    !all_same((unsigned char *)buf + 2, n - 4, ' '))
			flow_fail(__FILE__, __LINE__, "width %d", widths[i]);
	}
	free(buf);
}

static void
a_full_stream_takes_more_once_it_is_read(struct flow *f)
{
	struct direction in = { f->b, 0, 0, 4096, true, 0 };
	struct direction out = { f->a, 0, 0, 4096, true, 0 };
	ssize_t n;

	traffic_greet(f);
	n = traffic_clog(f->a);
	WANT(n >= 0);
	out.from = (size_t)n;
	in.total = out.total = (size_t)n + (spares_bulk(f) ? 5000 : 50000);
	flow_start(f, traffic_write, &out);
	/* TCP may find room for more once it has thought about it. */
	if ((f->transport->kind & (OVER_TCP | OVER_TLS)) == 0)
		WANT(flow_await(f->a, 1));
	traffic_read(&in);
	flow_join(f);
}

static void
a_write_that_never_began_spoils_nothing(struct flow *f)
{
	struct direction in = { f->b, 0, 0, 4096, false, 0 };
	char byte;
	ssize_t n;

	traffic_greet(f);
	n = traffic_clog(f->a);
	WANT(n >= 0);
	SAME(sock_write_some(f->a, "x", 1, sock_in(-1)), -ETIMEDOUT);
	SAME(sock_write(f->a, "x", 1, sock_in(-1)), -ETIMEDOUT);
	SAME(sock_write(f->a, "x", 1, SOCK_NOWAIT), SOCK_EUSAGE);
	in.total = (size_t)n;
	traffic_read(&in);
	SAME(sock_write(f->a, "x", 1, soon()), 0);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
	SAME(byte, 'x');
	SAME(sock_close(f->a), 0);
}

static void
a_write_that_is_cut_ends_all_writing(struct flow *f)
{
	const size_t n = (size_t)16 << 20;
	unsigned char *block = calloc(1, n);
	int rc;

	traffic_greet(f);
	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	rc = sock_write(f->a, block, n, sock_in(20));
	free(block);
	SAME(rc, -ETIMEDOUT);
	SAME(sock_write(f->a, "x", 1, soon()), -ETIMEDOUT);
	SAME(sock_write_some(f->a, "x", 1, soon()), -ETIMEDOUT);
	SAME(sock_printf(f->a, "x"), -ETIMEDOUT);
	/* The other direction is as it was. */
	SAME(sock_read(f->a, &rc, 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_close(f->a), -ETIMEDOUT);
}

static void
a_corked_stream_sends_once_it_is_uncorked(struct flow *f)
{
	struct speech w = { f->a, "abcdef", 6, 1, false };
	char buf[6];

	SAME(sock_cork(f->a, true), 0);
	flow_start(f, traffic_say, &w);
	if (f->transport->layers == 0)
		flow_join(f);
	SAME(sock_cork(f->a, false), 0);
	SAME(sock_read_full(f->b, buf, 6, soon()), 6);
	flow_join(f);
	WANT(memcmp(buf, "abcdef", 6) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(writers_never_tear_each_others_records, OVER_ALL),
		FLOW_TEST(more_pieces_than_iov_max_go_in_order, OVER_ALL),
		FLOW_TEST(pieces_have_a_count, OVER_ALL),
		FLOW_TEST(formatted_text_may_be_long, OVER_ALL),
		FLOW_TEST(a_full_stream_takes_more_once_it_is_read, OVER_ALL),
		FLOW_TEST(a_write_that_never_began_spoils_nothing, OVER_BARE),
		FLOW_TEST(a_write_that_is_cut_ends_all_writing, OVER_ALL),
		FLOW_TEST(a_corked_stream_sends_once_it_is_uncorked, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
