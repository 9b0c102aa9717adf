/* SPDX-License-Identifier: MIT */
#include <sock/addr.h>

#include "addr/addr.h"
#include "addr/ip.h"

/* In the order in which they are asked. */
static const struct {
	struct socki_ip block;
	uint8_t bits;
	uint8_t scope;
} blocks[] = {
	{ { .size = 4, .byte = { 127 } }, 8, SOCK_SCOPE_LOOPBACK },
	{ { .size = 4 }, 32, SOCK_SCOPE_LOOPBACK },
	{ { .size = 4, .byte = { 10 } }, 8, SOCK_SCOPE_PRIVATE },
	{ { .size = 4, .byte = { 172, 16 } }, 12, SOCK_SCOPE_PRIVATE },
	{ { .size = 4, .byte = { 192, 168 } }, 16, SOCK_SCOPE_PRIVATE },
	{ { .size = 4, .byte = { 100, 64 } }, 10, SOCK_SCOPE_PRIVATE },
	{ { .size = 4, .byte = { 169, 254 } }, 16, SOCK_SCOPE_LINK },
	{ { .size = 4, .byte = { 224 } }, 4, SOCK_SCOPE_MULTICAST },
	{ { .size = 4, .byte = { 255, 255, 255, 255 } }, 32,
	    SOCK_SCOPE_MULTICAST },
	{ { .size = 16, .byte = { [15] = 1 } }, 128, SOCK_SCOPE_LOOPBACK },
	{ { .size = 16 }, 128, SOCK_SCOPE_LOOPBACK },
	{ { .size = 16, .byte = { 0xfe, 0x80 } }, 10, SOCK_SCOPE_LINK },
	{ { .size = 16, .byte = { 0xfc } }, 7, SOCK_SCOPE_PRIVATE },
	{ { .size = 16, .byte = { 0xff } }, 8, SOCK_SCOPE_MULTICAST },
};

enum sock_scope
sock_addr_scope(const struct sock_addr *addr)
{
	struct socki_ip ip;
	size_t i;

	if (!socki_addr_ip(addr, &ip))
		return socki_addr_has_name(addr) ? SOCK_SCOPE_LOCAL :
						   SOCK_SCOPE_NONE;
	for (i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (socki_ip_shares(&ip, &blocks[i].block, blocks[i].bits))
			return blocks[i].scope;
	return SOCK_SCOPE_GLOBAL;
}
