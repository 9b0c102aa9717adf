/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ip.h"

/*
 * Any bytes as IPv4 and IPv6: inet_pton(3), which is as strict, must say the
 * same; and what inet_aton(3) reads must look numeric.
 */

#define TEXT_MAX 128 /* an address has 45 bytes; a zone may be long */

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

static void
check_family(const char *text, size_t n, int family)
{
	char copy[TEXT_MAX + 1], canonical[SOCKI_IP_TEXT_MAX];
	struct socki_ip_slip slip = { NULL, 0 };
	struct socki_ip ip, back;
	uint8_t theirs[16];
	int rc, known;

	rc = family == AF_INET ? socki_ip_parse4(&ip, text, n, &slip) :
				 socki_ip_parse6(&ip, text, n, &slip);
	must(rc == 0 || (slip.what != NULL && slip.at <= n && ip.size == 0));
	if (rc == 0) {
		n = socki_ip_text(&ip, canonical);
		must(n == strlen(canonical) && n < sizeof canonical);
		must(socki_ip_parse(&back, canonical, n, &slip) == 0);
		must(memcmp(&ip, &back, sizeof ip) == 0);
		text = canonical;
	}
	if (n > TEXT_MAX || memchr(text, '%', n) != NULL)
		return;
	memcpy(copy, text, n);
	copy[n] = '\0';
	known = strlen(copy) == n && inet_pton(family, copy, theirs) == 1;
	must(known == (rc == 0));
	must(!known || memcmp(theirs, ip.byte, ip.size) == 0);
}

static void
check_lookalike(const char *text, size_t n)
{
	struct in_addr ignored;
	char copy[TEXT_MAX + 1];
	size_t i;

	/* glibc's stops at a space, and no host name gets so far. */
	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] <= ' ')
			return;
	if (n > TEXT_MAX)
		return;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (inet_aton(copy, &ignored) != 0)
		must(socki_ip_looks_numeric(text, n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_family((const char *)data, n, AF_INET);
	check_family((const char *)data, n, AF_INET6);
	check_lookalike((const char *)data, n);
	return 0;
}
