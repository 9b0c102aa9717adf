/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_RESOLVE_SORT_H
#define SOCKI_RESOLVE_SORT_H

struct sock_addr;
struct socki_ip;

/*
 * socki_resolve_sort() with the source address that each destination would be
 * reached from; size 0: it cannot be.
 */
void socki_sort_from(struct sock_addr *addrs, const struct socki_ip *sources,
    int count);

#endif
