/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "between.h"
#include "ends.h"

/* Handshakes that end, or stop, behind each of their bytes. */

/* The signature of a server's may be so much shorter the next time. */
#define LESS 8

/* Each byte takes a handshake or two, and some builds take their time over one. */
static size_t
stride(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(SOCK_FAULTS)
	return 13;
#else
	return 1;
#endif
}

static void
open_both(struct between *b)
{
	assert_int_equal(between_open(b, client, server, "example.org"), 0);
}

/* How many bytes each end sends until both are through. */
static void
measure(size_t sent[2])
{
	struct between b;

	open_both(&b);
	between_shake(&b);
	assert_int_equal(b.rc[CLIENT], 0);
	assert_int_equal(b.rc[SERVER], 0);
	sent[CLIENT] = b.passed[CLIENT] - LESS;
	sent[SERVER] = b.passed[SERVER] - LESS;
	between_close(&b);
	assert_true(sent[CLIENT] > 200 && sent[SERVER] > 800);
}

#define WHY_CUT "the peer closed the connection in the handshake"

/* Who waits for bytes that do not come, and only who does, must fail. */
static void
expect_cut(struct between *b, int end, int from, size_t at)
{
	const int rc = b->rc[end] == -EAGAIN ?
	    (b->rc[end] = sock_connected(b->end[end], soon())) :
	    b->rc[end];

	if (rc != 0 &&
	    (rc != SOCK_ETRUNC || strstr(sock_errmsg(), WHY_CUT) == NULL))
		fail_msg("%s, cut after %zu bytes from the %s: %d: %s",
		    end == CLIENT ? "client" : "server", at,
		    from == CLIENT ? "client" : "server", rc, sock_errmsg());
}

static void
cut_behind(int from, size_t at)
{
	struct between b;

	open_both(&b);
	b.limit[from] = at;
	between_shake(&b);
	assert_true(b.rc[!from] == -EAGAIN);
	between_cut(&b);
	expect_cut(&b, CLIENT, from, at);
	expect_cut(&b, SERVER, from, at);
	/* The one who missed bytes cannot have succeeded. */
	assert_int_equal(b.rc[!from], SOCK_ETRUNC);
	between_close(&b);
}

static void
stall_behind(int from, size_t at)
{
	struct between b;

	open_both(&b);
	b.limit[from] = at;
	between_shake(&b);
	assert_int_equal(b.rc[!from], -EAGAIN);
	assert_int_equal(between_wait(&b, !from), -ETIMEDOUT);
	if (strstr(sock_errmsg(), "timed out") == NULL)
		fail_msg("stalled after %zu: %s", at, sock_errmsg());
	between_close(&b);
}

static void
behind_each_byte(void (*test)(int from, size_t at))
{
	size_t sent[2], at;
	int from, before;

	measure(sent);
	/* The thread's own descriptor comes with its first wait. */
	stall_behind(CLIENT, 0);
	before = open_descriptors();
	for (from = CLIENT; from <= SERVER; from++)
		for (at = 0; at < sent[from]; at += stride())
			test(from, at);
	assert_int_equal(open_descriptors(), before);
}

static void
a_handshake_that_is_cut_fails_at_once(void **state)
{
	(void)state;
	behind_each_byte(cut_behind);
}

static void
a_handshake_that_stalls_ends_at_its_deadline(void **state)
{
	(void)state;
	behind_each_byte(stall_behind);
}

/* Byte by byte from one end, all at once from the other. */
static void
a_handshake_may_come_byte_by_byte(void **state)
{
	struct between b;
	char byte;
	int i;

	(void)state;
	open_both(&b);
	b.step = 1;
	between_shake(&b);
	assert_int_equal(b.rc[CLIENT], 0);
	assert_int_equal(b.rc[SERVER], 0);
	for (i = CLIENT; i <= SERVER; i++) {
		assert_int_equal(sock_write(b.end[i], "x", 1, SOCK_FOREVER), 0);
		while (between_pass(&b))
			continue;
		assert_int_equal(sock_read(b.end[!i], &byte, 1, soon()), 1);
		assert_int_equal(byte, 'x');
	}
	between_close(&b);
}

/* What comes in the place of the first bytes, and what is said of it. */
static const struct {
	const char *bytes;
	size_t n;
	int to;
	const char *why;
} strange[] = {
	{ "GET / HTTP/1.0\r\n\r\n", 18, SERVER, "HTTP" },
	{ "SSH-2.0-OpenSSH_9.2\r\n", 21, SERVER, "" },
	{ "220 mail.example.org ESMTP\r\n", 28, CLIENT, "does not speak TLS" },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28, CLIENT,
	    "does not speak TLS" },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, CLIENT, "" },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, SERVER, "" },
	{ "\x16\x03\x01\xff\xff\x01", 6, SERVER, "" }, /* over 16 KiB */
	{ "\x15\x03\x01\x00\x02\x02\x28", 7, CLIENT, "refused" }, /* alert */
	{ "\x15\x03\x01\x00\x02\x02\x46", 7, CLIENT, "version" },
	{ "\x17\x03\x03\x00\x01x", 6, CLIENT, "" }, /* data at once */
	{ "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11, SERVER,
	    "" }, /* of SSL 2 */
};

