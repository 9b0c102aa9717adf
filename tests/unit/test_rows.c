/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "name/registry.h"
#include "name/rows.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "Service Name,Port Number,Transport Protocol,Description\n"

/*
 * What is read is written as "NAME FIRST-LAST TRANSPORTS;"..., and an error as
 * "LINE: REASON".
 */
static const struct {
	const char *text, *expected;
} texts[] = {
	{ "", "" },
	{ "# only a comment", "" },
	{ "# name\nhttp\t80\t80\ttcp\n", "http 80-80 1;" },
	{ "http\t80\t80\ttcp", "http 80-80 1;" },
	{ "http\t80\t80\ttcp\r\n\r\n#\twww\r\nx11\t6000\t6063\tudp\r\n",
	    "http 80-80 1;x11 6000-6063 2;" },
	{ "a\t1\t1\tsctp\n\nb\t65535\t65535\tdccp\n",
	    "a 1-1 4;b 65535-65535 8;" },
	{ "a.b_c-d/e+f*g1\t1\t1\ttcp\n", "a.b_c-d/e+f*g1 1-1 1;" },
	{ "\"a\"\t1\t1\ttcp\n", "1: not a service name" },
	{ "a\t1\t1\ttcp\nb\t1\t1\n", "a 1-1 1;2: not four columns" },
	{ "a\t1\t1\ttcp\t\n", "1: not four columns" },
	{ "a\t1\t1\ttcp\nb\n", "a 1-1 1;2: not four columns" },
	{ "\t1\t1\ttcp\n", "1: not a service name" },
	{ "80\t1\t1\ttcp\n", "1: not a service name" },
	{ "a b\t1\t1\ttcp\n", "1: not a service name" },
	{ "a\xc3\xa9\t1\t1\ttcp\n", "1: not a service name" },
	{ "fifteen-letters\t1\t1\ttcp\n", "fifteen-letters 1-1 1;" },
	{ "sixteen-letters-\t1\t1\ttcp\n", "1: not a service name" },
	{ "a\t0\t0\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t080\t80\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t80\t080\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t+80\t80\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t80 \t80\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t80\t\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t\t80\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t81\t80\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t80-81\t81\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t65536\t65536\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t1\t4294967297\ttcp\n", "1: not a port or a range of ports" },
	{ "a\t1\t1\tddp\n", "1: not a transport" },
	{ "a\t1\t1\t\n", "1: not a transport" },

	{ HEAD, "" },
	{ HEAD "http,80,tcp,web\n", "http 80-80 1;" },
	{ HEAD "http,80,tcp", "http 80-80 1;" },
	{ HEAD "x11,6000-6063,tcp,\n", "x11 6000-6063 1;" },
	{ HEAD ",4,tcp,Unassigned\n,,,\n\n,5-6,,\na,,tcp,\nb,1,udp,\n",
	    "b 1-1 2;" },
	{ HEAD "a,1,tcp,\"one, \"\"two\"\"\nthree\n\"\nb,2,tcp,\n",
	    "a 1-1 1;b 2-2 1;" },
	{ HEAD "\"a\",\"1\",\"tcp\",\"\"\r\n\"b\",\"2\",\"tcp\"\r\n",
	    "a 1-1 1;b 2-2 1;" },
	{ "\"Port Number\",x,Transport Protocol,\"Service Name\"\n7,y,udp,echo\n",
	    "echo 7-7 2;" },
	{ HEAD "a,1,tcp,5\" disk\n", "a 1-1 1;" },
	{ HEAD "a,1,tcp,\"\n\n\n\"\nb,1\n", "a 1-1 1;6: too few columns" },
	{ HEAD "a,1,tcp,\"\n\n\n\"\nb,x,tcp\n",
	    "a 1-1 1;6: not a port or a range of ports" },
	{ HEAD "a,1-,tcp,\n", "2: not a port or a range of ports" },
	{ HEAD "a,1-2-3,tcp,\n", "2: not a port or a range of ports" },
	{ HEAD "a,2-1,tcp,\n", "2: not a port or a range of ports" },
	{ HEAD "a,-1,tcp,\n", "2: not a port or a range of ports" },
	{ HEAD "a,1,tcp,\"x\n", "2: a quote is never closed" },
	{ HEAD "a,1,tcp,\"", "2: a quote is never closed" },
	{ HEAD "a,1,tcp,\"x\"y\n", "2: text after a closing quote" },
	{ HEAD ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", "2: too many columns" },
	{ "\n" HEAD,
	    "1: the first row lacks Service Name, Port Number or "
	    "Transport Protocol" },
	{ "Name,Port,Transport\na,1,tcp\n",
	    "1: the first row lacks Service Name, Port Number or "
	    "Transport Protocol" },
};

/* From memory of the exact size, so that a read past it shows. */
static void
read_all(const char *text, size_t n, char *result, size_t size)
{
	char *copy = malloc(n + 1);
	struct socki_rows rows;
	struct socki_row row;
	size_t at = 0;
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, n);
	*result = '\0';
	socki_rows_start(&rows, copy, n);
	while ((rc = socki_rows_next(&rows, &row)) > 0)
		at += (size_t)snprintf(result + at, size - at, "%s %d-%d %u;",
		    row.name, row.first, row.last, row.transport);
	if (rc < 0)
		snprintf(result + at, size - at, "%u: %s", rows.line, rows.why);
	free(copy);
}

