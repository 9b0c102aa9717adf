/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/servers/httpd_date.h"
#include "../../examples/servers/httpd_match.h"
#include "../../examples/servers/httpd_path.h"

/* What httpd makes of paths, dates, conditions and ranges. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND INT64_C(1000000000)
#define NOVEMBER 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW 1795370000     /* in November 2026 */

static const struct {
	const char *encoded;
	int status;
	const char *path;
} paths[] = {
	{ "/", 0, "" },
	{ "/a", 0, "a" },
	{ "/a/", 0, "a/" },
	{ "//a///b", 0, "a/b" },
	{ "/a%20b%3f", 0, "a b?" },
	{ "/%61%2Eb", 0, "a.b" },
	{ "/a/./b", 0, "a/b" },
	{ "/a/b/../c", 0, "a/c" },
	{ "/a/b/../../c", 0, "c" },
	{ "/a/%2e%2E/c", 0, "c" },
	{ "/a/..", 0, "" },
	{ "/a/b/..", 0, "a/" },
	{ "/a/.", 0, "a/" },
	{ "/.", 0, "" },
	{ "/...", 0, "..." },
	{ "/a..", 0, "a.." },
	{ "/..a", 0, "..a" },
	{ "/..", 400, NULL },
	{ "/../a", 400, NULL },
	{ "/%2e%2e/a", 400, NULL },
	{ "/.%2e/a", 400, NULL },
	{ "/a/../../b", 400, NULL },
	{ "/a/../..", 400, NULL },
	{ "//..", 400, NULL },
	{ "/..%2fa", 404, NULL },
	{ "/a%2Fb", 404, NULL },
	{ "/a%00b", 400, NULL },
	{ "/%", 400, NULL },
	{ "/%4", 400, NULL },
	{ "/%zz", 400, NULL },
	{ "/%%34", 400, NULL },
	/* A dot in two bytes, and a slash, are no dot and no slash. */
	{ "/%c0%ae%c0%ae/a", 0, "\xc0\xae\xc0\xae/a" },
	{ "/..%c0%afa", 0,
	    "..\xc0\xaf"
	    "a" },
	{ "/%252e%252e/a", 0, "%2e%2e/a" },
	{ "/..\\a", 0, "..\\a" },
};

static void
a_path_stays_below_the_root(void **state)
{
	char out[PATH_ROOM];
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(paths); i++) {
		/* Of its exact size, so that a read past the end shows. */
		const size_t n = strlen(paths[i].encoded);
		char *in = malloc(n);

		assert_non_null(in);
		memcpy(in, paths[i].encoded, n);
		rc = path_decode((struct text){ in, n }, out);
		free(in);
		if (rc != paths[i].status)
			print_error("%s: %d\n", paths[i].encoded, rc);
		assert_int_equal(rc, paths[i].status);
		if (rc == 0)
			assert_string_equal(out, paths[i].path);
	}
}

static void
a_path_has_its_bound(void **state)
{
	static char in[PATH_ROOM], out[PATH_ROOM];

	(void)state;
	memset(in, 'a', sizeof in);
	in[0] = '/';
	assert_int_equal(path_decode((struct text){ in, PATH_ROOM - 2 }, out),
	    0);
	assert_int_equal(path_decode((struct text){ in, PATH_ROOM }, out), 414);
}

static void
an_encoded_path_is_decoded_to_itself(void **state)
{
	char name[257] = { 0 }, room[1024], out[PATH_ROOM];
	struct out o = { .at = room, .room = sizeof room };
	int i, n = 0;

	(void)state;
	for (i = 1; i < 256; i++)
		if (i != '/')
			name[n++] = (char)i;
	put_char(&o, '/');
	path_encode(&o, name);
	assert_false(o.full);
	assert_null(memchr(room, ':', o.used));
	assert_null(memchr(room, '"', o.used));
	assert_int_equal(path_decode((struct text){ room, o.used }, out), 0);
	assert_string_equal(out, name);
}

