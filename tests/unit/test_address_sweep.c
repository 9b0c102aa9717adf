/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <sock/addr.h>
#include <sock/base.h>

#include "addr/ip.h"
#include "base/error.h"
#include "name/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A copy that ends where the text ends, so that a read past it shows. */
static int
parse_exact(const char *text, size_t n, struct socki_why *why)
{
	struct socki_target target;
	char *exact = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, text, n);
	rc = socki_target_parse(&target, exact, n, true, why);
	free(exact);
	return rc;
}

static void
a_port_is_good_up_to_65535(void **state)
{
	static const char *const hosts[] = { "192.0.2.1", "udp:[::1]", "*",
		"tls:example.org" };
	struct socki_target target;
	struct socki_why why;
	char text[64];
	size_t i;
	int port, rc;

	(void)state;
	for (port = 0; port <= 70000; port++)
		for (i = 0; i < COUNT(hosts); i++) {
			snprintf(text, sizeof text, "%s:%d", hosts[i], port);
			rc = socki_target_parse(&target, text, strlen(text),
			    true, &why);
			if (port > 65535 ? rc != SOCK_EADDR :
					   rc != 0 || target.port != port ||
				    (target.addr.length > 0 &&
					sock_addr_port(&target.addr) != port))
				fail_msg("\"%s\": %d", text, rc);
			snprintf(text, sizeof text, "%s:0%d", hosts[i], port);
			assert_int_equal(parse_exact(text, strlen(text), &why),
			    SOCK_EADDR);
		}
}

/*
 * Any byte in any place: refused, or text that is read back.  Where it is a
 * letter, a digit or one of what is listed, it may be good.
 */
static const struct {
	const char *text, *more;
} swept[] = {
	{ "tcp:192.0.2.1:80", ".-_*+:/@[" },
	{ "[2001:db8::1]:https", ":.-_*+/@%[]" },
	{ "tls://a.example.org:443", ".-_*+:/@[" },
	{ "localhost:80", ".-_*+:/@[" },
	{ "udp:*:ntp", ".-_*+:/@[" },
	{ "[fe80::1%lo]:1", ":.-_*+/@%[]" },
};

static bool
in_grammar(unsigned char c, const char *more)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (c != '\0' && strchr(more, c) != NULL);
}

static void
a_byte_outside_the_grammar_is_refused_anywhere(void **state)
{
	struct socki_why why;
	char text[64];
	size_t i, at, n;
	int c, rc, insert;

	(void)state;
	for (i = 0; i < COUNT(swept); i++)
		for (at = 0; at <= strlen(swept[i].text); at++)
			for (c = 0; c < 512; c++) {
				insert = c >> 8;
				n = strlen(swept[i].text);
				memcpy(text, swept[i].text, n + 1);
				memmove(text + at + insert, text + at,
				    n - at + 1);
				text[at] = (char)c;
				n += insert || at == n;
				rc = parse_exact(text, n, &why);
				/* A '/' or '@' in front makes it a path. */
				if (rc == 0 && text[0] != '/' &&
				    text[0] != '@' &&
				    !in_grammar(c & 0xff, swept[i].more))
					fail_msg("\"%s\": byte %d at %zu",
					    swept[i].text, c & 0xff, at);
				assert_true(rc == 0 || why.text[0] != '\0');
			}
}

