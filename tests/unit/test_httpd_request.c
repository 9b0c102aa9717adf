/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../examples/servers/httpd_request.h"

/* What httpd understands of a request, and what it refuses. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HOST "Host: x\r\n"

struct row {
	const char *head;
	int status; /* 0: understood */
};

static const struct row heads[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
	{ "GET / HTTP/1.0\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
	{ "GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\nhOsT:\t[::1]:8000 \r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
	{ "\r\n\r\nGET / HTTP/1.0\r\n\r\n", 0 },

	/* the first line */
	{ "GET /\r\n\r\n", 400 },
	{ "GET\r\n\r\n", 400 },
	{ "GET  / HTTP/1.0\r\n\r\n", 400 },
	{ "GET /  HTTP/1.0\r\n\r\n", 400 },
	{ "GET / HTTP/1.0 \r\n\r\n", 400 },
	{ " GET / HTTP/1.0\r\n\r\n", 400 },
	{ "GET\t/ HTTP/1.0\r\n\r\n", 400 },
	{ "G(T / HTTP/1.0\r\n\r\n", 400 },
	{ "GET / a HTTP/1.0\r\n\r\n", 400 },
	{ "GET / http/1.0\r\n\r\n", 400 },
	{ "GET / HTTP/1\r\n\r\n", 400 },
	{ "GET / HTTP/1.10\r\n\r\n", 400 },
	{ "GET / HTTP/ 1.0\r\n\r\n", 400 },
	{ "GET / HTTP/1.2\r\n" HOST "\r\n", 0 },
	{ "GET / HTTP/0.9\r\n\r\n", 505 },
	{ "GET / HTTP/2.0\r\n\r\n", 505 },
	{ "PRI * HTTP/2.0\r\n\r\n", 505 },
	{ "get / HTTP/1.0\r\n\r\n", 0 },
	{ "BREW / HTTP/1.0\r\n\r\n", 0 },
	{ "\x16\x03\x01", 400 },
	{ "SSH-2.0-x\r\n\r\n", 400 },

	/* its target */
	{ "GET a HTTP/1.0\r\n\r\n", 400 },
	{ "GET ?a HTTP/1.0\r\n\r\n", 400 },
	{ "GET * HTTP/1.0\r\n\r\n", 400 },
	{ "OPTIONS * HTTP/1.0\r\n\r\n", 0 },
	{ "CONNECT a:443 HTTP/1.0\r\n\r\n", 0 },
	{ "GET /#a HTTP/1.0\r\n\r\n", 400 },
	{ "GET /\x01 HTTP/1.0\r\n\r\n", 400 },
	{ "GET /\x7f HTTP/1.0\r\n\r\n", 400 },
	{ "GET /\xc3\xbc HTTP/1.0\r\n\r\n", 0 },
	{ "GET http://a HTTP/1.0\r\n\r\n", 0 },
	{ "GET HTTPS://a:443/b?c HTTP/1.0\r\n\r\n", 0 },
	{ "GET http:///b HTTP/1.0\r\n\r\n", 400 },
	{ "GET http:// HTTP/1.0\r\n\r\n", 400 },
	{ "GET http://a@b/ HTTP/1.0\r\n\r\n", 400 },
	{ "GET ftp://a/ HTTP/1.0\r\n\r\n", 400 },

	/* line ends and fields */
	{ "GET / HTTP/1.0\n\n", 400 },
	{ "GET / HTTP/1.0\r\nA: b\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA: b\n", 400 },
	{ "GET / HTTP/1.0\r\nA: b\r\n\n", 400 },
	{ "GET / HTTP/1.0\r\nA: b\rC: d\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\n\r\r\nA: b\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA: b\r\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA: b\r\n c\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\n A: b\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA : b\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\n: b\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA: \x01\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA: \x7f\r\n\r\n", 400 },
	{ "GET / HTTP/1.0\r\nA: \xff\tb\r\n\r\n", 0 },
	{ "GET / HTTP/1.0\r\nA\xff: b\r\n\r\n", 400 },

	/* two ways to tell where a body ends */
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
	  "Content-Length: 6\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
	  "content-length: 5\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: "
	  "99999999999999999999999\r\n\r\n",
	    0 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	  "Content-Length: 5\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n"
	  "\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	  "Transfer-Encoding: identity\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n",
	    501 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n"
	  "\r\n",
	    501 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
	  "chunked\r\n"
	  "\r\n",
	    400 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n",
	    400 },
	{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417 },

	/* its end has not come */
	{ "GET / HTTP/1.1\r\n" HOST "\r", -1 },
	{ "G", -1 },
	{ "\r\n", -1 },
	{ "\r", -1 },
};

/* Fed as a whole, and a byte more each time. */
static int
read_head(struct request *r, const char *in, size_t n, size_t step)
{
	size_t at = step;
	int rc;

	*r = (struct request){ 0 };
	do
		rc = request_read(r, in, at < n ? at : n);
	while (rc == 0 && (at += step) < n + step);
	return rc;
}

static void
a_head_is_understood_or_refused(void **state)
{
	struct request r;
	size_t i;
	int rc, sliced;

	(void)state;
	for (i = 0; i < COUNT(heads); i++) {
		const size_t n = strlen(heads[i].head);
		const int want = heads[i].status == 0 ? (int)n :
		    heads[i].status < 0               ? 0 :
							-heads[i].status;

		rc = read_head(&r, heads[i].head, n, n);
		sliced = read_head(&r, heads[i].head, n, 1);
		if (rc != want || sliced != want)
			print_error("%s: %d, %d\n", heads[i].head, rc, sliced);
		assert_int_equal(rc, want);
		assert_int_equal(sliced, want);
	}
}

static void
a_nul_is_refused_wherever_it_is(void **state)
{
	static const char head[] = "GET / HTTP/1.0\r\nA: b\r\n\r\n";
	char in[sizeof head];
	struct request r;
	size_t i;
	int want;

	(void)state;
	for (i = 0; i < sizeof head - 1; i++) {
		memcpy(in, head, sizeof head);
		in[i] = '\0';
		/* Without one of its last LFs the head has no end. */
		want = head[i] == '\n' && i >= sizeof head - 4 ? 0 : -400;
		assert_int_equal(read_head(&r, in, sizeof head - 1, 1), want);
		assert_int_equal(read_head(&r, in, sizeof head - 1, 100), want);
	}
}

static void
assert_text(struct text t, const char *want)
{
	assert_int_equal(t.n, strlen(want));
	assert_memory_equal(t.at, want, t.n);
}

static void
what_it_asks_for_is_told(void **state)
{
	static const char in[] = "\r\nGET http://h:80/a%20b?c?d HTTP/1.1\r\n"
				 "Host: h\r\nRange: bytes=1-2 \r\n"
				 "if-none-match:\"a\"\r\n"
				 "If-Range: \"a\"\r\nIf-Range: \"b\"\r\n"
				 "Content-Length: 7\r\nExpect: 100-continue\r\n"
				 "\r\nnext";
	struct request r = { 0 };

	(void)state;
	assert_int_equal(request_read(&r, in, sizeof in - 1), sizeof in - 5);
	assert_text(r.line, "GET http://h:80/a%20b?c?d HTTP/1.1");
	assert_int_equal(r.method, METHOD_GET);
	assert_int_equal(r.minor, 1);
	assert_text(r.path, "/a%20b");
	assert_text(r.query, "?c?d");
	assert_text(r.kept[RANGE], "bytes=1-2");
	assert_text(r.kept[IF_NONE_MATCH], "\"a\"");
	assert_text(r.kept[IF_RANGE], "");
	assert_null(r.kept[IF_MATCH].at);
	assert_int_equal(r.length, 7);
	assert_true(r.expects && r.persistent && !r.chunked);

	r = (struct request){ 0 };
	assert_true(request_read(&r,
			"GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n", 37) > 0);
	assert_text(r.path, "/");
	assert_text(r.query, "?q");

	/* HTTP/1.0 knows of no other answer before the answer. */
	r = (struct request){ 0 };
	assert_true(request_read(&r,
			"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
			41) > 0);
	assert_false(r.expects);
}

static const struct {
	const char *version, *fields;
	bool persistent;
} connections[] = {
	{ "1.1", "", true },
	{ "1.0", "", false },
	{ "1.1", "Connection: close\r\n", false },
	{ "1.1", "Connection: x, Close\r\n", false },
	{ "1.1", "Connection: x\r\nConnection: close\r\n", false },
	{ "1.1", "Connection: keep-alive, close\r\n", false },
	{ "1.1", "Connection: closed\r\n", true },
	{ "1.0", "Connection: Keep-Alive\r\n", true },
	{ "1.0", "Connection: keep-alive, close\r\n", false },
};

static void
another_request_may_follow_or_not(void **state)
{
	struct request r;
	char in[200];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(connections); i++) {
		n = snprintf(in, sizeof in,
		    "GET / HTTP/%s\r\nHost: x\r\n%s\r\n",
		    connections[i].version, connections[i].fields);
		assert_int_equal(read_head(&r, in, (size_t)n, 200), n);
		if (r.persistent != connections[i].persistent)
			print_error("%s\n", in);
		assert_int_equal(r.persistent, connections[i].persistent);
	}
}

