/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sock/addr.h>

#include "base/error.h"
#include "name/address.h"
#include "name/host.h"

/*
 * Any bytes as an address: refused with a reason, or read back from their
 * canonical text; and no host name is one that libc takes for an address.
 */

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

static void
check_host(const struct socki_target *target, const char *text, size_t n)
{
	char host[SOCKI_HOST_MAX + 2];
	struct in_addr ignored;

	must(target->addr.length == 0 && target->host >= text &&
	    target->host + target->host_len <= text + n &&
	    target->host_len < sizeof host);
	memcpy(host, target->host, target->host_len);
	host[target->host_len] = '\0';
	must(target->host_len == strlen(host));
	must(inet_aton(host, &ignored) == 0);
}

static void
check_address(const struct sock_addr *addr)
{
	char text[SOCK_ADDR_TEXT_MAX], again[SOCK_ADDR_TEXT_MAX];
	struct sock_addr back;

	sock_addr_text(addr, text, sizeof text);
	must(sock_addr_parse(&back, text) == 0);
	must(sock_addr_equal(addr, &back));
	must(memcmp(addr, &back, sizeof back) == 0);
	must(strcmp(sock_addr_text(&back, again, sizeof again), text) == 0);
	(void)sock_addr_scope(addr);
}

static void
check(const char *text, size_t n, bool passive)
{
	static const struct socki_target zero;
	struct socki_target target;
	struct socki_why why;

	if (socki_target_parse(&target, text, n, passive, &why) != 0) {
		must(why.text[0] != '\0');
		must(memcmp(&target, &zero, sizeof zero) == 0);
		return;
	}
	must(target.scheme == SOCK_SCHEME_UNIX || target.port <= 65535);
	if (target.kind >= SOCKI_TARGET_LOCALHOST)
		check_host(&target, text, n);
	else
		check_address(&target.addr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sock_addr addr;
	struct socki_why why;

	check((const char *)data, n, true);
	check((const char *)data, n, false);
	if (socki_target_local(&addr, (const char *)data, n, SOCK_SCHEME_UDP,
		&why) == 0)
		check_address(&addr);
	return 0;
}
