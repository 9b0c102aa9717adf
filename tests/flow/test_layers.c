/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <string.h>

#include "scramble.h"
#include "traffic.h"

/* A layer that does what the test says, and counts. */
struct puppet {
	int read_rc, write_rc, shut_rc;
	unsigned need;
	int reads, writes, shuts, closes;
	size_t pending;
};

static void
say_need(const struct puppet *it, unsigned *need)
{
	if (it->need != 0)
		*need = it->need;
}

static ssize_t
puppet_read(void *state, struct sock_below *below, void *buf, size_t n,
    unsigned *need)
{
	struct puppet *it = state;

	it->reads++;
	say_need(it, need);
	return it->read_rc != 0 ? it->read_rc : sock_below_read(below, buf, n);
}

static ssize_t
puppet_write(void *state, struct sock_below *below, const void *buf, size_t n,
    unsigned *need)
{
	struct puppet *it = state;

	it->writes++;
	say_need(it, need);
	return it->write_rc != 0 ? it->write_rc :
				   sock_below_write(below, buf, n);
}

static int
puppet_shut(void *state, struct sock_below *below, unsigned *need)
{
	struct puppet *it = state;

	(void)below;
	it->shuts++;
	say_need(it, need);
	return it->shut_rc;
}

static size_t
puppet_pending(void *state)
{
	return ((struct puppet *)state)->pending;
}

static void
puppet_close(void *state)
{
	((struct puppet *)state)->closes++;
}

static const struct sock_layer puppet = {
	.size = sizeof(struct sock_layer),
	.name = "puppet",
	.read = puppet_read,
	.write = puppet_write,
	.shut = puppet_shut,
	.pending = puppet_pending,
	.close = puppet_close,
};

/* They outlive the bodies: a worker may close one a moment later. */
static struct puppet p, q;

/* The least that a layer may have. */
static const struct sock_layer bare = {
	.size = sizeof(struct sock_layer),
	.name = "bare",
	.read = puppet_read,
	.write = puppet_write,
};

static void
a_layer_is_shut_and_closed_once(struct flow *f)
{
	p = (struct puppet){ 0 };
	SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_write(f->a, "x", 1, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_shut(f->a, soon()), 0);
	SAME(sock_close(f->a), 0);
	SAME(p.shuts, 1);
	while (p.closes == 0)
		flow_yield();
	SAME(p.closes, 1);
}

static void
a_layer_that_lacks_functions_is_enough(struct flow *f)
{
	struct direction out = { f->a, 1, 5000, 100, true, 0 };
	struct direction in = { f->b, 1, 5000, 100, true, 0 };

	p = q = (struct puppet){ 0 };
	SAME(sock_push_layer(f->a, &bare, &p), 0);
	SAME(sock_push_layer(f->b, &bare, &q), 0);
	flow_start(f, traffic_write, &out);
	traffic_read(&in);
	flow_join(f);
	WANT(p.writes > 0 && q.reads > 0);
}

static void
what_is_no_layer_is_refused(struct flow *f)
{
	struct sock_layer l = puppet;
	int i;

	p = (struct puppet){ 0 };
	SAME(sock_push_layer(f->a, NULL, &p), SOCK_EUSAGE);
	l.size = offsetof(struct sock_layer, start) - 1;
	SAME(sock_push_layer(f->a, &l, &p), SOCK_EUSAGE);
	l = puppet;
	l.read = NULL;
	SAME(sock_push_layer(f->a, &l, &p), SOCK_EUSAGE);
	l = puppet;
	l.write = NULL;
	SAME(sock_push_layer(f->a, &l, &p), SOCK_EUSAGE);
	for (i = f->transport->layers; i < 4; i++)
		SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_push_layer(f->a, &puppet, &p), SOCK_ELIMIT);
	SAME(p.closes, 0);
	SAME(sock_close(f->a), 0);
	while (p.closes < 4 - f->transport->layers)
		flow_yield();
	SAME(p.reads + p.writes + p.shuts, 0);
}

static void
no_layer_goes_under_bytes_or_calls(struct flow *f)
{
	struct speech w = { f->a, "ab", 2, 2, false };
	const void *view;

	p = (struct puppet){ 0 };
	flow_start(f, traffic_say, &w);
	SAME(sock_peek(f->b, &view, 2, soon()), 2);
	flow_join(f);
	SAME(sock_push_layer(f->b, &puppet, &p), -EBUSY);
	SAME(sock_skip(f->b, 2), 0);
	SAME(sock_push_layer(f->b, &puppet, &p), 0);
}

/* As with STARTTLS: in the clear first, and not a byte of it is lost. */
static void
a_layer_may_come_later(struct flow *f)
{
	struct direction out = { f->a, 1, 3000, 100, true, 0 };
	struct direction in = { f->b, 1, 3000, 100, true, 0 };
	struct speech w = { f->a, "start\n", 6, 6, false };
	char buf[8];

	flow_start(f, traffic_say, &w);
	SAME(sock_read_line(f->b, buf, sizeof buf, soon()), 5);
	flow_join(f);
	SAME(scramble_push(f->a), 0);
	SAME(scramble_push(f->b), 0);
	flow_start(f, traffic_write, &out);
	traffic_read(&in);
	flow_join(f);
}

