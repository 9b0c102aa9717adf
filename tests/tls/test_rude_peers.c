/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "ends.h"

/* Peers that mean ill, or know no better: OpenSSL without us. */

#define MANY 3000

static void
write_byte_by_byte(struct peer *p)
{
	unsigned char byte;
	int i;

	for (i = 0; i < MANY; i++) {
		byte = (unsigned char)(i % 251);
		if (SSL_write(p->ssl, &byte, 1) != 1)
			return;
	}
	peer_goodbye(p);
}

static void
records_of_one_byte_make_a_stream(void **state)
{
	struct peer p = { .cert = "good", .talk = write_byte_by_byte };
	unsigned char buf[MANY];
	sock_t s;
	int i, role;

	(void)state;
	for (role = 0; role < 2; role++) {
		p.server = role == 0;
		assert_int_equal(meet(&p, &s), 0);
		assert_int_equal(sock_read_full(s, buf, MANY, soon()), MANY);
		for (i = 0; i < MANY; i++)
			assert_int_equal(buf[i], i % 251);
		assert_int_equal(sock_read(s, buf, 1, soon()), 0);
		assert_int_equal(sock_finish(s, soon()), 0);
		peer_end(&p);
	}
}

#define RECORD 16384

static void
write_a_large_record(struct peer *p)
{
	static char record[RECORD];

	memset(record, 'r', sizeof record);
	if (SSL_write(p->ssl, record, sizeof record) == RECORD)
		peer_goodbye(p);
}

/* The descriptor has long fallen silent when the last of it is read. */
static void
what_is_decrypted_already_is_told_of(void **state)
{
	struct peer p = { .server = true,
		.cert = "good",
		.talk = write_a_large_record };
	struct sock_event e = { .want = SOCK_READABLE };
	char buf[100];
	ssize_t n;
	size_t left = RECORD;

	(void)state;
	assert_int_equal(meet(&p, &e.sock), 0);
	do
		n = sock_read(e.sock, buf, sizeof buf, soon());
	while (n > 0 && (left -= (size_t)n) % 16384 == 0);
	while (left > 0) {
		assert_int_equal(sock_wait(&e, 1, SOCK_NOWAIT), 1);
		assert_int_equal(e.got & SOCK_READABLE, SOCK_READABLE);
		n = sock_read(e.sock, buf, sizeof buf, SOCK_NOWAIT);
		assert_true(n > 0);
		left -= (size_t)n;
	}
	assert_int_equal(sock_read(e.sock, buf, 1, soon()), 0);
	part(&p, e.sock);
}

/* It reads nothing, and no close_notify, and goes when this end has gone. */
static void
say_nothing(struct peer *p)
{
	char block[512];

	while (recv(p->fd, block, sizeof block, 0) > 0)
		continue;
}

static void
who_does_not_answer_the_end_is_not_waited_for(void **state)
{
	struct peer p = { .server = true, .cert = "good", .talk = say_nothing };
	sock_t s;

	(void)state;
	assert_int_equal(meet(&p, &s), 0);
	/* Without reading: whoever only sends need not hear the end. */
	assert_int_equal(sock_shut(s, soon()), 0);
	assert_int_equal(sock_close(s), 0);
	peer_end(&p);
}

static void
fall_silent(struct peer *p)
{
	int *gate = p->arg;
	char byte;

	(void)recv(gate[1], &byte, 1, 0);
	(void)p;
}

static void
the_end_has_a_deadline(void **state)
{
	int gate[2];
	struct peer p = { .server = true,
		.cert = "good",
		.talk = fall_silent,
		.arg = gate };
	sock_t s;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     gate),
	    0);
	assert_int_equal(meet(&p, &s), 0);
	assert_int_equal(sock_finish(s, sock_in(5)), -ETIMEDOUT);
	assert_int_equal(sock_close(s), SOCK_ESTALE);
	assert_int_equal(sock_close(sock_adopt(gate[0])), 0);
	peer_end(&p);
	assert_int_equal(sock_close(sock_adopt(gate[1])), 0);
}

struct leaving {
	bool too_soon; /* before it was told of this end */
	bool rudely;   /* it has not read what there was */
	bool shut;     /* sock_shut() told it, long ago */
	int rc;        /* of sock_finish() */
};

/* Without a word: close(2) is next. */
static void
just_go(struct peer *p)
{
	struct pollfd to_read = { p->fd, POLLIN, 0 };
	const struct leaving *l = p->arg;
	char byte;

	if (l->too_soon) {
		(void)shutdown(p->fd, SHUT_WR);
		while (recv(p->fd, &byte, 1, 0) > 0)
			continue;
	} else if (l->rudely) {
		(void)poll(&to_read, 1, 30000);
	} else {
		while (SSL_read(p->ssl, &byte, 1) > 0)
			continue;
	}
}

