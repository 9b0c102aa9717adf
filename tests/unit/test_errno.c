/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

#include <sock.h>

#include "aside.h"
#include "sys/fault.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MINE 4711

/* A pair, a listener, one that was closed; what each call may be given. */
static sock_t a, b, listener, closed;
static struct sock_addr local;

#define CALL(name, body) \
	static void name(sock_t s) \
	{ \
		(void)s; \
		body; \
	}

static char buf[64];
static int fds[2];
static const void *view;
static int64_t value;

CALL(call_read, (void)sock_read(s, buf, 1, SOCK_NOWAIT))
CALL(call_read_wait, (void)sock_read(s, buf, 1, sock_in(1)))
CALL(call_read_full, (void)sock_read_full(s, buf, 4, 1))
CALL(call_read_line, (void)sock_read_line(s, buf, sizeof buf, SOCK_NOWAIT))
CALL(call_read_until, (void)sock_read_until(s, buf, 9, "x", 1, SOCK_NOWAIT))
CALL(call_peek, (void)sock_peek(s, &view, 1, SOCK_NOWAIT))
CALL(call_skip, (void)sock_skip(s, 1))
CALL(call_write, (void)sock_write(s, "x", 1, 1))
CALL(call_write_some, (void)sock_write_some(s, "x", 1, SOCK_NOWAIT))
CALL(call_printf, (void)sock_printf(s, "%d", 7))
CALL(call_cork, (void)sock_cork(s, true))
CALL(call_fd, (void)sock_fd(s))
CALL(call_want, (void)sock_want(s, SOCK_READABLE))
CALL(call_due, (void)sock_due(s))
CALL(call_connected, (void)sock_connected(s, SOCK_NOWAIT))
CALL(call_accept, (void)sock_accept(s, SOCK_NOWAIT))
CALL(call_local, (void)sock_local(s, &local))
CALL(call_peer, (void)sock_peer(s, &local))
CALL(call_set, (void)sock_set(s, SOCK_OPT_NODELAY, 1))
CALL(call_get, (void)sock_get(s, SOCK_OPT_TTL, &value))
CALL(call_get_odd, (void)sock_get(s, (enum sock_option)99, &value))
CALL(call_send_fds, (void)sock_send_fds(s, fds, 1, "x", 1, SOCK_NOWAIT))
CALL(call_receive_fds, (void)sock_receive_fds(s, fds, 0, buf, 1, SOCK_NOWAIT))
CALL(call_shut, (void)sock_shut(s, SOCK_NOWAIT))
CALL(call_cancel, (void)sock_cancel(s))
CALL(call_push, (void)sock_push_layer(s, NULL, NULL))

static void
call_writev(sock_t s)
{
	const struct iovec piece = { buf, 1 };

	(void)sock_writev(s, &piece, 1, 1);
}

static void
call_info(sock_t s)
{
	struct sock_credentials who = { .size = sizeof who };
	struct sock_info info = { .size = sizeof info };

	(void)sock_info(s, &info);
	(void)sock_peer_credentials(s, &who);
}

static void
call_wait(sock_t s)
{
	struct sock_event events[2] = { { .sock = s, .want = SOCK_READABLE },
		{ .sock = a, .want = SOCK_READABLE } };

	(void)sock_wait(events, 2, SOCK_NOWAIT);
	(void)sock_wait(events, 2, sock_in(1));
}

static void
call_close(sock_t s)
{
	sock_t pair[2];

	(void)s;
	(void)sock_close(closed);
	(void)sock_finish(closed, SOCK_NOWAIT);
	(void)sock_abort(closed);
	(void)sock_detach(closed);
	if (sock_pair(pair) == 0) {
		(void)sock_finish(pair[0], SOCK_NOWAIT);
		(void)sock_abort(pair[1]);
	}
}

