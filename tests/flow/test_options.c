/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

static const struct {
	enum sock_option option;
	int64_t value, read_back; /* -1: whatever the kernel makes of it */
} good[] = {
	{ SOCK_OPT_NODELAY, 0, 0 },
	{ SOCK_OPT_NODELAY, 1, 1 },
	{ SOCK_OPT_KEEPALIVE_S, 75, 75 },
	{ SOCK_OPT_KEEPALIVE_S, 1, 1 },
	{ SOCK_OPT_KEEPALIVE_S, 0, 0 },
	{ SOCK_OPT_USER_TIMEOUT_MS, 1500, 1500 },
	{ SOCK_OPT_USER_TIMEOUT_MS, 0, 0 },
	{ SOCK_OPT_RCVBUF, 8192, 16384 },
	{ SOCK_OPT_RCVBUF, 0, -1 },
	{ SOCK_OPT_SNDBUF, 8192, 16384 },
	{ SOCK_OPT_TTL, 1, 1 },
	{ SOCK_OPT_TTL, 255, 255 },
	{ SOCK_OPT_TOS, 0x10, 0x10 },
	{ SOCK_OPT_TOS, 0, 0 },
	{ SOCK_OPT_READ_TIMEOUT_MS, 100, 100 },
	{ SOCK_OPT_READ_TIMEOUT_MS, -1, -1 },
	{ SOCK_OPT_WRITE_TIMEOUT_MS, 0, 0 },
};

static void
an_option_reads_back(struct flow *f)
{
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		const int rc = sock_set(f->a, good[i].option, good[i].value);

		if (rc != 0 || sock_get(f->a, good[i].option, &value) != 0 ||
		    (good[i].read_back >= 0 && value != good[i].read_back))
			flow_fail(__FILE__, __LINE__, "row %zu: %d, %lld", i,
			    rc, (long long)value);
	}
}

/*
 * qemu for users knows fewer options than any kernel.  Its own word counts: on
 * a kernel neither of these skips.
 */
static bool
pacing_is_unknown(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const unsigned rate = 1000000;
	const int rc =
	    setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate);
	const bool unknown = rc < 0 && errno == ENOPROTOOPT;

	close(fd);
	if (unknown)
		printf("SKIP: no SO_MAX_PACING_RATE here\n");
	return unknown;
}

static bool
state_is_unknown(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char info[104]; /* as large as Linux 3.2 has it */
	socklen_t n = sizeof info;
	const int rc = getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &n);
	const bool unknown = rc < 0 ? errno == ENOPROTOOPT : n <= sizeof(int);

	close(fd);
	if (unknown)
		printf("SKIP: no TCP_INFO here\n");
	return unknown;
}

static void
a_pace_reads_back(struct flow *f)
{
	int64_t value = -1;

	if (pacing_is_unknown())
		return;
	SAME(sock_set(f->a, SOCK_OPT_PACING_BPS, 1000000), 0);
	SAME(sock_get(f->a, SOCK_OPT_PACING_BPS, &value), 0);
	SAME(value, 1000000);
	SAME(sock_set(f->a, SOCK_OPT_PACING_BPS, 0), 0);
	SAME(sock_get(f->a, SOCK_OPT_PACING_BPS, &value), 0);
	SAME(value, 0);
}

static const struct {
	enum sock_option option;
	int64_t value;
} bad[] = {
	{ (enum sock_option)0, 1 },
	{ (enum sock_option)99, 1 },
	{ (enum sock_option) - 1, 1 },
	{ SOCK_OPT_NODELAY, 2 },
	{ SOCK_OPT_NODELAY, -1 },
	{ SOCK_OPT_KEEPALIVE_S, -1 },
	{ SOCK_OPT_KEEPALIVE_S, 32768 },
	{ SOCK_OPT_USER_TIMEOUT_MS, -1 },
	{ SOCK_OPT_USER_TIMEOUT_MS, INT64_C(1) << 31 },
	{ SOCK_OPT_RCVBUF, -1 },
	{ SOCK_OPT_RCVBUF, INT64_C(1) << 32 },
	{ SOCK_OPT_SNDBUF, INT64_C(1) << 31 },
	{ SOCK_OPT_TTL, 0 },
	{ SOCK_OPT_TTL, 256 },
	{ SOCK_OPT_TOS, -1 },
	{ SOCK_OPT_TOS, 256 },
	{ SOCK_OPT_READ_TIMEOUT_MS, -2 },
	{ SOCK_OPT_READ_TIMEOUT_MS, INT64_C(1) << 31 },
	{ SOCK_OPT_WRITE_TIMEOUT_MS, -2 },
	{ SOCK_OPT_PACING_BPS, -1 },
};