static const struct {
	const char *text;
	int64_t when;
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", NOVEMBER },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", NOVEMBER },
	{ "Sun Nov  6 08:49:37 1994", NOVEMBER },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199 },
	{ "Mon, 28 Feb 2000 00:00:00 GMT", 951696000 },
	{ "Wed, 01 Mar 2000 00:00:00 GMT", 951868800 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
	{ "Friday, 01-Jan-76 00:00:00 GMT", 3345062400 },
	{ "Friday, 01-Jan-77 00:00:00 GMT", 220924800 },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	{ "", -1 },
	{ "Sun", -1 },
	{ "Sun,", -1 },
	{ "Sun, 06 Nov 1994 08:49:37", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMTx", -1 },
	{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, DD Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 1D Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:60:00 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:49:61 GMT", -1 },
	{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 31 Nov 1994 08:49:37 GMT", -1 },
	{ "Wed, 29 Feb 2023 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 1969 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov -994 08:49:37 GMT", -1 },
	{ "Sun Nov 06 08:49:37 1994", NOVEMBER },
	{ "Sun Nov x6 08:49:37 1994", -1 },
	{ "784111777", -1 },
};

static void
dates_have_three_forms(void **state)
{
	int64_t when;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(dates); i++) {
		when = date_parse((struct text){ dates[i].text,
				      strlen(dates[i].text) },
		    NOW);
		if (when != dates[i].when)
			print_error("%s: %lld\n", dates[i].text,
			    (long long)when);
		assert_int_equal(when, dates[i].when);
	}
}

static void
a_date_is_told_in_one(void **state)
{
	char room[64];
	int64_t when;

	(void)state;
	/* By months and a bit, so that each day of the week has its turn. */
	for (when = 0; when < INT64_C(253402300799); when += 2900003) {
		struct out o = { .at = room, .room = sizeof room };

		put_date(&o, when);
		assert_int_equal(o.used, 29);
		assert_int_equal(date_parse((struct text){ room, o.used }, NOW),
		    when);
	}
}

static const char *
told(void (*put_it)(struct out *, int64_t), int64_t when)
{
	static char room[64];
	struct out o = { .at = room, .room = sizeof room - 1 };

	put_it(&o, when);
	room[o.used] = '\0';
	return room;
}

static void
the_day_of_the_week_is_right(void **state)
{
	(void)state;
	assert_string_equal(told(put_date, NOVEMBER),
	    "Sun, 06 Nov 1994 08:49:37 GMT");
	/* What was put before is no answer for a moment that is like it. */
	assert_string_equal(told(put_date, NOVEMBER + 16),
	    "Sun, 06 Nov 1994 08:49:53 GMT");
	assert_string_equal(told(put_date, NOVEMBER),
	    "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(told(put_log_date, NOVEMBER + 1),
	    "06/Nov/1994:08:49:38 +0000");
	assert_string_equal(told(put_date, -1),
	    "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_string_equal(told(put_date, 1709251199),
	    "Thu, 29 Feb 2024 23:59:59 GMT");
	assert_string_equal(told(put_date, INT64_MAX),
	    "Fri, 31 Dec 9999 23:59:59 GMT");
	assert_string_equal(told(put_log_date, NOVEMBER),
	    "06/Nov/1994:08:49:37 +0000");
}

#define TAG "\"ae1b981bc490a00-3e8\""
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* A file of 1,000 bytes, last changed at DATE. */
static const struct {
	const char *fields;
	int status;
	int64_t first, length;
} matches[] = {
	{ "", 200, 0, 1000 },
	{ "Range: bytes=0-0\r\n", 206, 0, 1 },
	{ "Range: BYTES=0-99\r\n", 206, 0, 100 },
	{ "Range: bytes=900-\r\n", 206, 900, 100 },
	{ "Range: bytes=900-5000\r\n", 206, 900, 100 },
	{ "Range: bytes=-100\r\n", 206, 900, 100 },
	{ "Range: bytes=-5000\r\n", 206, 0, 1000 },
	{ "Range: bytes=999-\r\n", 206, 999, 1 },
	{ "Range: bytes=1000-\r\n", 416, 0, 0 },
	{ "Range: bytes=-0\r\n", 416, 0, 0 },
	{ "Range: bytes=5-4\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-1,5-6\r\n", 200, 0, 1000 },
	{ "Range: bytes=-\r\n", 200, 0, 1000 },
	{ "Range: bytes=\r\n", 200, 0, 1000 },
	{ "Range: bytes\r\n", 200, 0, 1000 },
	{ "Range: lines=0-1\r\n", 200, 0, 1000 },
	{ "Range: bytes=0x1-5\r\n", 200, 0, 1000 },
	{ "Range: bytes=--5\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-99999999999999999999\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-1\r\nRange: bytes=5-6\r\n", 200, 0, 1000 },
	{ "If-None-Match: " TAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: W/" TAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: \"a\", " TAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: *\r\n", 304, 0, 0 },
	{ "If-None-Match: \"a\"\r\n", 200, 0, 1000 },
	{ "If-None-Match: \"a\"\r\nIf-Modified-Since: " DATE "\r\n", 200, 0,
	    1000 },
	{ "If-Modified-Since: " DATE "\r\n", 304, 0, 0 },
	{ "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n", 304, 0, 0 },
	{ "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200, 0,
	    1000 },
	{ "If-Modified-Since: yesterday\r\n", 200, 0, 1000 },
	{ "If-Match: " TAG "\r\n", 200, 0, 1000 },
	{ "If-Match: W/" TAG "\r\n", 412, 0, 0 },
	{ "If-Match: \"a\"\r\n", 412, 0, 0 },
	{ "If-Match: *\r\n", 200, 0, 1000 },
	{ "If-Unmodified-Since: " DATE "\r\n", 200, 0, 1000 },
	{ "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 412, 0, 0 },
	{ "If-Match: " TAG "\r\n"
	  "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n",
	    200, 0, 1000 },
	{ "Range: bytes=0-0\r\nIf-Range: " TAG "\r\n", 206, 0, 1 },
	{ "Range: bytes=0-0\r\nIf-Range: W/" TAG "\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-0\r\nIf-Range: \"a\"\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-0\r\nIf-Range: " DATE "\r\n", 206, 0, 1 },
	{ "Range: bytes=0-0\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n",
	    200, 0, 1000 },
	{ "Range: bytes=0-0\r\nIf-Range:\r\n", 200, 0, 1000 },
	{ "Range: bytes=5000-\r\nIf-None-Match: *\r\n", 304, 0, 0 },
};

static void
read_fields(struct request *r, const char *method, const char *fields)
{
	static char in[1000];
	const int n =
	    snprintf(in, sizeof in, "%s / HTTP/1.0\r\n%s\r\n", method, fields);

	*r = (struct request){ 0 };
	assert_int_equal(request_read(r, in, (size_t)n), n);
}

static void
conditions_and_ranges_are_met(void **state)
{
	struct version v;
	struct request r;
	struct part p;
	size_t i;
	int status;

	(void)state;
	version_of(&v, NOVEMBER * SECOND, 1000, NOW * SECOND);
	assert_string_equal(v.etag, TAG);
	for (i = 0; i < COUNT(matches); i++) {
		read_fields(&r, "GET", matches[i].fields);
		status = match(&r, &v, NOW, &p);
		if (status != matches[i].status)
			print_error("%s: %d\n", matches[i].fields, status);
		assert_int_equal(status, matches[i].status);
		if (status > 206)
			continue;
		if (p.first != matches[i].first)
			print_error("%s: %lld\n", matches[i].fields,
			    (long long)p.first);
		assert_int_equal(p.first, matches[i].first);
		assert_int_equal(p.length, matches[i].length);
	}
	read_fields(&r, "HEAD", "Range: bytes=0-0\r\n");
	assert_int_equal(match(&r, &v, NOW, &p), 200);
}

static void
an_empty_file_has_no_part(void **state)
{
	struct version v;
	struct request r;
	struct part p;

	(void)state;
	version_of(&v, NOVEMBER * SECOND, 0, NOW * SECOND);
	read_fields(&r, "GET", "Range: bytes=0-\r\n");
	assert_int_equal(match(&r, &v, NOW, &p), 416);
	read_fields(&r, "GET", "Range: bytes=-5\r\n");
	assert_int_equal(match(&r, &v, NOW, &p), 416);
}

static void
what_changed_just_now_has_a_weak_name(void **state)
{
	char fields[200];
	struct version v;
	struct request r;
	struct part p;

	(void)state;
	version_of(&v, NOW * SECOND - 1, 1000, NOW * SECOND);
	assert_memory_equal(v.etag, "W/\"", 3);
	snprintf(fields, sizeof fields, "If-None-Match: %s\r\n", v.etag);
	read_fields(&r, "GET", fields);
	assert_int_equal(match(&r, &v, NOW, &p), 304);
	snprintf(fields, sizeof fields, "If-Match: %s\r\n", v.etag + 2);
	read_fields(&r, "GET", fields);
	assert_int_equal(match(&r, &v, NOW, &p), 412);
	snprintf(fields, sizeof fields, "Range: bytes=0-0\r\nIf-Range: %s\r\n",
	    v.etag);
	read_fields(&r, "GET", fields);
	assert_int_equal(match(&r, &v, NOW, &p), 200);
	snprintf(fields, sizeof fields, "Range: bytes=0-0\r\nIf-Range: %s\r\n",
	    told(put_date, v.modified));
	read_fields(&r, "GET", fields);
	assert_int_equal(match(&r, &v, NOW, &p), 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_stays_below_the_root),
		cmocka_unit_test(a_path_has_its_bound),
		cmocka_unit_test(an_encoded_path_is_decoded_to_itself),
		cmocka_unit_test(dates_have_three_forms),
		cmocka_unit_test(a_date_is_told_in_one),
		cmocka_unit_test(the_day_of_the_week_is_right),
		cmocka_unit_test(conditions_and_ranges_are_met),
		cmocka_unit_test(an_empty_file_has_no_part),
		cmocka_unit_test(what_changed_just_now_has_a_weak_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
