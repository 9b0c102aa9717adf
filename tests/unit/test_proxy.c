/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sock.h>

#include "base/error.h"
#include "dial/proxy.h"
#include "name/address.h"

/* What is said to proxies, and what is made of their answers: no sockets. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Bytes as a string literal has them, with NULs among them. */
#define BYTES(s) s, sizeof(s) - 1

static int
open_proxy(struct socki_proxy *p, const char *proxy, const char *to,
    struct socki_why *why)
{
	struct socki_target target, at;
	int rc;

	memset(p, 0, sizeof *p);
	rc = socki_proxy_read(p, proxy, &at, why);
	if (rc == 0)
		rc = socki_target_parse(&target, to, strlen(to), false, why);
	return rc < 0 ? rc : socki_proxy_begin(p, &target, why);
}

static void
a_user_has_255_bytes_and_no_more(void **state)
{
	char text[600];
	struct socki_proxy p;
	struct socki_why why;
	int n;

	(void)state;
	for (n = 254; n <= 257; n++) {
		(void)snprintf(text, sizeof text, "connect:%0*d:%0*d@[::1]:80",
		    n, 1, n, 2);
		assert_int_equal(open_proxy(&p, text, "host.test:80", &why),
		    n <= 255 ? 0 : SOCK_EADDR);
		assert_true(p.out_n <= sizeof p.out);
	}
}

/* What goes out, what comes in, and what goes out then. */
static const struct {
	const char *proxy, *to;
	struct {
		const char *out;
		size_t out_n;
		const char *in;
		size_t in_n;
	} turns[3];
} talks[] = {
	{ "socks5:h:1", "192.0.2.1:80",
	    { { BYTES("\5\1\0"), BYTES("\5\0") },
		{ BYTES("\5\1\0\1\300\0\2\1\0\120"),
		    BYTES("\5\0\0\1\0\0\0\0\0\0") } } },
	{ "socks5:h:1", "example.org:https",
	    { { BYTES("\5\1\0"), BYTES("\5\0") },
		{ BYTES("\5\1\0\3\13example.org\1\273"),
		    BYTES("\5\0\0\3\4test\0\1") } } },
	{ "socks5:h:1", "tcp:localhost:80",
	    { { BYTES("\5\1\0"), BYTES("\5\0") },
		{ BYTES("\5\1\0\3\11localhost\0\120"),
		    BYTES("\5\0\0\3\0\0\1") } } },
	{ "socks5:h:1", ":80",
	    { { BYTES("\5\1\0"), BYTES("\5\0") },
		{ BYTES("\5\1\0\3\11localhost\0\120"),
		    BYTES("\5\0\0\1\0\0\0\0\0\1") } } },
	{ "socks5:me:secret@h:1", "[2001:db8::1]:65535",
	    { { BYTES("\5\2\0\2"), BYTES("\5\2") },
		{ BYTES("\1\2me\6secret"), BYTES("\1\0") },
		{ BYTES("\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\377\377"),
		    BYTES("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") } } },
	{ "socks5:me:secret@h:1", "192.0.2.1:80",
	    { { BYTES("\5\2\0\2"), BYTES("\5\0") },
		{ BYTES("\5\1\0\1\300\0\2\1\0\120"),
		    BYTES("\5\0\0\1\0\0\0\0\0\0") } } },
	{ "connect:h:1", "example.org:443",
	    { { BYTES("CONNECT example.org:443 HTTP/1.1\r\n"
		      "Host: example.org:443\r\n\r\n"),
		BYTES("HTTP/1.1 200 Connection established\r\n\r\n") } } },
	{ "connect:h:1", "[2001:db8::1]:443",
	    { { BYTES("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"
		      "Host: [2001:db8::1]:443\r\n\r\n"),
		BYTES("HTTP/1.0 200\nA: b\n\n") } } },
	{ "connect:h:1", "192.0.2.1:1",
	    { { BYTES("CONNECT 192.0.2.1:1 HTTP/1.1\r\n"
		      "Host: 192.0.2.1:1\r\n\r\n"),
		BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 Fine\r\n"
		      "Content-Length: 5\r\n\r\n") } } },
	{ "connect:Aladdin:open%20sesame@h:1", "a.test:80",
	    { { BYTES("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n"
		      "Proxy-Authorization: Basic "
		      "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
		BYTES("HTTP/1.1 200 OK\r\n\r\n") } } },
	{ "connect:a:bc@h:1", "a.test:80",
	    { { BYTES("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n"
		      "Proxy-Authorization: Basic YTpiYw==\r\n\r\n"),
		BYTES("HTTP/1.1 200 OK\r\n\r\n") } } },
	{ "connect:a:b@h:1", "a.test:80",
	    { { BYTES("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n"
		      "Proxy-Authorization: Basic YTpi\r\n\r\n"),
		BYTES("HTTP/1.1 200 OK\r\n\r\n") } } },
};

