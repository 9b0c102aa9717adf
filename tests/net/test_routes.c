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
#include "namespace.h"
#include "plain.h"
#include "where.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What this host itself says of an address, without asking the network. */
static const struct {
	const char *address;
	int code;
	const char *sentence;
} local[] = {
	{ "198.51.100.1:80", -EINVAL, "invalid argument" },
	{ "198.51.100.65:80", -EHOSTUNREACH, "no route to host" },
	{ "198.51.100.129:80", -EACCES, "permission denied" },
	{ "203.0.113.1:80", -ENETUNREACH, "network is unreachable" },
	{ "[2001:db8:1::1]:80", -EINVAL, "invalid argument" },
	{ "[2001:db8:2::1]:80", -EHOSTUNREACH, "no route to host" },
	{ "[2001:db8:3::1]:80", -EACCES, "permission denied" },
	{ "[2001:db8:4::1]:80", -ENETUNREACH, "network is unreachable" },
	{ "255.255.255.255:80", 0, NULL },
	{ "224.0.0.1:80", 0, NULL },
	{ "[ff02::1%lo]:80", 0, NULL },
};

static void
dial_bad_routes(void *arg)
{
	size_t i;

	(void)arg;
	namespace_enter();
	namespace_run("ip route add blackhole 198.51.100.0/26");
	namespace_run("ip route add unreachable 198.51.100.64/26");
	namespace_run("ip route add prohibit 198.51.100.128/26");
	namespace_run("ip -6 route add blackhole 2001:db8:1::/48");
	namespace_run("ip -6 route add unreachable 2001:db8:2::/48");
	namespace_run("ip -6 route add prohibit 2001:db8:3::/48");
	for (i = 0; i < COUNT(local); i++) {
		struct dialing d = DIALING(local[i].address, .deadline = SOON);
		char want[128];
		int where;

		(void)snprintf(want, sizeof want, "dial %s: %s",
		    local[i].address,
		    local[i].sentence != NULL ? local[i].sentence : "");
		for (where = 0; where < WHERE_COUNT; where++) {
			const sock_t got = dialing_run(&d, where);

			if (local[i].sentence == NULL ? got >= 0 :
							got != local[i].code ||
				    strcmp(d.text, want) != 0)
				child_fail(__FILE__, __LINE__, "%s: %lld, %s",
				    local[i].address, (long long)got, d.text);
		}
	}
}

static void
a_route_that_leads_nowhere_is_told_at_once(void **state)
{
	(void)state;
	child_run(dial_bad_routes, NULL);
}

static void
dial_past_a_firewall(void *arg)
{
	char text[64], want[192];
	struct dialing d = DIALING(text, .deadline = SOON);
	struct sock_addr peer;
	int fd[2], port, where;

	(void)arg;
	namespace_enter();
	CHECK(plain_bind_both(fd, 8, 8));
	port = plain_port(fd[0]);
	namespace_run("nft add table inet t");
	namespace_run("nft add chain inet t out "
		      "'{ type filter hook output priority 0; }'");
	namespace_run("nft add rule inet t out ip6 daddr ::1 tcp flags syn "
		      "reject with icmpx type admin-prohibited");

	/* The one is forbidden, so the other has its turn. */
	dialing_at(text, sizeof text, "localhost:", port);
	for (where = 0; where < WHERE_COUNT; where++) {
		if (dialing_run(&d, where) <= 0)
			child_fail(__FILE__, __LINE__, "%s", d.text);
		CHECK_INT(sock_peer(d.got, &peer), 0);
		CHECK_INT(peer.u.sa.sa_family, AF_INET);
		sock_close(d.got);
	}

	dialing_at(text, sizeof text, "[::1]:", port);
	(void)snprintf(want, sizeof want, "dial %s: permission denied", text);
	for (where = 0; where < WHERE_COUNT; where++) {
		CHECK_INT(dialing_run(&d, where), -EACCES);
		CHECK_TEXT(d.text, want);
	}

	namespace_run("nft add rule inet t out ip daddr 127.0.0.1 tcp flags "
		      "syn reject with icmpx type admin-prohibited");
	dialing_at(text, sizeof text, "localhost:", port);
	(void)snprintf(want, sizeof want,
	    "dial %s: [::1]:%d: permission denied; 127.0.0.1:%d: no route to "
	    "host",
	    text, port, port);
	CHECK_INT(dialing_run(&d, IN_FIBER), -EACCES);
	CHECK_TEXT(d.text, want);
}

static void
what_a_firewall_forbids_is_passed_over(void **state)
{
	(void)state;
	child_run(dial_past_a_firewall, NULL);
}

static void
dial_from_what_goes_away(void *arg)
{
	char text[64];
	struct dialing d =
	    DIALING(text, .local = "192.0.2.7", .deadline = SOON);
	int fd, where;

	(void)arg;
	namespace_enter();
	fd = plain_bind(AF_INET, 0, 8);
	dialing_at(text, sizeof text, "127.0.0.1:", plain_port(fd));
	namespace_run("ip addr add 192.0.2.7/32 dev lo");
	for (where = 0; where < WHERE_COUNT; where++) {
		CHECK(dialing_run(&d, where) > 0);
		sock_close(d.got);
	}
	namespace_run("ip addr del 192.0.2.7/32 dev lo");
	for (where = 0; where < WHERE_COUNT; where++) {
		CHECK_INT(dialing_run(&d, where), -EADDRNOTAVAIL);
		CHECK(strstr(d.text, "192.0.2.7") != NULL);
	}
}

static void
a_local_address_that_went_away_is_named(void **state)
{
	(void)state;
	child_run(dial_from_what_goes_away, NULL);
}

static void
dial_through_what_goes_away(void *arg)
{
	struct dialing d = DIALING("192.0.2.1:9", .deadline = SHORTLY,
	    .device = "fifteen-bytes-0");
	sock_t l;
	int where;

	(void)arg;
	namespace_enter();
	namespace_run("ip link add fifteen-bytes-0 type veth peer name other");
	namespace_run("ip addr add 192.0.2.7/24 dev fifteen-bytes-0");
	namespace_run("ip link set fifteen-bytes-0 up");
	namespace_run("ip link set other up");

	/* Nobody answers there: the device is what was asked for. */
	CHECK_INT(dialing_run(&d, IN_THREAD), -ETIMEDOUT);
	l = sock_listen("*:0", .device = "fifteen-bytes-0");
	CHECK(l > 0);
	CHECK_INT(sock_close(l), 0);

	/* The kernel would cut the name to that of the device. */
	CHECK_INT(sock_listen("*:0", .device = "fifteen-bytes-01"), -ENODEV);
	CHECK_INT(sock_dial("192.0.2.1:9", .device = "fifteen-bytes-01"),
	    -ENODEV);

	namespace_run("ip link del fifteen-bytes-0");
	for (where = 0; where < WHERE_COUNT; where++) {
		d.options.deadline = SOON;
		CHECK_INT(dialing_run(&d, where), -ENODEV);
		CHECK(strstr(d.text, "fifteen-bytes-0") != NULL);
	}
	CHECK_INT(sock_listen("*:0", .device = "fifteen-bytes-0"), -ENODEV);
	CHECK(strstr(sock_errmsg(), "fifteen-bytes-0") != NULL);
}

static void
a_device_that_went_away_is_named(void **state)
{
	(void)state;
	child_run(dial_through_what_goes_away, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_route_that_leads_nowhere_is_told_at_once),
		where_test(what_a_firewall_forbids_is_passed_over),
		where_test(a_local_address_that_went_away_is_named),
		where_test(a_device_that_went_away_is_named),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
