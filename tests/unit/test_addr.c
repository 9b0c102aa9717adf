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
#include <unistd.h>
#include <arpa/inet.h>

#include <sock/addr.h>
#include <sock/base.h>

#include "addr/addr.h"
#include "addr/ip.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UN_HEAD offsetof(struct sockaddr_un, sun_path)
#define SEED 20240301u

static uint32_t
next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* From the middle of a buffer, where nothing is aligned. */
static int
from(struct sock_addr *out, int scheme, const void *sa, socklen_t len)
{
	char *odd = malloc(len + 1);
	int rc;

	assert_non_null(odd);
	memcpy(odd + 1, sa, len);
	rc = socki_addr_from_sockaddr(out, scheme,
	    (const struct sockaddr *)(const void *)(odd + 1), len);
	free(odd);
	return rc;
}

static void
assert_text(const struct sock_addr *addr, const char *text)
{
	char buf[SOCK_ADDR_TEXT_MAX];

	assert_string_equal(sock_addr_text(addr, buf, sizeof buf), text);
}

static void
a_sockaddr_becomes_an_address(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(8080),
		.sin_addr = { htonl(0xc0000207) } };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(443),
		.sin6_flowinfo = 7,
		.sin6_scope_id = 3 };
	struct sock_addr addr;

	(void)state;
	assert_int_equal(from(&addr, SOCK_SCHEME_UDP, &in, sizeof in), 0);
	assert_text(&addr, "udp:192.0.2.7:8080");
	assert_int_equal(addr.length, sizeof in);
	assert_int_equal(sock_addr_port(&addr), 8080);

	assert_int_equal(inet_pton(AF_INET6, "2001:db8::5", &in6.sin6_addr), 1);
	assert_int_equal(from(&addr, SOCK_SCHEME_TLS, &in6, sizeof in6), 0);
	assert_text(&addr, "tls:[2001:db8::5]:443");
	assert_int_equal(addr.u.in6.sin6_scope_id, 0);
	assert_int_equal(addr.u.in6.sin6_flowinfo, 0);

	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7",
			     &in6.sin6_addr),
	    1);
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &in6, sizeof in6), 0);
	assert_text(&addr, "tcp:192.0.2.7:443");
	assert_int_equal(addr.u.sa.sa_family, AF_INET);

	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr), 1);
	in6.sin6_scope_id = 1;
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &in6, sizeof in6), 0);
	assert_text(&addr, "tcp:[fe80::1%lo]:443");
}

static void
a_sockaddr_that_does_not_fit_is_refused(void **state)
{
	struct sockaddr_storage ss;
	struct sock_addr addr;
	static const struct sock_addr zero;

	(void)state;
	memset(&ss, 0, sizeof ss);
	ss.ss_family = AF_INET;
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &ss,
			     sizeof(struct sockaddr_in) - 1),
	    -EINVAL);
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &ss, 1), -EINVAL);
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &ss, 0), -EINVAL);
	assert_int_equal(from(&addr, SOCK_SCHEME_UNIX, &ss, sizeof ss),
	    -EAFNOSUPPORT);
	assert_int_equal(from(&addr, SOCK_SCHEME_NONE, &ss, sizeof ss),
	    -EAFNOSUPPORT);
	ss.ss_family = AF_INET6;
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &ss,
			     sizeof(struct sockaddr_in6) - 1),
	    -EINVAL);
	ss.ss_family = AF_UNIX;
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &ss, sizeof ss),
	    -EAFNOSUPPORT);
	ss.ss_family = AF_NETLINK;
	assert_int_equal(from(&addr, SOCK_SCHEME_TCP, &ss, sizeof ss),
	    -EAFNOSUPPORT);
	assert_memory_equal(&addr, &zero, sizeof addr);
}

static void
a_unix_sockaddr_keeps_its_length(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sock_addr addr;

	(void)state;
	assert_int_equal(from(&addr, SOCK_SCHEME_UNIX, &un, 0), 0);
	assert_text(&addr, "unix:");
	assert_int_equal(from(&addr, SOCK_SCHEME_UNIXGRAM, &un, UN_HEAD), 0);
	assert_text(&addr, "unixgram:");
	assert_int_equal(addr.length, UN_HEAD);

	memcpy(un.sun_path, "/run/x\0behind", 13);
	assert_int_equal(from(&addr, SOCK_SCHEME_UNIX, &un, sizeof un), 0);
	assert_text(&addr, "unix:/run/x");
	assert_int_equal(addr.length, UN_HEAD + 7);
	assert_int_equal(addr.u.un.sun_path[7], 0);

	memcpy(un.sun_path, "\0a\0b", 4);
	assert_int_equal(from(&addr, SOCK_SCHEME_UNIXPACKET, &un, UN_HEAD + 4),
	    0);
	assert_text(&addr, "unixpacket:@a%00b");
	assert_int_equal(addr.length, UN_HEAD + 4);
}

