/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "dialing.h"
#include "place.h"
#include "plain.h"
#include "where.h"

/* The other end of a dialed socket: of the type, bound. */
static int
udp_bind(int family)
{
	struct sockaddr_storage sa;
	const socklen_t len = plain_loopback(&sa, family, 0);
	const int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&sa, len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Something goes there and an answer comes back, in one message each. */
static void
check_exchange(sock_t s, int peer)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char buf[16];
	struct pollfd p = { peer, POLLIN, 0 };

	assert_int_equal(send(sock_fd(s), "ask", 3, MSG_NOSIGNAL), 3);
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(recvfrom(peer, buf, sizeof buf, 0,
			     (struct sockaddr *)&sa, &len),
	    3);
	assert_int_equal(sendto(peer, "answer", 6, MSG_NOSIGNAL,
			     len > 0 ? (struct sockaddr *)&sa : NULL, len),
	    6);
	p.fd = sock_fd(s);
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(recv(sock_fd(s), buf, sizeof buf, 0), 6);
	assert_int_equal(sock_read(s, buf, sizeof buf, SOCK_NOWAIT),
	    SOCK_EUSAGE);
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), 0);
}

static void
a_datagram_goes_to_the_address_dialed(void **state)
{
	const int families[] = { AF_INET, AF_INET6 };
	char address[64];
	struct dialing d = DIALING(address, .deadline = SOON);
	unsigned i;
	int fd, where;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (families[i] == AF_INET6 && !plain_has_ipv6())
			continue;
		fd = udp_bind(families[i]);
		dialing_at(address, sizeof address,
		    i == 0 ? "udp:127.0.0.1:" : "udp:[::1]:", plain_port(fd));
		for (where = 0; where < WHERE_COUNT; where++) {
			assert_true(dialing_run(&d, where) > 0);
			check_exchange(d.got, fd);
			sock_close(d.got);
		}
		close(fd);
	}
}

static void
datagrams_may_be_dialed_in_a_foreign_loop(void **state)
{
	char address[64];
	const int fd = udp_bind(AF_INET);
	sock_t s;

	(void)state;
	dialing_at(address, sizeof address, "udp:127.0.0.1:", plain_port(fd));
	s = sock_dial_start(address);
	assert_int_equal(sock_connected(s, SOCK_NOWAIT), 0);
	check_exchange(s, fd);
	sock_close(s);
	close(fd);
}

/* Without a name of its own it could be sent to, but never answered. */
static void
a_unix_datagram_socket_can_be_answered(void **state)
{
	char address[96];
	struct dialing d = DIALING(address, .deadline = SOON);
	const int fd = plain_unix(path, SOCK_DGRAM, -1);
	int where;

	(void)state;
	(void)snprintf(address, sizeof address, "unixgram:%s", path);
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_true(dialing_run(&d, where) > 0);
		check_exchange(d.got, fd);
		sock_close(d.got);
	}
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static char ours[32]; /* a name that no other run of this has */

static _Atomic bool dialed_enough;

static void *
send_to_whom_it_does_not_concern(void *arg)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path + 1, ours, strlen(ours));
	while (!atomic_load(&dialed_enough))
		(void)sendto(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			strlen(ours)));
	close(fd);
	return arg;
}

/* The kernel looks at who sends from the moment there is a peer. */
static void
a_stranger_reaches_no_dialed_socket(void **state)
{
	const int fd = plain_unix(path, SOCK_DGRAM, -1);
	char address[96], local[64], in[8];
	struct dialing d = DIALING(address, .deadline = SOON, .local = local);
	pthread_t thread;
	int i;

	(void)state;
	(void)snprintf(address, sizeof address, "unixgram:%s", path);
	(void)snprintf(ours, sizeof ours, "sock-strangers-%d", (int)getpid());
	(void)snprintf(local, sizeof local, "unixgram:@%s", ours);
	atomic_store(&dialed_enough, false);
	assert_int_equal(pthread_create(&thread, NULL,
			     send_to_whom_it_does_not_concern, NULL),
	    0);
	for (i = 0; i < 500; i++) {
		int rc;

		dialing_try(&d);
		rc = (int)sock_receive(d.got, in, sizeof in, NULL, SOCK_NOWAIT);
		if (rc != -EAGAIN || sock_close(d.got) < 0)
			break;
	}
	atomic_store(&dialed_enough, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(i, 500);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

/* A name in the file system would be in the way of the next dial. */
static void
a_dial_to_nobody_leaves_no_name(void **state)
{
	char local[96];
	struct dialing d = DIALING("unixgram:@sock-nobody-here",
	    .deadline = SOON, .local = local);

	(void)state;
	(void)snprintf(local, sizeof local, "unixgram:%s", path);
	assert_int_equal(dialing_run(&d, IN_THREAD), -ECONNREFUSED);
	assert_false(place_has(path));
}

static void
packets_keep_their_bounds(void **state)
{
	char address[96];
	struct dialing d = DIALING(address, .deadline = SOON);
	const int listener = plain_unix(path, SOCK_SEQPACKET, 4);
	int fd, where;

	(void)state;
	(void)snprintf(address, sizeof address, "unixpacket:%s", path);
	for (where = 0; where < WHERE_COUNT; where++) {
		assert_true(dialing_run(&d, where) > 0);
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		check_exchange(d.got, fd);
		close(fd);
		sock_close(d.got);
	}
	close(listener);
	assert_int_equal(dialing_run(&d, IN_THREAD), -ECONNREFUSED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(dialing_run(&d, IN_THREAD), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(a_datagram_goes_to_the_address_dialed),
		where_test(datagrams_may_be_dialed_in_a_foreign_loop),
		place_test(a_unix_datagram_socket_can_be_answered),
		place_test(a_stranger_reaches_no_dialed_socket),
		place_test(a_dial_to_nobody_leaves_no_name),
		place_test(packets_keep_their_bounds),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
