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
#include "namespace.h"
#include "where.h"

/* Datagrams on a host of several addresses, interfaces and sizes. */

#define SOON sock_in(30000)

static void
make_interface(void)
{
	namespace_enter();
	namespace_run("ip link add va mtu 1280 type veth peer name vb");
	namespace_run("ip addr add 192.0.2.1/24 dev va");
	namespace_run("ip addr add 192.0.2.2/24 dev va");
	namespace_run("ip -6 addr add 2001:db8::1/64 dev va nodad");
	namespace_run("ip -6 addr add 2001:db8::2/64 dev va nodad");
	namespace_run("ip -6 addr add fe80::77/64 dev va nodad");
	namespace_run("ip link set va up");
	namespace_run("ip link set vb up");
}

/* Each of a host's addresses is asked by a client that takes no other's. */
static void
ask_each_address(void *arg)
{
	static const char *const hosts[] = { "127.0.0.1", "192.0.2.1",
		"192.0.2.2", "[::1]", "[2001:db8::1]", "[2001:db8::2]",
		"[fe80::77%va]" };
	char in[8], text[SOCK_ADDR_TEXT_MAX];
	struct sock_message m = { .data = in, .capacity = sizeof in };
	struct sock_addr asked, own;
	sock_t s, c;
	size_t i;

	(void)arg;
	make_interface();
	s = sock_listen("udp:*:0");
	CHECK_INT(sock_local(s, &own), 0);
	CHECK(own.both);
	for (i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		(void)snprintf(text, sizeof text, "udp:%s:%d", hosts[i],
		    sock_addr_port(&own));
		c = sock_dial(text);
		if (c < 0)
			child_fail(__FILE__, __LINE__, "%s", sock_errmsg());
		CHECK_INT(sock_addr_parse(&asked, text), 0);
		CHECK_INT(sock_send(c, "?", 1, NULL, SOON), 0);
		CHECK_INT(sock_receive_many(s, &m, 1, SOON), 1);
		if (!sock_addr_equal(&m.local, &asked))
			child_fail(__FILE__, __LINE__, "%s was asked at %s",
			    text, sock_addr_text(&m.local, in, sizeof in));
		CHECK(m.ifindex > 0 && m.ttl == 64 && m.received_ns > 0);
		CHECK_INT(sock_local(c, &own), 0);
		CHECK(sock_addr_equal(&m.peer, &own));
		CHECK_INT(sock_reply(s, &m, "!", 1), 0);
		CHECK_INT(sock_receive(c, in, sizeof in, NULL, SOON), 1);
		CHECK_INT(sock_send_many(s, &m, 1, SOON), 1);
		CHECK_INT(sock_receive(c, in, sizeof in, NULL, SOON), 1);
		CHECK_INT(sock_close(c), 0);
		CHECK_INT(sock_local(s, &own), 0);
	}
	CHECK_INT(sock_close(s), 0);
}

static void
an_answer_comes_from_the_address_that_was_asked(void **state)
{
	(void)state;
	child_run(ask_each_address, NULL);
}

/* A destination on the link, which nobody has: none is needed to send. */
static sock_t
dial_unfragmented(int family, const char *text)
{
	const int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	const int name =
	    family == AF_INET ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER;
	const int never = IP_PMTUDISC_DO;
	const sock_t s = sock_dial(text);

	CHECK(s > 0);
	CHECK_INT(setsockopt(sock_fd(s), level, name, &never, sizeof never), 0);
	return s;
}

static void
send_beyond_the_path(void *arg)
{
	static char much[2000];
	sock_t s;

	(void)arg;
	make_interface();
	s = dial_unfragmented(AF_INET, "udp:192.0.2.9:9");
	CHECK_INT(sock_send(s, much, 1400, NULL, SOON), -EMSGSIZE);
	CHECK(strstr(sock_errmsg(), "at most 1252 would fit") != NULL);
	CHECK_INT(sock_send(s, much, 1252, NULL, SOON), 0);
	CHECK_INT(sock_close(s), 0);
	s = dial_unfragmented(AF_INET6, "udp:[2001:db8::9]:9");
	CHECK_INT(sock_send(s, much, 1400, NULL, SOON), -EMSGSIZE);
	CHECK(strstr(sock_errmsg(), "at most 1232 would fit") != NULL);
	CHECK_INT(sock_send(s, much, 1232, NULL, SOON), 0);
	CHECK_INT(sock_close(s), 0);
	/* As it comes the kernel cuts it in pieces. */
	s = sock_dial("udp:192.0.2.9:9");
	CHECK_INT(sock_send(s, much, sizeof much, NULL, SOON), 0);
	CHECK_INT(sock_close(s), 0);
}

static void
what_the_path_does_not_take_tells_what_it_takes(void **state)
{
	(void)state;
	child_run(send_beyond_the_path, NULL);
}

/* Only through interfaces that are named, and so many groups as there may be. */
static void
join_each(sock_t s)
{
	CHECK_INT(sock_join(s, "239.1.1.1", NULL), -ENODEV);
	CHECK_INT(sock_join(s, "239.1.1.1", "nowhere"), -ENODEV);
	CHECK(strstr(sock_errmsg(), "interface") != NULL);
	CHECK_INT(sock_join(s, "239.1.1.1", "192.0.2.1"), 0);
	CHECK_INT(sock_join(s, "239.1.1.1", "va"), -EADDRINUSE);
	CHECK_INT(sock_join(s, "232.1.1.1@192.0.2.1", "va"), 0);
	CHECK_INT(sock_join(s, "ff02::1:7", "va"), 0);
	CHECK_INT(sock_join(s, "239.1.1.2", "lo"), 0);
	CHECK_INT(sock_join(s, "239.1.1.3", "lo"), -ENOBUFS);
	CHECK(strstr(sock_errmsg(), "igmp_max_memberships") != NULL);
}

