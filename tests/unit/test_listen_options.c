/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "aside.h"
#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	struct sock_listen_options o;
	int code;
	const char *text;
} refused[] = {
#define ROW(code, text, ...) \
	{ \
		{ .size = sizeof(struct sock_listen_options), \
			.address = __VA_ARGS__ }, \
		    code, text \
	}
	ROW(SOCK_EUSAGE,
	    "listen tls:*:0: the call makes no sense here: tls: wants .tls, as "
	    "sock_tls_server() gives it",
	    "tls:*:0"),
	ROW(SOCK_EADDR,
	    "listen udp:localhost:0: the address is not understood: messages come to "
	    "one address, and localhost has two: name 127.0.0.1 or [::1], or a "
	    "family",
	    "udp:localhost:0"),
	ROW(SOCK_EADDR,
	    "listen tcp:example.org:80: the address is not understood: a name "
	    "would have to be looked up, and listening never waits; say an "
	    "address of this host, localhost or *",
	    "tcp:example.org:80"),
	ROW(SOCK_EADDR, NULL, "http://*:80"),
	ROW(SOCK_EADDR, NULL, "127.1:80"),
	ROW(SOCK_EADDR, NULL, ""),
	ROW(SOCK_ENOSERVICE, NULL, "*:no-such-service"),
	ROW(-EAFNOSUPPORT,
	    "listen tcp:127.0.0.1:0: address family not supported: not of "
	    "the family that was asked for",
	    "tcp:127.0.0.1:0", .family = AF_INET6),
	ROW(-EAFNOSUPPORT, NULL, "[::1]:0", .family = AF_INET),
	ROW(SOCK_EUSAGE,
	    "listen tcp:*:0: the call makes no sense here: family is none of "
	    "0, AF_INET, AF_INET6",
	    "tcp:*:0", .family = AF_UNIX),
	ROW(SOCK_EUSAGE,
	    "listen unix:/x: the call makes no sense here: unix_mode has more "
	    "than permission bits",
	    "unix:/x", .unix_mode = 01600),
	ROW(SOCK_EUSAGE, NULL, "unix:/x", .unix_mode = -1),
	ROW(SOCK_EUSAGE,
	    "listen tcp:*:0: the call makes no sense here: a negative number",
	    "tcp:*:0", .backlog = -1),
	ROW(SOCK_EUSAGE, NULL, "tcp:*:0", .rcvbuf = -1),
	ROW(SOCK_EUSAGE, NULL, "tcp:*:0", .sndbuf = -1),
	ROW(SOCK_EUSAGE,
	    "listen: the call makes no sense here: there is no address", NULL),
	/* TEST-NET-1 (RFC 5737) is nobody's. */
	ROW(-EADDRNOTAVAIL, "listen 192.0.2.7:0: address not available",
	    "192.0.2.7:0"),
	ROW(-ENODEV, NULL, "127.0.0.1:0", .device = "no-such-dev"),
	ROW(-ENODEV, NULL, "127.0.0.1:0", .device = "sixteen-bytes-16"),
#undef ROW
};

static void
what_cannot_be_listened_on_is_refused_in_clear_words(void **state)
{
	sock_t l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		l = sock_listen_with(&refused[i].o);
		if (l != refused[i].code ||
		    (refused[i].text != NULL &&
			strcmp(sock_errmsg(), refused[i].text) != 0))
			fail_msg("row %zu, \"%s\": %lld, %s", i,
			    refused[i].o.address, (long long)l, sock_errmsg());
	}
}

static void
options_of_another_size_are_read_as_far_as_they_go(void **state)
{
	struct {
		struct sock_listen_options known;
		char later[64];
	} larger;
	struct sock_listen_options o = { .size = 0, .address = "127.0.0.1:0" };
	sock_t l;

	(void)state;
	assert_int_equal(sock_listen_with(&o), SOCK_EUSAGE);
	assert_string_equal(sock_errmsg(),
	    "listen: the call makes no sense here: the options have no size");

	memset(&o, 0xff, sizeof o);
	o.size = offsetof(struct sock_listen_options, tls);
	o.address = "127.0.0.1:0";
	l = sock_listen_with(&o);
	assert_true(l > 0);
	sock_close(l);

	memset(&larger, 0xff, sizeof larger);
	larger.known = (struct sock_listen_options){ .size = sizeof larger,
		.address = "127.0.0.1:0" };
	l = sock_listen_with(&larger.known);
	assert_true(l > 0);
	sock_close(l);
}

static int
port_of(sock_t s)
{
	struct sock_addr addr;

	assert_int_equal(sock_local(s, &addr), 0);
	return sock_addr_port(&addr);
}

static int
somaxconn(void)
{
	FILE *f = fopen("/proc/sys/net/core/somaxconn", "re");
	int n = -1;

	if (f != NULL && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f != NULL)
		fclose(f);
	return n;
}

static void
the_backlog_is_the_one_asked_for(void **state)
{
	struct sock_info info = { .size = sizeof info };
	sock_t l = sock_listen("127.0.0.1:0", .backlog = 3);

	(void)state;
	assert_int_equal(sock_info(l, &info), 0);
	if (info.state[0] == '\0' || under_emulation()) {
		sock_close(l);
		SKIP_TEST("no TCP_INFO here (an emulator?)");
	}
	assert_int_equal(info.accept_backlog, 3);
	sock_close(l);

	l = sock_listen("127.0.0.1:0");
	assert_int_equal(sock_info(l, &info), 0);
	if (somaxconn() > 0)
		assert_int_equal(info.accept_backlog, somaxconn());
	sock_close(l);
}