static void
what_the_grammar_leaves_out_does_not_read_back(void **state)
{
	static const struct {
		socklen_t n; /* of sun_path */
		char first;
	} rows[] = { { 0, 0 }, { 1, 0 }, { 108, 'x' } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr = { 0 }, other;

	(void)state;
	assert_int_equal(sock_addr_parse(&other,
			     sock_addr_text(&addr, text, sizeof text)),
	    SOCK_EADDR);
	memset(un.sun_path, 'x', sizeof un.sun_path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		un.sun_path[0] = rows[i].first;
		assert_int_equal(from(&addr, SOCK_SCHEME_UNIX, &un,
				     UN_HEAD + rows[i].n),
		    0);
		sock_addr_text(&addr, text, sizeof text);
		if (sock_addr_parse(&other, text) != SOCK_EADDR)
			fail_msg("%s reads back", text);
	}
}

static void
the_text_may_be_that_of_the_last_error(void **state)
{
	struct sock_addr addr = { 0 };
	char said[256];

	(void)state;
	assert_false(sock_addr_within(&addr, "1.2.3.4/33"));
	snprintf(said, sizeof said, "%s", sock_errmsg());
	assert_false(sock_addr_within(&addr, sock_last_error()->addr));
	assert_string_equal(sock_errmsg(), said);
}

/* What the kernel says of names at the edge of sun_path. */
static void
names_from_the_kernel_are_shown_whole(void **state)
{
	static const size_t lengths[] = { 1, 106, 107, 108 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage ss;
	char dir[] = "/tmp/sock-addr-XXXXXX", text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	socklen_t len;
	size_t i, n;
	int fd, abstract;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < 2 * COUNT(lengths); i++) {
		n = lengths[i / 2];
		abstract = i % 2;
		if (n == 1 && !abstract)
			continue;
		memset(un.sun_path, abstract ? 1 : 'x', sizeof un.sun_path);
		if (abstract)
			un.sun_path[0] = '\0';
		else {
			memcpy(un.sun_path, dir, strlen(dir));
			un.sun_path[strlen(dir)] = '/';
		}
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(fd >= 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&un,
				     (socklen_t)(UN_HEAD + n)),
		    0);
		len = sizeof ss;
		assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len),
		    0);
		assert_int_equal(from(&addr, SOCK_SCHEME_UNIX, &ss, len), 0);
		sock_addr_text(&addr, text, sizeof text);
		assert_int_equal(strlen(text),
		    abstract ? strlen("unix:@") + 3 * (n - 1) :
			       strlen("unix:") + n);
		close(fd);
		if (!abstract) {
			memcpy(text, un.sun_path, n);
			text[n] = '\0';
			assert_int_equal(unlink(text), 0);
		}
	}
	assert_int_equal(rmdir(dir), 0);
}

static void
what_is_no_address_is_a_question_mark(void **state)
{
	struct sock_addr addr;
	char buf[4] = "abc";

	(void)state;
	memset(&addr, 0, sizeof addr);
	assert_text(&addr, "?");
	addr.scheme = SOCK_SCHEME_TCP;
	assert_text(&addr, "?");
	addr.u.sa.sa_family = AF_NETLINK;
	addr.length = sizeof addr.u;
	assert_text(&addr, "?");
	assert_int_equal(sock_addr_port(&addr), SOCK_EUSAGE);
	assert_string_equal(sock_last_error()->op, "port");
	assert_string_equal(socki_addr_scheme_name(200), "");
	assert_string_equal(socki_addr_scheme_name(-1), "");
	addr.scheme = 200;
	addr.u.sa.sa_family = AF_INET;
	assert_text(&addr, "0.0.0.0:0");
	assert_ptr_equal(sock_addr_text(&addr, buf, 0), buf);
	assert_string_equal(buf, "abc");
}

static void
a_text_is_cut_where_the_room_ends(void **state)
{
	static const char whole[] = "tcp:[2001:db8::1]:65535";
	struct sock_addr addr;
	char buf[sizeof whole + 1];
	size_t n;

	(void)state;
	assert_int_equal(sock_addr_parse(&addr, whole), 0);
	for (n = 1; n < sizeof whole + 1; n++) {
		memset(buf, '#', sizeof buf);
		sock_addr_text(&addr, buf, n);
		assert_memory_equal(buf, whole, n - 1);
		assert_int_equal(buf[n - 1], 0);
		assert_int_equal(buf[n], '#');
	}
}

