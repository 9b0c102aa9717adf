/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <sock/addr.h>
#include <sock/base.h>

#include "base/error.h"
#include "name/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum how {
	BOTH, /* the same to dial and to listen */
	DIAL,
	LISTEN
};

static const struct {
	const char *text;
	enum how how;
	enum socki_target_kind kind;
	int port;
	const char *shown; /* the canonical address, or the host */
} good[] = {
	{ "tcp:192.0.2.1:80", BOTH, SOCKI_TARGET_ONE, 80, "tcp:192.0.2.1:80" },
	{ "192.0.2.1:80", BOTH, SOCKI_TARGET_ONE, 80, "tcp:192.0.2.1:80" },
	{ "TCP://192.0.2.1:80", BOTH, SOCKI_TARGET_ONE, 80,
	    "tcp:192.0.2.1:80" },
	{ "tls:192.0.2.1:https", BOTH, SOCKI_TARGET_ONE, 443,
	    "tls:192.0.2.1:443" },
	{ "udp:192.0.2.1:domain", BOTH, SOCKI_TARGET_ONE, 53,
	    "udp:192.0.2.1:53" },
	{ "192.0.2.1:HTTPS", BOTH, SOCKI_TARGET_ONE, 443, "tcp:192.0.2.1:443" },
	{ "192.0.2.1:0", BOTH, SOCKI_TARGET_ONE, 0, "tcp:192.0.2.1:0" },
	{ "192.0.2.1:65535", BOTH, SOCKI_TARGET_ONE, 65535,
	    "tcp:192.0.2.1:65535" },
	{ "192.0.2.1:whois++", BOTH, SOCKI_TARGET_ONE, 63, "tcp:192.0.2.1:63" },
	{ "192.0.2.1:z39.50", BOTH, SOCKI_TARGET_ONE, 210,
	    "tcp:192.0.2.1:210" },
	{ "192.0.2.1:9pfs", BOTH, SOCKI_TARGET_ONE, 564, "tcp:192.0.2.1:564" },
	{ "[::1]:80", BOTH, SOCKI_TARGET_ONE, 80, "tcp:[::1]:80" },
	{ "tcp:[2001:DB8::5]:443", BOTH, SOCKI_TARGET_ONE, 443,
	    "tcp:[2001:db8::5]:443" },
	{ "tcp://[::]:0", BOTH, SOCKI_TARGET_ONE, 0, "tcp:[::]:0" },
	{ "[::ffff:192.0.2.1]:80", BOTH, SOCKI_TARGET_ONE, 80,
	    "tcp:192.0.2.1:80" },
	{ "udp:[fe80::1%lo]:ntp", BOTH, SOCKI_TARGET_ONE, 123,
	    "udp:[fe80::1%lo]:123" },
	{ "0.0.0.0:80", BOTH, SOCKI_TARGET_ONE, 80, "tcp:0.0.0.0:80" },

	{ "*:80", LISTEN, SOCKI_TARGET_ANY, 80, "tcp:*:80" },
	{ "udp:*:0", LISTEN, SOCKI_TARGET_ANY, 0, "udp:*:0" },
	{ ":80", LISTEN, SOCKI_TARGET_ANY, 80, "tcp:*:80" },
	{ "tcp::http", LISTEN, SOCKI_TARGET_ANY, 80, "tcp:*:80" },
	{ "tls://:http", LISTEN, SOCKI_TARGET_ANY, 80, "tls:*:80" },

	{ ":80", DIAL, SOCKI_TARGET_LOCALHOST, 80, "" },
	{ "tcp::http", DIAL, SOCKI_TARGET_LOCALHOST, 80, "" },
	{ "localhost:80", BOTH, SOCKI_TARGET_LOCALHOST, 80, "localhost" },
	{ "tcp:LocalHost.:80", BOTH, SOCKI_TARGET_LOCALHOST, 80, "LocalHost." },
	{ "udp:a.localhost:80", BOTH, SOCKI_TARGET_LOCALHOST, 80,
	    "a.localhost" },
	{ "a.b.LOCALHOST.:80", BOTH, SOCKI_TARGET_LOCALHOST, 80,
	    "a.b.LOCALHOST." },

	{ "example.org:80", BOTH, SOCKI_TARGET_NAME, 80, "example.org" },
	{ "tls:Example.ORG.:https", BOTH, SOCKI_TARGET_NAME, 443,
	    "Example.ORG." },
	{ "tcp:tcp:80", BOTH, SOCKI_TARGET_NAME, 80, "tcp" },
	{ "tcp:udp:80", BOTH, SOCKI_TARGET_NAME, 80, "udp" },
	{ "http:80", BOTH, SOCKI_TARGET_NAME, 80, "http" },
	{ "notlocalhost:80", BOTH, SOCKI_TARGET_NAME, 80, "notlocalhost" },
	{ "localhost.example:80", BOTH, SOCKI_TARGET_NAME, 80,
	    "localhost.example" },
	{ "localhost.localdomain:80", BOTH, SOCKI_TARGET_NAME, 80,
	    "localhost.localdomain" },
	{ "_xmpp._tcp.example.org:80", BOTH, SOCKI_TARGET_NAME, 80,
	    "_xmpp._tcp.example.org" },
	{ "10-0-0-1:80", BOTH, SOCKI_TARGET_NAME, 80, "10-0-0-1" },
	{ "26.0.0.73.com:80", BOTH, SOCKI_TARGET_NAME, 80, "26.0.0.73.com" },
	{ "3com.com:80", BOTH, SOCKI_TARGET_NAME, 80, "3com.com" },
	{ "xn--nxasmq6b:80", BOTH, SOCKI_TARGET_NAME, 80, "xn--nxasmq6b" },

	{ "/run/x.sock", BOTH, SOCKI_TARGET_ONE, -1, "unix:/run/x.sock" },
	{ "//run/x", BOTH, SOCKI_TARGET_ONE, -1, "unix:/%2Frun/x" },
	{ "unix:/run/x", BOTH, SOCKI_TARGET_ONE, -1, "unix:/run/x" },
	{ "unix:///run/x", BOTH, SOCKI_TARGET_ONE, -1, "unix:/run/x" },
	{ "unix:////run/x", BOTH, SOCKI_TARGET_ONE, -1, "unix:/%2Frun/x" },
	{ "unix:x.sock", BOTH, SOCKI_TARGET_ONE, -1, "unix:x.sock" },
	{ "unix:./a b:80", BOTH, SOCKI_TARGET_ONE, -1, "unix:./a b:80" },
	{ "UnixGram:/x", BOTH, SOCKI_TARGET_ONE, -1, "unixgram:/x" },
	{ "unixpacket:@x", BOTH, SOCKI_TARGET_ONE, -1, "unixpacket:@x" },
	{ "@x", BOTH, SOCKI_TARGET_ONE, -1, "unix:@x" },
	{ "unix://@x", BOTH, SOCKI_TARGET_ONE, -1, "unix:@x" },
	{ "@@", BOTH, SOCKI_TARGET_ONE, -1, "unix:@@" },
	{ "unix:%40x", BOTH, SOCKI_TARGET_ONE, -1, "unix:%40x" },
	{ "unix:@%00%0a%0A%25", BOTH, SOCKI_TARGET_ONE, -1,
	    "unix:@%00%0A%0A%25" },
	{ "/%c3%B6\303\266", BOTH, SOCKI_TARGET_ONE, -1, "unix:/%C3%B6%C3%B6" },
};

