/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "converse.h"
#include "options.h"
#include "port.h"
#include "say.h"
#include "secure.h"

static void
begin(struct json *j, const char *event)
{
	*j = (struct json){ .to = stderr };
	json_open(j, NULL, '{');
	json_string(j, "event", event);
}

void
event_listening(sock_t listener, const struct options *o)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr here;
	struct json j;

	if (sock_local(listener, &here) < 0)
		return;
	sock_addr_text(&here, text, sizeof text);
	if (!o->json) {
		fprintf(stderr, "listening on %s\n", text);
		return;
	}
	begin(&j, "listening");
	json_string(&j, "address", text);
	json_close(&j, '}');
}

static bool
given_to_clients(int port)
{
	struct sock_port_here here = { .size = sizeof here };

	return sock_port_here(port, &here) == 0 && here.ephemeral;
}

static const char *
service_of(const struct sock_addr *addr, int port)
{
	return sock_service_name(port,
	    addr->scheme == SOCK_SCHEME_UDP ? "udp" : "tcp");
}

/* A port of this machine may be one that its kernel gives to clients. */
static void
print_end(const char *which, const struct sock_addr *addr)
{
	const int port = sock_addr_port(addr);
	const char *name = port < 0 ? NULL : service_of(addr, port);
	char text[SOCK_ADDR_TEXT_MAX];

	sock_addr_text(addr, text, sizeof text);
	if (port < 0)
		fprintf(stderr, "  %-5s %s%s\n", which, text,
		    text[strlen(text) - 1] == ':' ? " (unnamed)" : "");
	else
		fprintf(stderr, "  %-5s %s (%s%s%s%s)\n", which, text,
		    name != NULL ? name : "", name != NULL ? ", " : "",
		    sock_port_class_name(sock_port_class(port)),
		    given_to_clients(port) ? "; given to clients here" : "");
}

static void
print_end_json(struct json *j, const char *which, const struct sock_addr *addr)
{
	const int port = sock_addr_port(addr);
	char text[SOCK_ADDR_TEXT_MAX];

	json_open(j, which, '{');
	json_string(j, "address", sock_addr_text(addr, text, sizeof text));
	if (port >= 0) {
		json_number(j, "port", (uint64_t)port);
		json_string(j, "service", service_of(addr, port));
		json_string(j, "class",
		    sock_port_class_name(sock_port_class(port)));
		json_bool(j, "ephemeral", given_to_clients(port));
	}
	json_close(j, '}');
}

void
event_connected(sock_t stream, const struct options *o)
{
	struct sock_credentials who = { .size = sizeof who };
	struct sock_addr local, peer;
	struct json j;
	bool known;

	if (!o->verbose && !o->json)
		return;
	sock_local(stream, &local);
	sock_peer(stream, &peer);
	known = sock_peer_credentials(stream, &who) == 0;
	if (!o->json) {
		fprintf(stderr, "connected\n");
		print_end("peer", &peer);
		print_end("local", &local);
		secure_print(stream);
		if (known)
			fprintf(stderr, "  by    process %d of user %u\n",
			    who.pid, who.uid);
		return;
	}
	begin(&j, "connected");
	print_end_json(&j, "peer", &peer);
	print_end_json(&j, "local", &local);
	secure_print_json(&j, stream);
	if (known) {
		json_number(&j, "pid", (uint64_t)who.pid);
		json_number(&j, "uid", who.uid);
	}
	json_close(&j, '}');
}

void
event_finished(const struct conversation *c, const struct options *o)
{
	struct json j;

	if (o->json) {
		begin(&j, "finished");
		json_number(&j, "sent", c->sent);
		json_number(&j, "received", c->received);
		json_close(&j, '}');
	} else if (o->verbose) {
		fprintf(stderr,
		    "finished: %" PRIu64 " bytes sent, %" PRIu64 " received\n",
		    c->sent, c->received);
	}
}
