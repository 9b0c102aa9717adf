/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sock/base.h>

#include "addr/decimal.h"
#include "addr/ip.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SEED 20240229u

static uint32_t
next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A copy that ends where the text ends, so that a read past it shows. */
static int
parse_exact(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	char *exact = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, text, n);
	memset(slip, 0, sizeof *slip);
	rc = socki_ip_parse(out, exact, n, slip);
	free(exact);
	return rc;
}

static const struct {
	const char *text, *canonical;
} good[] = {
	{ "0.0.0.0", "0.0.0.0" },
	{ "127.0.0.1", "127.0.0.1" },
	{ "127.0.1.2", "127.0.1.2" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "1.20.100.9", "1.20.100.9" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:DB8::ABCD", "2001:db8::abcd" },
	{ "2001:4860:0:2001::68", "2001:4860:0:2001::68" },
	{ "2001:4860:0000:2001:0000:0000:0000:0068", "2001:4860:0:2001::68" },
	/* RFC 5952, section 4.2: the longest run, the first of equals. */
	{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "0:0:0:1:0:0:0:0", "0:0:0:1::" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "::ffff:127.1.2.3", "::ffff:127.1.2.3" },
	{ "::ffff:7f01:0203", "::ffff:127.1.2.3" },
	{ "0:0:0:0:0000:ffff:127.1.2.3", "::ffff:127.1.2.3" },
	{ "0:0:0:0::ffff:127.1.2.3", "::ffff:127.1.2.3" },
	{ "::1.2.3.4", "::102:304" },
	{ "1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "::ffff:0:1.2.3.4", "::ffff:0:102:304" },
};

static void
an_address_is_read_and_written_canonically(void **state)
{
	char text[SOCKI_IP_TEXT_MAX];
	struct socki_ip_slip slip;
	struct socki_ip ip;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (parse_exact(&ip, good[i].text, strlen(good[i].text),
			&slip) != 0)
			fail_msg("\"%s\": %s at %zu", good[i].text, slip.what,
			    slip.at);
		n = socki_ip_text(&ip, text);
		if (strcmp(text, good[i].canonical) != 0 || n != strlen(text))
			fail_msg("\"%s\" became \"%s\"", good[i].text, text);
	}
}

static const struct {
	const char *text;
	size_t at;
} bad[] = {
	{ "", 0 },
	{ "abc", 0 },
	{ "1", 1 },
	{ "127.1", 5 },
	{ "127.0.1", 7 },
	{ "2130706433", 0 },
	{ "0x7f.1", 1 },
	{ "0x7f000001", 1 },
	{ "0177.0.0.1", 0 },
	{ "0127.0.0.1", 0 },
	{ "00.0.0.0", 0 },
	{ "127.001.002.003", 4 },
	{ "123.000.000.000", 4 },
	{ "127.0.0.256", 8 },
	{ "1.2.3.99999999999999999999", 6 },
	{ "-0.0.0.0", 0 },
	{ "0.-1.0.0", 2 },
	{ "0.0.-2.0", 4 },
	{ "0.0.0.-3", 6 },
	{ "+1.2.3.4", 0 },
	{ "1.2..4", 4 },
	{ ".1.2.3", 0 },
	{ "1.2.3.", 6 },
	{ "1.2.3.4.", 7 },
	{ "1.2.3.4.5", 7 },
	{ "1.2.3.4 ", 7 },
	{ " 1.2.3.4", 0 },
	{ "1.2.3.4/8", 7 },
	{ "1.2.3.4x", 7 },
	{ ":", 0 },
	{ ":1", 0 },
	{ ":1:2:3:4:5:6:7:8", 0 },
	{ "1:", 1 },
	{ "1:2:3:4:5:6:7:", 13 },
	{ "123:", 3 },
	{ ":::", 2 },
	{ "1:::2", 3 },
	{ "::1::2", 3 },
	{ "1:2:3:4:5:6:7", 13 },
	{ "1:2:3:4:5:6:7:8:9", 16 },
	{ "1:2:3:4:5:6:7:8::", 17 },
	{ "a1:a2:a3:a4::b1:b2:b3:b4", 24 },
	{ "::12345", 2 },
	{ "0:0:0:0:000000:ffff:127.1.2.3", 8 },
	{ "::g", 2 },
	{ "1:2g::", 3 },
	{ "[::1]", 0 },
	{ "::1]", 3 },
	{ " ::1", 0 },
	{ "::1 ", 3 },
	{ "::1/128", 3 },
	{ "::ffff:127.001.002.003", 11 },
	{ "::ffff:1.2.3", 12 },
	{ "::ffff:1.2.3.256", 13 },
	{ "::1.2.3.4:5", 9 },
	{ "1:2:3:4:5:6:7:1.2.3.4", 14 },
	{ "1.2.3.4::", 7 },
	{ "::0x1", 3 },
};

static void
anything_else_is_refused_at_its_byte(void **state)
{
	static const struct socki_ip zero;
	struct socki_ip_slip slip;
	struct socki_ip ip;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		rc = parse_exact(&ip, bad[i].text, strlen(bad[i].text), &slip);
		if (rc != SOCK_EADDR || slip.what == NULL ||
		    slip.at != bad[i].at)
			fail_msg("\"%s\": %d, %s at %zu", bad[i].text, rc,
			    slip.what, slip.at);
		assert_memory_equal(&ip, &zero, sizeof ip);
	}
}

