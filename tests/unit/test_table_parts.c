/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "table/map.h"
#include "table/netlink.h"
#include "table/peers.h"
#include "table/row.h"
#include "table/seen.h"

/* The parts of the table that need no kernel to talk to. */

static void
a_hash_is_siphash(void **state)
{
	const uint64_t secret[2] = { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908) };

	(void)state;
	/* The reference's vector for eight bytes. */
	assert_true(socki_map_hash(secret, UINT64_C(0x0706050403020100)) ==
	    UINT64_C(0x93f5f5799a932462));
}

#define COLLIDING 500
#define BUCKETS 1024

static void
keys_that_collide_in_one_map_are_apart_in_another(void **state)
{
	static uint8_t hit[BUCKETS];
	struct socki_map one, other;
	uint64_t key = 0;
	int found = 0, apart = 0;

	(void)state;
	socki_map_start(&one);
	socki_map_start(&other);
	assert_non_null(socki_map_put(&one, 1));
	assert_non_null(socki_map_put(&other, 1));
	while (found < COLLIDING) {
		if (socki_map_hash(one.secret, ++key) % BUCKETS != 0)
			continue;
		found++;
		hit[socki_map_hash(other.secret, key) % BUCKETS] = 1;
	}
	for (key = 0; key < BUCKETS; key++)
		apart += hit[key];
	/* 396 are expected; the collisions alone would be 1. */
	assert_in_range(apart, 300, COLLIDING);
	socki_map_end(&one);
	socki_map_end(&other);
}

static void
a_map_keeps_what_is_put_while_it_grows(void **state)
{
	struct socki_map map;
	uint64_t key, *value;

	(void)state;
	socki_map_start(&map);
	assert_true(socki_map_get(&map, 5) == 0);
	for (key = 1; key < 5000; key++) {
		value = socki_map_put(&map, key * key);
		assert_non_null(value);
		assert_true(*value == 0);
		*value = key;
	}
	for (key = 1; key < 5000; key++)
		assert_true(socki_map_get(&map, key * key) == key);
	assert_true(socki_map_get(&map, 2) == 0);
	socki_map_end(&map);
}

static void
a_cookie_is_seen_once(void **state)
{
	static const uint64_t cookies[] = { 0, 1, 63, 64, 65, 1000,
		UINT64_C(1) << 32, UINT64_MAX, UINT64_MAX - 1 };
	struct socki_seen seen;
	size_t i, round;

	(void)state;
	socki_seen_start(&seen);
	for (round = 0; round < 2; round++)
		for (i = 0; i < sizeof cookies / sizeof cookies[0]; i++)
			assert_int_equal(socki_seen_before(&seen, cookies[i]),
			    round);
	socki_seen_end(&seen);
}

static void
cookies_in_a_row_take_little_memory(void **state)
{
	struct socki_seen seen;
	uint64_t cookie;

	(void)state;
	socki_seen_start(&seen);
	for (cookie = 100; cookie < 50100; cookie++)
		assert_int_equal(socki_seen_before(&seen, cookie), 0);
	assert_true(seen.words.room <= 2048);
	socki_seen_end(&seen);
}

/* A reply of one message, whose head claims length bytes, in n. */
static void
lengths_that_lie_are_told(void **state)
{
	static const struct {
		size_t n;
		uint32_t length;
		int rc;
	} rows[] = {
		{ 0, 0, 0 },
		{ 1, 16, -EBADMSG },
		{ 15, 15, -EBADMSG },
		{ 16, 0, -EBADMSG },
		{ 16, 15, -EBADMSG },
		{ 16, 16, 1 },
		{ 16, 17, -EBADMSG },
		{ 17, 17, 1 }, /* the last one is not padded */
		{ 64, 65, -EBADMSG },
		{ 64, UINT32_MAX, -EBADMSG },
		{ 64, UINT32_MAX - 3, -EBADMSG },
	};
	unsigned char room[64];
	struct nlmsghdr head = { .nlmsg_type = 20 };
	struct socki_message m;
	struct socki_pieces p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(room, 0, sizeof room);
		head.nlmsg_len = rows[i].length;
		memcpy(room, &head, sizeof head);
		p = (struct socki_pieces){ room, rows[i].n };
		if (socki_pieces_message(&p, &m) != rows[i].rc)
			fail_msg("%zu bytes that claim %u", rows[i].n,
			    rows[i].length);
		if (rows[i].rc > 0)
			assert_int_equal(m.n, rows[i].length - sizeof head);
	}
}

static void
a_body_too_short_is_no_row(void **state)
{
	struct inet_diag_msg inet = { .idiag_family = AF_INET };
	struct unix_diag_msg local = { .udiag_family = AF_UNIX };
	struct socki_found found = { .cookie = 0 };
	unsigned char room[sizeof inet];
	size_t n;

	(void)state;
	memcpy(room, &inet, sizeof inet);
	for (n = 0; n <= sizeof inet; n++)
		assert_int_equal(socki_row_inet(&found, SOCK_SCHEME_TCP, room,
				     n),
		    n < sizeof inet ? -EBADMSG : 0);
	memcpy(room, &local, sizeof local);
	for (n = 0; n <= sizeof local; n++)
		assert_int_equal(socki_row_unix(&found, room, n),
		    n < sizeof local ? -EBADMSG : 0);
	inet.idiag_family = AF_UNIX;
	memcpy(room, &inet, sizeof inet);
	assert_int_equal(socki_row_inet(&found, SOCK_SCHEME_TCP, room,
			     sizeof room),
	    -EBADMSG);
}

