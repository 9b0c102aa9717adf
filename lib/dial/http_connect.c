/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dial/proxy.h"

/* HTTP's CONNECT, RFC 9110, section 9.3.6, with Basic, RFC 7617. */

/* What is heard next; a field's line once the class of a status is known. */
enum {
	STATUS,
	FIELD
};

static void
put_text(struct socki_proxy *p, const char *text)
{
	const size_t n = strlen(text);

	memcpy(p->out + p->out_n, text, n);
	p->out_n += n;
}

/* RFC 4648, section 4. */
static void
put_base64(struct socki_proxy *p, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, k;

	for (i = 0; i < n; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		if (i + 1 < n)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < n)
			group |= bytes[i + 2];
		for (k = 0; k < 4; k++)
			p->out[p->out_n++] = k > n - i ?
			    '=' :
			    (unsigned char)digits[group >> (18 - 6 * k) & 63];
	}
}

static int
put_login(struct socki_proxy *p, struct socki_why *why)
{
	unsigned char both[2 * SOCKI_PROXY_WORD_MAX + 1];
	const size_t n = p->user.n;

	if (memchr(p->user.byte, ':', n) != NULL)
		return socki_why(why, SOCK_EADDR,
		    "no user of an HTTP proxy has a ':'");
	memcpy(both, p->user.byte, n);
	both[n] = ':';
	memcpy(both + n + 1, p->password.byte, p->password.n);
	put_text(p, "Proxy-Authorization: Basic ");
	put_base64(p, both, n + 1 + p->password.n);
	put_text(p, "\r\n");
	return 0;
}

static int
begin(struct socki_proxy *p, struct socki_why *why)
{
	char room[SOCK_ADDR_TEXT_MAX], head[2 * SOCK_ADDR_TEXT_MAX + 32];
	const char *to = room;
	int rc = 0;

	if (p->addr.scheme == SOCK_SCHEME_NONE)
		(void)snprintf(room, sizeof room, "%.*s:%d", p->host_n, p->host,
		    p->port);
	else
		to = strchr(sock_addr_text(&p->addr, room, sizeof room), ':') +
		    1;
	(void)snprintf(head, sizeof head, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n",
	    to, to);
	put_text(p, head);
	if (p->login)
		rc = put_login(p, why);
	put_text(p, "\r\n");
	return rc;
}

/* "HTTP/1.1 200 Connection established": 200, or an error. */
static int
read_status(struct socki_proxy *p, struct socki_why *why)
{
	static const char like[] = "HTTP/1.d ddd";
	int i, status = 0;

	for (i = 0; like[i] != '\0'; i++) {
		const int c = (size_t)i < p->in_n ? p->in[i] : 0;

		if (like[i] == 'd' ? c < '0' || c > '9' : c != like[i])
			return socki_why(why, SOCK_EPROXY,
			    "it does not speak HTTP");
		status = i > 8 ? status * 10 + c - '0' : 0;
	}
	if (p->in_n > sizeof like - 1 && p->in[sizeof like - 1] != ' ')
		return socki_why(why, SOCK_EPROXY, "it does not speak HTTP");
	return status;
}

/* What a status other than 2xx means. */
static int
refusal(struct socki_proxy *p, int status, struct socki_why *why)
{
	if (status == 407 && p->login)
		return socki_why(why, -EACCES,
		    "the proxy refuses the user or the password");
	if (status == 407)
		return socki_why(why, -EACCES,
		    "the proxy wants a user and a password");
	return socki_why(why, SOCK_EPROXY, "it says \"%.*s\"",
	    (int)(p->in_n - 9), (const char *)p->in + 9);
}

/* A line has ended.  1: the tunnel is there; 0; an error. */
static int
end_line(struct socki_proxy *p, struct socki_why *why)
{
	const bool empty = p->in_n == 0;
	int status;

	if (p->stage != FIELD) {
		status = read_status(p, why);
		if (status < 0)
			return status;
		if (status / 100 != 1 && status / 100 != 2)
			return refusal(p, status, why);
		p->answer_class = status / 100;
	}
	p->stage = FIELD;
	p->in_n = 0;
	if (!empty)
		return 0;
	/* Behind 1xx comes another answer. */
	p->stage = STATUS;
	return p->answer_class == 2;
}

static int
hear_byte(struct socki_proxy *p, unsigned char byte, struct socki_why *why)
{
	if (++p->total > SOCKI_PROXY_HEAD_MAX)
		return socki_why(why, SOCK_EPROXY,
		    "its answer has over %d bytes", SOCKI_PROXY_HEAD_MAX);
	if (byte == '\n')
		return end_line(p, why);
	if (byte == '\r')
		return 0;
	/* Of a field it counts only that there is something. */
	if (p->in_n < (p->stage == FIELD ? 1 : sizeof p->in))
		p->in[p->in_n++] = byte;
	return 0;
}

static int
hear(struct socki_proxy *p, const unsigned char *bytes, size_t n, size_t *used,
    struct socki_why *why)
{
	int rc = 0;

	for (*used = 0; *used < n && rc == 0;)
		rc = hear_byte(p, bytes[(*used)++], why);
	return rc;
}

const struct socki_proxy_kind socki_http_connect = { "connect:", begin, hear };