/* Through its interface, and back to this host. */
static void
talk_to(sock_t s, sock_t other, const struct sock_addr *group)
{
	char in[8];
	struct sock_message m = { .data = in, .capacity = sizeof in };

	CHECK_INT(sock_send(other, "all", 3, group, SOON), 0);
	CHECK_INT(sock_receive_many(s, &m, 1, SOON), 1);
	CHECK_INT(m.length, 3);
	CHECK(sock_addr_equal(&m.local, group));
	/* The group answers as one of its members. */
	CHECK_INT(sock_reply(s, &m, "me", 2), 0);
	CHECK_INT(sock_receive(other, in, sizeof in, NULL, SOON), 2);
}

static void
join_and_lose(void *arg)
{
	struct sock_addr group = { 0 }, group6 = { 0 };
	char in[8], text[64];
	sock_t s, other;

	(void)arg;
	make_interface();
	namespace_run("ip link set lo multicast on");
	namespace_set("ipv4/igmp_max_memberships", "3");
	s = sock_listen("udp:*:0");
	CHECK_INT(sock_local(s, &group), 0);
	(void)snprintf(text, sizeof text, "udp:239.1.1.1:%d",
	    sock_addr_port(&group));
	CHECK_INT(sock_addr_parse(&group, text), 0);
	(void)snprintf(text, sizeof text, "udp:[ff02::1:7%%va]:%d",
	    sock_addr_port(&group));
	CHECK_INT(sock_addr_parse(&group6, text), 0);

	join_each(s);
	namespace_run("ip route add 239.0.0.0/8 dev va");
	other = sock_listen("udp:*:0");
	talk_to(s, other, &group);
	talk_to(s, other, &group6);
	CHECK_INT(sock_set(other, SOCK_OPT_MULTICAST_LOOP, 0), 0);
	CHECK_INT(sock_send(other, "them", 4, &group, SOON), 0);
	CHECK_INT(sock_receive(s, in, sizeof in, NULL, SOCK_NOWAIT), -EAGAIN);

	/* The interface goes, and with it what was joined there. */
	namespace_run("ip link del va");
	CHECK_INT(sock_send(other, "all", 3, &group, SOON), -ENETUNREACH);
	CHECK(sock_join(s, "239.1.1.4", "va") < 0);
	CHECK_INT(sock_leave(s, "239.1.1.9", "lo"), -EADDRNOTAVAIL);
	CHECK_INT(sock_leave(s, "239.1.1.2", "lo"), 0);
	CHECK_INT(sock_join(s, "239.1.1.3", "lo"), 0);
	(void)snprintf(text, sizeof text, "udp:127.0.0.1:%d",
	    sock_addr_port(&group));
	CHECK_INT(sock_addr_parse(&group, text), 0);
	CHECK_INT(sock_send(other, "one", 3, &group, SOON), 0);
	CHECK_INT(sock_receive(s, in, sizeof in, NULL, SOON), 3);
	CHECK_INT(sock_close(s), 0);
	CHECK_INT(sock_close(other), 0);
}

static void
a_group_lasts_as_long_as_its_interface(void **state)
{
	(void)state;
	child_run(join_and_lose, NULL);
}

/* A broadcast is sent when that was asked for, and answered by a host. */
static void
ask_everybody(void *arg)
{
	char in[8], text[64];
	struct sock_message m = { .data = in, .capacity = sizeof in };
	struct sock_addr to, own;
	sock_t s, c;

	(void)arg;
	make_interface();
	s = sock_listen("udp:*:0");
	c = sock_listen("udp:0.0.0.0:0");
	CHECK_INT(sock_local(s, &own), 0);
	(void)snprintf(text, sizeof text, "udp:192.0.2.255:%d",
	    sock_addr_port(&own));
	CHECK_INT(sock_addr_parse(&to, text), 0);
	CHECK_INT(sock_send(c, "?", 1, &to, SOON), -EACCES);
	CHECK(strstr(sock_errmsg(), "SOCK_OPT_BROADCAST") != NULL);
	CHECK_INT(sock_set(c, SOCK_OPT_BROADCAST, 1), 0);
	CHECK_INT(sock_send(c, "?", 1, &to, SOON), 0);
	CHECK_INT(sock_receive_many(s, &m, 1, SOON), 1);
	CHECK_INT(sock_reply(s, &m, "!", 1), 0);
	CHECK_INT(sock_receive(c, in, sizeof in, &own, SOON), 1);
	CHECK(sock_addr_within(&own, "192.0.2.1"));
	CHECK_INT(sock_close(s), 0);
	CHECK_INT(sock_close(c), 0);
}

static void
a_broadcast_is_sent_when_it_was_asked_for(void **state)
{
	(void)state;
	child_run(ask_everybody, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(an_answer_comes_from_the_address_that_was_asked),
		where_test(what_the_path_does_not_take_tells_what_it_takes),
		where_test(a_group_lasts_as_long_as_its_interface),
		where_test(a_broadcast_is_sent_when_it_was_asked_for),
	};

	return child_result(cmocka_run_group_tests(tests, NULL, NULL));
}
