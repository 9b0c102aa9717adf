/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "aside.h"
#include "child.h"
#include "dialing.h"
#include "plain.h"
#include "scripted.h"
#include "where.h"

/* Dialing through a proxy that says what a script has, byte by byte or not. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) s, sizeof(s) - 1

struct turn {
	size_t hears; /* bytes, before it says: */
	const char *says;
	size_t n;
};

struct proxy {
	const char *text; /* "socks5:", and a login */
	struct turn turns[3];
	bool drips;
	bool hangs_up; /* after its last turn */
	int listener;
	pthread_t thread;
};

static const struct proxy good[] = {
	{ "socks5:",
	    { { 3, BYTES("\5\0") }, { 19, BYTES("\5\0\0\1\0\0\0\0\0\0SSH-") } },
	    false, false, -1, 0 },
	{ "socks5:me:secret@",
	    { { 4, BYTES("\5\2") }, { 11, BYTES("\1\0") },
		{ 19, BYTES("\5\0\0\3\4test\0\1SSH-") } },
	    false, false, -1, 0 },
	{ "connect:",
	    { { 61, BYTES("HTTP/1.1 200 OK\r\nVia: x\r\n\r\nSSH-") } }, false,
	    false, -1, 0 },
};

static void
say(const struct proxy *p, int fd, const struct turn *turn)
{
	size_t i;

	if (!p->drips) {
		EXPECT_INT(send(fd, turn->says, turn->n, MSG_NOSIGNAL),
		    turn->n);
		return;
	}
	for (i = 0; i < turn->n; i++)
		if (send(fd, turn->says + i, 1, MSG_NOSIGNAL) != 1)
			return;
}