static void
a_text_is_read_as_it_stands_or_refused_with_its_line(void **state)
{
	char result[256];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		read_all(texts[i].text, strlen(texts[i].text), result,
		    sizeof result);
		if (strcmp(result, texts[i].expected) != 0)
			fail_msg("of\n%s\nis read: %s", texts[i].text, result);
	}
}

static void
a_nul_is_refused_wherever_it_stands(void **state)
{
	static const char tsv[] = "ab\t1\t1\ttcp\n";
	static const char csv[] = HEAD "ab,1,tcp,\"x\"\n";
	char result[256], text[sizeof csv];

	(void)state;
	for (size_t at = 0; at < sizeof tsv - 2; at++) {
		memcpy(text, tsv, sizeof tsv);
		text[at] = '\0';
		read_all(text, sizeof tsv - 1, result, sizeof result);
		if (strcmp(result, "1: a NUL") != 0)
			fail_msg("a NUL at %zu: %s", at, result);
	}
	for (size_t at = sizeof HEAD - 1; at < sizeof csv - 3; at++) {
		memcpy(text, csv, sizeof csv);
		text[at] = '\0';
		read_all(text, sizeof csv - 1, result, sizeof result);
		if (strcmp(result, "2: a NUL") != 0)
			fail_msg("a NUL at %zu: %s", at, result);
	}
}

static void
a_name_may_be_as_long_as_the_caller_says(void **state)
{
	char text[] = "clc-build-daemon\t8990\t8990\ttcp\n";
	struct socki_rows rows;
	struct socki_row row;

	(void)state;
	socki_rows_start(&rows, text, sizeof text - 1);
	rows.name_max = REGISTRY_NAME_MAX;
	assert_int_equal(socki_rows_next(&rows, &row), 1);
	assert_string_equal(row.name, "clc-build-daemon");
	assert_int_equal(socki_rows_next(&rows, &row), 0);
	assert_int_equal(socki_rows_next(&rows, &row), 0);
}

static void
a_file_is_loaded_whole(void **state)
{
	char path[] = "/tmp/sock-rows-XXXXXX";
	const int fd = mkstemp(path);
	static char block[65536];
	size_t n;
	char *text;

	(void)state;
	assert_true(fd >= 0);
	memset(block, 'x', sizeof block);
	for (int i = 0; i < 3; i++)
		assert_int_equal(write(fd, block, sizeof block), sizeof block);
	close(fd);
	text = socki_rows_load(path, &n);
	assert_non_null(text);
	assert_int_equal(n, 3 * sizeof block);
	assert_memory_equal(text + 2 * sizeof block, block, sizeof block);
	free(text);
	assert_int_equal(truncate(path, 0), 0);
	text = socki_rows_load(path, &n);
	assert_non_null(text);
	assert_int_equal(n, 0);
	free(text);
	/* A file of 65 MiB without a block: too large. */
	assert_int_equal(truncate(path, 65 << 20), 0);
	assert_null(socki_rows_load(path, &n));
	unlink(path);
	assert_null(socki_rows_load(path, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_text_is_read_as_it_stands_or_refused_with_its_line),
		cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
		cmocka_unit_test(a_name_may_be_as_long_as_the_caller_says),
		cmocka_unit_test(a_file_is_loaded_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