static void
call_open(sock_t s)
{
	static const char *const bad[] = { "tcp:127.0.0.1:1", "tcp:[::1]:1",
		"unix:/nowhere/at/all", "tcp:no.such.name:1", "::1:80", "",
		"tcp:127.0.0.1:nosuchservice", "unix:@sock-test-nobody",
		"udp:127.0.0.1:9" };
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;
	size_t i;

	(void)s;
	for (i = 0; i < COUNT(bad); i++) {
		(void)sock_close(sock_dial(bad[i], .deadline = sock_in(1000)));
		(void)sock_close(sock_dial_start(bad[i]));
		(void)sock_addr_parse(&addr, bad[i]);
	}
	(void)sock_close(sock_listen("unix:/nowhere/at/all"));
	(void)sock_close(sock_listen("tcp:192.0.2.1:0"));
	(void)sock_close(sock_listen("tcp:127.0.0.1:0"));
	(void)sock_close(sock_listen("tcp:*:0"));
	if (sock_local(listener, &addr) == 0 &&
	    sock_addr_text(&addr, text, sizeof text) != NULL) {
		(void)sock_close(sock_listen(text));
		(void)sock_close(sock_dial(text));
		(void)sock_close(sock_accept(listener, SOCK_FOREVER));
	}
	(void)sock_adopt(-1);
	(void)sock_adopt(9999);
}

static void
call_addr(sock_t s)
{
	struct sock_addr addr = { 0 };
	char text[8];

	(void)s;
	(void)sock_addr_parse_n(&addr, "tcp:[fe80::1%lo]:80", 19);
	(void)sock_addr_text(&addr, text, sizeof text);
	(void)sock_addr_port(&addr);
	(void)sock_addr_scope(&addr);
	(void)sock_addr_equal(&addr, &addr);
	(void)sock_addr_within(&addr, "fe80::/10");
	(void)sock_addr_within(&addr, "nonsense");
}

static void
call_names(sock_t s)
{
	struct sock_port_here here = { .size = sizeof here };
	struct sock_service walk = { .size = sizeof walk };
	const char *names[4];

	(void)s;
	(void)sock_port_here(80, &here);
	(void)sock_port_here(-1, &here);
	(void)sock_port_class_name(sock_port_class(80));
	(void)sock_service_port("https", "tcp");
	(void)sock_service_port("no-such-name", NULL);
	(void)sock_service_name(1, "tcp");
	(void)sock_service_name(4, "tcp");
	(void)sock_service_names(80, NULL, names, 4);
	(void)sock_service_next(&walk);
	(void)sock_strerror(-1);
	(void)sock_errmsg();
	(void)sock_last_error();
	(void)sock_version();
	(void)sock_now();
	(void)sock_in(1);
}

static void
call_fibers(sock_t s)
{
	struct sock_group *g = sock_group_new();

	(void)s;
	(void)sock_go(g, aside_nothing, NULL);
	(void)sock_go(NULL, aside_nothing, NULL);
	(void)sock_group_wait(g, SOCK_NOWAIT);
	(void)sock_group_wait(g, SOCK_FOREVER);
	(void)sock_group_cancel(g);
	(void)sock_go(g, aside_nothing, NULL);
	sock_group_free(g);
	sock_shield(true);
	sock_shield(false);
	(void)sock_sleep(SOCK_NOWAIT);
	(void)sock_sleep(sock_in(1));
}

#define ROW(f) \
	{ \
#f, f \
	}

static const struct {
	const char *name;
	void (*call)(sock_t s);
} calls[] = { ROW(call_read), ROW(call_read_wait), ROW(call_read_full),
	ROW(call_read_line), ROW(call_read_until), ROW(call_peek),
	ROW(call_skip), ROW(call_write), ROW(call_write_some), ROW(call_writev),
	ROW(call_printf), ROW(call_cork), ROW(call_fd), ROW(call_want),
	ROW(call_due), ROW(call_connected), ROW(call_accept), ROW(call_local),
	ROW(call_peer), ROW(call_set), ROW(call_get), ROW(call_get_odd),
	ROW(call_info), ROW(call_wait), ROW(call_push), ROW(call_close),
	ROW(call_open), ROW(call_addr), ROW(call_names), ROW(call_fibers),
	ROW(call_send_fds), ROW(call_receive_fds), ROW(call_shut),
	ROW(call_cancel) };

