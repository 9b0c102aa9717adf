/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sock/base.h>

#include "base/error.h"
#include "dial/proxy.h"
#include "name/address.h"

/* Any text as that of a proxy: nothing of it gets where a line could end. */

#define TEXT_MAX 1200

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char to[] = "tcp:example.org:443";
	char text[TEXT_MAX + 1];
	struct socki_proxy p = { 0 };
	struct socki_target at, target;
	struct socki_why why = { "", false };
	size_t i, lines = 0;
	int rc;

	if (n > TEXT_MAX)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	rc = socki_proxy_read(&p, text, &at, &why);
	must(rc == 0 || why.text[0] != '\0');
	if (rc < 0)
		return 0;
	must(at.port > 0 && at.port <= 65535);
	must(socki_target_parse(&target, to, sizeof to - 1, false, &why) == 0);
	if (socki_proxy_begin(&p, &target, &why) < 0)
		return 0;
	must(p.out_n > 0 && p.out_n <= sizeof p.out);
	if (p.kind != &socki_http_connect)
		return 0;
	for (i = 0; i < p.out_n; i++)
		lines += p.out[i] == '\n';
	must(lines == (p.login ? 4 : 3));
	return 0;
}
