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

#include "place.h"
#include "plain.h"
#include "sys/fault.h"
#include "where.h"

/* Handles of messages: what they are opened as, and what befalls them. */

#define SOON sock_in(20000)
#define assert_told(word) assert_non_null(strstr(sock_errmsg(), word))

static void
local_of(sock_t s, struct sock_addr *out, char *buf, size_t n)
{
	assert_int_equal(sock_local(s, out), 0);
	(void)sock_addr_text(out, buf, n);
}

/* A bare socket of datagrams on 127.0.0.1. */
static int
plain_udp(int port)
{
	struct sockaddr_storage sa;
	const socklen_t len = plain_loopback(&sa, AF_INET, port);
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&sa, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
an_address_of_datagrams_is_not_shared(void **state)
{
	char address[SOCK_ADDR_TEXT_MAX];
	struct sock_addr own;
	const sock_t s = sock_listen("udp:127.0.0.1:0");
	struct sockaddr_storage sa;
	socklen_t len;
	const int on = 1, thief = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	local_of(s, &own, address, sizeof address);
	assert_int_equal(sock_listen(address), -EADDRINUSE);
	/* Nor with one who would: both must want it. */
	len = plain_loopback(&sa, AF_INET, sock_addr_port(&own));
	assert_int_equal(setsockopt(thief, SOL_SOCKET, SO_REUSEADDR, &on,
			     sizeof on),
	    0);
	assert_int_equal(bind(thief, (struct sockaddr *)&sa, len), -1);
	close(thief);
	/* It is free once the handle is closed. */
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(sock_listen(address)), 0);
}

