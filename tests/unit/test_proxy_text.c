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

/* The texts of proxies. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *proxy;
	int code;
	const char *user, *password; /* NULL: none */
	const char *host;            /* NULL: an address, this: */
	const char *addr;
} texts[] = {
	{ "socks5:127.0.0.1:1080", 0, NULL, NULL, NULL, "tcp:127.0.0.1:1080" },
	{ "SOCKS5://[::1]:socks", 0, NULL, NULL, NULL, "tcp:[::1]:1080" },
	{ "connect:a:b@192.0.2.1:8080", 0, "a", "b", NULL,
	    "tcp:192.0.2.1:8080" },
	{ "connect://a:b:c@d@192.0.2.1:80", 0, "a", "b:c@d", NULL,
	    "tcp:192.0.2.1:80" },
	{ "socks5:a%40%3A:%25%00x@192.0.2.1:80", 0, "a@:", "%", NULL,
	    "tcp:192.0.2.1:80" },
	{ "socks5:proxy.test:1080", 0, NULL, NULL, "proxy.test", NULL },
	{ "socks5:udp:1080", 0, NULL, NULL, "udp", NULL },
	{ "socks4:127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:127.0.0.1", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:127.0.0.1:0", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:127.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:*:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:a b:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:host:1080\r\nX: y", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:host:no-such-service", SOCK_ENOSERVICE, NULL, NULL, NULL,
	    NULL },
	{ "socks5:user@127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5::b@127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:a:@127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:a:%4@127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
	{ "socks5:a:%zz@127.0.0.1:1080", SOCK_EADDR, NULL, NULL, NULL, NULL },
};

/* What of the proxy is wrong, and where in its HOST:PORT. */
static const struct {
	const char *proxy, *why;
} slips[] = {
	{ "socks5:foo",
	    "the proxy's HOST:PORT, \"foo\": no ':' and port behind "
	    "the host, at byte 3" },
	{ "connect:u:secret@foo:99999",
	    "the proxy's HOST:PORT, \"foo:99999\": "
	    "bad port: over 65535, at byte 4" },
	{ "socks5:[::1:80",
	    "the proxy's HOST:PORT, \"[::1:80\": '[' without "
	    "']', at byte 0" },
	{ "socks5:a:b:1080",
	    "the proxy's HOST:PORT, \"a:b:1080\": a second ':' "
	    "behind the host, at byte 3" },
	{ "socks5:udp:_x",
	    "the proxy's HOST:PORT, \"udp:_x\": \"_x\" over tcp, "
	    "at byte 4" },
	{ "socks5:/x",
	    "the proxy's HOST:PORT, \"/x\": no ':' and port behind "
	    "the host, at byte 2" },
	{ "socks5://", "the proxy's HOST:PORT, \"\": it is empty" },
	{ "socks5:foo:0",
	    "the proxy's HOST:PORT, \"foo:0\": port 0 is for "
	    "listening, it names no service" },
};

static void
a_slip_in_the_text_of_a_proxy_is_named(void **state)
{
	struct socki_target at;
	struct socki_why why;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(slips); i++) {
		struct socki_proxy p = { 0 };

		if (socki_proxy_read(&p, slips[i].proxy, &at, &why) >= 0 ||
		    strcmp(why.text, slips[i].why) != 0)
			fail_msg("\"%s\": %s", slips[i].proxy, why.text);
	}
}

static void
check_word(const struct socki_proxy_word *word, const char *want)
{
	assert_int_equal(strlen(want),
	    strnlen((const char *)word->byte, word->n));
	assert_memory_equal(word->byte, want, strlen(want));
}

static void
a_proxy_is_read_from_its_text(void **state)
{
	char shown[SOCK_ADDR_TEXT_MAX];
	struct socki_target at;
	struct socki_why why;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct socki_proxy p = { 0 };

		rc = socki_proxy_read(&p, texts[i].proxy, &at, &why);
		if (rc != texts[i].code)
			fail_msg("\"%s\": %d, %s", texts[i].proxy, rc,
			    why.text);
		if (rc < 0)
			continue;
		assert_int_equal(p.login, texts[i].user != NULL);
		if (p.login) {
			check_word(&p.user, texts[i].user);
			check_word(&p.password, texts[i].password);
		}
		if (texts[i].host != NULL) {
			assert_int_equal(at.kind, SOCKI_TARGET_NAME);
			assert_memory_equal(at.host, texts[i].host,
			    at.host_len);
		} else {
			assert_string_equal(sock_addr_text(&at.addr, shown,
						sizeof shown),
			    texts[i].addr);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_is_read_from_its_text),
		cmocka_unit_test(a_slip_in_the_text_of_a_proxy_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
