/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sock/base.h>

#include "name/service.h"
#include "name/services_file.h"

/*
 * A transport, a newline, and any bytes: a name to look up; the first two of
 * them are a port as well.  What has a port is among the port's names, and the
 * names of a port have ports.
 */

#define NAMES_MAX 32

static void
check(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void
by_name(const char *name, size_t n, const char *transport)
{
	const int port = socki_service_port_n(name, n, transport);
	const char *names[NAMES_MAX];
	int count, found = 0;

	if (port == SOCK_ENOSERVICE)
		return;
	check(port >= 1 && port <= 65535, "not a port");
	count = sock_service_names(port, transport, names, NAMES_MAX);
	check(count <= NAMES_MAX, "more names than any port has");
	for (int i = 0; i < count; i++)
		found |= strlen(names[i]) == n &&
		    strncasecmp(names[i], name, n) == 0;
	check(found, "a port without the name that led to it");
}

static void
by_port(int port, const char *transport)
{
	const char *first = sock_service_name(port, transport);
	const char *names[NAMES_MAX];
	const int count = sock_service_names(port, transport, names, NAMES_MAX);

	check(count <= NAMES_MAX, "more names than any port has");
	check((first == NULL) == (count == 0), "a name but no names");
	if (first != NULL)
		check(first == names[0], "not the first of the names");
	for (int i = 0; i < count; i++)
		check(sock_service_port(names[i], transport) > 0,
		    "a name without a port");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *newline = n > 0 ? memchr(data, '\n', n) : NULL;
	char transport[16];
	const uint8_t *rest;
	size_t length;

	socki_services_file_path("/nonexistent/services");
	if (newline == NULL || (size_t)(newline - data) >= sizeof transport)
		return 0;
	length = (size_t)(newline - data);
	memcpy(transport, data, length);
	transport[length] = '\0';
	rest = newline + 1;
	n -= length + 1;

	by_name((const char *)rest, n, length > 0 ? transport : NULL);
	if (n >= 2)
		by_port(rest[0] << 8 | rest[1], length > 0 ? transport : NULL);
	return 0;
}
