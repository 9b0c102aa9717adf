/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_NAME_ADDRESS_H
#define SOCKI_NAME_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sock/addr.h>

struct socki_why;

/*
 * The grammar of addresses at the top of sock.h, to the letter:
 *
 * - A scheme is one of the words tcp, udp, tls, unix, unixgram, unixpacket, in
 *   any case of letters (RFC 3986, section 3.1), before the first colon, and
 *   always that: "tcp:80" has no port, and a host called tcp is "tcp:tcp:80".
 *   Any other word before a colon is a host, so "localhost:80" is tcp; with
 *   "//" or a second colon behind it, it is an unknown scheme, and refused.
 * - "srv:" stands before the name of a service in the DNS (RFC 2782), to dial:
 *   _SERVICE._tcp.DOMAIN, or _udp, without a port.
 * - Brackets hold an IPv6 address, nothing else, and it stands nowhere else.
 * - A host name has labels of 1-63 letters, digits, '-' and '_', none with a
 *   '-' at either end, at most 253 bytes and perhaps a dot at its end.
 * - A UNIX name has 1-107 bytes after %XX is decoded.  Control characters and
 *   '%' stand there as %XX only, and so does a '@' that begins a path; a NUL
 *   stands in abstract names only.
 *
 * Where something is wrong, bytes count from 0.
 */

enum socki_target_kind {
	SOCKI_TARGET_ONE,       /* addr */
	SOCKI_TARGET_ANY,       /* "*", or no host to listen: addr has both */
	SOCKI_TARGET_LOCALHOST, /* localhost or below it, or no host to dial */
	SOCKI_TARGET_NAME,      /* a host name */
	SOCKI_TARGET_SERVICE    /* srv: host is its name; port is 0 */
};

struct socki_target {
	uint8_t scheme;        /* enum sock_scheme, never NONE */
	uint8_t kind;          /* enum socki_target_kind */
	int port;              /* 0-65535, a service's too; -1: a UNIX name */
	struct sock_addr addr; /* with its port; zeroed from LOCALHOST on */
	/*
	 * From LOCALHOST on: the host as it was written, a dot at its end
	 * included.  It lies in the caller's text and has no terminator.
	 */
	const char *host;
	size_t host_len;
};

/*
 * Reads n bytes.  passive: to listen; else to dial, which "*" is refused for.
 * 0.0.0.0, [::] and port 0 are left to the caller to refuse.  No allocation.
 *
 * 0; SOCK_EADDR; SOCK_ENOSERVICE; -ENODEV.  Then why is set, and *out zeroed.
 */
int socki_target_parse(struct socki_target *out, const char *text, size_t n,
    bool passive, struct socki_why *why);

/* The same of HOST:PORT alone, over tcp and to dial. */
int socki_target_host_port(struct socki_target *out, const char *text, size_t n,
    struct socki_why *why);

/*
 * An address to bind before dialing: as sock_addr_parse() has it, but the port
 * may be missing, which is 0, and so may any scheme, which is the given one if
 * that is of the family.  An IPv6 address keeps its brackets.
 */
int socki_target_local(struct sock_addr *out, const char *text, size_t n,
    int scheme, struct socki_why *why);

#endif
