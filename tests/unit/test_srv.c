/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sock/base.h>

#include "resolve/resolve.h"
#include "resolve/srv.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ANY_COUNT -1

/* A message: one question about "_s._tcp.x", and count answers behind it. */
#define HEAD(count) \
	"\0\1\x84\0\0\1\0" count "\0\0\0\0" \
	"\2_s\4_tcp\1x\0\0\x21\0\1"
/* The owner by pointer, type, class, time to live; the length follows. */
#define SRV "\xc0\x0c\0\x21\0\1\0\0\0\5"
/* Priority 1, weight 2, port 443. */
#define FIXED "\0\1\0\2\1\xbb"
#define ROW(text) text, sizeof(text) - 1

static const struct {
	const char *what, *message;
	size_t n;
	int wanted;
	const char *target;
} rows[] = {
	{ "one", ROW(HEAD("\1") SRV "\0\x0b" FIXED "\1a\1x\0"), 1, "a.x" },
	{ "a compressed target",
	    ROW(HEAD("\1") SRV "\0\x0a" FIXED "\1a\xc0\x14"), 1, "a.x" },
	{ "nothing", ROW(""), SOCK_ERESOLVE, "" },
	{ "half a header", ROW("\0\1\x84\0\0\1"), SOCK_ERESOLVE, "" },
	{ "no answer", ROW(HEAD("\0")), SOCK_ENOHOST, "" },
	{ "more promised than there is",
	    ROW(HEAD("\2") SRV "\0\x0b" FIXED "\1a\1x\0"), SOCK_ERESOLVE, "" },
	{ "a question that is cut", ROW("\0\1\x84\0\0\1\0\1\0\0\0\0\2_s\4_t"),
	    SOCK_ERESOLVE, "" },
	{ "data longer than the message",
	    ROW(HEAD("\1") SRV "\1\x0b" FIXED "\1a\1x\0"), SOCK_ERESOLVE, "" },
	{ "data longer than its target",
	    ROW(HEAD("\1") SRV "\0\x0c" FIXED "\1a\1x\0z"), SOCK_ERESOLVE, "" },
	{ "data shorter than its target",
	    ROW(HEAD("\1") SRV "\0\x0a" FIXED "\1a\1x\0"), SOCK_ERESOLVE, "" },
	{ "data without a target", ROW(HEAD("\1") SRV "\0\6" FIXED),
	    SOCK_ERESOLVE, "" },
	{ "data of nothing", ROW(HEAD("\1") SRV "\0\0"), SOCK_ERESOLVE, "" },
	{ "a pointer to itself", ROW(HEAD("\1") SRV "\0\x08" FIXED "\xc0\x2d"),
	    SOCK_ERESOLVE, "" },
	{ "a pointer beyond the end",
	    ROW(HEAD("\1") SRV "\0\x08" FIXED "\xff\xff"), SOCK_ERESOLVE, "" },
	{ "half a pointer", ROW(HEAD("\1") SRV "\0\x07" FIXED "\xc0"),
	    SOCK_ERESOLVE, "" },
	{ "a label of a kind unknown",
	    ROW(HEAD("\1") SRV "\0\x09" FIXED "\x41"
			       "a\0"),
	    SOCK_ERESOLVE, "" },
	{ "the service is not there", ROW(HEAD("\1") SRV "\0\7" FIXED "\0"),
	    SOCK_ENOSERVICE, "" },
	{ "it is, besides",
	    ROW(HEAD("\2") SRV "\0\7" FIXED "\0" SRV "\0\x0b" FIXED "\1a\1x\0"),
	    1, "a.x" },
	{ "a CNAME before it",
	    ROW(HEAD("\2") "\xc0\x0c\0\5\0\1\0\0\0\5\0\2\xc0\x14" SRV
			   "\0\x0b" FIXED "\1a\1x\0"),
	    1, "a.x" },
	{ "another class",
	    ROW(HEAD("\1") "\xc0\x0c\0\x21\0\3\0\0\0\5\0\x0b" FIXED "\1a\1x\0"),
	    SOCK_ENOHOST, "" },
	{ "port 0", ROW(HEAD("\1") SRV "\0\x0b\0\1\0\2\0\0\1a\1x\0"),
	    SOCK_ENOHOST, "" },
	{ "a target with a control character",
	    ROW(HEAD("\1") SRV "\0\x0c" FIXED "\2\x1b"
			       "a\1x\0"),
	    SOCK_ENOHOST, "" },
	{ "a target with a dot in a label",
	    ROW(HEAD("\1") SRV "\0\x0d" FIXED "\3a.b\1x\0"), SOCK_ENOHOST, "" },
	{ "a target that is a number",
	    ROW(HEAD("\1") SRV "\0\x10" FIXED "\2"
			       "10\1"
			       "0\1"
			       "0\1"
			       "1\0"),
	    SOCK_ENOHOST, "" },
	{ "a target that the C library takes for one",
	    ROW(HEAD("\1") SRV "\0\x0c" FIXED "\4"
			       "0x7f\0"),
	    SOCK_ENOHOST, "" },
};

