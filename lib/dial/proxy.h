/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_DIAL_PROXY_H
#define SOCKI_DIAL_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sock/addr.h>

#include "name/host.h"

struct socki_target;
struct socki_why;

/*
 * What is said to a proxy until it is a tunnel, without a socket: bytes to
 * send come out, bytes that came go in.  No byte behind its last answer is
 * taken.
 */

#define SOCKI_PROXY_WORD_MAX 255 /* RFC 1929 */

/* "CONNECT" twice names the host, and has the user in Base64. */
#define SOCKI_PROXY_OUT_MAX 1400

/* The head of an HTTP answer; those of real proxies have a few hundred. */
#define SOCKI_PROXY_HEAD_MAX 16384

struct socki_proxy;

struct socki_proxy_kind {
	const char *scheme; /* "socks5:" */
	int (*begin)(struct socki_proxy *p, struct socki_why *why);
	int (*hear)(struct socki_proxy *p, const unsigned char *bytes, size_t n,
	    size_t *used, struct socki_why *why);
};

extern const struct socki_proxy_kind socki_socks5, socki_http_connect;

struct socki_proxy_word {
	uint8_t n;
	unsigned char byte[SOCKI_PROXY_WORD_MAX];
};

struct socki_proxy {
	const struct socki_proxy_kind *kind;
	bool login; /* there are a user and a password */
	struct socki_proxy_word user, password;
	/* Where the tunnel is to lead. */
	struct sock_addr addr;         /* scheme NONE: to host, */
	char host[SOCKI_HOST_MAX + 2]; /* as it was written */
	uint8_t host_n;
	int port;

	/* To be sent: what lies from out_at to out_n. */
	unsigned char out[SOCKI_PROXY_OUT_MAX];
	size_t out_at, out_n;
	/* The kind's: what it has heard, and of what. */
	int stage, answer_class;
	unsigned char in[SOCKI_PROXY_WORD_MAX + 7];
	size_t in_n, total;
};

/*
 * Reads "socks5:[USER:PASSWORD@]HOST:PORT" or "connect:...", bytes that are
 * not printable as %XX, and the address of the proxy, whose host lies in text.
 * 0; SOCK_EADDR, SOCK_ENOSERVICE, -ENODEV.
 */
int socki_proxy_read(struct socki_proxy *p, const char *text,
    struct socki_target *at, struct socki_why *why);

/*
 * Begins to ask for a tunnel to a target, which is ONE, LOCALHOST or NAME.
 * 0; SOCK_EADDR: no proxy can be asked for it.
 */
int socki_proxy_begin(struct socki_proxy *p, const struct socki_target *to,
    struct socki_why *why);

/*
 * Takes what came, and says how much of it.  1: the tunnel is there; 0: it
 * goes on, and there may be something to send; -EACCES, SOCK_EPROXY, or what
 * the proxy met with: -ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH.
 */
int socki_proxy_hear(struct socki_proxy *p, const void *bytes, size_t n,
    size_t *used, struct socki_why *why);

#endif