static void
a_layers_error_sticks_to_its_direction(struct flow *f)
{
	char byte;

	p = (struct puppet){ .read_rc = -EPROTO };
	SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_read(f->a, &byte, 1, soon()), -EPROTO);
	p.read_rc = 0;
	SAME(sock_read(f->a, &byte, 1, soon()), -EPROTO);
	SAME(p.reads, 1);
	SAME(sock_write(f->a, "x", 1, soon()), 0);
	p.write_rc = -EBADMSG;
	SAME(sock_write(f->a, "x", 1, soon()), -EBADMSG);
	SAME(sock_write(f->a, "x", 1, soon()), -EBADMSG);
	SAME(sock_close(f->a), -EPROTO);
}

static void
a_layers_end_is_the_streams(struct flow *f)
{
	char byte;
	int i, reads;

	p = (struct puppet){ 0 };
	SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_close(f->b), 0);
	SAME(sock_read(f->a, &byte, 1, soon()), 0);
	reads = p.reads;
	for (i = 0; i < 3; i++)
		SAME(sock_read(f->a, &byte, 1, soon()), 0);
	SAME(p.reads, reads);
}

static void
a_shut_that_must_wait_is_called_again(struct flow *f)
{
	p = (struct puppet){ .shut_rc = -EAGAIN, .need = SOCK_READABLE };
	SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_shut(f->a, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_shut(f->a, sock_in(5)), -ETIMEDOUT);
	WANT(p.shuts >= 2);
	SAME(sock_write(f->b, "x", 1, soon()), 0);
	p.shut_rc = 0;
	SAME(sock_shut(f->a, soon()), 0);
}

/* A write that was begun and given up may lie half in the layer. */
static void
a_layered_write_that_fails_is_fatal(struct flow *f)
{
	p = (struct puppet){ .write_rc = -EAGAIN, .need = SOCK_READABLE };
	SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_want(f->a, SOCK_WRITABLE), SOCK_WRITABLE);
	SAME(sock_write_some(f->a, "x", 1, SOCK_NOWAIT), -EAGAIN);
	SAME(sock_want(f->a, SOCK_WRITABLE), SOCK_READABLE);
	SAME(sock_write(f->a, "x", 1, sock_in(5)), -ETIMEDOUT);
	p.write_rc = 0;
	SAME(sock_write(f->a, "x", 1, soon()), -ETIMEDOUT);
}

static void
what_a_layer_holds_is_readable(struct flow *f)
{
	struct sock_event e = { .sock = f->a, .want = SOCK_READABLE };

	p = (struct puppet){ .pending = 1 };
	SAME(sock_push_layer(f->a, &puppet, &p), 0);
	SAME(sock_wait(&e, 1, soon()), 1);
	SAME(e.got, SOCK_READABLE);
	SAME(sock_want(f->a, SOCK_READABLE), SOCK_READY);
	p.pending = 0;
	SAME(sock_want(f->a, SOCK_READABLE), SOCK_READABLE);
	if (!unlucky())
		SAME(sock_wait(&e, 1, SOCK_NOWAIT), -EAGAIN);
}

static bool
drop_what_came(sock_t s, size_t n)
{
	unsigned char block[SCRAMBLE_WINDOW];

	if (sock_read_full(s, block, n, soon()) != (ssize_t)n ||
	    traffic_same(block, n, 0, 0) != n)
		return false;
	return sock_read(s, block, sizeof block, sock_in(5)) != 0;
}

/*
 * The reader owes an acknowledgement and has no room to send it in: a read
 * waits to write.
 */
static void
a_read_may_wait_to_write(struct flow *f)
{
	/* With the byte of the greeting, all that goes unacknowledged. */
	const size_t n = SCRAMBLE_WINDOW - 1;
	struct direction in = { f->a, 5, n, 512, false, 0 };
	struct direction out = { f->b, 5, n, 512, false, 0 };
	ssize_t clogged;
	char byte;

	traffic_greet(f);
	clogged = traffic_clog(f->a);
	WANT(clogged >= 0);
	flow_start(f, traffic_write, &out);
	traffic_read(&in);
	flow_join(f);
	SAME(sock_read(f->a, &byte, 1, SOCK_NOWAIT), -EAGAIN);
	if (f->transport->layers == 1 && !unlucky()) {
		SAME(sock_want(f->a, SOCK_READABLE), SOCK_WRITABLE);
		SAME(sock_read(f->a, &byte, 1, sock_in(5)), -ETIMEDOUT);
	}
	WANT(drop_what_came(f->b, (size_t)clogged));
	SAME(sock_read(f->a, &byte, 1, sock_in(5)), -ETIMEDOUT);
	if (!unlucky())
		SAME(sock_want(f->a, SOCK_READABLE), SOCK_READABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_layer_is_shut_and_closed_once, OVER_BARE),
		FLOW_TEST(a_layer_that_lacks_functions_is_enough, OVER_ALL),
		FLOW_TEST(what_is_no_layer_is_refused, OVER_ALL),
		FLOW_TEST(no_layer_goes_under_bytes_or_calls, OVER_ALL),
		FLOW_TEST(a_layer_may_come_later, OVER_ALL & ~OVER_LAYERS),
		FLOW_TEST(a_layers_error_sticks_to_its_direction, OVER_BARE),
		FLOW_TEST(a_layers_end_is_the_streams, OVER_BARE),
		FLOW_TEST(a_shut_that_must_wait_is_called_again, OVER_BARE),
		FLOW_TEST(a_layered_write_that_fails_is_fatal, OVER_BARE),
		FLOW_TEST(what_a_layer_holds_is_readable, OVER_BARE),
		FLOW_TEST(a_read_may_wait_to_write, OVER_LAYERS),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
