/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char no_tls; /* no TLS configuration at all */

/* What is refused before a socket is made, and what the user reads. */
static const struct {
	struct sock_dial_options o;
	int code;
	const char *text;
} refused[] = {
#define ROW(code, text, ...) \
	{ \
		{ .size = sizeof(struct sock_dial_options), \
			.address = __VA_ARGS__ }, \
		    code, text \
	}
	ROW(SOCK_EADDR,
	    "dial tcp:127.0.0.1:0: the address is not understood: port 0 is "
	    "for listening, it names no service",
	    "tcp:127.0.0.1:0"),
	ROW(SOCK_EADDR,
	    "dial localhost:0: the address is not understood: port 0 is for "
	    "listening, it names no service",
	    "localhost:0"),
	ROW(SOCK_EADDR,
	    "dial tcp:0.0.0.0:80: the address is not understood: it names no "
	    "host; any_address allows it, and means this one",
	    "tcp:0.0.0.0:80"),
	ROW(SOCK_EADDR,
	    "dial [::]:80: the address is not understood: it names no host; "
	    "any_address allows it, and means this one",
	    "[::]:80"),
	ROW(SOCK_EADDR,
	    "dial [::ffff:0.0.0.0]:80: the address is not understood: it "
	    "names no host; any_address allows it, and means this one",
	    "[::ffff:0.0.0.0]:80"),
	ROW(SOCK_EADDR,
	    "dial tcp:0.0.0.0:80: the address is not understood: it names no "
	    "host; any_address allows it, and means this one",
	    "tcp:0.0.0.0:80", .proxy = "socks5:127.0.0.1:1080"),
	ROW(SOCK_EADDR, NULL, "127.0.0.1:80", .proxy = "connect:[::]:3128"),
	ROW(SOCK_EADDR, NULL, "*:80"),
	ROW(SOCK_EADDR, NULL, "*:80", .any_address = true),
	ROW(SOCK_EADDR, NULL, "http://127.0.0.1:80"),
	ROW(SOCK_EADDR, NULL, "sctp:127.0.0.1:80"),
	ROW(SOCK_EADDR, NULL, ""),
	ROW(SOCK_EADDR, NULL, "127.1:80"),
	ROW(SOCK_EADDR, NULL, "::1:80"),
	ROW(SOCK_ENOSERVICE, NULL, "127.0.0.1:no-such-service"),
	ROW(SOCK_EUSAGE,
	    "dial tls:127.0.0.1:443: the call makes no sense here: tls: wants "
	    ".tls, as sock_tls_default() gives it",
	    "tls:127.0.0.1:443"),
	ROW(SOCK_EUSAGE,
	    "dial tcp:127.0.0.1:443: the call makes no sense here: "
	    "server_name is for .tls, and there is none",
	    "tcp:127.0.0.1:443", .server_name = "example.org"),
	ROW(SOCK_EUSAGE,
	    "dial 127.0.0.1:443: the call makes no sense here: a negative "
	    "number",
	    "127.0.0.1:443", .rcvbuf = -1),
	ROW(SOCK_EUSAGE, NULL, "127.0.0.1:443", .sndbuf = -1),
	ROW(SOCK_EUSAGE, NULL, "127.0.0.1:443", .stagger_ms = -2),
	ROW(SOCK_EUSAGE, NULL, "127.0.0.1:443", .keepalive_s = -2),
	ROW(SOCK_EUSAGE, NULL, "127.0.0.1:443", .user_timeout_ms = -2),
	ROW(SOCK_EUSAGE, NULL, "tcp:127.0.0.1:443",
	    .tls = (struct sock_tls *)(void *)&no_tls),
	ROW(SOCK_EUSAGE,
	    "dial udp:127.0.0.1:53: the call makes no sense here: a proxy "
	    "leads to tcp: or tls:HOST:PORT, nowhere else",
	    "udp:127.0.0.1:53", .proxy = "socks5:127.0.0.1:1080"),
	ROW(SOCK_EUSAGE, NULL, "/x", .proxy = "socks5:127.0.0.1:1080"),
	ROW(SOCK_EUSAGE, NULL, "srv:_a._tcp.test",
	    .proxy = "socks5:127.0.0.1:1080"),
	ROW(SOCK_EADDR, NULL, "127.0.0.1:80", .proxy = "socks4:[::1]:1080"),
	ROW(SOCK_EADDR, NULL, "127.0.0.1:80", .proxy = "socks5:[::1]:0"),
	ROW(SOCK_EADDR, NULL, "127.0.0.1:0", .proxy = "socks5:[::1]:1080"),
	ROW(SOCK_EADDR,
	    "dial [fe80::1%1]:80: the address is not understood: a proxy "
	    "knows nothing of our interfaces",
	    "[fe80::1%1]:80", .proxy = "socks5:[::1]:1080"),
	ROW(SOCK_EUSAGE, NULL, "tcp:example.org:80", .local = "/x"),
	ROW(SOCK_EADDR, NULL, "udp:127.0.0.1:0"),
	ROW(SOCK_EADDR, NULL, "udp:0.0.0.0:53"),
	ROW(-EAFNOSUPPORT,
	    "dial tcp:127.0.0.1:80: address family not supported: not of the "
	    "family that was asked for",
	    "tcp:127.0.0.1:80", .family = AF_INET6),
	ROW(-EAFNOSUPPORT, NULL, "tcp:[::1]:80", .family = AF_INET),
	ROW(-EAFNOSUPPORT, NULL, "tcp:127.0.0.1:80", .local = "[::1]"),
	ROW(-EAFNOSUPPORT, NULL, "[::1]:80", .local = "127.0.0.1"),
	ROW(SOCK_EUSAGE, NULL, "/x", .local = "127.0.0.1"),
	ROW(SOCK_EUSAGE, NULL, "tcp:127.0.0.1:80", .local = "/x"),
	ROW(SOCK_EADDR, NULL, "tcp:127.0.0.1:80", .local = "localhost"),
	ROW(SOCK_EADDR, NULL, "tcp:127.0.0.1:80", .local = "127.1"),
	ROW(SOCK_EADDR, NULL, "tcp:127.0.0.1:80", .local = ""),
	ROW(-ENODEV,
	    "dial tcp:127.0.0.1:80: no such device: no device has so long a "
	    "name",
	    "tcp:127.0.0.1:80", .device = "sixteen-bytes-16"),
	ROW(SOCK_EUSAGE,
	    "dial tcp:127.0.0.1:80: the call makes no sense here: family is "
	    "none of 0, AF_INET, AF_INET6",
	    "tcp:127.0.0.1:80", .family = AF_UNIX),
	ROW(SOCK_EUSAGE,
	    "dial: the call makes no sense here: there is no "
	    "address",
	    NULL),
#undef ROW
};

