/* SPDX-License-Identifier: MIT */
#include <sock/base.h>

#include <string.h>

#include "addr/ip.h"
#include "base/error.h"
#include "name/address.h"
#include "name/host.h"
#include "name/reading.h"

/* Whether a name has this label, in small letters, from its byte at on. */
static bool
has_label(const char *name, size_t n, size_t at, const char *label)
{
	const size_t len = strlen(label);
	size_t i;

	/* Something stands behind it: a dot, and the domain. */
	if (n < at + len + 2 || name[at + len] != '.')
		return false;
	for (i = 0; i < len; i++)
		if ((name[at + i] | 0x20) != (label[i] | 0x20))
			return false;
	return name[at] == '_';
}

int
socki_reading_srv(struct socki_reading *r, struct socki_target *out)
{
	const char *name = r->text + r->at;
	const size_t n = r->n - r->at;
	const char *dot = memchr(name, '.', n);
	const size_t second = dot == NULL ? n : (size_t)(dot - name) + 1;
	struct socki_ip_slip slip;

	if (r->passive)
		return socki_reading_refuse(r,
		    "srv: names services to dial, and no address", 0);
	if (memchr(name, ':', n) != NULL)
		return socki_reading_refuse(r,
		    "srv: takes no port, the DNS tells it",
		    r->at +
			(size_t)((const char *)memchr(name, ':', n) - name));
	if (socki_host_check(name, n, &slip) < 0)
		return socki_why(r->why, SOCK_EADDR, "%s, at byte %zu",
		    slip.what, r->at + slip.at);
	if (name[0] != '_')
		return socki_reading_refuse(r,
		    "srv: wants _SERVICE._tcp.DOMAIN, or _udp", r->at);
	if (has_label(name, n, second, "_tcp"))
		out->scheme = SOCK_SCHEME_TCP;
	else if (has_label(name, n, second, "_udp"))
		out->scheme = SOCK_SCHEME_UDP;
	else
		return socki_reading_refuse(r,
		    "srv: wants \"_tcp\" or \"_udp\" as the second label",
		    r->at + second);
	out->kind = SOCKI_TARGET_SERVICE;
	out->host = name;
	out->host_len = n;
	return 0;
}
