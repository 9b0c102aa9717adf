/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sock/addr.h>

/*
 * Sixteen bytes of an address, then a block: the answer must be that of a
 * second reader, written another way.
 */

#define TEXT_MAX 64

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

static bool
is_mapped(const uint8_t b[16])
{
	return memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
}

static bool
bit(const uint8_t b[16], int i)
{
	return b[i / 8] >> (7 - i % 8) & 1;
}

/* As IPv6, IPv4 inside it; the length of the prefix or -1. */
static int
read_block(uint8_t net[16], char *text)
{
	char *slash = strchr(text, '/'), canonical[8];
	const bool ip4 = strchr(text, ':') == NULL;
	const int most = ip4 ? 32 : 128;
	int bits = most, i;

	if (slash != NULL) {
		*slash++ = '\0';
		bits = strlen(slash) > 3 ? -1 : (int)strtol(slash, NULL, 10);
		snprintf(canonical, sizeof canonical, "%d", bits);
		if (strcmp(canonical, slash) != 0 || bits < 0 || bits > most)
			return -1;
	}
	memcpy(net, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	if (inet_pton(ip4 ? AF_INET : AF_INET6, text, ip4 ? net + 12 : net) !=
	    1)
		return -1;
	bits += 128 - most;
	for (i = bits; i < 128; i++)
		if (bit(net, i))
			return -1;
	return bits;
}

static bool
holds(const uint8_t net[16], int bits, const uint8_t ip[16])
{
	int i;

	if (is_mapped(net) != is_mapped(ip))
		if (is_mapped(ip) || bits >= 96)
			return false;
	for (i = 0; i < bits; i++)
		if (bit(net, i) != bit(ip, i))
			return false;
	return true;
}

static bool
expected(const uint8_t ip[16], char *text)
{
	uint8_t net[16], other[16] = { 0 };
	const int bits = read_block(net, text);

	if (bits < 0)
		return false;
	if (holds(net, bits, ip))
		return true;
	memcpy(other, ip, 12);
	if (memcmp(other, ip, 16) != 0)
		return false;
	if (is_mapped(ip)) {
		memcpy(other + 12, "\x7f\0\0\1", 4);
		return holds(net, bits, other);
	}
	other[15] = 1;
	return memcmp(ip, (uint8_t[16]){ 0 }, 16) == 0 &&
	    holds(net, bits, other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sock_addr addr = { .scheme = SOCK_SCHEME_TCP,
		.length = sizeof addr.u.in6,
		.u.in6.sin6_family = AF_INET6 };
	char text[TEXT_MAX + 1], copy[TEXT_MAX + 1];
	size_t len;

	if (n < 16)
		return 0;
	memcpy(&addr.u.in6.sin6_addr, data, 16);
	len = n - 16 < TEXT_MAX ? n - 16 : TEXT_MAX;
	memcpy(text, data + 16, len);
	text[len] = '\0';
	memcpy(copy, text, sizeof copy);
	must(sock_addr_within(&addr, text) == expected(data, copy));
	return 0;
}