static void
what_cannot_be_dialed_is_refused_in_clear_words(void **state)
{
	struct dialing d;
	sock_t started;
	size_t i;
	char byte;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		d.options = refused[i].o;
		if (dialing_run(&d, IN_THREAD) != refused[i].code ||
		    (refused[i].text != NULL &&
			strcmp(d.text, refused[i].text) != 0))
			fail_msg("row %zu, \"%s\": %lld, %s", i,
			    refused[i].o.address, (long long)d.got, d.text);
		started = sock_dial_start_with(&refused[i].o);
		if (started != refused[i].code)
			fail_msg("row %zu, started: %lld, %s", i,
			    (long long)started, sock_errmsg());
		/* One check at the end still has the words. */
		if (sock_read(started, &byte, 1, SOON) != started ||
		    sock_close(started) != started ||
		    strcmp(sock_errmsg(), d.text) != 0)
			fail_msg("row %zu, handed on: %s", i, sock_errmsg());
	}
}

static void
options_of_another_size_are_read_as_far_as_they_go(void **state)
{
	char text[64];
	const int fd = plain_bind(AF_INET, 0, 4);
	struct {
		struct sock_dial_options known;
		char later[64];
	} larger;
	struct sock_dial_options o = { .size = 0, .address = text };
	sock_t s;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	assert_int_equal(sock_dial_with(&o), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "dial: the call makes no sense here: the options have no size");
	assert_int_equal(sock_dial_start_with(&o), SOCK_EUSAGE);

	/* Of an older caller: what lies beyond its struct is not looked at. */
	memset(&o, 0xff, sizeof o);
	o.size = offsetof(struct sock_dial_options, deadline);
	o.address = text;
	s = sock_dial_with(&o);
	assert_true(s > 0);
	sock_close(s);

	memset(&larger, 0xff, sizeof larger);
	larger.known = (struct sock_dial_options){ .size = sizeof larger,
		.address = text };
	s = sock_dial_with(&larger.known);
	assert_true(s > 0);
	sock_close(s);
	close(fd);
}