/* Hears n bytes in pieces of a size, and what else lies behind them. */
static int
hear(struct socki_proxy *p, const char *in, size_t n, size_t piece,
    struct socki_why *why)
{
	char bytes[600];
	size_t at = 0, used, have;
	int rc = 0;

	assert_true(n + 4 <= sizeof bytes);
	memcpy(bytes, in, n);
	memcpy(bytes + n, "SSH-", 4);
	while (rc == 0 && at < n) {
		have = n + 4 - at < piece ? n + 4 - at : piece;
		rc = socki_proxy_hear(p, bytes + at, have, &used, why);
		assert_true(used > 0 && used <= have);
		at += used;
		if (p->out_n > 0)
			break;
	}
	if (rc >= 0)
		assert_int_equal(at, n);
	return rc;
}

static void
have_talk(size_t i, size_t piece)
{
	struct socki_proxy p;
	struct socki_why why;
	size_t k;
	int rc = 0;

	assert_int_equal(open_proxy(&p, talks[i].proxy, talks[i].to, &why), 0);
	for (k = 0; k < 3 && talks[i].turns[k].out != NULL; k++) {
		if (p.out_n != talks[i].turns[k].out_n ||
		    memcmp(p.out, talks[i].turns[k].out, p.out_n) != 0)
			fail_msg("%s to %s, turn %zu: \"%.*s\"", talks[i].proxy,
			    talks[i].to, k, (int)p.out_n, (const char *)p.out);
		assert_int_equal(rc, 0);
		p.out_at = p.out_n = 0;
		rc = hear(&p, talks[i].turns[k].in, talks[i].turns[k].in_n,
		    piece, &why);
	}
	if (rc != 1)
		fail_msg("%s to %s: %d, %s", talks[i].proxy, talks[i].to, rc,
		    why.text);
}

static void
a_tunnel_is_asked_for_and_opened(void **state)
{
	size_t i, piece;

	(void)state;
	for (i = 0; i < COUNT(talks); i++)
		for (piece = 1; piece < 100; piece++)
			have_talk(i, piece);
}

/* Answers that open nothing.  The first of SOCKS is to the greeting. */
static const struct {
	const char *proxy, *first;
	const char *in;
	size_t in_n;
	int code;
	const char *text;
} refusals[] = {
#define SOCKS(in, code, text) \
	{ \
		"socks5:h:1", NULL, BYTES(in), code, text \
	}
#define SOCKS_ANSWER(in, code, text) \
	{ \
		"socks5:h:1", "\5", BYTES(in), code, text \
	}
#define HTTP(in, code, text) \
	{ \
		"connect:h:1", NULL, BYTES(in), code, text \
	}
	SOCKS("\4\0", SOCK_EPROXY, "it does not speak SOCKS5"),
	SOCKS("HT", SOCK_EPROXY, "it does not speak SOCKS5"),
	SOCKS("\5\377", -EACCES, "the proxy wants a user and a password"),
	SOCKS("\5\2", SOCK_EPROXY,
	    "it chose a way to log in that was not offered"),
	SOCKS("\5\1", SOCK_EPROXY,
	    "it chose a way to log in that was not offered"),
	SOCKS_ANSWER("\4\0", SOCK_EPROXY, "it does not speak SOCKS5"),
	SOCKS_ANSWER("\5\1", SOCK_EPROXY, "it says no more than that"),
	SOCKS_ANSWER("\5\2", -EACCES, "its rules forbid it"),
	SOCKS_ANSWER("\5\3", -ENETUNREACH, "says the proxy"),
	SOCKS_ANSWER("\5\4", -EHOSTUNREACH, "says the proxy"),
	SOCKS_ANSWER("\5\5", -ECONNREFUSED, "says the proxy"),
	SOCKS_ANSWER("\5\6", -EHOSTUNREACH, "says the proxy"),
	SOCKS_ANSWER("\5\7", SOCK_EPROXY, "it does not connect"),
	SOCKS_ANSWER("\5\10", SOCK_EPROXY, "it does not know such addresses"),
	SOCKS_ANSWER("\5\11", SOCK_EPROXY, "its answer 9 means nothing"),
	SOCKS_ANSWER("\5\377", SOCK_EPROXY, "its answer 255 means nothing"),
	SOCKS_ANSWER("\5\0\0\2\0", SOCK_EPROXY,
	    "its answer has an address of no known kind"),
	HTTP("HTTP/1.1 407 Proxy Authentication Required\r\n", -EACCES,
	    "the proxy wants a user and a password"),
	HTTP("HTTP/1.1 403 Forbidden\r\n", SOCK_EPROXY,
	    "it says \"403 Forbidden\""),
	HTTP("HTTP/1.1 502\n", SOCK_EPROXY, "it says \"502\""),
	HTTP("HTTP/1.1 301 Moved\r\n", SOCK_EPROXY, "it says \"301 Moved\""),
	HTTP("HTTP/1.1 2000 Fine\r\n", SOCK_EPROXY, "it does not speak HTTP"),
	HTTP("HTTP/1.1 20\r\n", SOCK_EPROXY, "it does not speak HTTP"),
	HTTP("HTTP/2 200\r\n", SOCK_EPROXY, "it does not speak HTTP"),
	HTTP("\r\n", SOCK_EPROXY, "it does not speak HTTP"),
	HTTP("SSH-2.0-OpenSSH_9.2\r\n", SOCK_EPROXY, "it does not speak HTTP"),
};

