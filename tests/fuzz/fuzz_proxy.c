/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sock/base.h>

#include "base/error.h"
#include "dial/proxy.h"
#include "name/address.h"

/*
 * Any bytes as the answers of a proxy.  The first one says which kind it is,
 * whether there is a login, and how long the pieces are in which the rest
 * comes; in one piece it must come to the same end, after as many bytes.
 */

struct end {
	int rc;
	size_t taken, said;
};

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

static struct end
talk(const char *proxy, const uint8_t *data, size_t n, size_t piece)
{
	static const char to[] = "tcp:example.org:443";
	struct socki_proxy p = { 0 };
	struct socki_target at, target;
	struct socki_why why = { "", false };
	struct end e = { 0, 0, 0 };
	size_t used;

	must(socki_proxy_read(&p, proxy, &at, &why) == 0);
	must(socki_target_parse(&target, to, sizeof to - 1, false, &why) == 0);
	must(socki_proxy_begin(&p, &target, &why) == 0);
	for (;;) {
		must(p.out_n <= sizeof p.out);
		e.said += p.out_n;
		p.out_at = p.out_n = 0;
		if (e.rc != 0 || e.taken == n)
			return e;
		e.rc = socki_proxy_hear(&p, data + e.taken,
		    n - e.taken < piece ? n - e.taken : piece, &used, &why);
		must(e.rc <= 1 && used > 0 && used <= n - e.taken);
		must(e.rc >= 0 || why.text[0] != '\0');
		e.taken += used;
		must(e.taken <= SOCKI_PROXY_HEAD_MAX + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const proxies[] = { "socks5:h:1", "socks5:a:b@h:1",
		"connect:h:1", "connect:a:b@h:1" };
	struct end whole, pieces;

	if (n == 0)
		return 0;
	whole = talk(proxies[data[0] & 3], data + 1, n - 1, n);
	pieces = talk(proxies[data[0] & 3], data + 1, n - 1, data[0] / 4 + 1);
	must(whole.rc == pieces.rc && whole.taken == pieces.taken &&
	    whole.said == pieces.said);
	return 0;
}
