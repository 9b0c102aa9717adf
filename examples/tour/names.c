/* SPDX-License-Identifier: MIT */
#include <sock.h>
#include <stdio.h>

#include "tour.h"

const char *
here(int port)
{
	struct sock_port_here h = { .size = sizeof h };

	(void)sock_port_here(port, &h);
	if (h.privileged)
		return "privileged";
	if (h.ephemeral)
		return "given to clients";
	return "free to listen on";
}

void
show_ports(void)
{
	static const int ports[] = { 22, 443, 5432, 8080, 40000, 51000 };
	size_t i;

	chapter("What a port is called, and what it is used for",
	    "A port tells the programs of one machine apart.  By their "
	    "numbers they are well-known (below 1024, assigned to services), "
	    "registered (below 49152) or ephemeral (for clients, as they "
	    "come).  The last column is what this kernel makes of them; to "
	    "listen on a privileged one takes CAP_NET_BIND_SERVICE.");
	printf("   port  class        service      here\n");
	for (i = 0; i < sizeof ports / sizeof ports[0]; i++) {
		const char *name = sock_service_name(ports[i], "tcp");

		printf("  %5d  %-11s  %-11s  %s\n", ports[i],
		    sock_port_class_name(sock_port_class(ports[i])),
		    name != NULL ? name : "-", here(ports[i]));
	}
}

void
show_services(void)
{
	static const char *const asked[][2] = { { "ssh", "tcp" },
		{ "imaps", "tcp" }, { "www", "tcp" }, { "syslog", "udp" } };
	size_t i;

	chapter("Services, both ways",
	    "IANA's whole registry is part of the library; /etc/services was "
	    "not read for this.");
	for (i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		const char *name = asked[i][0], *transport = asked[i][1];
		const int port = sock_service_port(name, transport);

		printf("  %-6s has port %d/%s; port %d/%s is called %s\n", name,
		    port, transport, port, transport,
		    sock_service_name(port, transport));
	}
}