static void
what_is_out_of_range_is_refused(struct flow *f)
{
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const int rc = sock_set(f->a, bad[i].option, bad[i].value);

		if (rc != SOCK_EUSAGE)
			flow_fail(__FILE__, __LINE__, "row %zu: %d", i, rc);
	}
}

static void
what_only_tcp_has_is_refused_elsewhere(struct flow *f)
{
	static const enum sock_option of_tcp[] = { SOCK_OPT_NODELAY,
		SOCK_OPT_KEEPALIVE_S, SOCK_OPT_USER_TIMEOUT_MS, SOCK_OPT_TTL,
		SOCK_OPT_TOS, SOCK_OPT_PACING_BPS };
	int64_t value = 1;
	size_t i;

	for (i = 0; i < sizeof of_tcp / sizeof of_tcp[0]; i++) {
		SAME(sock_set(f->a, of_tcp[i], 1), SOCK_EUSAGE);
		SAME(sock_get(f->a, of_tcp[i], &value), SOCK_EUSAGE);
		SAME(value, 0);
	}
}

static int
of_the_kernel(sock_t s, int level, int name)
{
	socklen_t n = sizeof(int);
	int value = -1;

	(void)getsockopt(sock_fd(s), level, name, &value, &n);
	return value;
}

static void
small_segments_go_at_once(struct flow *f)
{
	SAME(of_the_kernel(f->a, IPPROTO_TCP, TCP_NODELAY), 1);
	SAME(of_the_kernel(f->b, IPPROTO_TCP, TCP_NODELAY), 1);
}

static void
no_close_lingers(struct flow *f)
{
	struct linger l = { 1, 1 };
	socklen_t n = sizeof l;

	SAME(getsockopt(sock_fd(f->a), SOL_SOCKET, SO_LINGER, &l, &n), 0);
	SAME(l.l_onoff, 0);
	SAME(getsockopt(sock_fd(f->b), SOL_SOCKET, SO_LINGER, &l, &n), 0);
	SAME(l.l_onoff, 0);
}

static void
the_keepalive_is_three_probes(struct flow *f)
{
	SAME(sock_set(f->a, SOCK_OPT_KEEPALIVE_S, 30), 0);
	SAME(of_the_kernel(f->a, SOL_SOCKET, SO_KEEPALIVE), 1);
	SAME(of_the_kernel(f->a, IPPROTO_TCP, TCP_KEEPIDLE), 30);
	SAME(of_the_kernel(f->a, IPPROTO_TCP, TCP_KEEPCNT), 3);
}

/* A timeout is set while somebody reads. */
static void
options_may_be_set_from_anywhere(struct flow *f)
{
	struct direction in = { f->b, 1, fewer(20000), 64, true, 0 };
	struct direction out = { f->a, 1, fewer(20000), 64, true, 0 };
	int64_t value;
	int i;

	flow_start(f, traffic_read, &in);
	flow_start(f, traffic_write, &out);
	for (i = 0; i < 100; i++) {
		SAME(sock_set(f->b, SOCK_OPT_READ_TIMEOUT_MS, 60000 + i), 0);
		SAME(sock_set(f->a, SOCK_OPT_WRITE_TIMEOUT_MS, 60000 + i), 0);
		SAME(sock_get(f->b, SOCK_OPT_READ_TIMEOUT_MS, &value), 0);
		SAME(value, 60000 + i);
		flow_yield();
	}
	flow_join(f);
}

static void
info_tells_state_and_queues(struct flow *f)
{
	struct sock_info info = { .size = sizeof info };
	struct speech w = { f->a, "one\ntwo\n", 8, 8, false };
	const bool over_tcp = f->transport->kind == OVER_TCP;
	const bool tcp = over_tcp && !state_is_unknown();
	const void *view;
	char buf[8];

	flow_start(f, traffic_say, &w);
	SAME(sock_peek(f->b, &view, 8, soon()), 8);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 3);
	flow_join(f);
	SAME(sock_info(f->b, &info), 0);
	if (tcp || !over_tcp)
		WANT(strcmp(info.state, tcp ? "ESTABLISHED" : "") == 0);
	SAME(info.receive_queue, 4);
	SAME(info.bytes_in, tcp ? 8 : 0);
	WANT(!tcp || (info.mss > 0 && info.cwnd > 0));
	SAME(sock_info(f->a, &info), 0);
	SAME(info.receive_queue, 0);
}

