/* SPDX-License-Identifier: MIT */
#include <sock/addr.h>
#include <sock/base.h>

#include <string.h>

#include "addr/addr.h"
#include "addr/decimal.h"
#include "addr/ip.h"
#include "base/error.h"

/* An IPv6 address in full with IPv4 at its end, and "/128". */
#define BLOCK_MAX 50

static int
refuse(struct socki_why *why, const char *what, size_t at)
{
	return socki_why(why, SOCK_EADDR, "%s, at byte %zu", what, at);
}

static int
read_prefix(unsigned int *bits, const struct socki_ip *net, const char *text,
    size_t n, size_t at, struct socki_why *why)
{
	uint32_t value = 0;
	size_t used;

	switch (socki_decimal_parse(&value, &used, text + at, n - at,
	    net->size * 8u)) {
	case SOCKI_DECIMAL_GOOD:
		break;
	case SOCKI_DECIMAL_NONE:
		return refuse(why, "a prefix length is decimal digits", at);
	case SOCKI_DECIMAL_ZERO:
		return refuse(why, "a prefix length has a leading zero", at);
	case SOCKI_DECIMAL_LARGE:
		return refuse(why,
		    net->size == 4 ? "a prefix of IPv4 has at most 32 bits" :
				     "a prefix of IPv6 has at most 128 bits",
		    at);
	}
	if (at + used != n)
		return refuse(why, "a block ends after its prefix length",
		    at + used);
	*bits = value;
	return 0;
}

static bool
host_bits_zero(const struct socki_ip *net, unsigned int bits)
{
	unsigned int i;

	for (i = bits; i < net->size * 8u; i++)
		if (net->byte[i / 8] & 0x80u >> i % 8)
			return false;
	return true;
}

/* ffff is not zero, so a prefix of such a block has 96 bits or more. */
static void
unmap(struct socki_ip *net, unsigned int *bits)
{
	const size_t size = net->size;

	socki_ip_unmap(net);
	*bits -= (unsigned int)(size - net->size) * 8;
}

static int
read_block(struct socki_ip *net, unsigned int *bits, const char *text,
    struct socki_why *why)
{
	const size_t n = strnlen(text, BLOCK_MAX);
	const char *slash = memchr(text, '/', n);
	const char *percent = memchr(text, '%', n);
	const size_t head = slash == NULL ? n : (size_t)(slash - text);
	struct socki_ip_slip slip;
	int rc;

	if (n == BLOCK_MAX)
		return refuse(why, "longer than any block", n);
	if (percent != NULL)
		return refuse(why, "a block has no zone",
		    (size_t)(percent - text));
	rc = socki_ip_parse(net, text, head, &slip);
	if (rc < 0)
		return refuse(why, slip.what, slip.at);
	*bits = net->size * 8u;
	if (slash != NULL)
		rc = read_prefix(bits, net, text, n, head + 1, why);
	if (rc < 0)
		return rc;
	if (!host_bits_zero(net, *bits))
		return refuse(why, "bits behind the prefix are not zero", head);
	unmap(net, bits);
	return 0;
}

static bool
within(const struct sock_addr *addr, struct socki_ip ip, struct socki_ip net,
    unsigned int bits)
{
	static const struct socki_ip local4 = { .size = 4,
		.byte = { 127, 0, 0, 1 } };
	static const struct socki_ip local6 = { .size = 16,
		.byte = { [15] = 1 } };

	if (socki_ip_shares(&ip, &net, bits))
		return true;
	return socki_addr_is_any(addr) &&
	    socki_ip_shares(ip.size == 4 ? &local4 : &local6, &net, bits);
}

bool
sock_addr_within(const struct sock_addr *addr, const char *cidr)
{
	struct socki_why why = { .text = "" };
	struct socki_ip ip, net;
	unsigned int bits = 0;
	int rc;

	rc = read_block(&net, &bits, cidr, &why);
	if (rc == 0 && !socki_addr_ip(addr, &ip))
		rc = socki_why(&why, SOCK_EUSAGE,
		    "only an IP address lies in a block");
	if (rc < 0) {
		(void)socki_error(rc, "within", cidr, &why);
		return false;
	}
	return within(addr, ip, net, bits);
}
