/* SPDX-License-Identifier: MIT */
#ifndef SOCK_ADDR_H
#define SOCK_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <sock/base.h>

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
 * equal address, but for four that the grammar leaves out: an address of no
 * known family ("?"), an unnamed UNIX one ("unix:"), an empty abstract name
 * ("unix:@"), a path of 108 bytes.  It is cut at n bytes with its terminator; n
 * may be 0.  SOCK_ADDR_TEXT_MAX is always enough.
 *
 * buf.
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

/*
 * The addresses that an address text stands for, in the order in which they
 * are to be tried (RFC 6724, section 6; with glibc as gai.conf(5) changes it),
 * without repeats: those of a host name as this machine is configured to look
 * it up, up to 64 of each family;
 * [::1] and 127.0.0.1 for localhost and names below it; for
 * "srv:_imaps._tcp.example.org" those of each target in turn (RFC 2782); else
 * the one address that it is.  Names below .onion and .invalid are looked up
 * nowhere.  Nothing is remembered from one call to the next.
 *
 * Only a host name makes it wait: for both families, or until the deadline,
 * when what has come counts.  The look-up itself is then left to its thread.
 *
 * How many were written to out, at most max; SOCK_EADDR, SOCK_ENOSERVICE,
 * -ENODEV: the text; SOCK_ENOHOST: there is no such name, or it has no address;
 * SOCK_ENOSERVICE also: the domain has no such service; SOCK_ERESOLVE: the name
 * service failed for now; SOCK_ELIMIT: 1,024 questions wait for it already, or
 * there is no thread to ask it; -ETIMEDOUT, -ECANCELED; -EAGAIN: SOCK_NOWAIT
 * and a host name; -ENOMEM; SOCK_EUSAGE: max is below 1.
 */
int sock_resolve(const char *address, struct sock_addr *out, int max,
    sock_time deadline);

/*
 * The name of the host that has an IP address, as its owner claims it: whoever
 * holds the address may write any name there, so it is for showing, and proves
 * nothing.  It has the form of a host name, without a dot at its end; what has
 * not, control characters among it, counts as no name.  254 bytes are always
 * enough.
 *
 * 0; SOCK_ENOHOST: it has none; SOCK_ETOOBIG: it does not fit; SOCK_EUSAGE: no
 * IP address; others as sock_resolve(), SOCK_NOWAIT is always -EAGAIN.  On
 * failure host is "".
 */
int sock_reverse(const struct sock_addr *addr, char *host, size_t n,
    sock_time deadline);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
