/* SPDX-License-Identifier: MIT */
#include "fetch_url.h"

#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT 80
#define HTTPS_PORT 443
#define SERVICE_MAX 64
#define ZONE_MAX 15 /* netdevice(7) */

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static bool
all_of(const char *at, size_t n, const char *others)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!is_alnum(at[i]) &&
		    (at[i] == '\0' || strchr(others, at[i]) == NULL))
			return false;
	return n > 0;
}

static int
usual_port(const struct url *u)
{
	return u->https ? HTTPS_PORT : HTTP_PORT;
}

static const char *
read_port(struct url *u, const char *at, size_t n)
{
	char name[SERVICE_MAX];

	u->port = usual_port(u);
	if (n == 0)
		return NULL;
	if (n >= sizeof name || !all_of(at, n, "-"))
		return "its port is neither a number nor the name of a service";
	memcpy(name, at, n);
	name[n] = '\0';
	if (strspn(name, "0123456789") < n) {
		u->port = sock_service_port(name, "tcp");
		return u->port > 0 ? NULL : "there is no service of this name";
	}
	if (name[0] == '0' || n > 5)
		return "its port is no plain number from 1 to 65535";
	for (u->port = 0; *at >= '0' && *at <= '9'; at++)
		u->port = 10 * u->port + (*at - '0');
	return u->port <= 65535 ? NULL :
				  "its port is no plain number from 1 to 65535";
}

static bool
is_ipv6(const char *at, size_t n)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	if (n >= sizeof text - sizeof "[]:80")
		return false;
	snprintf(text, sizeof text, "[%.*s]:80", (int)n, at);
	return all_of(at, n, ":.") && sock_addr_parse(&addr, text) == 0;
}

/*
 * "[2001:db8::5]", "[fe80::1%25eth0]" (RFC 6874), "[fe80::1%eth0]": how long,
 * or 0.
 */
static size_t
bracketed(const char *at, size_t n)
{
	const char *end = memchr(at, ']', n), *zone;

	if (n == 0 || at[0] != '[' || end == NULL)
		return 0;
	zone = memchr(at, '%', (size_t)(end - at));
	if (!is_ipv6(at + 1, (size_t)((zone != NULL ? zone : end) - at) - 1))
		return 0;
	if (zone != NULL) {
		zone += end - zone > 3 && memcmp(zone, "%25", 3) == 0 ? 3 : 1;
		if (end - zone > ZONE_MAX ||
		    !all_of(zone, (size_t)(end - zone), ".-_"))
			return 0;
	}
	return (size_t)(end - at) + 1;
}

/* The library knows the zone without the escape of its percent sign. */
static void
set_host(struct url *u, const char *at, size_t n)
{
	const char *zone = memchr(at, '%', n);
	const size_t before = zone == NULL ? n : (size_t)(zone - at) + 1;
	size_t skip = 0;

	if (zone != NULL && n - before > 3 && memcmp(zone, "%25", 3) == 0)
		skip = 2;
	memcpy(u->host, at, before);
	memcpy(u->host + before, at + before + skip, n - before - skip);
	u->host[n - skip] = '\0';
}

static const char *
read_authority(struct url *u, const char *at, size_t n)
{
	size_t host = n > 0 && at[0] == '[' ? bracketed(at, n) : 0;
	const char *colon = memchr(at, ':', n);

	if (memchr(at, '@', n) != NULL)
		return "a user in a URL is refused; see --header";
	if (n > 0 && at[0] == '[' && host == 0)
		return "its brackets hold no IPv6 address";
	if (host == 0 && colon != NULL &&
	    memchr(colon + 1, ':', n - (size_t)(colon + 1 - at)) != NULL)
		return "an IPv6 address stands in brackets, as in http://[::1]/";
	while (host < n && at[0] != '[' && at[host] != ':')
		host++;
	if (host == 0)
		return "it names no host";
	if (host >= sizeof u->host - 2)
		return "its host is over 253 bytes";
	if (at[0] != '[' && !all_of(at, host, "-._"))
		return "its host holds what no host name has";
	if (host < n && at[host] != ':')
		return "something stands behind its host";
	set_host(u, at, host);
	host += host < n;
	return read_port(u, at + host, n - host);
}

/* As it travels: printable, without a blank. */
static const char *
append(struct url *u, const char *at, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t length = strlen(u->target), i;

	for (i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)at[i];

		if (c < 0x20 || c == 0x7f)
			return "it holds control characters";
		if (length + 3 >= sizeof u->target)
			return "it is over 4,095 bytes";
		if (c > 0x20 && c < 0x7f) {
			u->target[length++] = (char)c;
		} else {
			u->target[length++] = '%';
			u->target[length++] = hex[c >> 4];
			u->target[length++] = hex[c & 15];
		}
		u->target[length] = '\0';
	}
	return NULL;
}