/* Cut anywhere it must not be read past the cut. */
static void
a_text_is_read_to_its_length_and_no_further(void **state)
{
	static const char whole[] = "2001:db8:1:2:3:4:192.0.2.255:9";
	struct socki_ip_slip slip;
	struct socki_ip ip;
	size_t n;
	int rc, good_ones = 0;

	(void)state;
	for (n = 0; n <= strlen(whole); n++) {
		rc = parse_exact(&ip, whole, n, &slip);
		good_ones += rc == 0;
		if (rc == 0 && (n < 26 || n > 28))
			fail_msg("accepted at %zu bytes", n);
		assert_true(rc == 0 || slip.at <= n);
	}
	assert_int_equal(good_ones, 3); /* .2, .25, .255 */
}

static void
an_embedded_nul_ends_no_address(void **state)
{
	struct socki_ip_slip slip;
	struct socki_ip ip;

	(void)state;
	assert_int_equal(parse_exact(&ip, "1.2.3.4\0", 8, &slip), SOCK_EADDR);
	assert_int_equal(slip.at, 7);
	assert_int_equal(parse_exact(&ip, "::1\0", 4, &slip), SOCK_EADDR);
	assert_int_equal(slip.at, 3);
	assert_int_equal(parse_exact(&ip, "fe80::1%lo\0", 11, &slip),
	    SOCK_EADDR);
	assert_int_equal(slip.at, 10);
}

static void
random_addresses_are_written_as_inet_ntop_does(void **state)
{
	char text[SOCKI_IP_TEXT_MAX], theirs[INET6_ADDRSTRLEN];
	struct socki_ip ip = { .size = 16 }, back;
	struct socki_ip_slip slip;
	uint32_t seed = SEED;
	size_t n, i;
	int round;

	(void)state;
	for (round = 0; round < 50000; round++) {
		ip.size = round % 8 == 0 ? 4 : 16;
		memset(ip.byte, 0, sizeof ip.byte);
		for (i = 0; i < ip.size; i++)
			if (next(&seed) % 3 != 0)
				ip.byte[i] = (uint8_t)next(&seed);
		/* inet_ntop writes ::/96 with dots, which RFC 4291 gave up. */
		if (ip.size == 16)
			ip.byte[0] |= 1;
		n = socki_ip_text(&ip, text);
		assert_non_null(inet_ntop(ip.size == 4 ? AF_INET : AF_INET6,
		    ip.byte, theirs, sizeof theirs));
		assert_string_equal(text, theirs);
		if (parse_exact(&back, text, n, &slip) != 0 ||
		    memcmp(&back, &ip, sizeof ip) != 0)
			fail_msg("\"%s\" is not read back", text);
	}
}

