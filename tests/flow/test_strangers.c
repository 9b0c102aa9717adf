/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>

#include "scramble.h"

/* Every public function with a handle that is none of a living socket. */

enum call {
	READ,
	READ_FULL,
	READ_LINE,
	READ_UNTIL,
	PEEK,
	SKIP,
	WRITE,
	WRITE_SOME,
	WRITEV,
	PRINTF,
	CORK,
	SHUT,
	FINISH,
	CLOSE,
	ABORT,
	CANCEL,
	ACCEPT,
	CONNECTED,
	DUE,
	FD,
	DETACH,
	PUSH_LAYER,
	SET,
	GET,
	LOCAL,
	PEER,
	CREDENTIALS,
	INFO,
	SEND_FDS,
	RECEIVE_FDS,
	WANT_OF,
	CALLS
};

static const char *const names[CALLS] = { "read", "read_full", "read_line",
	"read_until", "peek", "skip", "write", "write_some", "writev", "printf",
	"cork", "shut", "finish", "close", "abort", "cancel", "accept",
	"connected", "due", "fd", "detach", "push_layer", "set", "get", "local",
	"peer", "peer_credentials", "info", "send_fds", "receive_fds", "want" };

static long long
read_with(sock_t s, enum call how)
{
	const void *view;
	char buf[8];

	switch (how) {
	case READ:
		return sock_read(s, buf, sizeof buf, soon());
	case READ_FULL:
		return sock_read_full(s, buf, sizeof buf, soon());
	case READ_LINE:
		return sock_read_line(s, buf, sizeof buf, soon());
	case READ_UNTIL:
		return sock_read_until(s, buf, sizeof buf, "x", 1, soon());
	case PEEK:
		return sock_peek(s, &view, 1, soon());
	default:
		return sock_skip(s, 0);
	}
}

static long long
write_with(sock_t s, enum call how)
{
	char text[] = "x";
	const struct iovec piece = { text, 1 };

	switch (how) {
	case WRITE:
		return sock_write(s, text, 1, soon());
	case WRITE_SOME:
		return sock_write_some(s, text, 1, soon());
	case WRITEV:
		return sock_writev(s, &piece, 1, soon());
	case PRINTF:
		return sock_printf(s, "%1000d", 1);
	case CORK:
		return sock_cork(s, true);
	default:
		return sock_shut(s, soon());
	}
}

static long long
ask_with(sock_t s, enum call how)
{
	struct sock_credentials who = { .size = sizeof who };
	struct sock_info info = { .size = sizeof info };
	struct sock_addr addr;
	int64_t value;
	int fd = 2;
	char byte;

	switch (how) {
	case SET:
		return sock_set(s, SOCK_OPT_RCVBUF, 4096);
	case GET:
		return sock_get(s, SOCK_OPT_RCVBUF, &value);
	case LOCAL:
		return sock_local(s, &addr);
	case PEER:
		return sock_peer(s, &addr);
	case CREDENTIALS:
		return sock_peer_credentials(s, &who);
	case INFO:
		return sock_info(s, &info);
	case SEND_FDS:
		return sock_send_fds(s, &fd, 1, "x", 1, soon());
	case RECEIVE_FDS:
		return sock_receive_fds(s, &fd, 1, &byte, 1, soon());
	default:
		return sock_want(s, SOCK_READABLE);
	}
}

static long long
end_with(sock_t s, enum call how)
{
	switch (how) {
	case FINISH:
		return sock_finish(s, soon());
	case CLOSE:
		return sock_close(s);
	case ABORT:
		return sock_abort(s);
	case CANCEL:
		return sock_cancel(s);
	case ACCEPT:
		return sock_accept(s, soon());
	case CONNECTED:
		return sock_connected(s, soon());
	case DUE:
		return sock_due(s);
	case FD:
		return sock_fd(s);
	case DETACH:
		return sock_detach(s);
	default:
		return sock_push_layer(s, &scramble, NULL);
	}
}

static long long
do_call(sock_t s, enum call how)
{
	if (how < WRITE)
		return read_with(s, how);
	if (how < FINISH)
		return write_with(s, how);
	return how < SET ? end_with(s, how) : ask_with(s, how);
}

