/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "socket/buffer.h"
#include "socket/socket.h"
#include "traffic.h"

#define MOST 65536 /* that can be looked at at once */

static const struct {
	const char *text, *mark;
	size_t cap;
	ssize_t result;
} marks[] = {
	{ "key: value\r\n\r\nbody", "\r\n\r\n", 64, 14 },
	{ "aaab", "aab", 64, 4 },
	{ "ababac", "abac", 64, 6 },
	{ "x", "x", 1, 1 },
	{ "abcd;", ";", 5, 5 },
	{ "abcde;", ";", 5, SOCK_ETOOBIG },
	{ "abcdef", "abcdef", 5, SOCK_ETOOBIG },
	{ "abc", ";", 64, SOCK_EEOF },
	{ "", ";", 64, SOCK_EEOF },
	{ "abc", "", 64, SOCK_EUSAGE },
	{ "abc", "a", 0, SOCK_ETOOBIG },
};

static void
expect_mark(struct flow *f, size_t row)
{
	const size_t n = strlen(marks[row].text);
	struct speech w = { f->a, marks[row].text, n, 1, true };
	char buf[64];
	ssize_t rc, rest;

	flow_start(f, traffic_say, &w);
	rc = sock_read_until(f->b, buf, marks[row].cap, marks[row].mark,
	    strlen(marks[row].mark), soon());
	if (rc != marks[row].result)
		flow_fail(__FILE__, __LINE__, "row %zu: %zd", row, rc);
	if (rc < 0)
		rc = 0;
	rest = sock_read_full(f->b, buf + rc, n - (size_t)rc, soon());
	SAME(rest, n - (size_t)rc);
	WANT(memcmp(buf, marks[row].text, n) == 0);
	SAME(sock_read_until(f->b, buf, 64, ";", 1, soon()), SOCK_EEOF);
	flow_join(f);
}

static void
what_ends_with_a_mark_is_taken_and_else_nothing(struct flow *f)
{
	sock_t ends[2];
	size_t i;

	for (i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		expect_mark(f, i);
		SAME(sock_close(f->a), 0);
		SAME(sock_close(f->b), 0);
		SAME(transport_open(f->transport, ends), 0);
		f->a = ends[0];
		f->b = ends[1];
	}
}

static void
expect_far_mark(struct flow *f, size_t at, ssize_t result)
{
	char *text = malloc(at), *buf = malloc(2 * MOST);
	struct speech w = { f->a, text, at, 7000, false };
	ssize_t rc, rest = (ssize_t)at;

	memset(text, 'x', at);
	text[at - 1] = ';';
	flow_start(f, traffic_say, &w);
	rc = sock_read_until(f->b, buf, 2 * MOST, ";", 1, soon());
	if (rc < 0)
		rest = sock_read_full(f->b, buf, at, soon());
	if (memcmp(buf, text, at) != 0)
		rest = -1;
	flow_join(f);
	free(text);
	free(buf);
	SAME(rc, result);
	SAME(rest, at);
}

static void
a_mark_is_looked_for_in_65536_bytes(struct flow *f)
{
	if (spares_bulk(f))
		return;
	expect_far_mark(f, MOST, MOST);
	expect_far_mark(f, MOST + 1, SOCK_ETOOBIG);
}

static void
peek_shows_and_skip_takes(struct flow *f)
{
	struct speech w = { f->a, "abcdef", 6, 2, true };
	const void *view;
	char buf[8];

	flow_start(f, traffic_say, &w);
	WANT(sock_peek(f->b, &view, 0, soon()) >= 1);
	WANT(*(const char *)view == 'a');
	SAME(sock_peek(f->b, &view, 6, soon()), 6);
	WANT(memcmp(view, "abcdef", 6) == 0);
	SAME(sock_skip(f->b, 7), SOCK_EUSAGE);
	SAME(sock_skip(f->b, 2), 0);
	SAME(sock_peek(f->b, &view, 4, soon()), 4);
	WANT(memcmp(view, "cdef", 4) == 0);
	SAME(sock_read(f->b, buf, 1, SOCK_NOWAIT), 1);
	WANT(buf[0] == 'c');
	/* More than there will ever be: what there is. */
	SAME(sock_peek(f->b, &view, 100, soon()), 3);
	SAME(sock_skip(f->b, 3), 0);
	SAME(sock_skip(f->b, 1), SOCK_EUSAGE);
	SAME(sock_peek(f->b, &view, 1, soon()), 0);
	WANT(view == NULL);
	SAME(sock_peek(f->b, &view, MOST + 1, soon()), SOCK_ETOOBIG);
	flow_join(f);
}

static void
peek_shows_65536_bytes(struct flow *f)
{
	struct direction out = { f->a, 5, MOST, 3001, false, 0 };
	const void *view;
	size_t same;

	if (spares_bulk(f))
		return;
	flow_start(f, traffic_write, &out);
	WANT(sock_peek(f->b, &view, MOST, soon()) >= MOST);
	same = traffic_same(view, MOST, 0, 5);
	SAME(sock_skip(f->b, MOST), 0);
	SAME(same, MOST);
	flow_join(f);
}