static void
a_unix_name_takes_any_byte_that_is_escaped(void **state)
{
	char text[32], buf[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr, back;
	struct socki_why why;
	int c, rc;

	(void)state;
	for (c = 0; c < 256; c++) {
		snprintf(text, sizeof text, "unix:a%%%02x", (unsigned int)c);
		rc = sock_addr_parse(&addr, text);
		assert_int_equal(rc, c == 0 ? SOCK_EADDR : 0);
		text[5] = '@';
		assert_int_equal(sock_addr_parse(&addr, text), 0);
		assert_int_equal((unsigned char)addr.u.un.sun_path[1], c);
		sock_addr_text(&addr, buf, sizeof buf);
		assert_int_equal(sock_addr_parse(&back, buf), 0);
		assert_true(sock_addr_equal(&addr, &back));

		memcpy(text, "unix:@a", 7);
		text[7] = (char)c;
		rc = parse_exact(text, 8, &why);
		assert_int_equal(rc,
		    c < 0x20 || c == 0x7f || c == '%' ? SOCK_EADDR : 0);
	}
}

/* Of n bytes, in labels of up to 51, without a dot at the end. */
static void
fill_name(char *to, size_t n)
{
	size_t i;

	memset(to, 'a', n);
	for (i = 50; i + 1 < n; i += 51)
		to[i] = '.';
}

static void
a_host_has_253_bytes_and_a_label_63(void **state)
{
	struct socki_why why;
	char text[1100];
	size_t n;

	(void)state;
	for (n = 1; n <= 1024; n++) {
		fill_name(text, n);
		memcpy(text + n, ":80", 4);
		assert_int_equal(parse_exact(text, n + 3, &why),
		    n <= 253 ? 0 : SOCK_EADDR);
		memcpy(text + n, ".:80", 5);
		assert_int_equal(parse_exact(text, n + 4, &why),
		    n <= 253 ? 0 : SOCK_EADDR);
		memset(text, 'a', n);
		memcpy(text + n, ":80", 4);
		assert_int_equal(parse_exact(text, n + 3, &why),
		    n <= 63 ? 0 : SOCK_EADDR);
		memset(text, '1', n);
		assert_int_equal(parse_exact(text, n + 3, &why), SOCK_EADDR);
		memcpy(text, "a:", 2);
		memset(text + 2, '_', n);
		assert_true(parse_exact(text, n + 2, &why) < 0);
	}
}

/* CVE-2024-24806: libuv cut this at 256 bytes and asked for the rest. */
static void
a_long_host_that_would_be_cut_to_an_address_is_refused(void **state)
{
	char text[320] = "0x";
	struct socki_why why;

	(void)state;
	memset(text + 2, '0', 246);
	strcpy(text + 248, "7f000001.example.com:80");
	assert_int_equal(parse_exact(text, strlen(text), &why), SOCK_EADDR);
	assert_non_null(strstr(why.text, "at most 253 bytes"));
}

static void
a_unix_name_has_107_bytes(void **state)
{
	struct sock_addr addr;
	struct socki_why why;
	char text[400];
	size_t n, i;
	int abstract;

	(void)state;
	for (abstract = 0; abstract < 2; abstract++)
		for (n = 1; n <= 340; n++) {
			memset(text, 'x', n);
			text[0] = abstract ? '@' : '/';
			text[n] = '\0';
			assert_int_equal(sock_addr_parse(&addr, text),
			    n > (size_t)abstract && n <= 107u + abstract ?
				0 :
				SOCK_EADDR);
		}
	/* The longest text there is. */
	strcpy(text, "unixpacket://@");
	for (i = 0; i < 107; i++)
		strcat(text, "%ff");
	assert_true(strlen(text) < SOCK_ADDR_TEXT_MAX);
	assert_int_equal(parse_exact(text, strlen(text), &why), 0);
	strcat(text, "x");
	assert_int_equal(parse_exact(text, strlen(text), &why), SOCK_EADDR);
	assert_non_null(strstr(why.text, "at most 107 bytes, at byte 335"));
}

/* CVE-2016-10196: libevent kept a length in an int. */
static void
a_text_of_4_gib_is_not_taken_for_its_first_bytes(void **state)
{
	const size_t huge = (size_t)UINT32_MAX + 1;
	struct socki_ip_slip slip;
	struct sock_addr addr;
	struct socki_ip ip;
	char *text;

	(void)state;
	if (huge == 0)
		skip();
	text = mmap(NULL, huge + 16, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (text == MAP_FAILED) {
		print_message("SKIP: no 4 GiB of addresses: %s\n",
		    strerror(errno));
		skip();
	}
	strcpy(text, "1.2.3.4:80");
	assert_int_equal(sock_addr_parse_n(&addr, text, 10), 0);
	assert_int_equal(sock_addr_parse_n(&addr, text, huge + 10), SOCK_EADDR);
	strcpy(text, "/x");
	assert_int_equal(sock_addr_parse_n(&addr, text, huge + 2), SOCK_EADDR);
	strcpy(text, "1.2.3.4");
	assert_int_equal(socki_ip_parse4(&ip, text, huge + 7, &slip),
	    SOCK_EADDR);
	assert_int_equal(slip.at, 7);
	munmap(text, huge + 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_good_up_to_65535),
		cmocka_unit_test(
		    a_byte_outside_the_grammar_is_refused_anywhere),
		cmocka_unit_test(a_unix_name_takes_any_byte_that_is_escaped),
		cmocka_unit_test(a_host_has_253_bytes_and_a_label_63),
		cmocka_unit_test(
		    a_long_host_that_would_be_cut_to_an_address_is_refused),
		cmocka_unit_test(a_unix_name_has_107_bytes),
		cmocka_unit_test(
		    a_text_of_4_gib_is_not_taken_for_its_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