static void
localhost_is_refused_unless_its_family_is_said(void **state)
{
	struct sock_addr own;
	sock_t s;

	(void)state;
	assert_int_equal(sock_listen("udp:localhost:0"), SOCK_EADDR);
	assert_told("localhost has two");
	s = sock_listen("udp:localhost:0", .family = AF_INET);
	assert_int_equal(sock_local(s, &own), 0);
	assert_int_equal(own.u.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(sock_close(s), 0);
}

static void
ipv4_peers_of_all_addresses_show_as_ipv4(void **state)
{
	const sock_t s = sock_listen("udp:*:0");
	char dial[64], in[8];
	struct sock_addr own, from;
	struct sock_message m = { .data = in, .capacity = sizeof in };
	sock_t c;

	(void)state;
	assert_int_equal(sock_local(s, &own), 0);
	if (!own.both) {
		assert_int_equal(sock_close(s), 0);
		print_message("SKIP: there is no IPv6 here\n");
		skip();
	}
	(void)snprintf(dial, sizeof dial, "udp:127.0.0.1:%d",
	    sock_addr_port(&own));
	c = sock_dial(dial);
	assert_int_equal(sock_send(c, "a", 1, NULL, SOON), 0);
	assert_int_equal(sock_receive(s, in, sizeof in, &from, SOON), 1);
	assert_int_equal(from.u.sa.sa_family, AF_INET);
	assert_int_equal(sock_send(s, "b", 1, &from, SOON), 0);
	assert_int_equal(sock_set(c, SOCK_OPT_TTL, 33), 0);
	assert_int_equal(sock_set(c, SOCK_OPT_TOS, 0x20), 0);
	assert_int_equal(sock_send(c, "c", 1, NULL, SOON), 0);
	assert_int_equal(sock_receive_many(s, &m, 1, SOON), 1);
	assert_int_equal(m.peer.u.sa.sa_family, AF_INET);
	assert_int_equal(m.local.u.sa.sa_family, AF_INET);
	assert_int_equal(sock_addr_port(&m.local), sock_addr_port(&own));
	assert_int_equal(m.ttl, 33);
	assert_int_equal(m.tos, 0x20);
	assert_int_equal(sock_close(c), 0);
	assert_int_equal(sock_close(s), 0);
}

/*
 * qemu for users answers a call without room by itself; a kernel says that an
 * empty queue of errors is empty.
 */
static bool
errors_are_unknown(void)
{
	struct msghdr msg = { .msg_iov = NULL };
	const int fd = plain_udp(0);
	const ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	close(fd);
	return n == 0;
}

/*
 * A port where nobody listens is told of, a thousand times, to a server that
 * goes on serving.
 */
static void
icmp_errors_belong_to_their_peer(void **state)
{
	const char *const hosts[] = { "udp:127.0.0.1:0", "udp:*:0" };
	struct sock_addr dead, own;
	char in[8], dial[64];
	int i, fd, refused;
	size_t h;

	(void)state;
	if (errors_are_unknown()) {
		print_message("SKIP: no queue of errors here\n");
		skip();
	}
	for (h = 0; h < 2; h++) {
		const sock_t s = sock_listen(hosts[h]);
		sock_t c;

		assert_int_equal(sock_local(s, &own), 0);
		(void)snprintf(dial, sizeof dial, "udp:127.0.0.1:%d",
		    sock_addr_port(&own));
		c = sock_dial(dial);
		fd = plain_udp(0);
		(void)snprintf(dial, sizeof dial, "udp:127.0.0.1:%d",
		    plain_port(fd));
		close(fd);
		assert_int_equal(sock_addr_parse(&dead, dial), 0);
		assert_int_equal(sock_send(c, "q", 1, NULL, SOON), 0);
		assert_int_equal(sock_receive(s, in, sizeof in, &own, SOON), 1);
		for (i = refused = 0; i < 1000; i++) {
			struct sock_event e = { .sock = s,
				.want = SOCK_READABLE };
			const int rc = sock_send(s, "x", 1, &dead, SOON);

			refused += rc == -ECONNREFUSED;
			assert_true(rc == 0 || rc == -ECONNREFUSED);
			/* The living hear nothing of it. */
			if (i % 3 == 0)
				assert_int_equal(sock_wait(&e, 1, SOCK_NOWAIT),
				    -EAGAIN);
			if (i % 2 == 0)
				assert_int_equal(sock_receive(s, in, sizeof in,
						     NULL, SOCK_NOWAIT),
				    -EAGAIN);
			if (i % 10 != 0)
				continue;
			assert_int_equal(sock_send(s, "y", 1, &own, SOON), 0);
			assert_int_equal(sock_receive(c, in, sizeof in, NULL,
					     SOON),
			    1);
			assert_int_equal(sock_send(c, "q", 1, NULL, SOON), 0);
			assert_int_equal(sock_receive(s, in, sizeof in, NULL,
					     SOON),
			    1);
		}
		assert_int_equal(refused, 500);
		assert_int_equal(sock_close(c), 0);
		assert_int_equal(sock_close(s), 0);
	}
}

/* What was in the queue before the socket had a peer is nobody's reply. */
static void
a_forged_reply_is_ignored(void **state)
{
	const int fd = plain_udp(0), forger = plain_udp(0),
		  server = plain_udp(0);
	struct sockaddr_storage to;
	const socklen_t len = plain_loopback(&to, AF_INET, plain_port(fd));
	struct sockaddr_storage peer;
	char in[8];
	sock_t s;

	(void)state;
	assert_int_equal(sendto(forger, "f", 1, 0, (struct sockaddr *)&to, len),
	    1);
	(void)plain_loopback(&peer, AF_INET, plain_port(server));
	assert_int_equal(connect(fd, (struct sockaddr *)&peer, len), 0);
	/* Here already when it is asked for, and from whom it must be. */
	assert_int_equal(sendto(server, "good", 4, 0, (struct sockaddr *)&to,
			     len),
	    4);
	s = sock_adopt(fd);
	assert_true(s > 0);
	assert_int_equal(sock_exchange(s, "q", 1, in, sizeof in, NULL, SOON),
	    4);
	assert_memory_equal(in, "good", 4);
	assert_int_equal(sock_close(s), 0);
	close(forger);
	close(server);
}

static void
adopted_sockets_of_messages_are_handles(void **state)
{
	struct sock_addr own;
	char in[8];
	int pair[2];
	sock_t s, t;

	(void)state;
	s = sock_adopt(plain_udp(0));
	assert_true(s > 0);
	assert_int_equal(sock_peer(s, &own), -ENOTCONN);
	assert_int_equal(sock_local(s, &own), 0);
	assert_int_equal(sock_send(s, "self", 4, &own, SOON), 0);
	assert_int_equal(sock_receive(s, in, sizeof in, NULL, SOON), 4);
	/* It blocks, for whoever had it; for us it does not. */
	assert_int_equal(sock_receive(s, in, sizeof in, NULL, SOCK_NOWAIT),
	    -EAGAIN);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			     pair),
	    0);
	s = sock_adopt(pair[0]);
	t = sock_adopt(pair[1]);
	assert_int_equal(sock_send(s, "ab", 2, NULL, SOON), 0);
	assert_int_equal(sock_send(s, "c", 1, NULL, SOON), 0);
	assert_int_equal(sock_receive(t, in, sizeof in, NULL, SOON), 2);
	assert_int_equal(sock_close(s), 0);
	assert_int_equal(sock_close(t), 0);
}