static const struct {
	const char *text;
	bool numeric;
} lookalikes[] = {
	{ "1.2.3.4", true },
	{ "127.1", true },
	{ "2130706433", true },
	{ "0", true },
	{ "0x7f000001", true },
	{ "0X7F.0.0.1", true },
	{ "0x", true },
	{ "1.2.3.0x", true },
	{ "example.0xf", true },
	{ "0177.0.0.1", true },
	{ "256.256.256.256", true },
	{ "1.2.3.4.", true },
	{ "foo.09", true },
	{ "a.b.c.5.", true },
	{ "", false },
	{ ".", false },
	{ "1..", false },
	{ "localhost", false },
	{ "10.com", false },
	{ "26.0.0.73.com", false },
	{ "10-0-0-1", false },
	{ "1e3", false },
	{ "0xg", false },
	{ "0x7f.example", false },
	{ "x1", false },
	{ "1x", false },
};

static void
a_number_at_the_end_looks_numeric(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lookalikes); i++)
		if (socki_ip_looks_numeric(lookalikes[i].text,
			strlen(lookalikes[i].text)) != lookalikes[i].numeric)
			fail_msg("\"%s\"", lookalikes[i].text);
}

/* Whatever inet_aton takes for an address must never be taken for a name. */
static void
what_inet_aton_reads_looks_numeric(void **state)
{
	static const char alphabet[] = "0123456789abcfxX..";
	struct in_addr ignored;
	uint32_t seed = SEED;
	char text[16];
	int round, read = 0;
	size_t i, n;

	(void)state;
	for (round = 0; round < 300000; round++) {
		n = 1 + next(&seed) % 12;
		for (i = 0; i < n; i++)
			text[i] = alphabet[next(&seed) % (sizeof alphabet - 1)];
		text[n] = '\0';
		if (inet_aton(text, &ignored) == 0)
			continue;
		read++;
		if (!socki_ip_looks_numeric(text, n))
			fail_msg("\"%s\"", text);
	}
	assert_true(read > 100);
}

static void
as_many_bits_are_shared_as_are_the_same(void **state)
{
	struct socki_ip a, b;
	unsigned int size, flip, bits;

	(void)state;
	for (size = 4; size <= 16; size += 12)
		for (flip = 0; flip < size * 8; flip++) {
			memset(&a, 0, sizeof a);
			a.size = (uint8_t)size;
			memset(a.byte, 0x5a, size);
			b = a;
			b.byte[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
			for (bits = 0; bits <= size * 8; bits++)
				assert_int_equal(socki_ip_shares(&a, &b, bits),
				    bits <= flip);
		}
	b = a;
	b.size = 4;
	assert_false(socki_ip_shares(&a, &b, 0));
}

static void
a_decimal_number_has_no_leading_zero_and_a_bound(void **state)
{
	uint32_t value = 7;
	size_t used;

	(void)state;
	assert_int_equal(socki_decimal_parse(&value, &used, "4294967295x", 11,
			     UINT32_MAX),
	    SOCKI_DECIMAL_GOOD);
	assert_int_equal(used, 10);
	assert_true(value == UINT32_MAX);
	assert_int_equal(socki_decimal_parse(&value, &used, "4294967296", 10,
			     UINT32_MAX),
	    SOCKI_DECIMAL_LARGE);
	assert_int_equal(socki_decimal_parse(&value, &used,
			     "18446744073709551617", 20, UINT32_MAX),
	    SOCKI_DECIMAL_LARGE);
	assert_int_equal(used, 20);
	assert_int_equal(socki_decimal_parse(&value, &used, "00", 2, 9),
	    SOCKI_DECIMAL_ZERO);
	assert_int_equal(socki_decimal_parse(&value, &used, "", 0, 9),
	    SOCKI_DECIMAL_NONE);
	assert_int_equal(socki_decimal_parse(&value, &used, "0", 1, 9),
	    SOCKI_DECIMAL_GOOD);
	assert_int_equal(value, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_read_and_written_canonically),
		cmocka_unit_test(anything_else_is_refused_at_its_byte),
		cmocka_unit_test(a_text_is_read_to_its_length_and_no_further),
		cmocka_unit_test(an_embedded_nul_ends_no_address),
		cmocka_unit_test(
		    random_addresses_are_written_as_inet_ntop_does),
		cmocka_unit_test(a_number_at_the_end_looks_numeric),
		cmocka_unit_test(what_inet_aton_reads_looks_numeric),
		cmocka_unit_test(as_many_bits_are_shared_as_are_the_same),
		cmocka_unit_test(
		    a_decimal_number_has_no_leading_zero_and_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