static void
close_it(void *arg)
{
	SAME(sock_close(*(sock_t *)arg), 0);
}

static void
a_view_outlives_the_close_by_another(struct flow *f)
{
	struct speech w = { f->a, "abcdef", 6, 6, false };
	const void *view;
	char byte;
	int fd;

	flow_start(f, traffic_say, &w);
	SAME(sock_peek(f->b, &view, 6, soon()), 6);
	flow_join(f);
	fd = sock_fd(f->b);
	flow_start(f, close_it, &f->b);
	flow_join(f);
	SAME(sock_fd(f->b), SOCK_ESTALE);
	WANT(memcmp(view, "abcdef", 6) == 0);
	WANT(fcntl(fd, F_GETFD) >= 0);
	/* The reader's next call gives it up. */
	SAME(sock_read(f->b, &byte, 1, soon()), SOCK_ESTALE);
}

static void
read_full_says_that_the_end_came_first(struct flow *f)
{
	struct speech w = { f->a, "abc", 3, 3, true };
	char buf[4] = "";

	flow_start(f, traffic_say, &w);
	SAME(sock_read_full(f->b, buf, 4, SOCK_NOWAIT), SOCK_EUSAGE);
	SAME(sock_read_full(f->b, buf, 4, soon()), SOCK_EEOF);
	WANT(memcmp(buf, "abc", 3) == 0);
	SAME(sock_read_full(f->b, buf, 1, soon()), SOCK_EEOF);
	flow_join(f);
	SAME(sock_close(f->b), 0);
}

static size_t
searched_of(sock_t handle)
{
	struct socki_socket *s;
	size_t n = 0;

	if (socki_socket_pin(handle, &s) == 0) {
		if (s->in != NULL && s->in->mark_length > 0)
			n = s->in->searched;
		socki_socket_unpin(s);
	}
	return n;
}

/* By a loop that comes back with each byte. */
static void
what_was_searched_is_not_searched_again(struct flow *f)
{
	static const char text[] = "aaabaaaabaXaab|a";
	const void *view;
	char buf[64];
	size_t i;

	for (i = 0; i < 16; i++) {
		struct speech w = { f->a, text + i, 1, 1, false };

		flow_start(f, traffic_say, &w);
		SAME(sock_peek(f->b, &view, i + 1, soon()), (ssize_t)i + 1);
		flow_join(f);
		SAME(sock_read_until(f->b, buf, sizeof buf, "|a", 2,
			 SOCK_NOWAIT),
		    i < 15 ? -EAGAIN : 16);
		SAME(searched_of(f->b), i < 15 ? i + 1 : 0);
		/* Another mark, another search. */
		if (i == 9)
			SAME(sock_read_until(f->b, buf, sizeof buf, "XY", 2,
				 SOCK_NOWAIT),
			    -EAGAIN);
	}
	WANT(memcmp(buf, text, 16) == 0);
}

static void
what_makes_no_sense_says_why(struct flow *f)
{
	const struct sock_layer none = { .size = 0 };
	int64_t value;
	char buf[8];

	SAME(sock_read_full(f->b, buf, 4, SOCK_NOWAIT), SOCK_EUSAGE);
	/* sock_read_line() and its kin do, too. */
	WANT(strstr(sock_errmsg(),
		 ": sock_read() takes SOCK_NOWAIT, "
		 "sock_read_full() does not") != NULL);
	SAME(sock_write(f->a, "x", 1, SOCK_NOWAIT), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "sock_write_some()") != NULL);
	SAME(sock_skip(f->b, 1), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "not buffered") != NULL);
	SAME(sock_read_until(f->b, buf, 8, "", 0, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "mark") != NULL);
	SAME(sock_get(f->b, (enum sock_option)99, &value), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "option") != NULL);
	SAME(sock_push_layer(f->b, &none, NULL), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "table") != NULL);
	SAME(sock_close(f->a), 0);
	SAME(sock_read(0, buf, 1, soon()), SOCK_EUSAGE);
	WANT(strstr(sock_errmsg(), "no handle") != NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(what_ends_with_a_mark_is_taken_and_else_nothing,
		    OVER_ALL),
		FLOW_TEST(a_mark_is_looked_for_in_65536_bytes, OVER_ALL),
		FLOW_TEST(peek_shows_and_skip_takes, OVER_ALL),
		FLOW_TEST(peek_shows_65536_bytes, OVER_ALL),
		FLOW_TEST(what_was_searched_is_not_searched_again, OVER_ALL),
		FLOW_TEST(what_makes_no_sense_says_why, OVER_ALL),
		FLOW_TEST(a_view_outlives_the_close_by_another, OVER_ALL),
		FLOW_TEST(read_full_says_that_the_end_came_first, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