static void
any_address_reaches_this_host(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .any_address = true);
	const int fd = plain_bind(AF_INET, 0, 4);
	struct sock_addr addr;

	(void)state;
	dialing_at(text, sizeof text, "0.0.0.0:", plain_port(fd));
	assert_true(dialing_run(&d, IN_THREAD) > 0);
	assert_int_equal(sock_local(d.got, &addr), 0);
	assert_int_equal(sock_addr_scope(&addr), SOCK_SCOPE_LOOPBACK);
	sock_close(d.got);
	close(fd);
}

static void
a_local_address_and_port_are_used(void **state)
{
	char text[64], from[64];
	struct dialing d = DIALING(text, .local = from);
	const int fd = plain_bind(AF_INET, 0, 4);
	struct sock_addr addr;
	int keep, port;

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	(void)snprintf(from, sizeof from, "127.0.0.7");
	assert_true(dialing_run(&d, IN_FIBER) > 0);
	assert_int_equal(sock_local(d.got, &addr), 0);
	assert_true(sock_addr_within(&addr, "127.0.0.7"));
	sock_close(d.got);

	keep = plain_bind(AF_INET, 0, -1);
	port = plain_port(keep);
	dialing_at(from, sizeof from, "tcp:127.0.0.1:", port);
	close(keep);
	if (dialing_run(&d, IN_THREAD) <= 0)
		fail_msg("%s", d.text);
	assert_int_equal(sock_local(d.got, &addr), 0);
	assert_int_equal(sock_addr_port(&addr), port);
	sock_close(d.got);
	close(fd);
}

static void
a_local_address_chooses_the_family_of_localhost(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .local = "127.0.0.1:0");
	struct sock_addr addr;
	int fd[2];

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, 1, 1));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	assert_true(dialing_run(&d, IN_THREAD) > 0);
	assert_int_equal(sock_peer(d.got, &addr), 0);
	assert_int_equal(addr.u.sa.sa_family, AF_INET);
	sock_close(d.got);
	close(fd[0]);
	close(fd[1]);
}

/* TEST-NET-1 (RFC 5737) is nobody's. */
static void
a_local_address_of_another_host_is_named(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .local = "192.0.2.7:0");
	const int fd = plain_bind(AF_INET, 0, 4);

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	assert_int_equal(dialing_run(&d, IN_THREAD), -EADDRNOTAVAIL);
	if (strstr(d.text, "192.0.2.7") == NULL)
		fail_msg("%s", d.text);
	close(fd);
}

