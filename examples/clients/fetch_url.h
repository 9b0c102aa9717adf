/* SPDX-License-Identifier: MIT */
#ifndef FETCH_URL_H
#define FETCH_URL_H

#include <stdbool.h>
#include <stddef.h>

/* http and https URLs (RFC 3986), strictly, and where a Location leads. */

#define URL_HOST_MAX 256
#define URL_TARGET_MAX 4096
#define URL_TEXT_MAX (URL_HOST_MAX + URL_TARGET_MAX + 32)

struct url {
	char host[URL_HOST_MAX]; /* "example.org", "192.0.2.7", "[::1]" */
	int port;
	bool https;
	char target[URL_TARGET_MAX]; /* "/path?query", printable ASCII */
};

/*
 * "http://HOST[:PORT][/PATH][?QUERY]", or https: NULL, or what is wrong.  PORT
 * is a number or the name of a service; a user is refused.  "." and ".." in the
 * path are resolved, blanks and bytes beyond ASCII become %XX, controls are
 * refused, "#..." is dropped.
 */
const char *url_parse(struct url *u, const char *text);

/* The same of a reference, relative ones included (RFC 3986, 5.2). */
const char *
url_follow(struct url *u, const struct url *base, const char *reference);

/* Whether what is meant for one may be told to the other. */
bool url_same_server(const struct url *a, const struct url *b);

/* "tcp:HOST:PORT" or "tls:HOST:PORT", to dial. */
void url_address(const struct url *u, char *buf, size_t n);

/* "HOST" or "HOST:PORT", for the Host field. */
void url_authority(const struct url *u, char *buf, size_t n);

/* "http://HOST[:PORT]/PATH", for people. */
void url_text(const struct url *u, char buf[URL_TEXT_MAX]);

#endif