/* A random address in canonical form, as a system call would give it. */
static int
make(struct sock_addr *out, uint32_t *seed)
{
	struct sockaddr_storage ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	struct sockaddr_un *un = (struct sockaddr_un *)&ss;
	unsigned char *bytes;
	size_t i, n;
	int scheme;

	memset(&ss, 0, sizeof ss);
	scheme = (int)(1 + next(seed) % 6);
	if (scheme >= SOCK_SCHEME_UNIX) {
		un->sun_family = AF_UNIX;
		n = 1 + next(seed) % 107;
		bytes = (unsigned char *)un->sun_path;
		for (i = 0; i < n; i++)
			bytes[i] = (unsigned char)(next(seed) % 4 ?
				(uint32_t) "/@%a"[next(seed) % 4] :
				next(seed));
		if (next(seed) % 2) {
			memmove(bytes + 1, bytes, n);
			bytes[0] = 0;
		} else
			bytes[0] |= 1;
		return from(out, scheme, &ss, (socklen_t)(UN_HEAD + n + 1));
	}
	if (next(seed) % 2) {
		in->sin_family = AF_INET;
		in->sin_port = (in_port_t)next(seed);
		in->sin_addr.s_addr = next(seed);
		return from(out, scheme, &ss, sizeof *in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = (in_port_t)next(seed);
	for (i = 0; i < 16; i++)
		if (next(seed) % 3 != 0)
			in6->sin6_addr.s6_addr[i] = (uint8_t)next(seed);
	if (next(seed) % 4 == 0)
		memcpy(&in6->sin6_addr, "\xfe\x80", 2);
	if (next(seed) % 4 == 0)
		memcpy(&in6->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	in6->sin6_flowinfo = next(seed);
	in6->sin6_scope_id = next(seed) % 2; /* lo is there everywhere */
	return from(out, scheme, &ss, sizeof *in6);
}

static void
a_text_is_read_back_to_an_equal_address(void **state)
{
	char text[SOCK_ADDR_TEXT_MAX], again[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr, back;
	uint32_t seed = SEED;
	int round;

	(void)state;
	for (round = 0; round < 100000; round++) {
		assert_int_equal(make(&addr, &seed), 0);
		sock_addr_text(&addr, text, sizeof text);
		if (sock_addr_parse(&back, text) != 0)
			fail_msg("round %d: %s", round, sock_errmsg());
		if (!sock_addr_equal(&addr, &back) ||
		    memcmp(&addr, &back, sizeof addr) != 0)
			fail_msg("round %d: \"%s\"", round, text);
		sock_addr_text(&back, again, sizeof again);
		assert_string_equal(text, again);
	}
}

static void
loopback_and_any_are_made_of_a_family(void **state)
{
	struct sock_addr addr;

	(void)state;
	socki_addr_loopback(&addr, SOCK_SCHEME_TCP, AF_INET, 80);
	assert_text(&addr, "tcp:127.0.0.1:80");
	assert_false(socki_addr_is_any(&addr));
	socki_addr_loopback(&addr, SOCK_SCHEME_UDP, AF_INET6, 0);
	assert_text(&addr, "udp:[::1]:0");
	socki_addr_set_port(&addr, 65535);
	assert_text(&addr, "udp:[::1]:65535");
	socki_addr_any(&addr, SOCK_SCHEME_TCP, AF_INET, 80);
	assert_text(&addr, "tcp:0.0.0.0:80");
	assert_true(socki_addr_is_any(&addr));
	socki_addr_any(&addr, SOCK_SCHEME_TCP, AF_INET6, 80);
	assert_text(&addr, "tcp:[::]:80");
	assert_true(socki_addr_is_any(&addr));
	socki_addr_any(&addr, SOCK_SCHEME_TCP, AF_UNSPEC, 80);
	assert_text(&addr, "tcp:*:80");
	assert_true(socki_addr_is_any(&addr));
	assert_false(socki_addr_has_name(&addr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sockaddr_becomes_an_address),
		cmocka_unit_test(a_sockaddr_that_does_not_fit_is_refused),
		cmocka_unit_test(a_unix_sockaddr_keeps_its_length),
		cmocka_unit_test(
		    what_the_grammar_leaves_out_does_not_read_back),
		cmocka_unit_test(the_text_may_be_that_of_the_last_error),
		cmocka_unit_test(names_from_the_kernel_are_shown_whole),
		cmocka_unit_test(what_is_no_address_is_a_question_mark),
		cmocka_unit_test(a_text_is_cut_where_the_room_ends),
		cmocka_unit_test(a_text_is_read_back_to_an_equal_address),
		cmocka_unit_test(loopback_and_any_are_made_of_a_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
