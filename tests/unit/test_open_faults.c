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
#include "plain.h"
#include "sys/fault.h"
#include "where.h"

/*
 * Dialing, listening and accepting while the n-th call of each kind fails, for
 * every n there is: an error or a success, and nothing left behind.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define N_MAX 40

static const char *const faults[] = { "alloc:ENOMEM", "socket:EMFILE",
	"connect:ENOBUFS", "connect:EINTR", "getpeername:ENOBUFS",
	"getsockname:ENOBUFS", "getsockopt:ENOBUFS", "setsockopt:ENOMEM",
	"bind:ENOMEM", "listen:EADDRINUSE", "open:EMFILE", "flock:ENOMEM",
	"stat:ENOMEM", "fchmod:EIO", "accept4:EMFILE", "epoll_create:EMFILE",
	"epoll_ctl:ENOMEM", "poll:EINTR", "eventfd:EMFILE" };

static char dir[] = "/tmp/sock-faults-XXXXXX";
static char path[64], lock[64], name[64];

static const char *const addresses[] = { "127.0.0.1:0", "localhost:0", "*:0",
	name, path };

struct conversation {
	const char *address;
	bool starts; /* sock_dial_start() and sock_connected() */
	sock_t l, c, s;
};

static sock_t
dial(const struct conversation *k, const char *text)
{
	sock_t s;
	int rc;

	if (!k->starts)
		return sock_dial(text, .deadline = sock_in(20000));
	s = sock_dial_start(text);
	rc = s < 0 ? 0 : sock_connected(s, sock_in(20000));
	if (rc == 0)
		return s;
	(void)sock_close(s);
	return rc;
}

static void
converse(void *arg)
{
	char text[SOCK_ADDR_TEXT_MAX + 8];
	struct conversation *k = arg;
	struct sock_addr addr;

	k->c = k->s = 0;
	k->l = sock_listen(k->address);
	if (k->l < 0 || sock_local(k->l, &addr) < 0)
		return;
	if (k->address[0] == '@' || k->address == path)
		(void)snprintf(text, sizeof text, "%s", k->address);
	else
		(void)snprintf(text, sizeof text, "localhost:%d",
		    sock_addr_port(&addr));
	k->s = dial(k, text);
	if (k->s > 0)
		k->c = sock_accept(k->l, sock_in(20000));
}

/* Whether all went well, which ends the count. */
static bool
survive(struct conversation *k, const char *fault, int n, int where)
{
	char text[64];
	bool well;

	(void)snprintf(text, sizeof text, "%s@%d", fault, n);
	assert_int_equal(socki_fault_set(text, 1), 0);
	if (!where_run(where, converse, k)) /* what lacked was the fiber */
		k->l = k->s = k->c = 0;
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	well = k->l > 0 && k->s > 0 && k->c > 0;
	(void)sock_close(k->c);
	(void)sock_close(k->s);
	(void)sock_close(k->l);
	/* A lock that was not got may be another's, and is left. */
	if (strncmp(fault, "flock", 5) == 0 || strncmp(fault, "stat", 4) == 0)
		(void)unlink(lock);
	if (access(path, F_OK) == 0 || access(lock, F_OK) == 0)
		fail_msg("%s: a file is left", text);
	return well;
}

static void
each_call_may_fail_once(void **state)
{
	struct conversation k = { .c = 0 };
	size_t address, fault;
	int where, n, well, starts;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(lock, sizeof lock, "%s/s.lock", dir);
	(void)snprintf(name, sizeof name, "@sock-faults-%d", (int)getpid());
	for (address = 0; address < COUNT(addresses); address++)
		for (fault = 0; fault < COUNT(faults); fault++)
			for (where = 0; where < WHERE_COUNT; where++)
				for (starts = 0; starts < 2; starts++) {
					k.address = addresses[address];
					k.starts = starts;
					well = 0;
					for (n = 1; n < N_MAX && well < 3; n++)
						well =
						    survive(&k, faults[fault],
							n, where) ?
						    well + 1 :
						    0;
					if (well == 0)
						fail_msg("%s on %s: never well",
						    faults[fault], k.address);
					if (where_same(state) != 0)
						fail_msg("%s on %s",
						    faults[fault], k.address);
				}
	assert_int_equal(rmdir(dir), 0);
}