static void
a_local_port_in_use_is_named(void **state)
{
	char text[64], from[64];
	struct dialing d = DIALING(text, .local = from);
	const int fd = plain_bind(AF_INET, 0, 4);
	const int taken = plain_bind(AF_INET, 0, 1);

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	dialing_at(from, sizeof from, "127.0.0.1:", plain_port(taken));
	assert_int_equal(dialing_run(&d, IN_THREAD), -EADDRINUSE);
	if (strstr(d.text, from) == NULL)
		fail_msg("%s", d.text);
	close(taken);
	close(fd);
}

static void
a_device_that_is_not_there_is_named(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .device = "no-such-dev");
	const int fd = plain_bind(AF_INET, 0, 4);

	(void)state;
	dialing_at(text, sizeof text, "tcp:127.0.0.1:", plain_port(fd));
	assert_int_equal(dialing_run(&d, IN_THREAD), -ENODEV);
	if (strstr(d.text, "no-such-dev") == NULL)
		fail_msg("%s", d.text);

	d.options.device = "lo";
	if (dialing_run(&d, IN_FIBER) == -EPERM)
		SKIP_TEST("this kernel wants CAP_NET_RAW for SO_BINDTODEVICE");
	assert_true(d.got > 0);
	sock_close(d.got);
	close(fd);
}

static void
a_local_unix_path_is_what_the_peer_sees(void **state)
{
	char dir[] = "/tmp/sock-dial-XXXXXX", text[64], from[64];
	struct dialing d = DIALING(text, .local = from);
	char shown[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	sock_t l, c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(text, sizeof text, "unix:%s/server", dir);
	(void)snprintf(from, sizeof from, "unix:%s/client", dir);
	l = sock_listen(text);
	assert_true(dialing_run(&d, IN_THREAD) > 0);
	c = sock_accept(l, SOON);
	assert_int_equal(sock_peer(c, &addr), 0);
	assert_string_equal(sock_addr_text(&addr, shown, sizeof shown), from);
	assert_int_equal(sock_local(d.got, &addr), 0);
	assert_string_equal(sock_addr_text(&addr, shown, sizeof shown), from);
	sock_close(c);
	sock_close(d.got);
	sock_close(l);
	assert_int_equal(unlink(from + 5), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Where the kernel lacks them, or a listener, it is a plain connection. */
static void
fast_open_and_multipath_connect_all_the_same(void **state)
{
	const sock_t l = sock_listen("127.0.0.1:0", .fast_open = true);
	char text[64], byte = 0;
	struct dialing d = DIALING(text, .deadline = SOON);
	struct sock_addr addr;
	sock_t c;
	int i;

	(void)state;
	assert_int_equal(sock_local(l, &addr), 0);
	dialing_at(text, sizeof text, "127.0.0.1:", sock_addr_port(&addr));
	/* The second one may have a cookie of the first. */
	for (i = 0; i < 8; i++) {
		d.options.fast_open = i < 4;
		d.options.multipath = i % 4 >= 2;
		if (dialing_run(&d, i % 2) <= 0)
			fail_msg("%d: %s", i, d.text);
		assert_int_equal(sock_write(d.got, "x", 1, SOON), 0);
		c = sock_accept(l, SOON);
		assert_int_equal(sock_read(c, &byte, 1, SOON), 1);
		assert_int_equal(sock_write(c, "y", 1, SOON), 0);
		assert_int_equal(sock_read(d.got, &byte, 1, SOON), 1);
		assert_int_equal(byte, 'y');
		sock_close(c);
		sock_close(d.got);
	}
	sock_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(what_cannot_be_dialed_is_refused_in_clear_words),
		where_test(options_of_another_size_are_read_as_far_as_they_go),
		where_test(any_address_reaches_this_host),
		where_test(a_local_address_and_port_are_used),
		where_test(a_local_address_chooses_the_family_of_localhost),
		where_test(a_local_address_of_another_host_is_named),
		where_test(a_local_port_in_use_is_named),
		where_test(a_device_that_is_not_there_is_named),
		where_test(a_local_unix_path_is_what_the_peer_sees),
		where_test(fast_open_and_multipath_connect_all_the_same),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
