/* SPDX-License-Identifier: MIT */
#include "addr/addr.h"

#include <sock/base.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr/ip.h"
#include "base/error.h"

_Static_assert(sizeof(struct sock_addr) <= SOCKI_SUBJECT_MAX,
    "an address may be the subject of an error");

#define UN_HEAD offsetof(struct sockaddr_un, sun_path)

static const char words[][11] = { "", "tcp", "udp", "tls", "unix", "unixgram",
	"unixpacket" };

const char *
socki_addr_scheme_name(int scheme)
{
	if (scheme < 0 || scheme > SOCK_SCHEME_UNIXPACKET)
		return "";
	return words[scheme];
}

static bool
fits(int scheme, int family)
{
	switch (scheme) {
	case SOCK_SCHEME_TCP:
	case SOCK_SCHEME_UDP:
	case SOCK_SCHEME_TLS:
		return family == AF_INET || family == AF_INET6;
	case SOCK_SCHEME_UNIX:
	case SOCK_SCHEME_UNIXGRAM:
	case SOCK_SCHEME_UNIXPACKET:
		return family == AF_UNIX;
	default:
		return false;
	}
}

void
socki_addr_from_ip(struct sock_addr *out, int scheme, const struct socki_ip *ip,
    int port)
{
	struct socki_ip plain = *ip;

	socki_ip_unmap(&plain);
	memset(out, 0, sizeof *out);
	out->scheme = (uint8_t)scheme;
	if (plain.size == 4) {
		out->length = sizeof out->u.in;
		out->u.in.sin_family = AF_INET;
		memcpy(&out->u.in.sin_addr, plain.byte, 4);
	} else {
		out->length = sizeof out->u.in6;
		out->u.in6.sin6_family = AF_INET6;
		memcpy(&out->u.in6.sin6_addr, plain.byte, 16);
		if (socki_ip_takes_zone(&plain))
			out->u.in6.sin6_scope_id = plain.zone;
	}
	socki_addr_set_port(out, port);
}

void
socki_addr_loopback(struct sock_addr *out, int scheme, int family, int port)
{
	static const struct socki_ip ip4 = { .size = 4,
		.byte = { 127, 0, 0, 1 } };
	static const struct socki_ip ip6 = { .size = 16, .byte = { [15] = 1 } };

	socki_addr_from_ip(out, scheme, family == AF_INET ? &ip4 : &ip6, port);
}

void
socki_addr_any(struct sock_addr *out, int scheme, int family, int port)
{
	static const struct socki_ip ip4 = { .size = 4 }, ip6 = { .size = 16 };

	socki_addr_from_ip(out, scheme, family == AF_INET ? &ip4 : &ip6, port);
	out->both = family == AF_UNSPEC;
}

void
socki_addr_unix(struct sock_addr *out, int scheme, const void *name, size_t n,
    bool abstract)
{
	memset(out, 0, sizeof *out);
	out->scheme = (uint8_t)scheme;
	out->u.un.sun_family = AF_UNIX;
	memcpy(out->u.un.sun_path + abstract, name, n);
	/* A path's terminator counts, an abstract name's first byte does. */
	out->length = (uint32_t)(UN_HEAD + n + 1);
}

static in_port_t
port_of(const struct sock_addr *addr)
{
	return ntohs(addr->u.sa.sa_family == AF_INET ? addr->u.in.sin_port :
						       addr->u.in6.sin6_port);
}

static bool
is_unix(const struct sock_addr *addr)
{
	return addr->length >= UN_HEAD && addr->u.sa.sa_family == AF_UNIX;
}

/* The bytes of sun_path in use: the terminator of a path is not. */
static size_t
un_room(const struct sock_addr *addr)
{
	const char *path = addr->u.un.sun_path;
	size_t n = addr->length;

	/*
	 * For a path of 108 bytes the kernel counts a terminator that is not
	 * there: unix(7), BUGS.
	 */
	if (n > sizeof addr->u.un)
		n = sizeof addr->u.un;
	if (n <= UN_HEAD)
		return 0;
	n -= UN_HEAD;
	return path[0] == '\0' ? n : strnlen(path, n);
}

static void
from_unix(struct sock_addr *out, const struct sockaddr *sa, socklen_t len)
{
	char *path = out->u.un.sun_path;
	size_t used;

	if (len > 0)
		memcpy(&out->u, sa,
		    len < sizeof out->u.un ? len : sizeof out->u.un);
	out->u.un.sun_family = AF_UNIX;
	out->length = len;
	used = un_room(out);
	memset(path + used, 0, sizeof out->u.un.sun_path - used);
	if (path[0] != '\0' && used < sizeof out->u.un.sun_path)
		used++;
	out->length = (uint32_t)(UN_HEAD + used);
}

int
socki_addr_from_sockaddr(struct sock_addr *out, int scheme,
    const struct sockaddr *sa, socklen_t len)
{
	struct sock_addr raw = { .length = len };
	struct socki_ip ip;
	sa_family_t family = AF_UNIX;

	memset(out, 0, sizeof *out);
	if (len >= sizeof family)
		memcpy(&family, sa, sizeof family);
	if (!fits(scheme, family))
		return len < sizeof family ? -EINVAL : -EAFNOSUPPORT;
	if (family == AF_UNIX) {
		out->scheme = (uint8_t)scheme;
		from_unix(out, sa, len);
		return 0;
	}
	memcpy(&raw.u, sa, len < sizeof raw.u ? len : sizeof raw.u);
	if (!socki_addr_ip(&raw, &ip))
		return -EINVAL;
	socki_addr_from_ip(out, scheme, &ip, port_of(&raw));
	return 0;
}