static void
each_refusal_has_its_own_words(void **state)
{
	struct socki_proxy p;
	struct socki_why why;
	size_t i, piece, used;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(refusals); i++)
		for (piece = 1; piece < 50; piece += 7) {
			assert_int_equal(open_proxy(&p, refusals[i].proxy,
					     "a.test:80", &why),
			    0);
			p.out_n = 0;
			if (refusals[i].first != NULL)
				assert_int_equal(socki_proxy_hear(&p, "\5\0", 2,
						     &used, &why),
				    0);
			p.out_n = 0;
			rc = hear(&p, refusals[i].in, refusals[i].in_n, piece,
			    &why);
			if (rc != refusals[i].code ||
			    strcmp(why.text, refusals[i].text) != 0)
				fail_msg("row %zu: %d, %s", i, rc, why.text);
		}
}

static void
a_login_that_is_refused_is_told_from_none(void **state)
{
	struct socki_proxy p;
	struct socki_why why;
	size_t used;

	(void)state;
	assert_int_equal(open_proxy(&p, "socks5:a:b@h:1", "a.test:80", &why),
	    0);
	p.out_n = 0;
	assert_int_equal(socki_proxy_hear(&p, "\5\2", 2, &used, &why), 0);
	p.out_n = 0;
	assert_int_equal(socki_proxy_hear(&p, "\1\1", 2, &used, &why), -EACCES);
	assert_string_equal(why.text,
	    "the proxy refuses the user or the password");
	assert_int_equal(open_proxy(&p, "connect:a:b@h:1", "a.test:80", &why),
	    0);
	assert_int_equal(socki_proxy_hear(&p, "HTTP/1.1 407 No\n", 16, &used,
			     &why),
	    -EACCES);
	assert_string_equal(why.text,
	    "the proxy refuses the user or the password");
	/* RFC 7617: the first ':' ends the user. */
	assert_int_equal(open_proxy(&p, "connect:a%3ab:c@h:1", "a.test:80",
			     &why),
	    SOCK_EADDR);
}

static void
a_header_without_end_is_given_up(void **state)
{
	struct socki_proxy p;
	struct socki_why why;
	size_t used, i;
	int rc;

	(void)state;
	assert_int_equal(open_proxy(&p, "connect:h:1", "a.test:80", &why), 0);
	rc = socki_proxy_hear(&p, "HTTP/1.1 200 OK\r\n", 17, &used, &why);
	for (i = 0; rc == 0 && i < SOCKI_PROXY_HEAD_MAX; i++)
		rc = socki_proxy_hear(&p, "a: b\r\n", 6, &used, &why);
	assert_int_equal(rc, SOCK_EPROXY);
	assert_true(i * 6 < SOCKI_PROXY_HEAD_MAX);

	assert_int_equal(open_proxy(&p, "connect:h:1", "a.test:80", &why), 0);
	for (i = 0, rc = 0; rc == 0 && i <= SOCKI_PROXY_HEAD_MAX; i++)
		rc = socki_proxy_hear(&p, "x", 1, &used, &why);
	assert_int_equal(rc, SOCK_EPROXY);
	assert_int_equal(i, SOCKI_PROXY_HEAD_MAX + 1);
}

/* Nothing may be sent, and nothing resolved here in its place. */
static void
a_host_too_long_for_a_proxy_is_refused_before_anything_is_sent(void **state)
{
	static char name[10001];
	static const size_t lengths[] = { 255, 256, 257, 300, 10000 };
	struct socki_target to = { .kind = SOCKI_TARGET_NAME,
		.scheme = SOCK_SCHEME_TCP,
		.port = 80,
		.host = name };
	struct socki_target at;
	struct socki_why why;
	size_t i;

	(void)state;
	memset(name, 'a', 10000);
	for (i = 0; i < COUNT(lengths); i++) {
		struct socki_proxy p = { 0 };

		assert_int_equal(socki_proxy_read(&p, "socks5:h:1", &at, &why),
		    0);
		to.host_len = lengths[i];
		assert_int_equal(socki_proxy_begin(&p, &to, &why), SOCK_EADDR);
		assert_int_equal(p.out_n, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_has_255_bytes_and_no_more),
		cmocka_unit_test(a_tunnel_is_asked_for_and_opened),
		cmocka_unit_test(each_refusal_has_its_own_words),
		cmocka_unit_test(a_login_that_is_refused_is_told_from_none),
		cmocka_unit_test(a_header_without_end_is_given_up),
		cmocka_unit_test(
		    a_host_too_long_for_a_proxy_is_refused_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
