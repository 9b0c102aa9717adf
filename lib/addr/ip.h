/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ADDR_IP_H
#define SOCKI_ADDR_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * IPv4 and IPv6 addresses as bytes, and as text with a length: any byte may
 * stand in it, and nothing reads past the n-th.  ASCII whatever the locale.
 */
struct socki_ip {
	uint8_t size; /* 4 or 16; 0: none */
	uint8_t byte[16];
	uint32_t zone; /* index of an interface; 0: none */
};

/* What is wrong with a text, static, and at which of its bytes, from 0. */
struct socki_ip_slip {
	const char *what;
	size_t at;
};

/* "ffff:...:255.255.255.255%" and an interface's name of 15 bytes. */
#define SOCKI_IP_TEXT_MAX 64

/*
 * IPv4: four decimal parts without leading zeros, and nothing else.  IPv6: any
 * form of RFC 4291, section 2.2, at most four digits a group, and after '%' an
 * interface by name or index, where a zone means something (RFC 4007: unicast
 * and multicast addresses of link or interface scope).  Digits are an index.
 * IPv4 inside IPv6 stays IPv6 here.
 *
 * 0; SOCK_EADDR; -ENODEV: no such interface.  Then slip is set, and out is
 * zeroed.
 */
int socki_ip_parse4(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip);
int socki_ip_parse6(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip);

/* Whichever it is: with a colon it is IPv6. */
int socki_ip_parse(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip);

/*
 * RFC 5952; ::ffff:0:0/96 with its IPv4 address in dots.  The zone by name if
 * the interface is there and its name can be read back, else by index.
 *
 * The length; at most SOCKI_IP_TEXT_MAX with the terminator.
 */
size_t socki_ip_text(const struct socki_ip *ip, char buf[SOCKI_IP_TEXT_MAX]);

/*
 * Whether somebody might take it for an IPv4 address (inet_aton(3), the URL
 * standard's "ends in a number"): its last label is digits, or 0x and perhaps
 * hex digits.  Such a text is an address or refused, never a host name.
 */
bool socki_ip_looks_numeric(const char *text, size_t n);

/* IPv4 inside IPv6 (::ffff:0:0/96) becomes IPv4; the rest is left alone. */
void socki_ip_unmap(struct socki_ip *ip);

/* Whether a zone means something: fe80::/10, ffx1::/16, ffx2::/16. */
bool socki_ip_takes_zone(const struct socki_ip *ip);

/* Whether both are of one family and their first bits bits are the same. */
bool socki_ip_shares(const struct socki_ip *a, const struct socki_ip *b,
    unsigned int bits);

#endif