/* A program that was compiled against an older header has a shorter one. */
static void
info_fills_no_more_than_its_size(struct flow *f)
{
	struct sock_info info;

	if (state_is_unknown())
		return;
	memset(&info, 0x5a, sizeof info);
	info.size = offsetof(struct sock_info, rtt_us);
	SAME(sock_info(f->a, &info), 0);
	WANT(strcmp(info.state, "ESTABLISHED") == 0);
	SAME(info.rtt_us, 0x5a5a5a5a);
	SAME(info.size, offsetof(struct sock_info, rtt_us));
	info.size = 0;
	SAME(sock_info(f->a, &info), SOCK_EUSAGE);
}

static void
a_listener_tells_of_its_queue(struct flow *f)
{
	struct sock_info info = { .size = sizeof info };
	sock_t dialed, s;

	if (f->transport->kind != OVER_TCP || state_is_unknown())
		return;
	SAME(sock_info(f->l, &info), 0);
	WANT(strcmp(info.state, "LISTEN") == 0);
	SAME(info.accept_queue, 0);
	WANT(info.accept_backlog > 0);
	dialed = sock_dial(f->address, .deadline = soon());
	SAME(sock_info(f->l, &info), 0);
	SAME(info.accept_queue, 1);
	s = sock_accept(f->l, soon());
	SAME(sock_info(f->l, &info), 0);
	SAME(info.accept_queue, 0);
	SAME(sock_close(s), 0);
	SAME(sock_close(dialed), 0);
}

static void
the_ends_know_each_other(struct flow *f)
{
	struct sock_addr here, there;

	SAME(sock_local(f->a, &here), 0);
	SAME(sock_peer(f->b, &there), 0);
	if (f->transport->kind == OVER_TCP) {
		WANT(sock_addr_equal(&here, &there));
		WANT(sock_addr_port(&here) > 0);
		SAME(sock_peer(f->a, &there), 0);
		SAME(sock_local(f->b, &here), 0);
		WANT(sock_addr_equal(&here, &there));
	}
}

static void
a_pipe_is_no_socket(struct flow *f)
{
	struct sock_info info = { .size = sizeof info };
	struct sock_addr addr;
	int fds[2];
	sock_t s;

	(void)f;
	SAME(pipe(fds), 0);
	s = sock_adopt(fds[0]);
	SAME(sock_info(s, &info), SOCK_EUSAGE);
	SAME(sock_local(s, &addr), SOCK_EUSAGE);
	SAME(sock_peer(s, &addr), SOCK_EUSAGE);
	SAME(sock_set(s, SOCK_OPT_RCVBUF, 4096), SOCK_EUSAGE);
	SAME(sock_set(s, SOCK_OPT_READ_TIMEOUT_MS, 5), 0);
	SAME(sock_close(s), 0);
	SAME(close(fds[1]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(an_option_reads_back, OVER_TCP),
		FLOW_TEST(a_pace_reads_back, OVER_TCP),
		FLOW_TEST(what_is_out_of_range_is_refused, OVER_TCP),
		FLOW_TEST(what_only_tcp_has_is_refused_elsewhere,
		    OVER_UNIX | OVER_PAIR | OVER_LAYERS),
		FLOW_TEST(small_segments_go_at_once, OVER_TCP),
		FLOW_TEST(no_close_lingers, OVER_BARE),
		FLOW_TEST(the_keepalive_is_three_probes, OVER_TCP),
		FLOW_TEST(options_may_be_set_from_anywhere, OVER_ALL),
		FLOW_TEST(info_tells_state_and_queues, OVER_BARE),
		FLOW_TEST(info_fills_no_more_than_its_size, OVER_TCP),
		LISTENER_TEST(a_listener_tells_of_its_queue),
		FLOW_TEST(the_ends_know_each_other, OVER_ALL),
		KIND_TEST(a_pipe_is_no_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
