/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "traffic.h"

/*
 * Both ends of a stream driven by somebody else's poll(2): no call waits, and
 * what to poll for is what sock_want() says.
 */

#define BLOCK 1500

/* One end: what it has sent and received of what it should. */
struct end {
	sock_t sock;
	unsigned seed_out, seed_in;
	size_t total, out, in;
	bool shut, ended;
	int error;
};

static bool
done(const struct end *e)
{
	return (e->shut && e->ended) || e->error < 0;
}

static void
note(struct end *e, ssize_t rc)
{
	if (rc < 0 && rc != -EAGAIN)
		e->error = (int)rc;
}

static ssize_t
try_writing(struct end *e)
{
	unsigned char block[BLOCK];
	const size_t left = e->total - e->out;
	ssize_t n;

	if (left == 0) {
		n = sock_shut(e->sock, SOCK_NOWAIT);
		e->shut = n == 0;
		return n;
	}
	traffic_fill(block, left < BLOCK ? left : BLOCK, e->out, e->seed_out);
	n = sock_write_some(e->sock, block, left < BLOCK ? left : BLOCK,
	    SOCK_NOWAIT);
	if (n > 0)
		e->out += (size_t)n;
	return n;
}

static ssize_t
try_reading(struct end *e)
{
	unsigned char block[BLOCK];
	const ssize_t n = sock_read(e->sock, block, sizeof block, SOCK_NOWAIT);

	if (n == 0)
		e->ended = true;
	if (n > 0 &&
	    traffic_same(block, (size_t)n, e->in, e->seed_in) != (size_t)n)
		return -EBADMSG;
	if (n > 0)
		e->in += (size_t)n;
	return n;
}

/* Each direction once; what to poll for, -1: call again at once. */
static int
turn(struct end *e)
{
	unsigned intent = 0;
	ssize_t rc;
	int want;

	if (!e->shut) {
		rc = try_writing(e);
		note(e, rc);
		if (rc >= 0)
			return -1;
		intent |= SOCK_WRITABLE;
	}
	if (!e->ended) {
		rc = try_reading(e);
		note(e, rc);
		if (rc >= 0)
			return -1;
		intent |= SOCK_READABLE;
	}
	want = sock_want(e->sock, intent);
	note(e, want);
	if (want & SOCK_READY)
		return -1;
	return (want & SOCK_READABLE ? POLLIN : 0) |
	    (want & SOCK_WRITABLE ? POLLOUT : 0);
}

static int
loop(struct end *a, struct end *b)
{
	struct end *const ends[2] = { a, b };
	int i, n = 1;

	while (n > 0 && !(done(a) && done(b))) {
		struct pollfd fds[2];
		int timeout = 10000;

		for (i = 0; i < 2; i++) {
			const int events = done(ends[i]) ? 0 : turn(ends[i]);

			fds[i] = (struct pollfd){ sock_fd(ends[i]->sock),
				(short)(events > 0 ? events : 0), 0 };
			if (done(ends[i]))
				fds[i].fd = -1;
			if (events < 0 || unlucky())
				timeout = 0;
		}
		n = poll(fds, 2, timeout);
		n += timeout == 0;
	}
	return n;
}

static void
a_foreign_loop_drives_both_ends(struct flow *f)
{
	const size_t total = fewer(100000);
	struct end a = { .sock = f->a,
		.seed_out = 1,
		.seed_in = 2,
		.total = total };
	struct end b = { .sock = f->b,
		.seed_out = 2,
		.seed_in = 1,
		.total = total };

	(void)sock_set(f->a, SOCK_OPT_SNDBUF, 4608);
	(void)sock_set(f->b, SOCK_OPT_SNDBUF, 4608);
	/* It hung if there was nothing to poll for. */
	WANT(loop(&a, &b) > 0);
	SAME(a.error, 0);
	SAME(b.error, 0);
	SAME(a.in, total);
	SAME(b.in, total);
}

static void
the_descriptor_is_close_on_exec_and_never_blocks(struct flow *f)
{
	const int fd = sock_fd(f->a);

	WANT(fd > 2);
	SAME(fcntl(fd, F_GETFD), FD_CLOEXEC);
	WANT((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	SAME(sock_due(f->a), SOCK_FOREVER);
	SAME(sock_connected(f->a, SOCK_NOWAIT), 0);
}

/* A layer may want the opposite of what the call was. */
static void
want_is_what_the_layer_wants(struct flow *f)
{
	const int tries = unlucky() ? 20 : 1;
	char byte;
	int i;

	SAME(sock_want(f->a, 0), SOCK_EUSAGE);
	SAME(sock_want(f->a, SOCK_WRITABLE), SOCK_WRITABLE);
	for (i = 0; i < tries; i++)
		SAME(sock_write_some(f->a, "x", 1, SOCK_NOWAIT), -EAGAIN);
	/* Its hello is out, the peer's is not in. */
	if (!unlucky())
		SAME(sock_want(f->a, SOCK_WRITABLE), SOCK_READABLE);
	SAME(sock_want(f->a, SOCK_READABLE | SOCK_WRITABLE) & SOCK_READABLE,
	    SOCK_READABLE);
	for (i = 0; i < tries; i++)
		SAME(sock_read(f->b, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_write(f->a, "x", 1, soon()), 0);
	SAME(sock_want(f->a, SOCK_WRITABLE), SOCK_WRITABLE);
	SAME(sock_read(f->b, &byte, 1, soon()), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_foreign_loop_drives_both_ends, OVER_ALL),
		FLOW_TEST(the_descriptor_is_close_on_exec_and_never_blocks,
		    OVER_ALL & ~OVER_UNMET),
		FLOW_TEST(want_is_what_the_layer_wants, OVER_LAYERS),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