static void
accepted_sockets_inherit(void **state)
{
	static const struct {
		enum sock_option option;
		int64_t value;
	} rows[] = { { SOCK_OPT_NODELAY, 1 }, { SOCK_OPT_RCVBUF, 30000 },
		{ SOCK_OPT_SNDBUF, 40000 } };
	const sock_t l =
	    sock_listen("127.0.0.1:0", .rcvbuf = 15000, .sndbuf = 20000);
	const int fd = plain_connect(AF_INET, port_of(l));
	const sock_t c = sock_accept(l, SOON);
	int64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(sock_get(c, rows[i].option, &value), 0);
		if (value != rows[i].value)
			fail_msg("option %d: %lld", rows[i].option,
			    (long long)value);
	}
	close(fd);
	sock_close(c);
	sock_close(l);
}

static void
siblings_share_a_port_if_all_say_so(void **state)
{
	int fd[64], got[2] = { 0, 0 };
	char text[64];
	sock_t l[2], c;
	int i, k;

	(void)state;
	l[0] = sock_listen("127.0.0.1:0", .reuse_port = true);
	dialing_at(text, sizeof text, "127.0.0.1:", port_of(l[0]));
	assert_int_equal(sock_listen(text), -EADDRINUSE);
	l[1] = sock_listen(text, .reuse_port = true);
	assert_true(l[1] > 0);
	for (i = 0; i < 64; i++)
		fd[i] = plain_connect(AF_INET, port_of(l[0]));
	for (k = 0; k < 2; k++)
		while ((c = sock_accept(l[k], SOCK_NOWAIT)) > 0) {
			got[k]++;
			sock_close(c);
		}
	assert_int_equal(got[0] + got[1], 64);
	/* All to one of them: once in 2^63. */
	assert_true(got[0] > 0 && got[1] > 0);
	for (i = 0; i < 64; i++)
		close(fd[i]);
	sock_close(l[0]);
	sock_close(l[1]);
}

static void
where_the_client_speaks_first_accept_waits_for_it(void **state)
{
	const sock_t l = sock_listen("127.0.0.1:0", .client_first = true);
	const int fd = plain_connect(AF_INET, port_of(l));
	char byte;
	sock_t c;

	(void)state;
	assert_int_equal(sock_accept(l, SHORTLY), -ETIMEDOUT);
	assert_int_equal(write(fd, "x", 1), 1);
	c = sock_accept(l, SOON);
	assert_true(c > 0);
	assert_int_equal(sock_read(c, &byte, 1, SOCK_NOWAIT), 1);
	close(fd);
	sock_close(c);
	sock_close(l);
}

static void
fast_open_is_turned_on(void **state)
{
	const sock_t l = sock_listen("127.0.0.1:0", .fast_open = true);
	const sock_t plain = sock_listen("127.0.0.1:0");
	socklen_t n = sizeof(int);
	int queue = -1;

	(void)state;
	assert_true(l > 0);
	assert_int_equal(getsockopt(sock_fd(plain), IPPROTO_TCP, TCP_FASTOPEN,
			     &queue, &n),
	    0);
	assert_int_equal(queue, 0);
	assert_int_equal(getsockopt(sock_fd(l), IPPROTO_TCP, TCP_FASTOPEN,
			     &queue, &n),
	    0);
	assert_true(queue > 0);
	sock_close(l);
	sock_close(plain);
}

static void
free_bind_takes_an_address_that_is_not_here(void **state)
{
	static const char *const addresses[] = { "192.0.2.7:0",
		"[2001:db8::7]:0" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(addresses); i++) {
		sock_t l;

		if (i == 1 && !plain_has_ipv6())
			continue;
		assert_int_equal(sock_listen(addresses[i]), -EADDRNOTAVAIL);
		l = sock_listen(addresses[i], .free_bind = true);
		if (l <= 0)
			fail_msg("%s", sock_errmsg());
		sock_close(l);
	}
}

static void
a_device_limits_who_is_heard(void **state)
{
	const sock_t l = sock_listen("tcp:*:0", .device = "lo");
	sock_t c;
	int fd;

	(void)state;
	if (l == -EPERM)
		SKIP_TEST("this kernel wants CAP_NET_RAW for SO_BINDTODEVICE");
	fd = plain_connect(AF_INET, port_of(l));
	c = sock_accept(l, SOON);
	assert_true(c > 0);
	sock_close(c);
	close(fd);
	sock_close(l);
}

static void
a_link_local_address_without_its_zone_is_told_so(void **state)
{
	static const char *const hosts[] = { "tcp:[fe80::7]", "udp:[fe80::7]",
		"udp:[ff02::fb]", "udp:[ff01::1]" };
	char address[64], text[200];
	size_t i;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	for (i = 0; i < COUNT(hosts); i++) {
		(void)snprintf(address, sizeof address, "%s:0", hosts[i]);
		(void)snprintf(text, sizeof text,
		    "listen %s: invalid argument: a link-local address wants "
		    "its zone, as in %.*s%%eth0]",
		    address, (int)strlen(hosts[i]) - 5, hosts[i] + 4);
		assert_int_equal(sock_listen(address), -EINVAL);
		assert_string_equal(sock_errmsg(), text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(
		    what_cannot_be_listened_on_is_refused_in_clear_words),
		where_test(options_of_another_size_are_read_as_far_as_they_go),
		where_test(the_backlog_is_the_one_asked_for),
		where_test(accepted_sockets_inherit),
		where_test(siblings_share_a_port_if_all_say_so),
		where_test(where_the_client_speaks_first_accept_waits_for_it),
		where_test(fast_open_is_turned_on),
		where_test(free_bind_takes_an_address_that_is_not_here),
		where_test(a_device_limits_who_is_heard),
		where_test(a_link_local_address_without_its_zone_is_told_so),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
