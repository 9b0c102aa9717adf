/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ADDR_ADDR_H
#define SOCKI_ADDR_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <sock/addr.h>

struct socki_ip;
struct socki_why;

/* "tcp"; "" for none, and for a number that is no scheme. */
const char *socki_addr_scheme_name(int scheme);

/*
 * What a system call filled in, as an address of the given scheme.  sa need
 * not be aligned.  IPv4 inside IPv6 becomes IPv4; a zone where none means
 * anything, flow labels and what stands behind a path's NUL are dropped.  A
 * UNIX address of no bytes is the unnamed one.
 *
 * 0; -EAFNOSUPPORT: no family of ours, or not one of this scheme; -EINVAL: len
 * is too short for it.  On failure *out is zeroed.
 */
int socki_addr_from_sockaddr(struct sock_addr *out, int scheme,
    const struct sockaddr *sa, socklen_t len);

/* IPv4 inside IPv6 becomes IPv4.  port is 0-65535. */
void socki_addr_from_ip(struct sock_addr *out, int scheme,
    const struct socki_ip *ip, int port);

/* 127.0.0.1 or [::1]: family is AF_INET or AF_INET6. */
void
socki_addr_loopback(struct sock_addr *out, int scheme, int family, int port);

/* 0.0.0.0 or [::]; AF_UNSPEC: both, [::] with both set. */
void socki_addr_any(struct sock_addr *out, int scheme, int family, int port);

/*
 * A UNIX name of n bytes: a path (no NUL in it), or an abstract name without
 * its '@'.  n is 1-107.
 */
void socki_addr_unix(struct sock_addr *out, int scheme, const void *name,
    size_t n, bool abstract);

/* Whether it is a UNIX address, and not the unnamed one. */
bool socki_addr_has_name(const struct sock_addr *addr);

/* False: addr has no IP address.  IPv4 inside IPv6 becomes IPv4. */
bool socki_addr_ip(const struct sock_addr *addr, struct socki_ip *out);

/* Of an IP address: 0-65535. */
void socki_addr_set_port(struct sock_addr *addr, int port);

/* 0.0.0.0, [::] or "*". */
bool socki_addr_is_any(const struct sock_addr *addr);

/*
 * The kernel calls fe80::1 alone invalid, and does not say why: the reason of
 * code, if it is that.
 */
void socki_addr_why_zone(const struct sock_addr *addr, int code,
    struct socki_why *why);

/*
 * sock_addr_text() of a struct sock_addr, for socki_error_about(): an unnamed
 * UNIX address is "unix", since a message has a colon of its own behind it.
 */
char *socki_addr_subject(const void *addr, char *buf, size_t n);

#endif