bool
socki_addr_ip(const struct sock_addr *addr, struct socki_ip *out)
{
	const int family = addr->length == 0 ? AF_UNSPEC : addr->u.sa.sa_family;

	memset(out, 0, sizeof *out);
	if (family == AF_INET && addr->length >= sizeof addr->u.in) {
		out->size = 4;
		memcpy(out->byte, &addr->u.in.sin_addr, 4);
		return true;
	}
	if (family != AF_INET6 || addr->length < sizeof addr->u.in6)
		return false;
	out->size = 16;
	memcpy(out->byte, &addr->u.in6.sin6_addr, 16);
	if (socki_ip_takes_zone(out))
		out->zone = addr->u.in6.sin6_scope_id;
	socki_ip_unmap(out);
	return true;
}

void
socki_addr_set_port(struct sock_addr *addr, int port)
{
	if (addr->u.sa.sa_family == AF_INET)
		addr->u.in.sin_port = htons((uint16_t)port);
	else
		addr->u.in6.sin6_port = htons((uint16_t)port);
}

bool
socki_addr_has_name(const struct sock_addr *addr)
{
	return is_unix(addr) && un_room(addr) > 0;
}

bool
socki_addr_is_any(const struct sock_addr *addr)
{
	static const uint8_t zero[16];
	struct socki_ip ip;

	return socki_addr_ip(addr, &ip) && memcmp(ip.byte, zero, ip.size) == 0;
}

void
socki_addr_why_zone(const struct sock_addr *addr, int code,
    struct socki_why *why)
{
	char text[SOCKI_IP_TEXT_MAX];
	struct socki_ip ip;

	if (code != -EINVAL || !socki_addr_ip(addr, &ip) || ip.zone != 0 ||
	    !socki_ip_takes_zone(&ip))
		return;
	(void)socki_ip_text(&ip, text);
	(void)socki_why(why, code,
	    "a link-local address wants its zone, as in [%s%%eth0]", text);
}

static void
write_unix(const struct sock_addr *addr, char *to)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *name = addr->u.un.sun_path;
	const size_t n = un_room(addr);
	const bool abstract = n > 0 && name[0] == '\0';
	size_t i, at = 0;

	if (abstract)
		to[at++] = '@';
	for (i = abstract; i < n; i++) {
		const unsigned char c = (unsigned char)name[i];

		/* The first byte tells the kinds apart, "//" is skipped. */
		if (c >= 0x20 && c < 0x7f && c != '%' &&
		    !(i == 0 && c == '@') &&
		    !(i == 1 && c == '/' && name[0] == '/')) {
			to[at++] = (char)c;
			continue;
		}
		to[at++] = '%';
		to[at++] = hex[c >> 4];
		to[at++] = hex[c & 15];
	}
	to[at] = '\0';
}

static void
write_ip(const struct sock_addr *addr, const struct socki_ip *ip, char *to)
{
	char text[SOCKI_IP_TEXT_MAX] = "*";

	if (!addr->both || !socki_addr_is_any(addr))
		(void)socki_ip_text(ip, text);
	(void)snprintf(to, SOCKI_IP_TEXT_MAX + sizeof "[]:65535",
	    ip->size == 16 && text[0] != '*' ? "[%s]:%d" : "%s:%d", text,
	    port_of(addr));
}

char *
sock_addr_text(const struct sock_addr *addr, char *buf, size_t n)
{
	char full[SOCK_ADDR_TEXT_MAX] = "?";
	struct socki_ip ip;
	const bool has_ip = socki_addr_ip(addr, &ip);
	int at = 0;

	if ((has_ip || is_unix(addr)) &&
	    fits(addr->scheme, addr->u.sa.sa_family))
		at = snprintf(full, sizeof full, "%s:", words[addr->scheme]);
	if (has_ip)
		write_ip(addr, &ip, full + at);
	else if (is_unix(addr))
		write_unix(addr, full + at);
	(void)snprintf(buf, n, "%s", full);
	return buf;
}

char *
socki_addr_subject(const void *addr, char *buf, size_t n)
{
	size_t length;

	(void)sock_addr_text(addr, buf, n);
	length = strnlen(buf, n);
	if (length > 0 && buf[length - 1] == ':')
		buf[length - 1] = '\0';
	return buf;
}

int
sock_addr_port(const struct sock_addr *addr)
{
	struct socki_ip ip;

	if (socki_addr_ip(addr, &ip))
		return port_of(addr);
	return socki_error_about(SOCK_EUSAGE, "port", addr, sizeof *addr,
	    socki_addr_subject);
}

bool
sock_addr_equal(const struct sock_addr *a, const struct sock_addr *b)
{
	struct socki_ip ip_a, ip_b;
	const bool has_ip = socki_addr_ip(a, &ip_a);
	size_t n;

	if (a->scheme != b->scheme || a->both != b->both ||
	    has_ip != socki_addr_ip(b, &ip_b))
		return false;
	if (has_ip)
		return socki_ip_shares(&ip_a, &ip_b, ip_a.size * 8u) &&
		    ip_a.zone == ip_b.zone && port_of(a) == port_of(b);
	if (!is_unix(a) || !is_unix(b))
		return is_unix(a) == is_unix(b);
	n = un_room(a);
	return n == un_room(b) &&
	    memcmp(a->u.un.sun_path, b->u.un.sun_path, n) == 0;
}
