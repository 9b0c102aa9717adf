/* SPDX-License-Identifier: MIT */
#ifndef SOCK_ADDR_H
#define SOCK_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * An address as a plain value: copy it, store it, compare it with
 * sock_addr_equal.  The grammar of address texts is at the top of sock.h.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum sock_scheme {
	SOCK_SCHEME_NONE,
	SOCK_SCHEME_TCP,
	SOCK_SCHEME_UDP,
	SOCK_SCHEME_TLS,
	SOCK_SCHEME_UNIX,      /* a stream */
	SOCK_SCHEME_UNIXGRAM,  /* datagrams */
	SOCK_SCHEME_UNIXPACKET /* a stream of packets, SOCK_SEQPACKET */
};

/*
 * Fixed for good.  A zeroed one is no address.  length bytes of u are in use;
 * for an abstract UNIX name that is what tells where it ends.
 */
struct sock_addr {
	uint8_t scheme; /* enum sock_scheme */
	bool both;      /* "*": u is [::], and IPv4 is meant too */
	uint8_t reserved_[2];
	uint32_t length;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		unsigned char room_[112];
	} u;
};

enum sock_scope {
	SOCK_SCOPE_NONE,     /* no address, or an unnamed UNIX socket */
	SOCK_SCOPE_LOOPBACK, /* this host; the unspecified address too */
	SOCK_SCOPE_LINK,     /* 169.254.0.0/16, fe80::/10 */
	SOCK_SCOPE_PRIVATE,  /* RFC 1918, RFC 6598, fc00::/7 */
	SOCK_SCOPE_GLOBAL,
	SOCK_SCOPE_MULTICAST, /* 224.0.0.0/4, ff00::/8, and broadcast */
	SOCK_SCOPE_LOCAL      /* a UNIX name */
};

/* Room for the text of any address: "unixpacket:" and 108 bytes as %XX. */
#define SOCK_ADDR_TEXT_MAX 340

/*
 * Reads an address, numeric but for its service: "tcp:[2001:db8::5]:https",
 * "unix:/run/x.sock", "tcp:*:80".  Host names are not addresses ("localhost"
 * stands for two), and nothing is looked up but an interface's name after '%'
 * and a service that only /etc/services knows.  On failure *out is zeroed.
 *
 * 0; SOCK_EADDR: not understood, and the message tells what and at which
 * byte; SOCK_ENOSERVICE: no such service; -ENODEV: no such interface.
 */
int sock_addr_parse(struct sock_addr *out, const char *text);

/* The same for n bytes, which may hold any byte (and are refused for it). */
int sock_addr_parse_n(struct sock_addr *out, const char *text, size_t n);

/*
 * The canonical text: RFC 5952 for IPv6, ports as numbers, bytes of a UNIX
 * name that are not printable as %XX.  sock_addr_parse reads it back to an
 * equal address.  It is cut at n bytes with its terminator; n may be 0.
 * SOCK_ADDR_TEXT_MAX is always enough.
 *
 * buf.  An address of no known family is "?", an unnamed UNIX one "unix:".
 */
char *sock_addr_text(const struct sock_addr *addr, char *buf, size_t n);

/* 0-65535, or SOCK_EUSAGE for an address without ports. */
int sock_addr_port(const struct sock_addr *addr);

/*
 * Whether two are the same address: scheme, family, address, port, zone,
 * name.  An IPv4 address inside IPv6 (::ffff:0:0/96) equals its IPv4 form.
 */
bool sock_addr_equal(const struct sock_addr *a, const struct sock_addr *b);

/*
 * Whether the address lies in a block: "10.0.0.0/8", "2001:db8::/32", or an
 * address alone.  The bits behind the prefix must be zero.  IPv4 inside IPv6
 * counts as IPv4, zones and ports do not count; the unspecified address counts
 * as loopback, since that is where connecting to it leads.  False too for a
 * text that is no block, and for UNIX names; sock_last_error() tells.
 */
bool sock_addr_within(const struct sock_addr *addr, const char *cidr);

/* IPv4 inside IPv6 counts as IPv4. */
enum sock_scope sock_addr_scope(const struct sock_addr *addr);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