/* Each call on each kind of handle, and on none. */
static void
call_everything(void *arg)
{
	size_t i, k;

	(void)arg;
	listener = sock_listen("tcp:127.0.0.1:0");
	for (i = 0; i < COUNT(calls); i++) {
		sock_t pair[2], handles[6];

		EXPECT_INT(sock_pair(pair), 0);
		a = pair[0];
		b = pair[1];
		(void)sock_write(b, "y", 1, SOCK_FOREVER);
		handles[0] = closed;
		handles[1] = a;
		handles[2] = a;
		handles[3] = 0;
		handles[4] = -ECONNREFUSED;
		handles[5] = calls[i].call == call_cancel ? a : listener;
		fds[0] = sock_fd(b);
		for (k = 0; k < COUNT(handles); k++) {
			errno = MINE;
			calls[i].call(handles[k]);
			if (errno != MINE)
				aside_failed(calls[i].name, (int)k, "errno",
				    errno, MINE);
		}
		errno = MINE;
		(void)sock_close(a);
		(void)sock_close(b);
		EXPECT_INT(errno, MINE);
	}
	EXPECT_INT(sock_close(listener), 0);
}

static int
close_one(void **state)
{
	sock_t pair[2] = { 0, 0 };

	(void)state;
	if (sock_pair(pair) < 0)
		return -1;
	closed = pair[0];
	(void)sock_close(pair[0]);
	(void)sock_close(pair[1]);
	return 0;
}

static void
no_call_changes_errno(void **state)
{
	(void)state;
	call_everything(NULL);
	aside_fiber(call_everything, NULL);
	assert_aside();
}

#ifdef SOCK_FAULTS

static void
nor_where_close_fails_with_an_error_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(socki_fault_set("close:EIO@1+", 1), 0);
	call_everything(NULL);
	aside_fiber(call_everything, NULL);
	assert_true(socki_fault_count(SOCKI_CALL_close) > 0);
	assert_int_equal(socki_fault_set(NULL, 1), 0);
	assert_aside();
}

/* Row by row: what fails first is what is told, though close fails after it. */
static void
the_first_error_is_told_and_not_that_of_the_cleanup(void **state)
{
	static const struct {
		const char *fault, *address;
		int code;
	} rows[] = {
		{ "bind:EACCES@1+", "tcp:127.0.0.1:0", -EACCES },
		{ "listen:EADDRINUSE@1+", "tcp:127.0.0.1:0", -EADDRINUSE },
		{ "getsockname:ENOBUFS@1+", "tcp:127.0.0.1:0", -ENOBUFS },
		{ "socket:EMFILE@1+", "tcp:127.0.0.1:0", -EMFILE },
		{ "bind:EACCES@1+", "unix:@sock-test-errno", -EACCES },
		{ "listen:ENOBUFS@1+", "unix:@sock-test-errno", -ENOBUFS },
	};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		sock_t s;

		(void)snprintf(text, sizeof text, "%s,close:EIO@1+",
		    rows[i].fault);
		assert_int_equal(socki_fault_set(text, 1), 0);
		errno = MINE;
		s = sock_listen(rows[i].address);
		if (s != rows[i].code || errno != MINE)
			fail_msg("%s: %d, errno %d", rows[i].fault, (int)s,
			    errno);
		assert_int_equal(sock_last_error()->code, rows[i].code);
	}
	assert_int_equal(socki_fault_set("connect:EHOSTUNREACH@1+,close:EIO@1+",
			     1),
	    0);
	assert_int_equal(sock_dial("tcp:127.0.0.1:1"), -EHOSTUNREACH);
	assert_int_equal(errno, MINE);
	assert_int_equal(socki_fault_set(NULL, 1), 0);
}

#endif

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_call_changes_errno),
#ifdef SOCK_FAULTS
		cmocka_unit_test(
		    nor_where_close_fails_with_an_error_of_its_own),
		cmocka_unit_test(
		    the_first_error_is_told_and_not_that_of_the_cleanup),
#endif
	};

	return cmocka_run_group_tests_name("errno", tests, close_one, NULL);
}