/* Its first line, then count fields of n bytes each. */
static int
read_large(size_t line, size_t count, size_t n, size_t step)
{
	static char in[2 * REQUEST_HEAD_MAX];
	struct request r;
	size_t at, i;

	at = (size_t)snprintf(in, sizeof in, "GET /%0*d HTTP/1.0\r\n",
	    (int)line - 14, 0);
	for (i = 0; i < count; i++)
		at += (size_t)snprintf(in + at, sizeof in - at, "A:%0*d\r\n",
		    (int)n - 2, 0);
	memcpy(in + at, "\r\n", 2);
	return read_head(&r, in, at + 2, step) > 0 ?
	    200 :
	    -request_read(&r, in, at + 2);
}

static void
a_head_has_its_bounds(void **state)
{
	size_t step;

	(void)state;
	for (step = 1; step < REQUEST_HEAD_MAX; step *= 50) {
		assert_int_equal(read_large(8190, 0, 0, step), 200);
		assert_int_equal(read_large(8193, 0, 0, step), 414);
		assert_int_equal(read_large(30000, 0, 0, step), 414);
		assert_int_equal(read_large(50, 1, 8190, step), 200);
		assert_int_equal(read_large(50, 1, 8193, step), 431);
		assert_int_equal(read_large(50, 100, 100, step), 200);
		assert_int_equal(read_large(50, 101, 100, step), 431);
		assert_int_equal(read_large(50, 4, 8000, step), 200);
		assert_int_equal(read_large(50, 5, 8000, step), 431);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_understood_or_refused),
		cmocka_unit_test(a_nul_is_refused_wherever_it_is),
		cmocka_unit_test(what_it_asks_for_is_told),
		cmocka_unit_test(another_request_may_follow_or_not),
		cmocka_unit_test(a_head_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