/* RFC 8446, 6.1: nothing is lost that anybody would have had. */
static void
who_goes_once_it_was_told_of_the_end_is_no_error(void **state)
{
	static const struct leaving leavings[] = {
		{ .rc = 0 },
		{ .shut = true, .rc = 0 },
		{ .too_soon = true, .rc = SOCK_ETRUNC },
		{ .rudely = true, .rc = -ECONNRESET },
	};
	struct peer p = { .cert = "good", .talk = just_go };
	struct pollfd gone = { .events = POLLRDHUP };
	struct leaving l;
	sock_t s;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof leavings / sizeof leavings[0]; i++) {
		l = leavings[i / 2];
		p.arg = &l;
		p.server = i % 2 == 0;
		assert_int_equal(meet(&p, &s), 0);
		gone.fd = sock_fd(s);
		if (l.shut)
			assert_int_equal(sock_shut(s, soon()), 0);
		if (l.too_soon || l.shut)
			assert_int_equal(poll(&gone, 1, 30000), 1);
		assert_int_equal(sock_finish(s, soon()), l.rc);
		peer_end(&p);
	}
}

static void
only_tls_1_2(struct peer *p)
{
	(void)SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
	SSL_CTX_clear_options(p->ctx, SSL_OP_NO_RENEGOTIATION);
}

static void
renegotiate(struct peer *p)
{
	int *again = p->arg;

	(void)SSL_write(p->ssl, "a", 1);
	*again = SSL_renegotiate(p->ssl) == 1 && SSL_do_handshake(p->ssl) == 1;
	if (p->server) {
		char byte;

		/* It has only asked so far; the answer comes with data. */
		(void)SSL_read(p->ssl, &byte, 1);
		*again = SSL_num_renegotiations(p->ssl) > 0 &&
		    SSL_renegotiate_pending(p->ssl) == 0;
	}
}

static void
nobody_renegotiates(void **state)
{
	int again = -1, role;
	struct peer p = { .cert = "good",
		.prepare = only_tls_1_2,
		.talk = renegotiate,
		.arg = &again };
	char byte;
	ssize_t n;
	sock_t s;

	(void)state;
	for (role = 0; role < 2; role++) {
		p.server = role == 0;
		assert_int_equal(meet(&p, &s), 0);
		assert_int_equal(sock_read(s, &byte, 1, soon()), 1);
		n = sock_read(s, &byte, 1, soon());
		assert_true(n == SOCK_ETLS || n == SOCK_ETRUNC || n == 0);
		part(&p, s);
		assert_int_equal(again, 0);
	}
}

/* A message in the clear, and what a stranger put behind it. */
static void
nothing_in_the_clear_is_taken_for_protected(void **state)
{
	char line[32];
	sock_t ends[2];
	int fd, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(sock_pair(ends), 0);
		fd = sock_detach(ends[1]);
		assert_true(fd >= 0);
		assert_int_equal(send(fd, "220 go\r\nRSET\r\n", 14, 0), 14);
		assert_int_equal(sock_read_line(ends[0], line, sizeof line,
				     soon()),
		    6);
		assert_int_equal(sock_start_tls(ends[0],
				     i == 0 ? client : server,
				     i == 0 ? "example.org" : NULL, soon()),
		    -EBUSY);
		/* Nothing was begun, and nothing is lost. */
		assert_int_equal(sock_read_line(ends[0], line, sizeof line,
				     soon()),
		    4);
		assert_string_equal(line, "RSET");
		assert_int_equal(recv(fd, line, sizeof line, MSG_DONTWAIT), -1);
		/* What comes too late to be seen is no handshake. */
		assert_int_equal(send(fd, "QUIT\r\nQUIT\r\n", 12, 0), 12);
		assert_int_equal(sock_start_tls(ends[0],
				     i == 0 ? client : server,
				     i == 0 ? "example.org" : NULL, soon()),
		    SOCK_ETLS);
		assert_true(sock_read_line(ends[0], line, sizeof line, soon()) <
		    0);
		assert_int_equal(sock_close(sock_adopt(fd)), 0);
		(void)sock_close(ends[0]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_one_byte_make_a_stream),
		cmocka_unit_test(what_is_decrypted_already_is_told_of),
		cmocka_unit_test(who_does_not_answer_the_end_is_not_waited_for),
		cmocka_unit_test(the_end_has_a_deadline),
		cmocka_unit_test(
		    who_goes_once_it_was_told_of_the_end_is_no_error),
		cmocka_unit_test(nobody_renegotiates),
		cmocka_unit_test(nothing_in_the_clear_is_taken_for_protected),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
