/* SPDX-License-Identifier: MIT */
#include "addr/ip.h"

#include <sock/base.h>

#include <stdio.h>
#include <string.h>

#include "addr/decimal.h"
#include "addr/zone.h"

#define GROUPS 8

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static int
refuse(struct socki_ip_slip *slip, const char *what, size_t at)
{
	slip->what = what;
	slip->at = at;
	return SOCK_EADDR;
}

static int
read_parts(uint8_t out[4], const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	static const char four[] = "an IPv4 address has four decimal parts";
	uint32_t value = 0;
	size_t i = 0, used;
	int part;

	for (part = 0; part < 4; part++) {
		if (part > 0) {
			if (i == n || text[i] != '.')
				return refuse(slip, four, i);
			i++;
		}
		switch (socki_decimal_parse(&value, &used, text + i, n - i,
		    255)) {
		case SOCKI_DECIMAL_GOOD:
			break;
		case SOCKI_DECIMAL_NONE:
			return refuse(slip, four, i);
		case SOCKI_DECIMAL_ZERO:
			return refuse(slip,
			    "a part of an IPv4 address has a leading zero", i);
		case SOCKI_DECIMAL_LARGE:
			return refuse(slip,
			    "a part of an IPv4 address is over 255", i);
		}
		out[part] = (uint8_t)value;
		i += used;
	}
	return i == n ? 0 : refuse(slip, four, i);
}

int
socki_ip_parse4(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	int rc;

	memset(out, 0, sizeof *out);
	rc = read_parts(out->byte, text, n, slip);
	if (rc < 0)
		memset(out, 0, sizeof *out);
	else
		out->size = 4;
	return rc;
}

/* What of an IPv6 address has been read. */
struct groups {
	uint8_t byte[16];
	int count; /* of groups */
	int gap;   /* how many stand before the "::"; -1: there is none */
};

static size_t
hex_digits(unsigned int *out, const char *text, size_t n)
{
	size_t i;

	*out = 0;
	for (i = 0; i < n; i++) {
		const unsigned int c = (unsigned char)text[i];
		const unsigned int letter = (c | 0x20) - 'a';

		if (c - '0' < 10)
			*out = *out << 4 | (c - '0');
		else if (letter < 6)
			*out = *out << 4 | (letter + 10);
		else
			break;
	}
	return i;
}

/* One group, or the IPv4 address at the end; *at moves behind it. */
static int
read_group(struct groups *g, const char *text, size_t n, size_t *at,
    struct socki_ip_slip *slip)
{
	uint8_t *to = g->byte + 2 * g->count;
	unsigned int value;
	size_t used;
	int rc;

	used = hex_digits(&value, text + *at, n - *at);
	if (used > 0 && *at + used < n && text[*at + used] == '.') {
		if (g->count > GROUPS - 2)
			return refuse(slip, "an IPv6 address has eight groups",
			    *at);
		rc = read_parts(to, text + *at, n - *at, slip);
		slip->at += *at;
		g->count += 2;
		*at = n;
		return rc;
	}
	if (used == 0)
		return refuse(slip,
		    "an IPv6 address has hex digits and colons here", *at);
	if (used > 4)
		return refuse(slip,
		    "a group of an IPv6 address has over four digits", *at);
	if (g->count == GROUPS)
		return refuse(slip, "an IPv6 address has eight groups", *at);
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	g->count++;
	*at += used;
	return 0;
}

/* The colon or colons behind a group; there is at least one byte. */
static int
read_colons(struct groups *g, const char *text, size_t n, size_t *at,
    struct socki_ip_slip *slip)
{
	if (text[*at] != ':')
		return refuse(slip,
		    "an IPv6 address has hex digits and colons here", *at);
	if (*at + 1 == n)
		return refuse(slip, "an IPv6 address ends in one colon", *at);
	++*at;
	if (text[*at] != ':')
		return 0;
	if (g->gap >= 0)
		return refuse(slip, "an IPv6 address has one \"::\"", *at - 1);
	g->gap = g->count;
	++*at;
	return 0;
}

static int
read_groups(uint8_t out[16], const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	struct groups g = { .gap = -1 };
	size_t i = 0, behind;
	int rc;

	if (n > 0 && text[0] == ':') {
		if (n == 1 || text[1] != ':')
			return refuse(slip,
			    "an IPv6 address begins with one colon", 0);
		g.gap = 0;
		i = 2;
	}
	if (n == 0)
		return refuse(slip, "an IPv6 address is missing", 0);
	while (i < n) {
		rc = read_group(&g, text, n, &i, slip);
		if (rc == 0 && i < n)
			rc = read_colons(&g, text, n, &i, slip);
		if (rc < 0)
			return rc;
	}
	if (g.gap < 0 ? g.count != GROUPS : g.count == GROUPS)
		return refuse(slip, "an IPv6 address has eight groups", n);
	behind = g.gap < 0 ? 0 : 2 * (size_t)(g.count - g.gap);
	memset(out, 0, 16);
	memcpy(out, g.byte, 2 * (size_t)g.count - behind);
	memcpy(out + 16 - behind, g.byte + 2 * (size_t)g.count - behind,
	    behind);
	return 0;
}

