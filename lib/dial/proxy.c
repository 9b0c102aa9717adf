/* SPDX-License-Identifier: MIT */
#include "dial/proxy.h"

#include <string.h>

#include "base/error.h"
#include "name/address.h"

static const struct socki_proxy_kind *const kinds[] = { &socki_socks5,
	&socki_http_connect };

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: it is empty, too long, or has a '%' that means nothing. */
static bool
read_word(struct socki_proxy_word *word, const char *text, size_t n)
{
	size_t i, out = 0;

	for (i = 0; i < n && out < sizeof word->byte; i++) {
		int byte = (unsigned char)text[i];

		if (text[i] == '%') {
			if (n - i < 3 || digit(text[i + 1]) < 0 ||
			    digit(text[i + 2]) < 0)
				return false;
			byte = digit(text[i + 1]) * 16 + digit(text[i + 2]);
			i += 2;
		}
		word->byte[out++] = (unsigned char)byte;
	}
	word->n = (uint8_t)out;
	return out > 0 && i == n;
}

static int
read_login(struct socki_proxy *p, const char *text, size_t n,
    struct socki_why *why)
{
	const char *colon = memchr(text, ':', n);

	p->login = true;
	if (colon == NULL ||
	    !read_word(&p->user, text, (size_t)(colon - text)) ||
	    !read_word(&p->password, colon + 1, n - (size_t)(colon - text) - 1))
		return socki_why(why, SOCK_EADDR,
		    "a proxy's USER:PASSWORD has 1-255 bytes each, '%%' as "
		    "%%25");
	return 0;
}

/* Which kind, and how long its scheme is. */
static size_t
find_kind(struct socki_proxy *p, const char *text)
{
	size_t i, k, n;

	for (k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		n = strlen(kinds[k]->scheme);
		for (i = 0; i < n && text[i] != '\0'; i++)
			if ((text[i] | 0x20) != (kinds[k]->scheme[i] | 0x20))
				break;
		p->kind = kinds[k];
		if (i == n)
			return n;
	}
	return 0;
}

int
socki_proxy_read(struct socki_proxy *p, const char *text,
    struct socki_target *at, struct socki_why *why)
{
	size_t n = find_kind(p, text);
	const char *host = text + n, *sign;
	struct socki_why reason;
	int rc;

	if (n == 0)
		return socki_why(why, SOCK_EADDR,
		    "a proxy is socks5:HOST:PORT or connect:HOST:PORT");
	if (strncmp(host, "//", 2) == 0)
		host += 2;
	sign = strrchr(host, '@');
	if (sign != NULL) {
		rc = read_login(p, host, (size_t)(sign - host), why);
		if (rc < 0)
			return rc;
		host = sign + 1;
	}
	rc = socki_target_host_port(at, host, strlen(host), &reason);
	if (rc == 0 && at->port == 0)
		rc = socki_why(&reason, SOCK_EADDR,
		    "port 0 is for listening, it names no service");
	if (rc < 0)
		return socki_why(why, rc,
		    "the proxy's HOST:PORT, \"%.60s\": %s", host, reason.text);
	return 0;
}

int
socki_proxy_begin(struct socki_proxy *p, const struct socki_target *to,
    struct socki_why *why)
{
	p->addr = to->addr;
	p->port = to->port;
	if (to->kind == SOCKI_TARGET_ONE &&
	    to->addr.u.sa.sa_family == AF_INET6 &&
	    to->addr.u.in6.sin6_scope_id != 0)
		return socki_why(why, SOCK_EADDR,
		    "a proxy knows nothing of our interfaces");
	if (to->kind != SOCKI_TARGET_ONE) {
		/* An empty host is this one, which a proxy calls localhost. */
		const char *host = to->host_len > 0 ? to->host : "localhost";

		p->host_n =
		    (uint8_t)(to->host_len > 0 ? to->host_len : strlen(host));
		/* Not one byte too many may go out: CVE-2023-38545. */
		if (to->host_len >= sizeof p->host)
			return socki_why(why, SOCK_EADDR,
			    "the host's name is too long");
		memcpy(p->host, host, p->host_n);
	}
	return p->kind->begin(p, why);
}

int
socki_proxy_hear(struct socki_proxy *p, const void *bytes, size_t n,
    size_t *used, struct socki_why *why)
{
	return p->kind->hear(p, bytes, n, used, why);
}
