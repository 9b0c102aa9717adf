/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../examples/servers/httpd_chunks.h"

/* Where httpd sees the end of a body in chunks. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *body;
	bool wrong;
	size_t taken;
} bodies[] = {
	{ "0\r\n\r\nx", false, 5 },
	{ "5\r\nhello\r\n0\r\n\r\n", false, 15 },
	{ "5;a=b ; c\r\nhello\r\n000\r\nA: b\r\n\r\n", false, 31 },
	{ "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\nx", false, 35 },
	{ "5\nhello\r\n0\r\n\r\n", true, 0 },
	{ "5\r\nhello\n0\r\n\r\n", true, 0 },
	{ "5\r\nhello0\r\n\r\n", true, 0 },
	{ "5\r\nhellooo\r\n", true, 0 },
	{ "5\r\rhello\n", true, 0 },
	{ "5 5\r\nhello\r\n0\r\n\r\n", true, 0 },
	{ "+5\r\nhello\r\n", true, 0 },
	{ "0x5\r\nhello\r\n", true, 0 },
	{ "-1\r\n", true, 0 },
	{ "\r\n", true, 0 },
	{ "g\r\n", true, 0 },
	{ "ffffffffffffffff\r\n", true, 0 },
	{ "5;\x01\r\nhello\r\n", true, 0 },
	{ "0\r\nA : b\r\n\r\n", true, 0 },
	{ "0\r\n\n", true, 0 },
};

static void
the_end_of_a_chunked_body_is_found(void **state)
{
	size_t i, step, at, taken;

	(void)state;
	for (i = 0; i < COUNT(bodies); i++)
		for (step = 1; step < 50; step += 48) {
			const size_t n = strlen(bodies[i].body);
			struct chunks c = { 0 };

			for (at = 0; at < n && !c.whole && !c.wrong;
			     at += taken)
				taken = chunks_take(&c, bodies[i].body + at,
				    n - at < step ? n - at : step);
			if (c.wrong != bodies[i].wrong || c.whole == c.wrong)
				print_error("%s\n", bodies[i].body);
			assert_int_equal(c.wrong, bodies[i].wrong);
			assert_int_equal(c.whole, !bodies[i].wrong);
			if (c.whole)
				assert_int_equal(at, bodies[i].taken);
		}
}

static void
a_chunk_cannot_have_a_long_size(void **state)
{
	struct chunks c = { 0 };
	char in[2 * CHUNKS_LINE_MAX];

	(void)state;
	memset(in, '0', sizeof in);
	assert_in_range(chunks_take(&c, in, sizeof in), CHUNKS_LINE_MAX,
	    CHUNKS_LINE_MAX + 2);
	assert_true(c.wrong);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_chunked_body_is_found),
		cmocka_unit_test(a_chunk_cannot_have_a_long_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