static void
check_good(const char *text, bool passive, int kind, int port,
    const char *shown)
{
	char buf[SOCK_ADDR_TEXT_MAX] = "";
	struct socki_target target;
	struct sock_addr addr;
	struct socki_why why;
	const char *what = buf;
	int rc;

	rc = socki_target_parse(&target, text, strlen(text), passive, &why);
	if (rc != 0)
		fail_msg("\"%s\": %d, %s", text, rc, why.text);
	if (target.kind >= SOCKI_TARGET_LOCALHOST) {
		memcpy(buf, target.host, target.host_len);
		if (target.host < text ||
		    target.host + target.host_len > text + strlen(text))
			fail_msg("\"%s\": the host is outside", text);
	} else {
		what = sock_addr_text(&target.addr, buf, sizeof buf);
		assert_int_equal(target.scheme, target.addr.scheme);
	}
	if (target.kind != kind || target.port != port ||
	    strcmp(what, shown) != 0)
		fail_msg("\"%s\": kind %d, port %d, \"%s\"", text, target.kind,
		    target.port, what);
	if (!passive)
		return;
	rc = sock_addr_parse(&addr, text);
	if (kind >= SOCKI_TARGET_LOCALHOST ?
		rc != SOCK_EADDR || addr.length != 0 :
		rc != 0 || !sock_addr_equal(&addr, &target.addr))
		fail_msg("\"%s\": %d, %s", text, rc, sock_errmsg());
}

static void
an_address_is_what_its_form_says(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (good[i].how != DIAL)
			check_good(good[i].text, true, (int)good[i].kind,
			    good[i].port, good[i].shown);
		if (good[i].how != LISTEN)
			check_good(good[i].text, false, (int)good[i].kind,
			    good[i].port, good[i].shown);
	}
}