static void
ipv4_inside_ipv6_is_shown_as_ipv4(void **state)
{
	struct inet_diag_msg m = { .idiag_family = AF_INET6,
		.idiag_state = 1,
		.id = { .idiag_sport = htons(80),
		    .idiag_dport = htons(1234),
		    .idiag_src = { 0, 0, htonl(0xffff), htonl(0xc0000207) },
		    .idiag_dst = { 0, 0, htonl(0xffff), htonl(0xc6336409) } } };
	struct socki_found found = { .cookie = 0 };
	char text[SOCK_ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(socki_row_inet(&found, SOCK_SCHEME_TCP,
			     (const unsigned char *)&m, sizeof m),
	    0);
	assert_string_equal(sock_addr_text(&found.row.local, text, sizeof text),
	    "tcp:192.0.2.7:80");
	assert_string_equal(sock_addr_text(&found.row.peer, text, sizeof text),
	    "tcp:198.51.100.9:1234");
}

static void
a_state_that_is_unknown_has_no_name(void **state)
{
	struct inet_diag_msg m = { .idiag_family = AF_INET };
	struct socki_found found = { .cookie = 0 };
	int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		m.idiag_state = (uint8_t)i;
		assert_int_equal(socki_row_inet(&found, SOCK_SCHEME_TCP,
				     (const unsigned char *)&m, sizeof m),
		    0);
		assert_int_equal(*found.row.state == '\0', i == 0 || i > 13);
	}
}

/* What a kernel sends, through a pair of sockets in its place. */
struct played {
	struct socki_netlink netlink;
	int kernel;
};

static void
play_start(struct played *p)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0,
			     pair),
	    0);
	memset(p, 0, sizeof *p);
	p->netlink.fd = pair[0];
	p->kernel = pair[1];
}

static void
play(const struct played *p, uint16_t type, uint16_t flags, int32_t code)
{
	struct {
		struct nlmsghdr head;
		int32_t code;
	} m = { { .nlmsg_len = sizeof m,
		    .nlmsg_type = type,
		    .nlmsg_flags = flags,
		    .nlmsg_seq = p->netlink.sequence },
		code };

	assert_int_equal(send(p->kernel, &m, sizeof m, 0), sizeof m);
}

static void
play_end(struct played *p)
{
	socki_netlink_close(&p->netlink);
	close(p->kernel);
}

static void
errors_at_the_end_of_a_dump_are_seen(void **state)
{
	static const struct {
		uint16_t type;
		int32_t code;
		int rc;
	} rows[] = {
		{ NLMSG_DONE, 0, 0 },
		{ NLMSG_DONE, -ENOENT, -ENOENT },
		{ NLMSG_ERROR, -EPERM, -EPERM },
		{ NLMSG_ERROR, 0, 0 },
		{ NLMSG_ERROR, 12, 0 },
		{ NLMSG_ERROR, INT32_MIN, 0 },
		{ NLMSG_OVERRUN, 0, -ENOBUFS },
	};
	struct socki_message m;
	struct played p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		play_start(&p);
		play(&p, 20, 0, 7);
		play(&p, NLMSG_NOOP, 0, 0);
		play(&p, rows[i].type, 0, rows[i].code);
		assert_int_equal(socki_netlink_next(&p.netlink, &m), 1);
		assert_int_equal(m.n, 4);
		assert_int_equal(socki_netlink_next(&p.netlink, &m),
		    rows[i].rc);
		assert_int_equal(socki_netlink_next(&p.netlink, &m), 0);
		play_end(&p);
	}
}

static void
a_dump_that_is_interrupted_says_so(void **state)
{
	struct socki_message m;
	struct played p;

	(void)state;
	play_start(&p);
	play(&p, 20, 0, 0);
	play(&p, NLMSG_DONE, NLM_F_DUMP_INTR, 0);
	assert_int_equal(socki_netlink_next(&p.netlink, &m), 1);
	assert_false(p.netlink.interrupted);
	assert_int_equal(socki_netlink_next(&p.netlink, &m), 0);
	assert_true(p.netlink.interrupted);
	play_end(&p);
}

static void
an_answer_to_another_question_is_passed_over(void **state)
{
	struct socki_message m;
	struct played p;

	(void)state;
	play_start(&p);
	play(&p, NLMSG_ERROR, 0, -EPERM);
	p.netlink.sequence++;
	play(&p, NLMSG_DONE, 0, 0);
	assert_int_equal(socki_netlink_next(&p.netlink, &m), 0);
	play_end(&p);
}

static void
a_kernel_that_falls_silent_is_not_waited_for(void **state)
{
	struct socki_message m;
	struct played p;

	(void)state;
	play_start(&p);
	assert_int_equal(socki_netlink_next(&p.netlink, &m), -EAGAIN);
	assert_int_equal(socki_netlink_next(&p.netlink, &m), 0);
	play_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_is_siphash),
		cmocka_unit_test(
		    keys_that_collide_in_one_map_are_apart_in_another),
		cmocka_unit_test(a_map_keeps_what_is_put_while_it_grows),
		cmocka_unit_test(a_cookie_is_seen_once),
		cmocka_unit_test(cookies_in_a_row_take_little_memory),
		cmocka_unit_test(lengths_that_lie_are_told),
		cmocka_unit_test(a_body_too_short_is_no_row),
		cmocka_unit_test(ipv4_inside_ipv6_is_shown_as_ipv4),
		cmocka_unit_test(a_state_that_is_unknown_has_no_name),
		cmocka_unit_test(errors_at_the_end_of_a_dump_are_seen),
		cmocka_unit_test(a_dump_that_is_interrupted_says_so),
		cmocka_unit_test(an_answer_to_another_question_is_passed_over),
		cmocka_unit_test(a_kernel_that_falls_silent_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