/* RFC 3986, 5.2.4, of a path that begins with '/'. */
static void
remove_dots(char *path)
{
	const char *in = path;
	char *out = path;

	while (*in == '/') {
		const size_t n = 1 + strcspn(in + 1, "/");
		const bool up = n == 3 && memcmp(in, "/..", 3) == 0;
		const bool last = in[n] == '\0';

		if (up)
			while (out > path && *--out != '/')
				continue;
		if (!up && (n != 2 || in[1] != '.')) {
			memmove(out, in, n);
			out += n;
		} else if (last) {
			*out++ = '/';
		}
		in += n;
	}
	*out = '\0';
}

/* u->target is the folder that at is relative to, or "". */
static const char *
read_target(struct url *u, const char *at)
{
	const size_t path = strcspn(at, "?#");
	const char *query = at + path;
	const char *wrong;

	if (u->target[0] == '\0' && *at != '/')
		u->target[0] = '/', u->target[1] = '\0';
	wrong = append(u, at, path);
	if (wrong != NULL)
		return wrong;
	remove_dots(u->target);
	return append(u, query, strcspn(query, "#"));
}

static const char *
read_rest(struct url *u, const char *at)
{
	const size_t n = strcspn(at, "/?#");
	const char *wrong = read_authority(u, at, n);

	u->target[0] = '\0';
	return wrong != NULL ? wrong : read_target(u, at + n);
}

const char *
url_parse(struct url *u, const char *text)
{
	const size_t scheme = strcspn(text, ":/?#");

	if (text[scheme] != ':' || strncmp(text + scheme, "://", 3) != 0)
		return "it is no URL: one begins with http:// or https://";
	u->https = strncasecmp(text, "https:", scheme + 1) == 0;
	if (!u->https && strncasecmp(text, "http:", scheme + 1) != 0)
		return "only http and https are spoken here";
	return read_rest(u, text + scheme + 3);
}

/* What a relative reference is appended to. */
static void
keep_base(struct url *u, const struct url *base, char first)
{
	const size_t path = strcspn(base->target, "?");
	size_t n = path;

	if (first == '#' || first == '\0')
		n = strlen(base->target);
	else if (first == '/')
		n = 0;
	else if (first != '?')
		while (n > 0 && base->target[n - 1] != '/')
			n--;
	memcpy(u->target, base->target, n);
	u->target[n] = '\0';
}

const char *
url_follow(struct url *u, const struct url *base, const char *reference)
{
	const size_t scheme = strcspn(reference, ":/?#");

	if (scheme > 0 && reference[scheme] == ':')
		return url_parse(u, reference);
	u->https = base->https;
	if (strncmp(reference, "//", 2) == 0)
		return read_rest(u, reference + 2);
	memcpy(u->host, base->host, sizeof u->host);
	u->port = base->port;
	keep_base(u, base, reference[0]);
	if (reference[0] == '#' || reference[0] == '\0')
		return NULL;
	return read_target(u, reference);
}

bool
url_same_server(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port &&
	    strcasecmp(a->host, b->host) == 0;
}

void
url_address(const struct url *u, char *buf, size_t n)
{
	snprintf(buf, n, "%s:%s:%d", u->https ? "tls" : "tcp", u->host,
	    u->port);
}

/* A zone means something on this machine alone. */
void
url_authority(const struct url *u, char *buf, size_t n)
{
	const int host = (int)strcspn(u->host, "%");
	const char *bracket = u->host[host] == '%' ? "]" : "";

	if (u->port == usual_port(u))
		snprintf(buf, n, "%.*s%s", host, u->host, bracket);
	else
		snprintf(buf, n, "%.*s%s:%d", host, u->host, bracket, u->port);
}

void
url_text(const struct url *u, char buf[URL_TEXT_MAX])
{
	const int host = (int)strcspn(u->host, "%");
	const char *zone = u->host + host;
	char port[8] = "";

	if (u->port != usual_port(u))
		snprintf(port, sizeof port, ":%d", u->port);
	snprintf(buf, URL_TEXT_MAX, "%s://%.*s%s%s%s%s",
	    u->https ? "https" : "http", host, u->host,
	    *zone == '%' ? "%25" : "", *zone == '%' ? zone + 1 : "", port,
	    u->target);
}
