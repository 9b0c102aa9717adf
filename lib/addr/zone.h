/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ADDR_ZONE_H
#define SOCKI_ADDR_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct socki_ip_slip;

/*
 * What stands behind the '%' of an IPv6 address (RFC 4007, section 11): an
 * interface by its index, which digits always are, or by its name.
 *
 * 0; SOCK_EADDR; -ENODEV: no such interface.  Then slip is set.
 */
int socki_zone_parse(uint32_t *out, const char *text, size_t n,
    struct socki_ip_slip *slip);

/*
 * '%' and the name, if the interface is there and socki_zone_parse reads it
 * back, else the index.  The length; at most 16 and the terminator.
 */
size_t socki_zone_text(uint32_t zone, char *buf, size_t n);

#endif
