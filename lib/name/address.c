/* SPDX-License-Identifier: MIT */
#include "name/address.h"

#include <sock/base.h>

#include <string.h>

#include "addr/addr.h"
#include "addr/decimal.h"
#include "addr/ip.h"
#include "base/error.h"
#include "name/host.h"
#include "name/reading.h"
#include "name/service.h"

int
socki_reading_refuse(const struct socki_reading *r, const char *what, size_t at)
{
	return socki_why(r->why, SOCK_EADDR, "%s, at byte %zu", what, at);
}

static int
refuse_slip(const struct socki_reading *r, int code,
    const struct socki_ip_slip *slip, size_t at)
{
	return socki_why(r->why, code, "%s, at byte %zu", slip->what,
	    at + slip->at);
}

static int
refuse_portless(const struct socki_reading *r)
{
	return socki_reading_refuse(r, "no ':' and port behind the host", r->n);
}

static bool
is_ip6(const char *text, size_t n)
{
	const char *percent = memchr(text, '%', n);
	struct socki_ip_slip slip;
	struct socki_ip ip;

	if (percent != NULL)
		n = (size_t)(percent - text);
	return socki_ip_parse6(&ip, text, n, &slip) == 0;
}

/* More colons than one before the port, the last one at the given byte. */
static int
refuse_colons(const struct socki_reading *r, size_t last)
{
	const char *head = r->text + r->at;
	const char *first = memchr(head, ':', r->n - r->at);
	const size_t n = last - r->at, all = r->n - r->at;

	if (last + 1 < r->n && is_ip6(head, n))
		return socki_why(r->why, SOCK_EADDR,
		    "an IPv6 address stands in brackets, at byte %zu: "
		    "write [%.*s]:%.*s",
		    r->at, (int)n, head, (int)(all - n - 1), head + n + 1);
	if (is_ip6(head, all))
		return socki_why(r->why, SOCK_EADDR,
		    "an IPv6 address stands in brackets, at byte %zu: "
		    "write [%.*s]:PORT",
		    r->at, (int)all, head);
	if (r->at == 0 && !r->bare &&
	    socki_reading_could_be_scheme(head, (size_t)(first - head)))
		return socki_reading_unknown_scheme(r, (size_t)(first - head));
	return socki_reading_refuse(r, "a second ':' behind the host", last);
}

static int
read_brackets(struct socki_reading *r, struct socki_ip *ip)
{
	const char *inner = r->text + r->at + 1;
	const char *end = memchr(inner, ']', r->n - r->at - 1);
	struct socki_ip_slip slip;
	size_t n;
	int rc;

	if (end == NULL)
		return socki_reading_refuse(r, "'[' without ']'", r->at);
	n = (size_t)(end - inner);
	if (memchr(inner, ':', n) == NULL)
		return socki_reading_refuse(r, "brackets hold an IPv6 address",
		    r->at);
	rc = socki_ip_parse6(ip, inner, n, &slip);
	if (rc < 0)
		return refuse_slip(r, rc, &slip, r->at + 1);
	r->at += n + 2;
	return 0;
}

/* A host of n bytes, not none and not "*". */
static int
read_name(const struct socki_reading *r, size_t n, struct socki_target *out,
    struct socki_ip *ip)
{
	const char *host = r->text + r->at;
	const bool numeric = socki_ip_looks_numeric(host, n);
	struct socki_ip_slip slip, number;
	int rc;

	if (numeric && socki_ip_parse4(ip, host, n, &number) == 0) {
		out->kind = SOCKI_TARGET_ONE;
		return 0;
	}
	rc = socki_host_check(host, n, &slip);
	if (rc < 0)
		return refuse_slip(r, rc, &slip, r->at);
	if (numeric)
		return socki_why(r->why, SOCK_EADDR,
		    "%s, at byte %zu (a host that "
		    "ends in a number is an IPv4 address)",
		    number.what, r->at + number.at);
	out->kind = socki_host_is_local(host, n) ? SOCKI_TARGET_LOCALHOST :
						   SOCKI_TARGET_NAME;
	return 0;
}

static int
read_host(struct socki_reading *r, struct socki_target *out,
    struct socki_ip *ip)
{
	const char *host = r->text + r->at;
	const char *colon = memrchr(host, ':', r->n - r->at);
	const size_t n = colon == NULL ? r->n - r->at : (size_t)(colon - host);
	const bool star = n == 1 && host[0] == '*';
	int rc = 0;

	if (colon == NULL && !r->portless)
		return refuse_portless(r);
	if (memchr(host, ':', n) != NULL)
		return refuse_colons(r, r->at + n);
	if (star && !r->passive)
		return socki_reading_refuse(r,
		    "\"*\" is all addresses, to listen only", r->at);
	if (star || (n == 0 && r->passive))
		out->kind = SOCKI_TARGET_ANY;
	else if (n == 0)
		out->kind = SOCKI_TARGET_LOCALHOST;
	else
		rc = read_name(r, n, out, ip);
	if (rc == 0 && out->kind >= SOCKI_TARGET_LOCALHOST) {
		out->host = host;
		out->host_len = n;
	}
	r->at += n;
	return rc;
}

static bool
in_service(char c)
{
	/* "whois++", "sql*net", "z39.50" and "rsvp_tunnel" are registered. */
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-_+*.", c) != NULL);
}