static const struct {
	const char *text;
	int at;
	const char *why; /* a part of the reason */
} bad[] = {
	{ "tcp", 3, "no ':' and port" },
	{ "tcp:", 4, "no ':' and port" },
	{ "tcp:80", 6, "no ':' and port" },
	{ "tcp://", 6, "no ':' and port" },
	{ "192.0.2.1", 9, "no ':' and port" },
	{ "[::1]", 5, "no ':' and port" },
	{ "[::1]x", 5, "']' wants ':'" },
	{ "[::1]x:80", 5, "']' wants ':'" },
	{ "[::1", 0, "'[' without ']'" },
	{ "[::1:80", 0, "'[' without ']'" },

	{ "::1:80", 0, "write [::1]:80" },
	{ "tcp:2001:db8::1:80", 4, "write [2001:db8::1]:80" },
	{ "udp://::1:domain", 6, "write [::1]:domain" },
	{ "fe80::1%eth0:80", 0, "write [fe80::1%eth0]:80" },
	{ "1:2:3:4:5:6:7:8:9", 0, "write [1:2:3:4:5:6:7:8]:9" },
	{ "::1", 0, "write [::1]:PORT" },
	{ "1:2:3:4:5:6:7:8", 0, "write [1:2:3:4:5:6:7:8]:PORT" },

	{ "a:b:c", 0, "unknown scheme \"a\"" },
	{ "sctp:192.0.2.1:80", 0,
	    "known: tcp, udp, tls, unix, unixgram, unixpacket" },
	{ "http://example.org", 0, "unknown scheme \"http\"" },
	{ "z4+-.:[::1]:80", 0, "unknown scheme \"z4+-.\"" },
	{ "tcp:a:b:80", 7, "a second ':'" },
	{ "_a:b:80", 4, "a second ':'" },

	{ "[localhost]:80", 0, "brackets hold" },
	{ "[192.0.2.1]:80", 0, "brackets hold" },
	{ "[foo]:[bar]:baz", 0, "brackets hold" },
	{ "[fe80::1%]:80", 9, "a zone is missing" },
	{ "[::1%lo]:80", 4, "a zone means nothing" },
	{ "[[::1]]:80", 1, "hex digits and colons" },
	{ "foo[bar]:baz", 3, "a byte that no host name has" },

	{ "127.1:80", 5, "ends in a number" },
	{ "tcp:0x7f.1:80", 5, "ends in a number" },
	{ "2130706433:80", 0, "over 255" },
	{ "0:80", 1, "four decimal parts" },
	{ "0177.0.0.1:80", 0, "a leading zero" },
	{ "127.0.0.1.:80", 9, "four decimal parts" },
	{ "1.2.3.4.5:80", 7, "four decimal parts" },
	{ "256.1.1.1:80", 0, "over 255" },
	{ "example.0x1:80", 0, "ends in a number" },
	{ "example.1.:80", 0, "ends in a number" },

	{ "192.0.2.1:", 10, "bad port: it is empty" },
	{ "[::1]:", 6, "bad port: it is empty" },
	{ "192.0.2.1:65536", 10, "bad port: over 65535" },
	{ "192.0.2.1:65616", 10, "bad port: over 65535" },
	{ "192.0.2.1:4294967376", 10, "bad port: over 65535" },
	{ "192.0.2.1:18446744073709551696", 10, "bad port: over 65535" },
	{ "192.0.2.1:080", 10, "bad port: a leading zero" },
	{ "192.0.2.1:00", 10, "bad port: a leading zero" },
	{ "192.0.2.1:+80", 10, "bad port: a sign" },
	{ "192.0.2.1:-1", 10, "bad port: a sign" },
	{ "192.0.2.1: 80", 10, "bad port: a byte" },
	{ "192.0.2.1:80 ", 12, "bad port: a byte" },
	{ "192.0.2.1:0x50", 10, "bad port: it is not decimal" },
	{ "192.0.2.1:http/tcp", 14, "bad port: a byte" },
	{ "192.0.2.1:https%foo", 15, "bad port: a byte" },
	{ "[::1]:80]", 8, "bad port: a byte" },

	{ "user@host:80", 4, "a byte that no host name has" },
	{ "host/path:80", 4, "a byte that no host name has" },
	{ "localhost%lo:80", 9, "a byte that no host name has" },
	{ "*.example:80", 0, "a byte that no host name has" },
	{ "b\303\274cher.example:80", 1, "ASCII" },
	{ "a..b:80", 2, "is empty" },
	{ ".:80", 0, "is empty" },
	{ "a..:80", 2, "is empty" },
	{ "-a:80", 0, "begins with '-'" },
	{ "a-:80", 1, "ends with '-'" },
	{ "tcp:a.b-.c:80", 7, "ends with '-'" },

	{ "unix:", 5, "is empty" },
	{ "unix://", 7, "is empty" },
	{ "unix:@", 6, "is empty" },
	{ "@", 1, "is empty" },
	{ "unix:%", 5, "two hex digits" },
	{ "unix:/a%4", 7, "two hex digits" },
	{ "unix:/%g4", 6, "two hex digits" },
	{ "unix:/%%25", 6, "two hex digits" },
	{ "/a%00b", 2, "a path has no NUL" },
	{ "unix:%00a", 5, "a path has no NUL" },
	{ "/a\nb", 2, "%XX" },
	{ "@a\x7f", 2, "%XX" },
};