static void
what_is_no_handshake_is_told(void **state)
{
	struct between b;
	size_t i, wrong = 0;
	int to;

	(void)state;
	for (i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		to = strange[i].to;
		open_both(&b);
		b.limit[CLIENT] = b.limit[SERVER] = 0;
		between_say(&b, !to, strange[i].bytes, strange[i].n);
		between_cut(&b);
		b.rc[to] = sock_connected(b.end[to], soon());
		if (b.rc[to] != SOCK_ETLS ||
		    strstr(sock_errmsg(), strange[i].why) == NULL) {
			fprintf(stderr, "row %zu: %d: %s\n", i, b.rc[to],
			    sock_errmsg());
			wrong++;
		}
		between_close(&b);
	}
	assert_int_equal(wrong, 0);
}

static void
garbage_after_the_handshake_is_told(void **state)
{
	struct between b;
	char byte;
	int to;

	(void)state;
	for (to = CLIENT; to <= SERVER; to++) {
		open_both(&b);
		between_shake(&b);
		between_say(&b, !to, "garbage, much like it", 21);
		assert_int_equal(sock_read(b.end[to], &byte, 1, soon()),
		    SOCK_ETLS);
		/* It sticks, and nothing more is read. */
		assert_int_equal(sock_read(b.end[to], &byte, 1, soon()),
		    SOCK_ETLS);
		between_close(&b);
	}
}

/* A bit turned over in a record that is whole otherwise. */
static void
a_changed_record_is_no_record(void **state)
{
	unsigned char record[256];
	struct between b;
	ssize_t n;
	char buf[16];

	(void)state;
	open_both(&b);
	between_shake(&b);
	assert_int_equal(sock_write(b.end[CLIENT], "secret", 6, SOCK_FOREVER),
	    0);
	n = recv(b.fd[CLIENT], record, sizeof record, MSG_DONTWAIT);
	assert_true(n > 6);
	record[n - 1] ^= 1;
	between_say(&b, CLIENT, record, (size_t)n);
	assert_int_equal(sock_read(b.end[SERVER], buf, sizeof buf, soon()),
	    SOCK_ETLS);
	between_close(&b);
}

/* The end of the stream that is none of TLS's. */
static void
a_stream_without_its_end_was_cut(void **state)
{
	struct between b;
	char buf[16];

	(void)state;
	open_both(&b);
	between_shake(&b);
	assert_int_equal(sock_write(b.end[CLIENT], "abc", 3, SOCK_FOREVER), 0);
	while (between_pass(&b))
		continue;
	between_cut(&b);
	assert_int_equal(sock_read_full(b.end[SERVER], buf, 3, soon()), 3);
	assert_memory_equal(buf, "abc", 3);
	assert_int_equal(sock_read(b.end[SERVER], buf, 1, soon()), SOCK_ETRUNC);
	assert_int_equal(sock_read(b.end[SERVER], buf, 1, soon()), SOCK_ETRUNC);
	assert_int_equal(sock_close(b.end[SERVER]), SOCK_ETRUNC);
	between_close(&b);
}

/* In the middle of a record, too: what came of it is not to be trusted. */
static void
half_a_record_is_none(void **state)
{
	struct between b;
	char buf[16];

	(void)state;
	open_both(&b);
	between_shake(&b);
	assert_int_equal(sock_write(b.end[CLIENT], "abc", 3, SOCK_FOREVER), 0);
	b.limit[CLIENT] = b.passed[CLIENT] + 10;
	while (between_pass(&b))
		continue;
	between_cut(&b);
	assert_int_equal(sock_read(b.end[SERVER], buf, 3, soon()), SOCK_ETRUNC);
	between_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_may_come_byte_by_byte),
		cmocka_unit_test(a_handshake_that_is_cut_fails_at_once),
		cmocka_unit_test(a_handshake_that_stalls_ends_at_its_deadline),
		cmocka_unit_test(what_is_no_handshake_is_told),
		cmocka_unit_test(garbage_after_the_handshake_is_told),
		cmocka_unit_test(a_changed_record_is_no_record),
		cmocka_unit_test(a_stream_without_its_end_was_cut),
		cmocka_unit_test(half_a_record_is_none),
	};

	return cmocka_run_group_tests(tests, ends_begin, ends_end);
}
