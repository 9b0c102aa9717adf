/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "options.h"
#include "port.h"
#include "say.h"

#define NAMES_MAX 16 /* the registry's most for one port is 5 */
#define NAME_ROOM 64 /* RFC 6335 has 15, /etc/services no bound */

/* Whether "tcp,udp" holds "udp". */
static bool
holds(const char *list, const char *transport)
{
	const size_t n = strlen(transport);

	for (; list != NULL; list = strchr(list, ','), list += list != NULL)
		if (strncmp(list, transport, n) == 0 &&
		    (list[n] == ',' || list[n] == '\0'))
			return true;
	return false;
}

static bool
next_of(struct sock_service *it, const char *name, const char *transport)
{
	while (sock_service_next(it))
		if (strcasecmp(it->name, name) == 0 &&
		    holds(it->transports, transport))
			return true;
	return false;
}

/* A line of /etc/services may have aliases, and a name that is none. */
static const char *
name_of(int port, const char *transport, const char *asked)
{
	const char *name = sock_service_name(port, transport);

	return name != NULL ? name : asked;
}

static void
print(const char *name, const char *transport, int port, int last,
    const struct options *o)
{
	const char *class = sock_port_class_name(sock_port_class(port));
	const char *names[NAMES_MAX];
	char where[32];
	const int count = sock_service_names(port, transport, names, NAMES_MAX);
	int i;

	if (o->json) {
		struct json j = { .to = stdout };

		json_open(&j, NULL, '{');
		json_string(&j, "name", name);
		json_number(&j, "port", (uint64_t)port);
		json_number(&j, "port_last", (uint64_t)last);
		json_string(&j, "transport", transport);
		json_string(&j, "class", class);
		json_open(&j, "names", '[');
		for (i = 0; i < count && i < NAMES_MAX; i++)
			json_string(&j, NULL, names[i]);
		json_close(&j, ']');
		json_close(&j, '}');
		return;
	}
	if (last > port)
		snprintf(where, sizeof where, "%d-%d/%s", port, last,
		    transport);
	else
		snprintf(where, sizeof where, "%d/%s", port, transport);
	printf("%-15s  %-13s  %s", name, where, class);
	for (i = 1; i < count && i < NAMES_MAX; i++)
		printf("%s %s", i > 1 ? "," : "  also", names[i]);
	putchar('\n');
}

/* The registration that a port belongs to may be a range: x11, 6000-6063. */
static void
print_port(const char *name, int port, const char *transport,
    const struct options *o)
{
	struct sock_service it = { .size = sizeof it };

	while (next_of(&it, name, transport))
		if (it.port <= port && port <= it.port_last) {
			print(name, transport, it.port, it.port_last, o);
			return;
		}
	print(name, transport, port, port, o);
}

/* The everyday port first, then whichever the registry has beside it. */
static bool
print_name(const char *name, const char *transport, const struct options *o)
{
	const int port = sock_service_port(name, transport);
	struct sock_service it = { .size = sizeof it };

	if (port < 0)
		return false;
	print_port(name_of(port, transport, name), port, transport, o);
	while (next_of(&it, name, transport))
		if (port < it.port || it.port_last < port)
			print(name_of(it.port, transport, name), transport,
			    it.port, it.port_last, o);
	return true;
}

/* The length of the name or port; the registry has names with a slash. */
static size_t
length_of_name(const char *argument)
{
	const char *slash = strrchr(argument, '/');

	if (slash == NULL || sock_service_port(argument, NULL) > 0)
		return strlen(argument);
	return (size_t)(slash - argument);
}

int
command_service(const char *argument, const struct options *o)
{
	const size_t n = length_of_name(argument);
	const char *transport = argument[n] == '/' ? argument + n + 1 : NULL;
	const char *lives;
	char name[NAME_ROOM];
	int found = 0, known = transport == NULL, port, t;

	if (n >= sizeof name)
		return complain(EXIT_NOT_FOUND, argument, "service",
		    "no such service");
	memcpy(name, argument, n);
	name[n] = '\0';
	port = port_from_text(name);
	if (port == -1)
		return complain(EXIT_USAGE, argument, "service",
		    "a port is a plain number from 0 to 65535");

	for (t = 0; transports[t] != NULL; t++) {
		if (transport != NULL && strcasecmp(transports[t], transport))
			continue;
		known = 1;
		if (port < 0) {
			found += print_name(name, transports[t], o);
			continue;
		}
		lives = sock_service_name(port, transports[t]);
		if (lives != NULL) {
			print_port(lives, port, transports[t], o);
			found++;
		}
	}
	if (!known)
		return complain(EXIT_USAGE, argument, "service",
		    "a transport is tcp, udp, sctp or dccp");
	if (found > 0)
		return EXIT_OK;
	return complain(EXIT_NOT_FOUND, argument, "service",
	    port < 0 ? "no such service" : "no service has this port");
}
