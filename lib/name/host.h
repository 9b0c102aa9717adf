/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_HOST_H
#define SOCKI_NAME_HOST_H

#include <stdbool.h>
#include <stddef.h>

struct socki_ip_slip;

/* RFC 1035, 2.3.4: 255 bytes on the wire; a dot at the end is not counted. */
#define SOCKI_HOST_MAX 253

/*
 * Whether n bytes are a host name: see name/address.h.  Only the form of the
 * labels is looked at, so "xn--" ones may be nonsense.  0; SOCK_EADDR, and
 * slip is set.
 */
int socki_host_check(const char *name, size_t n, struct socki_ip_slip *slip);

/*
 * Whether a host name is a domain or below it; that is in small letters, and
 * the name may have a dot at its end.
 */
bool socki_host_is_below(const char *name, size_t n, const char *domain);

/* RFC 6761, 6.3. */
static inline bool
socki_host_is_local(const char *name, size_t n)
{
	return socki_host_is_below(name, n, "localhost");
}

#endif