static void
peers_without_a_name_are_not_answered(void **state)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char in[8], name[SOCK_ADDR_TEXT_MAX];
	struct sock_message m = { .data = in, .capacity = sizeof in };
	struct sock_addr here;
	sock_t s;

	(void)state;
	(void)snprintf(name, sizeof name, "unixgram:@sock-nameless-%d",
	    (int)getpid());
	s = sock_listen(name);
	assert_int_equal(sock_local(s, &here), 0);
	assert_int_equal(sendto(fd, "x", 1, 0, &here.u.sa, here.length), 1);
	assert_int_equal(sock_receive_many(s, &m, 1, SOON), 1);
	assert_string_equal(sock_addr_text(&m.peer, name, sizeof name),
	    "unixgram:");
	assert_int_equal(sock_reply(s, &m, "y", 1), -EDESTADDRREQ);
	assert_int_equal(sock_send(s, "y", 1, &m.peer, SOON), -EDESTADDRREQ);
	assert_told("no name");
	assert_int_equal(sock_send(s, "y", 1, NULL, SOON), -EDESTADDRREQ);
	close(fd);
	assert_int_equal(sock_close(s), 0);
}

static void
a_path_is_taken_over_and_given_up(void **state)
{
	static const struct {
		const char *scheme;
		int type;
	} rows[] = { { "unixgram", SOCK_DGRAM },
		{ "unixpacket", SOCK_SEQPACKET } };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		char address[96];
		sock_t s;
		struct stat st;

		(void)snprintf(address, sizeof address, "%s:%s", rows[i].scheme,
		    path);
		/* A file that nobody listens on. */
		close(plain_unix(path, rows[i].type, -1));
		assert_true(place_has(path));
		s = sock_listen(address);
		assert_true(s > 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(sock_listen(address), -EADDRINUSE);
		assert_false(place_has(lock));
		assert_int_equal(sock_close(s), 0);
		assert_false(place_has(path));
	}
}

#ifdef SOCK_FAULTS
/* No room in the device: waited for, or told. */
static void
without_room_in_the_device_it_waits(void **state)
{
	const sock_t s = sock_listen("udp:127.0.0.1:0");
	struct sock_message m = { .data = (char[1]){ 1 }, .length = 1 };
	struct sock_addr own;
	char in[8];

	(void)state;
	assert_int_equal(sock_local(s, &own), 0);
	m.peer = own;
	assert_int_equal(socki_fault_set("sendto:ENOBUFS@1", 1), 0);
	assert_int_equal(sock_send(s, "x", 1, &own, SOCK_NOWAIT), -ENOBUFS);
	assert_int_equal(socki_fault_set("sendto:ENOBUFS@1", 1), 0);
	assert_int_equal(sock_send(s, "x", 1, &own, SOON), 0);
	assert_int_equal(socki_fault_set("sendmmsg:ENOBUFS@1", 1), 0);
	assert_int_equal(sock_reply(s, &m, "x", 1), -ENOBUFS);
	assert_int_equal(socki_fault_set("sendto:ENOBUFS@1+", 1), 0);
	assert_int_equal(sock_send(s, "x", 1, &own, sock_in(5)), -ETIMEDOUT);
	/* A sandbox that has no calls for many. */
	assert_int_equal(
	    socki_fault_set("sendmmsg:ENOSYS@1+,recvmmsg:ENOSYS@1+", 1), 0);
	assert_int_equal(sock_send_many(s, &m, 1, SOON), 1);
	m.data = in;
	m.capacity = sizeof in;
	assert_int_equal(sock_receive_many(s, &m, 1, SOON), 1);
	assert_int_equal(sock_receive_many(s, &m, 1, SOON), 1);
	assert_int_equal(m.length, 1);
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	assert_int_equal(sock_close(s), 0);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(an_address_of_datagrams_is_not_shared),
		where_test(localhost_is_refused_unless_its_family_is_said),
		where_test(ipv4_peers_of_all_addresses_show_as_ipv4),
		where_test(icmp_errors_belong_to_their_peer),
		where_test(a_forged_reply_is_ignored),
		where_test(adopted_sockets_of_messages_are_handles),
		where_test(peers_without_a_name_are_not_answered),
		place_test(a_path_is_taken_over_and_given_up),
#ifdef SOCK_FAULTS
		where_test(without_room_in_the_device_it_waits),
#endif
	};

	return cmocka_run_group_tests(tests, where_warm_up, NULL);
}
