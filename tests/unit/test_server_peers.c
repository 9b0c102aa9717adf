/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sock.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/peers.h"

#define TABLES 2
/* So many that a table is half full, and peers stand in one another's place. */
#define PEERS 40000

static struct socki_peers_lock peers_lock;
static struct socki_peers tables[TABLES];

static const struct {
	const char *one, *other;
	bool together;
} pairs[] = {
	{ "tcp:192.0.2.1:1", "tcp:192.0.2.1:65535", true },
	{ "tcp:192.0.2.1:1", "tcp:192.0.2.2:1", false },
	{ "tcp:[2001:db8::1]:1", "tcp:[2001:db8::2]:1", true },
	{ "tcp:[2001:db8:0:1::1]:1", "tcp:[2001:db8:0:1:ffff::2]:2", true },
	{ "tcp:[2001:db8:0:1::1]:1", "tcp:[2001:db8:0:2::1]:1", false },
	/* An IPv6 network that spells an IPv4 address is none. */
	{ "tcp:[0:0:c000:201::1]:1", "tcp:192.0.2.1:1", false },
	{ "tcp:[0:0:102:c0::1]:1", "tcp:192.0.2.1:1", false },
	{ "tcp:[0:ffff:c000:201::1]:1", "tcp:192.0.2.1:1", false },
	{ "tcp:[::ffff:192.0.2.1]:1", "tcp:192.0.2.1:1", true },
};

static uint64_t
key_of(const char *text)
{
	struct sock_addr addr;

	assert_int_equal(sock_addr_parse(&addr, text), 0);
	return socki_peers_key(&peers_lock, &addr);
}

static void
an_ipv4_address_is_one_peer_and_so_is_a_64_of_ipv6(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if ((key_of(pairs[i].one) == key_of(pairs[i].other)) !=
		    pairs[i].together)
			fail_msg("%s, %s", pairs[i].one, pairs[i].other);
	assert_int_equal(key_of("unix:/tmp/x"), 0);
}

/* Two tables against plain counters, with the same peers coming and going. */
static void
each_peer_has_at_most_so_many_in_all_tables(void **state)
{
	static unsigned counts[TABLES][PEERS];
	static uint64_t keys[PEERS];
	char text[32];
	int i;

	(void)state;
	srand(1);
	for (i = 0; i < PEERS; i++) {
		(void)snprintf(text, sizeof text, "tcp:10.0.%d.%d:1", i / 250,
		    i % 250);
		keys[i] = key_of(text);
	}
	for (i = 0; i < 400000; i++) {
		const int p = rand() % PEERS, t = rand() % TABLES;
		const bool room = counts[0][p] + counts[1][p] < 3;

		if (rand() % 2 == 0) {
			assert_int_equal(socki_peers_enter(&peers_lock,
					     &tables[t], tables, TABLES,
					     keys[p], 3),
			    room);
			counts[t][p] += room;
		} else if (counts[t][p] > 0) {
			socki_peers_leave(&peers_lock, &tables[t], keys[p]);
			counts[t][p]--;
		}
	}
	socki_peers_clear(&peers_lock, &tables[0]);
	for (i = 0; i < PEERS; i++)
		assert_int_equal(socki_peers_enter(&peers_lock, &tables[1],
				     tables, TABLES, keys[i], 3),
		    counts[1][i] < 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_ipv4_address_is_one_peer_and_so_is_a_64_of_ipv6),
		cmocka_unit_test(each_peer_has_at_most_so_many_in_all_tables),
	};

	socki_peers_lock_init(&peers_lock, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
