/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "table/netlink.h"
#include "table/peers.h"
#include "table/row.h"

/*
 * A reply of sock_diag(7), or what claims to be one: every message is read as
 * each of the kinds that it may be, and its row must be one that can be shown.
 */

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

static void
check_address(const struct sock_addr *addr)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr back;
	const int family = addr->u.sa.sa_family;

	must(addr->length <= sizeof addr->u);
	if (addr->scheme == SOCK_SCHEME_NONE)
		return;
	must(family == AF_INET || family == AF_INET6 || family == AF_UNIX);
	sock_addr_text(addr, text, sizeof text);
	must(strlen(text) < sizeof text - 1);
	for (const char *c = text; *c != '\0'; c++)
		must(*c >= 0x20 && *c < 0x7f);
	if (sock_addr_parse(&back, text) == 0)
		must(sock_addr_equal(addr, &back));
}

static void
check(const struct socki_found *found)
{
	must(found->row.transport != NULL && found->row.state != NULL);
	must(found->row.owner_count == 0);
	check_address(&found->row.local);
	check_address(&found->row.peer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct socki_pieces left = { data, n };
	struct socki_message m;
	struct socki_peers peers;
	struct socki_found found = { .cookie = 0 };
	size_t kept = 0;

	socki_peers_start(&peers);
	while (socki_pieces_message(&left, &m) > 0) {
		must(m.body >= data && m.n <= n);
		must((size_t)(m.body - data) + m.n <= n);
		if (socki_row_inet(&found, SOCK_SCHEME_TCP, m.body, m.n) == 0)
			check(&found);
		if (socki_row_inet(&found, SOCK_SCHEME_UDP, m.body, m.n) == 0)
			check(&found);
		kept += socki_peers_add(&peers, &m) == 0;
	}
	while (socki_peers_next(&peers, &found) > 0) {
		check(&found);
		kept--;
	}
	must(kept == 0);
	socki_peers_end(&peers);
	return 0;
}