/* What goes wrong on this host with one address says nothing of the next. */
static const char *const passing[] = { "connect:ENOBUFS@1", "connect:EPERM@1",
	"connect:EACCES@1", "connect:EINVAL@1", "connect:ENETDOWN@1",
	"connect:EHOSTUNREACH@1", "connect:ENETUNREACH@1", "connect:ENOMEM@1",
	"connect:EADDRNOTAVAIL@1", "connect:EMFILE@1", "socket:EAFNOSUPPORT@1",
	"socket:ENOBUFS@1", "setsockopt:ENOMEM@1", "getpeername:ENOBUFS@1" };

static void
one_address_that_fails_is_not_the_last(void **state)
{
	char text[64];
	struct dialing d = DIALING(text, .deadline = SOON, .keepalive_s = 7);
	struct sock_addr peer;
	int fd[2], where;
	size_t i;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, 64, 64));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	for (i = 0; i < COUNT(passing); i++)
		for (where = 0; where < WHERE_COUNT; where++) {
			assert_int_equal(socki_fault_set(passing[i], 1), 0);
			(void)dialing_run(&d, where);
			assert_int_equal(socki_fault_set(NULL, 0), 0);
			if (d.got <= 0)
				fail_msg("%s: %s", passing[i], d.text);
			assert_int_equal(sock_peer(d.got, &peer), 0);
			assert_int_equal(peer.u.sa.sa_family, AF_INET);
			sock_close(d.got);
		}
	close(fd[0]);
	close(fd[1]);
}

/* MPTCP and fast open are wishes. */
static void
what_the_kernel_lacks_is_left_out(void **state)
{
	static const char *const lacks[] = { "socket:ENOPROTOOPT@1",
		"setsockopt:ENOPROTOOPT@1", "connect:EINVAL@1" };
	char text[64];
	struct dialing d = DIALING(text, .deadline = SOON, .multipath = true,
	    .fast_open = true);
	const int fd = plain_bind(AF_INET, 0, 16);
	size_t i;

	(void)state;
	dialing_at(text, sizeof text, "127.0.0.1:", plain_port(fd));
	for (i = 0; i < COUNT(lacks); i++) {
		assert_int_equal(socki_fault_set(lacks[i], 1), 0);
		(void)dialing_run(&d, IN_THREAD);
		assert_int_equal(socki_fault_set(NULL, 0), 0);
		if (d.got <= 0)
			fail_msg("%s: %s", lacks[i], d.text);
		sock_close(d.got);
	}
	close(fd);
}

/* What a connection brought that somebody accepts: 0 is its end. */
static ssize_t
accepted_bytes(int listener)
{
	struct pollfd p = { listener, POLLIN, 0 };
	char byte;
	ssize_t n;
	int fd;

	assert_int_equal(poll(&p, 1, 20000), 1);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	n = recv(fd, &byte, 1, 0);
	close(fd);
	return n;
}

