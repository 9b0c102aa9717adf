/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "traffic.h"

/* Streams that end otherwise than orderly. */

static bool
broken(int rc)
{
	return rc == -EPIPE || rc == -ECONNRESET;
}

static void
close_it(void *arg)
{
	SAME(sock_close(*(sock_t *)arg), 0);
}

static void
a_reset_is_no_end(struct flow *f)
{
	char buf[8];

	SAME(sock_abort(f->a), 0);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), -ECONNRESET);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), -ECONNRESET);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), -ECONNRESET);
	SAME(sock_close(f->b), -ECONNRESET);
}

static void
an_end_is_no_error(struct flow *f)
{
	char buf[8];

	SAME(sock_close(f->a), 0);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), 0);
	SAME(sock_close(f->b), 0);
}

static void
a_deadline_is_no_end(struct flow *f)
{
	char buf[8];

	SAME(sock_read(f->b, buf, sizeof buf, sock_in(5)), -ETIMEDOUT);
	SAME(sock_read(f->b, buf, sizeof buf, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_close(f->b), 0);
}

static void
the_own_close_is_told_apart(struct flow *f)
{
	char buf[8];

	flow_start(f, close_it, &f->b);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), SOCK_ESTALE);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), SOCK_ESTALE);
	flow_join(f);
}

static void
a_layer_that_is_cut_off_did_not_end(struct flow *f)
{
	struct speech w = { f->a, "abc", 3, 3, false };
	char buf[8];

	traffic_greet(f);
	flow_start(f, traffic_say, &w);
	flow_join(f);
	SAME(sock_close(f->a), 0);
	SAME(sock_read_full(f->b, buf, 3, soon()), 3);
	SAME(sock_read(f->b, buf, 1, soon()), SOCK_EEOF);
	SAME(sock_read(f->b, buf, 1, soon()), SOCK_EEOF);
	SAME(sock_close(f->b), SOCK_EEOF);
}

/* Until so much lies in the kernel, or in the handle. */
static bool
arrived(sock_t s, uint32_t n)
{
	struct sock_info info = { .size = sizeof info };
	const sock_time deadline = soon();

	do {
		if (sock_info(s, &info) < 0 || sock_now() > deadline)
			return false;
		flow_yield();
	} while (info.receive_queue < n);
	return true;
}

static void
what_came_before_a_reset_comes_first(struct flow *f)
{
	char text[3000], buf[3000];

	memset(text, 'x', sizeof text);
	text[999] = '\n';
	SAME(sock_write(f->a, text, sizeof text, soon()), 0);
	WANT(arrived(f->b, sizeof text));
	SAME(sock_abort(f->a), 0);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 999);
	/* No line any more, but all of its bytes. */
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), -ECONNRESET);
	SAME(sock_read_full(f->b, buf, 2000, soon()), 2000);
	WANT(memcmp(buf, text, 999) == 0);
	SAME(sock_read(f->b, buf, 1, soon()), -ECONNRESET);
}

static void
unread_input_makes_a_close_a_reset(struct flow *f)
{
	char buf[8];

	SAME(sock_write(f->b, "unread", 6, soon()), 0);
	WANT(arrived(f->a, 6));
	SAME(sock_close(f->a), 0);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), -ECONNRESET);
}

static void
last_words_are_heard_after_a_broken_write(struct flow *f)
{
	char buf[16];
	int first;
	ssize_t n;

	SAME(sock_write(f->b, "unread", 6, soon()), 0);
	SAME(sock_write(f->a, "last words", 10, soon()), 0);
	WANT(arrived(f->a, 6));
	WANT(arrived(f->b, 10));
	SAME(sock_close(f->a), 0);
	do
		first = sock_write(f->b, "x", 1, soon());
	while (first == 0);
	WANT(broken(first));
	SAME(sock_write(f->b, "x", 1, soon()), first);
	SAME(sock_printf(f->b, "x"), first);
	SAME(sock_read_full(f->b, buf, 10, soon()), 10);
	WANT(memcmp(buf, "last words", 10) == 0);
	n = sock_read(f->b, buf, sizeof buf, soon());
	WANT(n == -ECONNRESET || (n == 0 && first == -EPIPE));
	SAME(sock_close(f->b), first);
}

/* The kernel tells it once: to the write. */
static void
write_into_a_reset(struct flow *f, bool in_pieces)
{
	struct iovec piece = { (void *)(uintptr_t) "x", 1 };
	char buf[8];
	int rc;

	SAME(sock_abort(f->a), 0);
	do
		rc = in_pieces ? sock_writev(f->b, &piece, 1, soon()) :
				 sock_write(f->b, "x", 1, soon());
	while (rc == 0);
	SAME(rc, -ECONNRESET);
	SAME(sock_read(f->b, buf, sizeof buf, soon()), -ECONNRESET);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), -ECONNRESET);
	SAME(sock_close(f->b), -ECONNRESET);
}

static void
a_reset_that_a_write_was_told_is_no_end(struct flow *f)
{
	write_into_a_reset(f, false);
}

static void
a_reset_that_pieces_were_told_is_no_end(struct flow *f)
{
	write_into_a_reset(f, true);
}

static void
flood(void *arg)
{
	char block[4096] = "";
	int rc;

	do
		rc = sock_write(*(sock_t *)arg, block, sizeof block, soon());
	while (rc == 0);
	WANT(broken(rc));
}

static void
a_waiting_writer_hears_of_the_reset(struct flow *f)
{
	traffic_greet(f);
	(void)sock_set(f->b, SOCK_OPT_SNDBUF, 4096);
	flow_start(f, flood, &f->b);
	WANT(flow_await(f->b, 1));
	SAME(sock_abort(f->a), 0);
	flow_join(f);
	WANT(broken(sock_close(f->b)));
}

static void
hear_the_reset(void *arg)
{
	char byte;

	SAME(sock_read(*(sock_t *)arg, &byte, 1, soon()), -ECONNRESET);
}

/* Whichever of the two hears of it first. */
static void
a_reset_is_no_end_beside_a_waiting_writer(struct flow *f)
{
	traffic_greet(f);
	(void)sock_set(f->b, SOCK_OPT_SNDBUF, 4096);
	flow_start(f, flood, &f->b);
	flow_start(f, hear_the_reset, &f->b);
	WANT(flow_await(f->b, 2));
	SAME(sock_abort(f->a), 0);
	flow_join(f);
	WANT(broken(sock_close(f->b)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_reset_is_no_end, OVER_TCP),
		FLOW_TEST(an_end_is_no_error, OVER_BARE),
		FLOW_TEST(a_deadline_is_no_end, OVER_ALL),
		FLOW_TEST(the_own_close_is_told_apart, OVER_ALL),
		FLOW_TEST(a_layer_that_is_cut_off_did_not_end, OVER_LAYERS),
		FLOW_TEST(what_came_before_a_reset_comes_first, OVER_TCP),
		FLOW_TEST(unread_input_makes_a_close_a_reset, OVER_BARE),
		FLOW_TEST(last_words_are_heard_after_a_broken_write, OVER_BARE),
		FLOW_TEST(a_reset_that_a_write_was_told_is_no_end, OVER_TCP),
		FLOW_TEST(a_reset_that_pieces_were_told_is_no_end, OVER_TCP),
		FLOW_TEST(a_waiting_writer_hears_of_the_reset, OVER_ALL),
		FLOW_TEST(a_reset_is_no_end_beside_a_waiting_writer,
		    OVER_TCP | OVER_TLS),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