int
socki_ip_parse6(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	const char *percent = n > 0 ? memchr(text, '%', n) : NULL;
	size_t head = n;
	int rc;

	if (percent != NULL)
		head = (size_t)(percent - text);
	memset(out, 0, sizeof *out);
	out->size = 16;
	rc = read_groups(out->byte, text, head, slip);
	if (rc == 0 && percent != NULL) {
		if (socki_ip_takes_zone(out)) {
			rc = socki_zone_parse(&out->zone, percent + 1,
			    n - head - 1, slip);
			slip->at += head + 1;
		} else
			rc = refuse(slip,
			    "a zone means nothing for this address", head);
	}
	if (rc < 0)
		memset(out, 0, sizeof *out);
	return rc;
}

int
socki_ip_parse(struct socki_ip *out, const char *text, size_t n,
    struct socki_ip_slip *slip)
{
	if (n > 0 && memchr(text, ':', n) != NULL)
		return socki_ip_parse6(out, text, n, slip);
	return socki_ip_parse4(out, text, n, slip);
}

static bool
is_mapped(const struct socki_ip *ip)
{
	return ip->size == 16 && memcmp(ip->byte, mapped, sizeof mapped) == 0;
}

static unsigned int
group_of(const struct socki_ip *ip, int i)
{
	return (unsigned int)ip->byte[2 * i] << 8 | ip->byte[2 * i + 1];
}

/* RFC 5952, 4.2: the longest run of zero groups, the first of equals, not one
 * alone. */
static void
longest_gap(const struct socki_ip *ip, int *first, int *count)
{
	int i, run = 0;

	*first = -1;
	*count = 1;
	for (i = 0; i < GROUPS; i++) {
		run = group_of(ip, i) == 0 ? run + 1 : 0;
		if (run > *count) {
			*count = run;
			*first = i + 1 - run;
		}
	}
}

static size_t
write_groups(const struct socki_ip *ip, char *buf, size_t n)
{
	size_t used = 0;
	int first, count, i;

	longest_gap(ip, &first, &count);
	for (i = 0; i < GROUPS; i++) {
		if (i == first) {
			used += (size_t)snprintf(buf + used, n - used, "::");
			i += count - 1;
			continue;
		}
		used += (size_t)snprintf(buf + used, n - used, "%s%x",
		    i == 0 || i == first + count ? "" : ":", group_of(ip, i));
	}
	return used;
}

size_t
socki_ip_text(const struct socki_ip *ip, char buf[SOCKI_IP_TEXT_MAX])
{
	const uint8_t *b = ip->byte + (ip->size == 16 ? 12 : 0);
	const size_t n = SOCKI_IP_TEXT_MAX;
	size_t used;

	if (ip->size == 4 || is_mapped(ip))
		return (size_t)snprintf(buf, n, "%s%d.%d.%d.%d",
		    ip->size == 4 ? "" : "::ffff:", b[0], b[1], b[2], b[3]);
	used = write_groups(ip, buf, n);
	if (ip->zone != 0)
		used += socki_zone_text(ip->zone, buf + used, n - used);
	return used;
}

bool
socki_ip_looks_numeric(const char *text, size_t n)
{
	size_t i, digits;
	unsigned int value;

	if (n > 0 && text[n - 1] == '.')
		n--;
	for (i = n; i > 0 && text[i - 1] != '.'; i--)
		;
	for (digits = i; digits < n; digits++)
		if (text[digits] < '0' || text[digits] > '9')
			break;
	if (digits == n)
		return n > i;
	if (n - i < 2 || text[i] != '0' || (text[i + 1] | 0x20) != 'x')
		return false;
	return hex_digits(&value, text + i + 2, n - i - 2) == n - i - 2;
}

void
socki_ip_unmap(struct socki_ip *ip)
{
	if (!is_mapped(ip))
		return;
	ip->size = 4;
	ip->zone = 0;
	memmove(ip->byte, ip->byte + sizeof mapped, 4);
	memset(ip->byte + 4, 0, sizeof ip->byte - 4);
}

bool
socki_ip_takes_zone(const struct socki_ip *ip)
{
	const uint8_t *b = ip->byte;

	if (ip->size != 16)
		return false;
	if (b[0] == 0xff)
		return (b[1] & 0x0f) == 1 || (b[1] & 0x0f) == 2;
	return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

bool
socki_ip_shares(const struct socki_ip *a, const struct socki_ip *b,
    unsigned int bits)
{
	const size_t whole = bits / 8;
	const unsigned int mask = 0xff00u >> bits % 8 & 0xff;

	if (a->size != b->size || memcmp(a->byte, b->byte, whole) != 0)
		return false;
	return bits % 8 == 0 || ((a->byte[whole] ^ b->byte[whole]) & mask) == 0;
}