/* As long as nobody is told that it is connected, the next one has its turn. */
static void
of_two_that_connect_at_once_one_is_delivered(void **state)
{
	char text[64], byte = 0;
	struct sock_addr peer;
	int fd[2], c;
	sock_t s;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, 4, 4));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	assert_int_equal(socki_fault_set("getpeername:ENOTCONN@1+", 1), 0);
	s = sock_dial_start(text, .stagger_ms = 10);
	assert_true(s > 0);
	while (socki_fault_count(SOCKI_CALL_connect) < 2) {
		assert_int_equal(sock_connected(s, SOCK_NOWAIT), -EAGAIN);
		if (sock_due(s) != SOCK_FOREVER)
			(void)sock_sleep(sock_due(s));
	}
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	assert_int_equal(sock_connected(s, SOON), 0);
	assert_int_equal(sock_peer(s, &peer), 0);
	assert_int_equal(peer.u.sa.sa_family, AF_INET6);

	/* The other one has ended, and nothing was sent. */
	assert_int_equal(accepted_bytes(fd[1]), 0);
	c = accept4(fd[0], NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(sock_write(s, "x", 1, SOON), 0);
	assert_int_equal(recv(c, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	close(c);
	sock_close(s);
	close(fd[0]);
	close(fd[1]);
}

/* No second one on the same socket: that would say EALREADY, connect(2). */
static void
each_attempt_connects_once(void **state)
{
	char text[64];
	int fd[2];
	sock_t s;

	(void)state;
	if (!plain_has_ipv6())
		SKIP_TEST("no IPv6 here");
	assert_true(plain_bind_both(fd, -1, 4));
	dialing_at(text, sizeof text, "localhost:", plain_port(fd[0]));
	assert_int_equal(socki_fault_set("connect:EINTR@1+", 1), 0);
	s = sock_dial(text, .deadline = SOON);
	assert_int_equal(socki_fault_count(SOCKI_CALL_connect), 2);
	assert_int_equal(socki_fault_count(SOCKI_CALL_socket), 2);
	assert_int_equal(socki_fault_set(NULL, 0), 0);
	assert_true(s > 0);
	sock_close(s);
	close(fd[0]);
	close(fd[1]);
}

struct accepting {
	sock_t l, got;
	sock_time deadline;
};

static void
accept_one(void *arg)
{
	struct accepting *a = arg;

	a->got = sock_accept(a->l, a->deadline);
}

static const char *const gone[] = {
	"accept4:ECONNABORTED@1",
	"accept4:EPROTO@1",
	"accept4:EPERM@1",
	"accept4:ENETDOWN@1",
	"accept4:ENOPROTOOPT@1",
	"accept4:EHOSTUNREACH@1",
	"accept4:ENETUNREACH@1",
	"accept4:ETIMEDOUT@1",
	"accept4:EINTR@1",
};

static void
a_connection_that_failed_in_the_queue_is_passed_over(void **state)
{
	struct accepting a = { .l = sock_listen("127.0.0.1:0"),
		.deadline = SOON };
	struct sock_addr addr;
	size_t i;
	int where, fd;

	(void)state;
	assert_int_equal(sock_local(a.l, &addr), 0);
	for (i = 0; i < COUNT(gone); i++)
		for (where = 0; where < WHERE_COUNT; where++) {
			fd = plain_connect(AF_INET, sock_addr_port(&addr));
			assert_int_equal(socki_fault_set(gone[i], 1), 0);
			assert_true(where_run(where, accept_one, &a));
			assert_int_equal(socki_fault_set(NULL, 0), 0);
			if (a.got <= 0)
				fail_msg("%s: %lld", gone[i], (long long)a.got);
			close(fd);
			sock_close(a.got);
		}
	sock_close(a.l);
}

static void
an_error_of_the_listener_comes_back(void **state)
{
	static const struct {
		const char *fault;
		int code;
	} rows[] = { { "accept4:EMFILE@1+", -EMFILE },
		{ "accept4:ENFILE@1+", -ENFILE },
		{ "accept4:ENOBUFS@1+", -ENOBUFS },
		{ "accept4:ENOMEM@1+", -ENOMEM },
		{ "accept4:EINVAL@1+", -EINVAL },
		{ "accept4:EPERM@1+", -EPERM },
		{ "accept4:ECONNABORTED@1+", -ECONNABORTED },
		{ "alloc:ENOMEM@1+", -ENOMEM } };
	struct accepting a = { .l = sock_listen("localhost:0") };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(socki_fault_set(rows[i].fault, 1), 0);
		a.got = sock_accept(a.l, SOON);
		assert_true(socki_fault_count(SOCKI_CALL_accept4) <= 64);
		assert_int_equal(socki_fault_set(NULL, 0), 0);
		if (a.got != rows[i].code)
			fail_msg("%s: %lld", rows[i].fault, (long long)a.got);
	}
	sock_close(a.l);
}
int
main(void)
{
	const struct CMUnitTest tests[] = {
		where_test(each_call_may_fail_once),
		where_test(one_address_that_fails_is_not_the_last),
		where_test(what_the_kernel_lacks_is_left_out),
		where_test(of_two_that_connect_at_once_one_is_delivered),
		where_test(each_attempt_connects_once),
		where_test(
		    a_connection_that_failed_in_the_queue_is_passed_over),
		where_test(an_error_of_the_listener_comes_back),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
