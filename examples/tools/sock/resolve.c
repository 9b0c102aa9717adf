/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "options.h"
#include "say.h"

#define ADDRESSES_MAX 128 /* sock_resolve() has 64 of each family */
#define TIMEOUT_MS 10000
#define TEXT_ROOM 1100 /* a host name has 253 bytes; the library refuses more */

static bool
is_ip6(const char *text)
{
	struct in6_addr ip;

	return inet_pton(AF_INET6, text, &ip) == 1;
}

/* A name alone has no scheme and no port, and its addresses need none. */
static bool
is_address(const char *text)
{
	return strpbrk(text, ":/@") != NULL && !is_ip6(text);
}

static bool
to_address(const char *argument, char text[TEXT_ROOM])
{
	const bool six = is_ip6(argument), whole = is_address(argument);

	return snprintf(text, TEXT_ROOM, "%s%s%s",
		   whole   ? "" :
		       six ? "tcp:[" :
			     "tcp:",
		   argument,
		   whole   ? "" :
		       six ? "]:0" :
			     ":0") < TEXT_ROOM;
}

static sock_time
deadline_of(const struct options *o)
{
	return sock_in(o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS);
}

static void
text_of(const struct sock_addr *a, bool whole, char text[SOCK_ADDR_TEXT_MAX])
{
	char host[HOST_MAX];

	sock_addr_text(a, text, SOCK_ADDR_TEXT_MAX);
	if (whole)
		return;
	addr_host(a, text, host);
	memcpy(text, host, sizeof host);
}

static void
print(const char *argument, const struct sock_addr *found, int count,
    const struct options *o)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct json j = { .to = stdout };
	int i;

	if (o->json) {
		json_open(&j, NULL, '{');
		json_string(&j, "name", argument);
		json_open(&j, "addresses", '[');
	} else {
		say_part();
	}
	for (i = 0; i < count; i++) {
		text_of(&found[i], is_address(argument), text);
		if (o->json)
			json_string(&j, NULL, text);
		else
			puts(text);
	}
	if (o->json) {
		json_close(&j, ']');
		json_close(&j, '}');
	}
}

static int
resolve(const char *argument, const char *address, const struct options *o)
{
	struct sock_addr found[ADDRESSES_MAX];
	const int count =
	    sock_resolve(address, found, ADDRESSES_MAX, deadline_of(o));

	/* An error of the text counts its bytes in what was parsed. */
	if (count < 0)
		return complain_last(count == SOCK_EADDR ? address : argument);
	print(argument, found, count, o);
	return EXIT_OK;
}

static int
reverse(const char *argument, const char *address, const struct options *o)
{
	struct json j = { .to = stdout };
	struct sock_addr addr;
	char host[HOST_MAX];

	if (sock_addr_parse(&addr, address) < 0)
		return complain(EXIT_USAGE, argument, "resolve",
		    "--reverse wants an IP address");
	if (sock_reverse(&addr, host, sizeof host, deadline_of(o)) < 0)
		return complain_last(argument);
	if (o->json) {
		json_open(&j, NULL, '{');
		json_string(&j, "address", argument);
		json_string(&j, "name", host);
		json_close(&j, '}');
	} else {
		say_part();
		puts(host);
	}
	return EXIT_OK;
}

int
command_resolve(const char *argument, const struct options *o)
{
	char address[TEXT_ROOM];

	if (*argument == '\0' || !to_address(argument, address))
		return complain(EXIT_USAGE, argument, "resolve",
		    "a host name has 1 to 253 bytes");
	return o->reverse ? reverse(argument, address, o) :
			    resolve(argument, address, o);
}