static void
a_message_is_read_or_refused(void **state)
{
	struct socki_srv out[4];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int rc;

		memset(out, 0, sizeof out);
		rc = socki_srv_parse((const uint8_t *)rows[i].message,
		    rows[i].n, out, COUNT(out));
		if (rc != rows[i].wanted)
			fail_msg("%s: %d", rows[i].what, rc);
		if (rc < 1)
			continue;
		assert_string_equal(out[0].target, rows[i].target);
		assert_int_equal(out[0].priority, 1);
		assert_int_equal(out[0].weight, 2);
		assert_int_equal(out[0].port, 443);
	}
}

/* Whatever is cut off, nothing is read behind it: AddressSanitizer looks. */
static void
each_beginning_of_a_message_is_refused(void **state)
{
	struct socki_srv out[1];
	size_t n;

	(void)state;
	for (n = 0; n < rows[0].n; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, rows[0].message, n);
		copy = realloc(copy, n > 0 ? n : 1);
		if (socki_srv_parse(copy, n, out, 1) != SOCK_ERESOLVE)
			fail_msg("%zu bytes", n);
		free(copy);
	}
}

static void
no_more_are_kept_than_asked_for(void **state)
{
	static const char two[] = HEAD("\2") SRV "\0\x0b" FIXED "\1a\1x\0" SRV
						 "\0\x0b" FIXED "\1b\1x\0";
	struct socki_srv out[2];

	(void)state;
	out[1].port = 7;
	assert_int_equal(socki_srv_parse((const uint8_t *)two, sizeof two - 1,
			     out, 1),
	    1);
	assert_int_equal(out[1].port, 7);
}

static void
the_lowest_priority_is_first(void **state)
{
	static const struct socki_srv all[] = {
		{ .priority = 20, .weight = 9 },
		{ .priority = 0, .weight = 0 },
		{ .priority = 65535 },
		{ .priority = 10, .weight = 1 },
	};
	uint8_t order[COUNT(all)];
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		socki_srv_order(order, all, COUNT(all), seed);
		assert_memory_equal(order, "\1\3\0\2", 4);
	}
}

/* How often each comes first: the seeds are given, so the counts are. */
static void
lots_are_weighted(void **state)
{
	static const struct socki_srv all[] = {
		{ .weight = 60 },
		{ .weight = 30 },
		{ .weight = 10 },
		{ .weight = 0 },
	};
	unsigned first[COUNT(all)] = { 0 }, seen;
	uint8_t order[COUNT(all)];
	uint64_t seed;
	size_t i;

	(void)state;
	for (seed = 0; seed < 10000; seed++) {
		socki_srv_order(order, all, COUNT(all), seed);
		first[order[0]]++;
		for (seen = 0, i = 0; i < COUNT(all); i++)
			seen |= 1u << order[i];
		assert_int_equal(seen, 15);
	}
	assert_in_range(first[0], 5700, 6200);
	assert_in_range(first[1], 2800, 3200);
	assert_in_range(first[2], 850, 1150);
	/* "A very small chance": RFC 2782. */
	assert_in_range(first[3], 20, 200);
}

static void
without_weights_each_comes_first_at_times(void **state)
{
	static const struct socki_srv all[3];
	unsigned first[COUNT(all)] = { 0 };
	uint8_t order[COUNT(all)];
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 300; seed++) {
		socki_srv_order(order, all, COUNT(all), seed);
		first[order[0]]++;
	}
	assert_true(first[0] > 50 && first[1] > 50 && first[2] > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read_or_refused),
		cmocka_unit_test(each_beginning_of_a_message_is_refused),
		cmocka_unit_test(no_more_are_kept_than_asked_for),
		cmocka_unit_test(the_lowest_priority_is_first),
		cmocka_unit_test(lots_are_weighted),
		cmocka_unit_test(without_weights_each_comes_first_at_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
