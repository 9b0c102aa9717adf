/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sock/base.h>

#include "addr/ip.h"
#include "resolve/resolve.h"
#include "resolve/srv.h"

/*
 * A DNS message: what is kept of it are host names and ports that can be
 * dialed, and each has its place in the order once.
 */

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct socki_srv all[SOCKI_SERVICES_MAX];
	uint8_t order[SOCKI_SERVICES_MAX];
	struct socki_ip_slip slip;
	uint32_t seen = 0;
	int i, count;

	count = socki_srv_parse(data, n, all, SOCKI_SERVICES_MAX);
	if (count < 0) {
		must(count == SOCK_ERESOLVE || count == SOCK_ENOHOST ||
		    count == SOCK_ENOSERVICE);
		return 0;
	}
	must(count > 0 && count <= SOCKI_SERVICES_MAX);
	socki_srv_order(order, all, count, n);
	for (i = 0; i < count; i++) {
		const struct socki_srv *srv = &all[order[i]];
		const size_t len = strnlen(srv->target, sizeof srv->target);

		must(len <= SOCKI_HOST_MAX && srv->port != 0);
		must(socki_host_check(srv->target, len, &slip) == 0);
		must(i == 0 || all[order[i - 1]].priority <= srv->priority);
		seen |= UINT32_C(1) << order[i];
	}
	must(seen == UINT32_MAX >> (SOCKI_SERVICES_MAX - count));
	return 0;
}
