/* SPDX-License-Identifier: MIT */
#include "addr.h"

#include <stdio.h>
#include <string.h>

#include "options.h"
#include "say.h"

static const char *
family_of(const struct sock_addr *a)
{
	if (a->both)
		return "ipv6 and ipv4";
	switch (a->u.sa.sa_family) {
	case AF_INET:
		return "ipv4";
	case AF_INET6:
		return "ipv6";
	default:
		return "unix";
	}
}

static const char *
scope_of(const struct sock_addr *a)
{
	static const char *const names[] = { "none", "loopback", "link",
		"private", "global", "multicast", "local" };

	return names[sock_addr_scope(a)];
}

static const char *
service_of(const struct sock_addr *a, int port)
{
	return sock_service_name(port,
	    a->scheme == SOCK_SCHEME_UDP ? "udp" : "tcp");
}

void
addr_host(const struct sock_addr *a, const char *text, char host[HOST_MAX])
{
	const char *begin = strchr(text, ':') + 1;
	const char *end = begin + strlen(begin);

	if (a->u.sa.sa_family != AF_UNIX)
		end = strrchr(text, ':');
	if (*begin == '[') {
		begin++;
		end--;
	}
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
}

/* To dial it leads to this host, to listen on it is all of its addresses. */
static bool
unspecified(const char *host)
{
	return strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0;
}

static void
print(const struct sock_addr *a, const char *text, size_t scheme_length)
{
	const int port = sock_addr_port(a);
	char host[HOST_MAX];
	const char *service = port < 0 ? NULL : service_of(a, port);

	addr_host(a, text, host);
	say_part();
	printf("address  %s\n", text);
	printf("scheme   %.*s\n", (int)scheme_length, text);
	printf("family   %s\n", family_of(a));
	if (port < 0) {
		printf("%s     %s\n", host[0] == '@' ? "name" : "path", host);
	} else {
		printf("host     %s\n", host);
		printf("port     %d (%s%s%s)\n", port,
		    service != NULL ? service : "", service != NULL ? ", " : "",
		    sock_port_class_name(sock_port_class(port)));
	}
	printf("scope    %s%s\n", scope_of(a),
	    port >= 0 && unspecified(host) ? "; all addresses, to listen" : "");
}

/* All keys are always there; what an address does not have is null. */
static void
print_json(const struct sock_addr *a, const char *text, size_t scheme_length)
{
	const int port = sock_addr_port(a);
	struct json j = { .to = stdout };
	char host[HOST_MAX], scheme[16];

	addr_host(a, text, host);
	snprintf(scheme, sizeof scheme, "%.*s", (int)scheme_length, text);
	json_open(&j, NULL, '{');
	json_string(&j, "address", text);
	json_string(&j, "scheme", scheme);
	json_string(&j, "family", family_of(a));
	json_string(&j, "host", port < 0 ? NULL : host);
	json_string(&j, "path", port < 0 ? host : NULL);
	if (port < 0)
		json_string(&j, "port", NULL);
	else
		json_number(&j, "port", (uint64_t)port);
	json_string(&j, "service", port < 0 ? NULL : service_of(a, port));
	json_string(&j, "class",
	    port < 0 ? NULL : sock_port_class_name(sock_port_class(port)));
	json_string(&j, "scope", scope_of(a));
	json_close(&j, '}');
}

int
command_addr(const char *argument, const struct options *o)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	if (sock_addr_parse(&addr, argument) < 0)
		return complain_last(argument);
	sock_addr_text(&addr, text, sizeof text);
	if (o->json)
		print_json(&addr, text, strcspn(text, ":"));
	else
		print(&addr, text, strcspn(text, ":"));
	return EXIT_OK;
}