static void
assert_refused(const char *text, int at, const char *part)
{
	static const struct socki_target zero;
	struct socki_target target;
	struct socki_why why;
	char where[32];
	int passive, rc;

	snprintf(where, sizeof where, ", at byte %d", at);
	for (passive = 0; passive < 2; passive++) {
		rc = socki_target_parse(&target, text, strlen(text), passive,
		    &why);
		if (rc != SOCK_EADDR || strstr(why.text, part) == NULL ||
		    strstr(why.text, where) == NULL)
			fail_msg("\"%s\": %d, %s", text, rc, why.text);
		assert_memory_equal(&target, &zero, sizeof zero);
	}
}

static void
anything_else_is_refused_with_what_and_where(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_refused(bad[i].text, bad[i].at, bad[i].why);
}

static void
an_empty_text_is_refused(void **state)
{
	struct sock_addr addr;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, ""), SOCK_EADDR);
	assert_string_equal(sock_errmsg(),
	    "parse: the address is not understood: it is empty");
	assert_int_equal(sock_addr_parse_n(&addr, NULL, 0), SOCK_EADDR);
}

static void
an_unknown_service_names_itself_and_its_transport(void **state)
{
	struct sock_addr addr;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, "*:no-such-one"),
	    SOCK_ENOSERVICE);
	assert_string_equal(sock_errmsg(),
	    "parse *:no-such-one: "
	    "no such service: \"no-such-one\" over tcp, at byte 2");
	assert_int_equal(sock_addr_parse(&addr, "udp:*:imaps-not"),
	    SOCK_ENOSERVICE);
	assert_non_null(strstr(sock_errmsg(), "over udp, at byte 6"));
}

static void
all_addresses_are_for_listening(void **state)
{
	struct socki_target target;
	struct socki_why why;

	(void)state;
	assert_int_equal(socki_target_parse(&target, "tcp:*:80", 8, false,
			     &why),
	    SOCK_EADDR);
	assert_non_null(strstr(why.text, "to listen only, at byte 4"));
}

static void
a_name_is_no_address(void **state)
{
	struct sock_addr addr;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, "tcp:localhost:80"),
	    SOCK_EADDR);
	assert_string_equal(sock_errmsg(),
	    "parse tcp:localhost:80: "
	    "the address is not understood: "
	    "\"localhost\" is a name and no address, at byte 4");
	assert_string_equal(sock_last_error()->op, "parse");
	assert_string_equal(sock_last_error()->addr, "tcp:localhost:80");
	assert_int_equal(addr.length, 0);
	/* Success leaves the last error alone. */
	assert_int_equal(sock_addr_parse(&addr, "tcp:[::1]:80"), 0);
	assert_string_equal(sock_last_error()->addr, "tcp:localhost:80");
}

static const struct {
	const char *text, *shown; /* NULL: refused */
} locals[] = {
	{ "192.0.2.7", "tcp:192.0.2.7:0" },
	{ "192.0.2.7:5000", "tcp:192.0.2.7:5000" },
	{ "[::1]", "tcp:[::1]:0" },
	{ "[::1]:0", "tcp:[::1]:0" },
	{ "udp:[::1]", "udp:[::1]:0" },
	{ "*", "tcp:*:0" },
	{ "/run/x", "unix:/run/x" },
	{ "::1", NULL },
	{ "192.0.2.7:", NULL },
	{ "localhost", NULL },
	{ "example.org:0", NULL },
	{ "192.0.2", NULL },
	{ "", NULL },
};

static void
a_local_address_may_lack_its_port(void **state)
{
	char buf[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	struct socki_why why;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(locals); i++) {
		rc = socki_target_local(&addr, locals[i].text,
		    strlen(locals[i].text), SOCK_SCHEME_TCP, &why);
		sock_addr_text(&addr, buf, sizeof buf);
		if (locals[i].shown == NULL ?
			rc != SOCK_EADDR || why.text[0] == '\0' :
			rc != 0 || strcmp(buf, locals[i].shown) != 0)
			fail_msg("\"%s\": %d, \"%s\"", locals[i].text, rc, buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_what_its_form_says),
		cmocka_unit_test(anything_else_is_refused_with_what_and_where),
		cmocka_unit_test(an_empty_text_is_refused),
		cmocka_unit_test(
		    an_unknown_service_names_itself_and_its_transport),
		cmocka_unit_test(all_addresses_are_for_listening),
		cmocka_unit_test(a_name_is_no_address),
		cmocka_unit_test(a_local_address_may_lack_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
