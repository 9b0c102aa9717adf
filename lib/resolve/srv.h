/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_RESOLVE_SRV_H
#define SOCKI_RESOLVE_SRV_H

#include <stddef.h>
#include <stdint.h>

struct socki_srv;

/*
 * The SRV records of a DNS message of n bytes, which may be anything.  Records
 * of other types are passed over, and so are targets that are no host names
 * and port 0.  At most max are kept.
 *
 * How many, at least one; SOCK_ENOHOST: there are none; SOCK_ENOSERVICE: the
 * only target is "."; SOCK_ERESOLVE: the message is malformed.
 */
int socki_srv_parse(const uint8_t *message, size_t n, struct socki_srv *out,
    int max);

/*
 * An order of RFC 2782, "Usage rules", as indices: the lowest priority first,
 * and among equals by lot, weighted.  The same seed, the same lots.  count is
 * at most SOCKI_SERVICES_MAX.
 */
void socki_srv_order(uint8_t *order, const struct socki_srv *all, int count,
    uint64_t seed);

#endif