static int
read_service(const struct socki_reading *r, int scheme, int *out)
{
	const char *transport = scheme == SOCK_SCHEME_UDP ? "udp" : "tcp";
	const char *name = r->text + r->at;
	const size_t n = r->n - r->at;
	size_t i;

	if (name[0] == '+' || name[0] == '-')
		return socki_reading_refuse(r, "bad port: a sign", r->at);
	if (n > 1 && name[0] == '0' && (name[1] | 0x20) == 'x')
		return socki_reading_refuse(r, "bad port: it is not decimal",
		    r->at);
	for (i = 0; i < n; i++)
		if (!in_service(name[i]))
			return socki_reading_refuse(r,
			    "bad port: a byte that no service's name has",
			    r->at + i);
	*out = socki_service_port_n(name, n, transport);
	if (*out < 0)
		return socki_why(r->why, *out, "\"%.*s\" over %s, at byte %zu",
		    n < 64 ? (int)n : 64, name, transport, r->at);
	return 0;
}

/* What stands behind the host. */
static int
read_port(struct socki_reading *r, int scheme, int *out)
{
	uint32_t port = 0;
	enum socki_decimal kind;
	size_t used;

	if (r->at == r->n && r->portless)
		return 0;
	if (r->at == r->n)
		return refuse_portless(r);
	if (r->text[r->at] != ':')
		return socki_reading_refuse(r,
		    "']' wants ':' and a port behind it", r->at);
	r->at++;
	if (r->at == r->n)
		return socki_reading_refuse(r, "bad port: it is empty", r->at);
	kind = socki_decimal_parse(&port, &used, r->text + r->at, r->n - r->at,
	    UINT16_MAX);
	if (r->at + used < r->n)
		return read_service(r, scheme, out);
	if (kind == SOCKI_DECIMAL_ZERO)
		return socki_reading_refuse(r, "bad port: a leading zero",
		    r->at);
	if (kind == SOCKI_DECIMAL_LARGE)
		return socki_reading_refuse(r, "bad port: over 65535", r->at);
	*out = (int)port;
	return 0;
}

static int
read_host_port(struct socki_reading *r, struct socki_target *out)
{
	struct socki_ip ip = { .size = 0 };
	int rc;

	if (r->at < r->n && r->text[r->at] == '[')
		rc = read_brackets(r, &ip);
	else
		rc = read_host(r, out, &ip);
	if (rc == 0)
		rc = read_port(r, out->scheme, &out->port);
	if (rc < 0)
		return rc;
	if (out->kind == SOCKI_TARGET_ONE)
		socki_addr_from_ip(&out->addr, out->scheme, &ip, out->port);
	if (out->kind == SOCKI_TARGET_ANY)
		socki_addr_any(&out->addr, out->scheme, AF_UNSPEC, out->port);
	return 0;
}

static int
read_target(struct socki_reading *r, struct socki_target *out)
{
	int rc;

	memset(out, 0, sizeof *out);
	r->why->text[0] = '\0';
	r->why->instead = false;
	if (r->n == 0)
		return socki_why(r->why, SOCK_EADDR, "it is empty");
	if (r->n >= SOCK_ADDR_TEXT_MAX)
		return socki_why(r->why, SOCK_EADDR,
		    "no address has over %d bytes", SOCK_ADDR_TEXT_MAX - 1);
	if (!r->bare && socki_reading_is_srv(r)) {
		rc = socki_reading_srv(r, out);
		if (rc < 0)
			memset(out, 0, sizeof *out);
		return rc;
	}
	out->scheme = r->scheme;
	rc = r->bare ? 0 : socki_reading_scheme(r, &out->scheme);
	if (rc == 0 && out->scheme >= SOCK_SCHEME_UNIX) {
		out->port = -1;
		rc = socki_reading_unix(r, out->scheme, &out->addr);
	} else if (rc == 0)
		rc = read_host_port(r, out);
	if (rc < 0)
		memset(out, 0, sizeof *out);
	return rc;
}

int
socki_target_parse(struct socki_target *out, const char *text, size_t n,
    bool passive, struct socki_why *why)
{
	struct socki_reading r = { text, n, 0, passive, false, false,
		SOCK_SCHEME_TCP, why };

	return read_target(&r, out);
}

int
socki_target_host_port(struct socki_target *out, const char *text, size_t n,
    struct socki_why *why)
{
	struct socki_reading r = { text, n, 0, false, false, true,
		SOCK_SCHEME_TCP, why };

	return read_target(&r, out);
}

static int
read_address(struct sock_addr *out, const char *text, size_t n, bool portless,
    int scheme, struct socki_why *why)
{
	struct socki_reading r = { text, n, 0, true, portless, false,
		(uint8_t)scheme, why };
	struct socki_target target;
	int rc;

	rc = read_target(&r, &target);
	*out = target.addr;
	if (rc == 0 && target.kind >= SOCKI_TARGET_LOCALHOST)
		return socki_why(why, SOCK_EADDR,
		    "\"%.*s\" is a name and no address, at byte %zu",
		    (int)(target.host_len < 64 ? target.host_len : 64),
		    target.host, (size_t)(target.host - text));
	return rc;
}

int
socki_target_local(struct sock_addr *out, const char *text, size_t n,
    int scheme, struct socki_why *why)
{
	return read_address(out, text, n, true, scheme, why);
}

int
sock_addr_parse_n(struct sock_addr *out, const char *text, size_t n)
{
	char shown[SOCK_ADDR_TEXT_MAX];
	struct socki_why why;
	size_t cut = n < sizeof shown ? n : sizeof shown - 1;
	int rc;

	rc = read_address(out, text, n, false, SOCK_SCHEME_TCP, &why);
	if (rc == 0)
		return 0;
	if (cut > 0)
		memcpy(shown, text, cut);
	shown[cut] = '\0';
	return socki_error(rc, "parse", shown, &why);
}

int
sock_addr_parse(struct sock_addr *out, const char *text)
{
	return sock_addr_parse_n(out, text, strnlen(text, SOCK_ADDR_TEXT_MAX));
}
