/* SPDX-License-Identifier: MIT */
#include "ftp_get_url.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* %XX becomes its byte. */
static const char *
decode(char *out, size_t room, const char *at, size_t n)
{
	const char *end = at + n;
	size_t used = 0;

	while (at < end) {
		int c = (unsigned char)*at++;

		if (c == '%') {
			if (end - at < 2 || hex_digit(at[0]) < 0 ||
			    hex_digit(at[1]) < 0)
				return "a percent sign wants two hex digits";
			c = 16 * hex_digit(at[0]) + hex_digit(at[1]);
			at += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return "it holds control characters";
		if (used + 1 == room)
			return "it is too long";
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return NULL;
}

/* "HOST", "HOST:PORT", "[::1]:PORT"; dialing says what is wrong with either. */
static const char *
read_server(struct ftp_url *u, const char *at, size_t n)
{
	const char *bracket = *at == '[' ? memchr(at, ']', n) : NULL;
	size_t host = bracket == NULL ? 0 : (size_t)(bracket - at) + 1;
	const char *wrong;

	while (host < n && at[host] != ':')
		host++;
	if (host == 0)
		return "it names no host";
	wrong = decode(u->host, sizeof u->host, at, host);
	if (wrong != NULL || host + 1 >= n)
		return wrong;
	return decode(u->port, sizeof u->port, at + host + 1, n - host - 1);
}

static const char *
read_user(struct ftp_url *u, const char *at, size_t n)
{
	if (memchr(at, ':', n) != NULL)
		return "a password in a URL is seen by others; "
		       "see ftp_get --help";
	return n == 0 ? "its user has no name" :
			decode(u->user, sizeof u->user, at, n);
}

static const char *
read_path(struct ftp_url *u, const char *at)
{
	const char *wrong = decode(u->path, sizeof u->path, at, strlen(at));
	size_t n;

	if (wrong != NULL)
		return wrong;
	n = strlen(u->path);
	u->folder = n == 0 || u->path[n - 1] == '/';
	if (u->folder && n > 1)
		u->path[n - 1] = '\0';
	return NULL;
}

const char *
ftp_url_parse(struct ftp_url *u, const char *text)
{
	const char *wrong = NULL, *at;
	size_t n;

	*u = (struct ftp_url){ .port = "ftp" };
	u->tls = strncasecmp(text, "ftps://", 7) == 0;
	if (!u->tls && strncasecmp(text, "ftp://", 6) != 0)
		return "it does not begin with ftp:// or ftps://";
	if (u->tls)
		memcpy(u->port, "ftps", sizeof "ftps");
	text += u->tls ? 7 : 6;
	n = strcspn(text, "/");
	for (at = text + n; at > text && at[-1] != '@'; at--)
		continue;
	if (at > text)
		wrong = read_user(u, text, (size_t)(at - text) - 1);
	if (wrong == NULL)
		wrong = read_server(u, at, n - (size_t)(at - text));
	if (wrong == NULL)
		wrong = read_path(u, text[n] == '/' ? text + n + 1 : "");
	return wrong;
}