static void
expect_all(sock_t s, long long want, long long of_closing)
{
	int i;

	for (i = 0; i < CALLS; i++) {
		const bool closing = i == CLOSE || i == FINISH;
		const long long got = do_call(s, (enum call)i);

		if (got != (closing ? of_closing : want))
			flow_fail(__FILE__, __LINE__, "%s(%lld) is %lld",
			    names[i], (long long)s, got);
		else if (got < 0 && sock_last_error()->code != got)
			flow_fail(__FILE__, __LINE__, "%s(%lld) told of %d",
			    names[i], (long long)s, sock_last_error()->code);
	}
}

static void
an_error_comes_back_as_itself(struct flow *f)
{
	(void)f;
	expect_all(-ECONNREFUSED, -ECONNREFUSED, -ECONNREFUSED);
	expect_all(SOCK_EADDR, SOCK_EADDR, SOCK_EADDR);
	expect_all(-1, -1, -1);
	expect_all(INT_MIN, INT_MIN, INT_MIN);
	/* No code is as wide as this. */
	expect_all(INT64_MIN, SOCK_EUSAGE, SOCK_EUSAGE);
}

static void
zero_is_no_handle_and_may_be_closed(struct flow *f)
{
	(void)f;
	expect_all(0, SOCK_EUSAGE, 0);
}

static void
a_closed_handle_is_stale_for_every_call(struct flow *f)
{
	sock_t ends[2];
	int i;

	SAME(sock_close(f->a), 0);
	expect_all(f->a, SOCK_ESTALE, SOCK_ESTALE);
	/* Also when its slot is somebody else's. */
	for (i = 0; i < 10; i++) {
		SAME(sock_pair(ends), 0);
		WANT(ends[0] != f->a && ends[1] != f->a);
		expect_all(f->a, SOCK_ESTALE, SOCK_ESTALE);
		SAME(sock_close(ends[0]), 0);
		SAME(sock_close(ends[1]), 0);
	}
}

static void
a_handle_that_never_was_is_stale(struct flow *f)
{
	const sock_t strange[] = { 1, 77, INT_MAX, (sock_t)1 << 24 | 0xffffff,
		INT64_MAX, INT64_MAX - 1, f->a + ((sock_t)1 << 24) };
	size_t i;

	for (i = 0; i < sizeof strange / sizeof strange[0]; i++)
		expect_all(strange[i], SOCK_ESTALE, SOCK_ESTALE);
	WANT(sock_fd(f->a) > 2);
}

static void
a_listener_is_no_stream(struct flow *f)
{
	int i;

	for (i = 0; i < SHUT; i++) {
		const long long got = do_call(f->l, (enum call)i);

		if (got != SOCK_EUSAGE)
			flow_fail(__FILE__, __LINE__, "%s of a listener: %lld",
			    names[i], got);
	}
	SAME(sock_connected(f->l, soon()), SOCK_EUSAGE);
	SAME(sock_push_layer(f->l, &scramble, NULL), SOCK_EUSAGE);
	SAME(sock_accept(f->l, SOCK_NOWAIT), -EAGAIN);
}

static void
a_stream_accepts_nothing(struct flow *f)
{
	SAME(sock_accept(f->a, soon()), SOCK_EUSAGE);
	SAME(sock_connected(f->a, soon()), 0);
}

static void
errno_is_the_callers(struct flow *f)
{
	int i, before;

	SAME(sock_close(f->b), 0);
	for (i = 0; i < CALLS; i++) {
		errno = 4711;
		(void)do_call(f->a, (enum call)i);
		before = errno;
		if (before != 4711)
			flow_fail(__FILE__, __LINE__, "%s: errno is %d",
			    names[i], before);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIND_TEST(an_error_comes_back_as_itself),
		KIND_TEST(zero_is_no_handle_and_may_be_closed),
		FLOW_TEST(a_closed_handle_is_stale_for_every_call, OVER_ALL),
		FLOW_TEST(a_handle_that_never_was_is_stale, OVER_PAIR),
		LISTENER_TEST(a_listener_is_no_stream),
		FLOW_TEST(a_stream_accepts_nothing, OVER_ALL & ~OVER_UNMET),
		FLOW_TEST(errno_is_the_callers, OVER_ALL & ~OVER_UNMET),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
