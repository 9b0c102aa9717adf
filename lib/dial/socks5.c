/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "dial/proxy.h"

/* SOCKS version 5, RFC 1928, with a user and a password, RFC 1929. */

#define VERSION 5
#define LOGIN_VERSION 1

enum {
	METHOD_NONE = 0,
	METHOD_LOGIN = 2,
	METHOD_REFUSED = 0xff
};
enum {
	CONNECT = 1
};
enum {
	IS_IPV4 = 1,
	IS_NAME = 3,
	IS_IPV6 = 4
};

/* What is heard next. */
enum {
	THE_METHOD,
	THE_LOGIN,
	THE_ANSWER
};

#define SHORT_ANSWER 2 /* bytes: of a method or a login; of any failure */
#define HEAD 5         /* an answer's, with the first byte of its address */

static void
put(struct socki_proxy *p, const void *bytes, size_t n)
{
	memcpy(p->out + p->out_n, bytes, n);
	p->out_n += n;
}

static void
put_byte(struct socki_proxy *p, int byte)
{
	p->out[p->out_n++] = (unsigned char)byte;
}

static int
begin(struct socki_proxy *p, struct socki_why *why)
{
	(void)why;
	p->stage = THE_METHOD;
	put_byte(p, VERSION);
	put_byte(p, p->login ? 2 : 1);
	put_byte(p, METHOD_NONE);
	if (p->login)
		put_byte(p, METHOD_LOGIN);
	return 0;
}

static void
put_login(struct socki_proxy *p)
{
	p->stage = THE_LOGIN;
	put_byte(p, LOGIN_VERSION);
	put_byte(p, p->user.n);
	put(p, p->user.byte, p->user.n);
	put_byte(p, p->password.n);
	put(p, p->password.byte, p->password.n);
}

static void
put_request(struct socki_proxy *p)
{
	p->stage = THE_ANSWER;
	put_byte(p, VERSION);
	put_byte(p, CONNECT);
	put_byte(p, 0);
	if (p->addr.scheme == SOCK_SCHEME_NONE) {
		put_byte(p, IS_NAME);
		put_byte(p, p->host_n);
		put(p, p->host, p->host_n);
	} else if (p->addr.u.sa.sa_family == AF_INET6) {
		put_byte(p, IS_IPV6);
		put(p, &p->addr.u.in6.sin6_addr, 16);
	} else {
		put_byte(p, IS_IPV4);
		put(p, &p->addr.u.in.sin_addr, 4);
	}
	put_byte(p, p->port >> 8);
	put_byte(p, p->port & 0xff);
}

static int
hear_method(struct socki_proxy *p, struct socki_why *why)
{
	const int method = p->in[1];

	if (p->in[0] != VERSION)
		return socki_why(why, SOCK_EPROXY, "it does not speak SOCKS5");
	if (method == METHOD_NONE)
		put_request(p);
	else if (method == METHOD_LOGIN && p->login)
		put_login(p);
	else if (method == METHOD_REFUSED)
		return socki_why(why, -EACCES,
		    p->login ? "the proxy takes no user and password" :
			       "the proxy wants a user and a password");
	else
		return socki_why(why, SOCK_EPROXY,
		    "it chose a way to log in that was not offered");
	return 0;
}

static int
hear_login(struct socki_proxy *p, struct socki_why *why)
{
	if (p->in[0] != LOGIN_VERSION)
		return socki_why(why, SOCK_EPROXY,
		    "its answer to the user is not understood");
	if (p->in[1] != 0)
		return socki_why(why, -EACCES,
		    "the proxy refuses the user or the password");
	put_request(p);
	return 0;
}

/* RFC 1928, section 6. */
static int
failure(int reply, struct socki_why *why)
{
	static const int codes[] = { 0, SOCK_EPROXY, -EACCES, -ENETUNREACH,
		-EHOSTUNREACH, -ECONNREFUSED, -EHOSTUNREACH, SOCK_EPROXY,
		SOCK_EPROXY };
	static const char texts[][32] = { "", "it says no more than that",
		"its rules forbid it", "says the proxy", "says the proxy",
		"says the proxy", "says the proxy", "it does not connect",
		"it does not know such addresses" };

	if (reply >= (int)(sizeof codes / sizeof *codes))
		return socki_why(why, SOCK_EPROXY,
		    "its answer %d means nothing", reply);
	return socki_why(why, codes[reply], "%s", texts[reply]);
}

/* How long an answer is, as far as can be told; or an error. */
static int
answer_length(const struct socki_proxy *p, struct socki_why *why)
{
	if (p->in[0] != VERSION)
		return socki_why(why, SOCK_EPROXY, "it does not speak SOCKS5");
	if (p->in[1] != 0)
		return failure(p->in[1], why);
	if (p->in_n < HEAD)
		return HEAD;
	switch (p->in[3]) {
	case IS_IPV4:
		return 4 + 4 + 2;
	case IS_IPV6:
		return 4 + 16 + 2;
	case IS_NAME:
		return 4 + 1 + p->in[4] + 2;
	default:
		return socki_why(why, SOCK_EPROXY,
		    "its answer has an address of no known kind");
	}
}

/* One whole message may be here.  1: the tunnel is there; 0; an error. */
static int
hear_whole(struct socki_proxy *p, size_t *lacks, struct socki_why *why)
{
	int rc;

	if (p->stage == THE_ANSWER) {
		rc = answer_length(p, why);
		if (rc < 0)
			return rc;
		*lacks = (size_t)rc - p->in_n;
		return *lacks == 0;
	}
	rc = p->stage == THE_METHOD ? hear_method(p, why) : hear_login(p, why);
	p->in_n = 0;
	*lacks = SHORT_ANSWER;
	return rc;
}

static int
hear(struct socki_proxy *p, const unsigned char *bytes, size_t n, size_t *used,
    struct socki_why *why)
{
	size_t lacks;
	int rc = 0;

	for (*used = 0; *used < n && rc == 0;) {
		p->in[p->in_n++] = bytes[(*used)++];
		lacks = 1;
		if (p->in_n >= SHORT_ANSWER)
			rc = hear_whole(p, &lacks, why);
		/* Nothing more is due before the next request is out. */
		if (p->out_at < p->out_n)
			break;
	}
	return rc;
}

const struct socki_proxy_kind socki_socks5 = { "socks5:", begin, hear };