/* One conversation; what is behind the tunnel answers in capitals. */
static void *
serve(void *arg)
{
	const struct proxy *p = arg;
	const int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	const int on = 1;
	char bytes[256];
	size_t i;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	for (i = 0; i < COUNT(p->turns) && p->turns[i].says != NULL; i++) {
		if (recv(fd, bytes, p->turns[i].hears, MSG_WAITALL) !=
		    (ssize_t)p->turns[i].hears)
			break;
		say(p, fd, &p->turns[i]);
	}
	if (!p->hangs_up && recv(fd, bytes, 4, MSG_WAITALL) == 4)
		(void)send(fd, "PONG", 4, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void
proxy_open(struct proxy *p, const struct proxy *like, char text[128])
{
	*p = *like;
	p->listener = plain_bind(AF_INET, 0, 4);
	assert_true(p->listener >= 0);
	(void)snprintf(text, 128, "%s127.0.0.1:%d", p->text,
	    plain_port(p->listener));
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void
proxy_close(struct proxy *p)
{
	assert_int_equal(pthread_join(p->thread, NULL), 0);
	close(p->listener);
	assert_aside();
}

/* A loop of somebody else's; whatever sock_connected() says in the end. */
static int
foreign(sock_t s)
{
	int rc;

	while ((rc = sock_connected(s, SOCK_NOWAIT)) == -EAGAIN) {
		struct pollfd p = { sock_fd(s), POLLIN | POLLOUT, 0 };

		if (poll(&p, 1, 20000) == 0)
			return -EINPROGRESS;
	}
	return rc;
}

static sock_t
dial(struct dialing *d, int where)
{
	int rc;

	if (where < WHERE_COUNT)
		return dialing_run(d, where);
	d->got = sock_dial_start_with(&d->options);
	if (d->got < 0)
		return d->got;
	rc = foreign(d->got);
	if (rc == 0)
		return d->got;
	(void)snprintf(d->text, sizeof d->text, "%s", sock_errmsg());
	sock_close(d->got);
	return rc;
}

static void
check_tunnel(sock_t s)
{
	char bytes[5] = "";

	/* What came right behind the answer is the peer's. */
	assert_int_equal(sock_read_full(s, bytes, 4, SOON), 4);
	assert_string_equal(bytes, "SSH-");
	assert_int_equal(sock_write(s, "ping", 4, SOON), 0);
	assert_int_equal(sock_read_full(s, bytes, 4, SOON), 4);
	assert_string_equal(bytes, "PONG");
	assert_int_equal(sock_read(s, bytes, 4, SOON), 0);
}

static void
a_tunnel_is_a_stream(void **state)
{
	char text[128];
	struct dialing d =
	    DIALING("example.test:443", .deadline = SOON, .proxy = text);
	struct proxy p, like;
	int64_t nodelay;
	size_t i;
	int where, drips;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		for (where = 0; where <= WHERE_COUNT; where++)
			for (drips = 0; drips < 2; drips++) {
				like = good[i];
				like.drips = drips;
				proxy_open(&p, &like, text);
				if (dial(&d, where) <= 0)
					fail_msg("%s, %d: %s", text, where,
					    d.text);
				assert_int_equal(sock_get(d.got,
						     SOCK_OPT_NODELAY,
						     &nodelay),
				    0);
				assert_int_equal(nodelay, 1);
				check_tunnel(d.got);
				sock_close(d.got);
				proxy_close(&p);
			}
	/* Whatever the proxy is asked for, nobody here looked it up. */
	assert_int_equal(scripted_count(), 0);
}

static void
a_proxy_may_have_a_name(void **state)
{
	static const struct scripted_name names[] = {
		{ "proxy.test", "127.0.0.2 127.0.0.1", 0, 0 },
		{ "*", "", SOCK_ENOHOST, 0 },
	};
	char text[128];
	struct dialing d =
	    DIALING("example.test:443", .deadline = SOON, .proxy = text);
	struct proxy p;
	int where;

	(void)state;
	scripted_use(&scripted, names);
	for (where = 0; where <= WHERE_COUNT; where++) {
		proxy_open(&p, &good[where], text);
		(void)snprintf(text, sizeof text, "%sproxy.test:%d",
		    good[where].text, plain_port(p.listener));
		if (dial(&d, where) <= 0)
			fail_msg("%d: %s", where, d.text);
		check_tunnel(d.got);
		sock_close(d.got);
		proxy_close(&p);
	}
	d.options.proxy = "socks5:nobody.test:1080";
	assert_int_equal(dial(&d, IN_THREAD), SOCK_ENOHOST);
	assert_string_equal(d.text,
	    "dial example.test:443: no such host: on the way to the proxy");
}

static const struct {
	struct proxy proxy;
	int code;
	const char *text;
} refusals[] = {
	{ { "socks5:", { { 3, BYTES("\5\377") } }, false, false, -1, 0 },
	    -EACCES,
	    "permission denied: the proxy wants a user and a password" },
	{ { "socks5:",
	      { { 3, BYTES("\5\0") }, { 19, BYTES("\5\5\0\1\0\0\0\0\0\0") } },
	      false, false, -1, 0 },
	    -ECONNREFUSED, "connection refused: says the proxy" },
	{ { "connect:", { { 61, BYTES("HTTP/1.1 403 No\33[2J\r\n\r\n") } },
	      false, false, -1, 0 },
	    SOCK_EPROXY, "the proxy failed: it says \"403 No\\x1b[2J\"" },
	{ { "connect:", { { 1000, BYTES("") } }, false, false, -1, 0 },
	    -ETIMEDOUT, "timed out: while the proxy was asked" },
};

static void
a_proxy_that_refuses_is_told_of(void **state)
{
	char text[128], want[160];
	struct dialing d = DIALING("example.test:443", .proxy = text);
	struct proxy p;
	size_t i;
	int where;

	(void)state;
	for (i = 0; i < COUNT(refusals); i++)
		for (where = 0; where <= WHERE_COUNT; where++) {
			if (refusals[i].code == -ETIMEDOUT &&
			    where == WHERE_COUNT)
				continue;
			proxy_open(&p, &refusals[i].proxy, text);
			d.options.deadline =
			    refusals[i].code == -ETIMEDOUT ? SHORTLY : SOON;
			(void)snprintf(want, sizeof want,
			    "dial example.test:443: %s", refusals[i].text);
			if (dial(&d, where) != refusals[i].code ||
			    strcmp(d.text, want) != 0)
				fail_msg("row %zu, %d: %s", i, where, d.text);
			proxy_close(&p);
		}
}

static void
a_proxy_that_hangs_up_is_told_of(void **state)
{
	char text[128];
	struct dialing d =
	    DIALING("example.test:443", .deadline = SOON, .proxy = text);
	static const struct proxy like = { "socks5:", { { 3, BYTES("\5") } },
		false, true, -1, 0 };
	struct proxy p;
	int where, refusing;

	(void)state;
	for (where = 0; where <= WHERE_COUNT; where++) {
		proxy_open(&p, &like, text);
		assert_int_equal(dial(&d, where), SOCK_EPROXY);
		assert_string_equal(d.text,
		    "dial example.test:443: the proxy failed: it ended the "
		    "connection before it answered");
		proxy_close(&p);
	}

	refusing = plain_bind(AF_INET, 0, -1);
	(void)snprintf(text, sizeof text, "connect:127.0.0.1:%d",
	    plain_port(refusing));
	assert_int_equal(dial(&d, IN_FIBER), -ECONNREFUSED);
	assert_string_equal(d.text,
	    "dial example.test:443: connection refused: on the way to the "
	    "proxy");
	close(refusing);
}

static void
wait_connected(void *arg)
{
	sock_t *s = arg;

	*s = sock_connected(*s, SOON);
}

static void
a_talk_with_a_proxy_is_cancelled_and_closed(void **state)
{
	static const struct proxy mute = { "socks5:", { { 1000, BYTES("") } },
		false, false, -1, 0 };
	struct sock_group *group = sock_group_new();
	char text[128];
	struct proxy p;
	sock_t s, seen;

	(void)state;
	proxy_open(&p, &mute, text);
	s = seen = sock_dial_start("example.test:443", .proxy = text);
	assert_int_equal(sock_go(group, wait_connected, &seen), 0);
	assert_int_equal(sock_group_wait(group, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_cancel(s), 0);
	assert_int_equal(sock_group_wait(group, SOON), 0);
	assert_int_equal(seen, -ECANCELED);
	sock_close(s);
	proxy_close(&p);

	proxy_open(&p, &mute, text);
	s = sock_dial_start("example.test:443", .proxy = text);
	assert_int_equal(sock_connected(s, SHORTLY), -ETIMEDOUT);
	assert_int_equal(sock_close(s), 0);
	proxy_close(&p);
	sock_group_free(group);
}

static int
use_script(void **state)
{
	static const struct scripted_name nobody[] = {
		{ "*", "", SOCK_ENOHOST, 0 },
	};

	scripted_use(&scripted, nobody);
	return where_count(state);
}

#define proxy_test(f) cmocka_unit_test_setup_teardown(f, use_script, where_same)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		proxy_test(a_tunnel_is_a_stream),
		proxy_test(a_proxy_may_have_a_name),
		proxy_test(a_proxy_that_refuses_is_told_of),
		proxy_test(a_proxy_that_hangs_up_is_told_of),
		proxy_test(a_talk_with_a_proxy_is_cancelled_and_closed),
	};

	return child_result(cmocka_run_group_tests(tests, where_warm_up, NULL));
}
