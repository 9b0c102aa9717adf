/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <sock.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "say.h"

#define NAMES_MAX 16 /* the registry's most for one port is 5 */

const char *const transports[] = { "tcp", "udp", "sctp", "dccp", NULL };

int
port_from_text(const char *text)
{
	const size_t digits = strspn(text, "0123456789");
	long port = 0;

	if (digits == 0 || text[digits] != '\0')
		return -2;
	if (text[0] == '0' && digits > 1) /* is it octal? */
		return -1;
	for (; *text != '\0' && port <= 65535; text++)
		port = 10 * port + (*text - '0');
	return port <= 65535 ? (int)port : -1;
}

const char *
port_class_range(int port)
{
	switch (sock_port_class(port)) {
	case SOCK_PORT_SYSTEM:
		return "0-1023";
	case SOCK_PORT_USER:
		return "1024-49151";
	case SOCK_PORT_DYNAMIC:
		return "49152-65535";
	default:
		return "";
	}
}

const char *
port_here_words(int port)
{
	struct sock_port_here here = { .size = sizeof here };

	(void)sock_port_here(port, &here);
	if (port == 0)
		return "listening on it means any free port";
	if (here.privileged)
		return "privileged: listening needs CAP_NET_BIND_SERVICE";
	if (here.reserved)
		return "reserved: in the clients' range, never given to one";
	if (here.ephemeral)
		return "ephemeral: given to clients as they come";
	return "free to listen on, not given to clients";
}

static void
print(int port)
{
	const char *names[NAMES_MAX];
	bool any = false;
	int i, t, count;

	say_part();
	printf("port   %d\n", port);
	printf("class  %s (%s)\n", sock_port_class_name(sock_port_class(port)),
	    port_class_range(port));
	for (t = 0; transports[t] != NULL; t++) {
		count =
		    sock_service_names(port, transports[t], names, NAMES_MAX);
		if (count == 0)
			continue;
		printf("%-6s", transports[t]);
		for (i = 0; i < count && i < NAMES_MAX; i++)
			printf("%s %s", i > 0 ? "," : "", names[i]);
		putchar('\n');
		any = true;
	}
	if (!any)
		printf("names  none registered\n");
	printf("here   %s\n", port_here_words(port));
}

static void
print_json(int port)
{
	struct sock_port_here here = { .size = sizeof here };
	struct json j = { .to = stdout };
	const char *names[NAMES_MAX];
	int i, t, count;

	(void)sock_port_here(port, &here);
	json_open(&j, NULL, '{');
	json_number(&j, "port", (uint64_t)port);
	json_string(&j, "class", sock_port_class_name(sock_port_class(port)));
	for (t = 0; transports[t] != NULL; t++) {
		count =
		    sock_service_names(port, transports[t], names, NAMES_MAX);
		json_open(&j, transports[t], '[');
		for (i = 0; i < count && i < NAMES_MAX; i++)
			json_string(&j, NULL, names[i]);
		json_close(&j, ']');
	}
	json_bool(&j, "privileged", here.privileged);
	json_bool(&j, "ephemeral", here.ephemeral);
	json_bool(&j, "reserved", here.reserved);
	json_close(&j, '}');
}

static void
print_one(int port, const struct options *o)
{
	if (o->json)
		print_json(port);
	else
		print(port);
}

/* A name may have another port on another transport. */
static int
print_named(const char *name, const struct options *o)
{
	int ports[4], count = 0, i, t;

	for (t = 0; transports[t] != NULL; t++) {
		const int port = sock_service_port(name, transports[t]);

		for (i = 0; i < count && ports[i] != port; i++)
			continue;
		if (port < 0 || i < count)
			continue;
		ports[count++] = port;
		print_one(port, o);
	}
	return count > 0 ?
	    EXIT_OK :
	    complain(EXIT_NOT_FOUND, name, "port", "no such service");
}

int
command_port(const char *argument, const struct options *o)
{
	const int port = port_from_text(argument);

	if (port == -1)
		return complain(EXIT_USAGE, argument, "port",
		    "a port is a plain number from 0 to 65535");
	if (port < 0)
		return print_named(argument, o);
	print_one(port, o);
	return EXIT_OK;
}
