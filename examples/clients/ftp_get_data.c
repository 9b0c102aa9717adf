/* SPDX-License-Identifier: MIT */
#include "ftp_get_data.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
set_port(struct sock_addr *a, int port)
{
	if (a->u.sa.sa_family == AF_INET6)
		a->u.in6.sin6_port = htons((uint16_t)port);
	else
		a->u.in.sin_port = htons((uint16_t)port);
}

static int
malformed(struct data *d, const char *what)
{
	return -complain(EXIT_MALFORMED, d->control->name, what);
}

/* The port on which the server listens, or as control_ask(). */
static int
passive_port(struct data *d, bool ipv6)
{
	struct control *c = d->control;
	int code = control_ask(c, "EPSV", NULL), port = -1;

	/* It came in 1998, and for IPv4 there is something older. */
	if (code / 100 == 5 && !ipv6)
		code = control_ask(c, "PASV", NULL);
	if (code == 229)
		port = ftp_epsv_port(c->reply.text);
	else if (code == 227)
		port = ftp_pasv_port(c->reply.text);
	else
		return -control_refused(c, code);
	return port > 0 ? port : malformed(d, "the server listens on no port");
}

/*
 * To the server's own address and no other, whatever its answer says: else it
 * could have us connect to others, inside of our network.
 */
static int
connect_to(struct data *d, struct sock_addr peer)
{
	const int port = passive_port(d, peer.u.sa.sa_family == AF_INET6);
	char text[SOCK_ADDR_TEXT_MAX];

	if (port < 0)
		return -port;
	set_port(&peer, port);
	d->stream = sock_dial(sock_addr_text(&peer, text, sizeof text),
	    .deadline = patience(d->control->options));
	return d->stream > 0 ? EXIT_OK : control_failed(d->control);
}

/* EPRT (RFC 2428, 2), and for IPv4 PORT, which is older. */
static int
tell_port(struct data *d, const struct sock_addr *here)
{
	const bool ipv6 = here->u.sa.sa_family == AF_INET6;
	const int port = sock_addr_port(here);
	char host[INET6_ADDRSTRLEN], end[INET6_ADDRSTRLEN + 16];
	int code;
	char *dot;

	if (ipv6)
		inet_ntop(AF_INET6, &here->u.in6.sin6_addr, host, sizeof host);
	else
		inet_ntop(AF_INET, &here->u.in.sin_addr, host, sizeof host);
	snprintf(end, sizeof end, "|%d|%s|%d|", ipv6 ? 2 : 1, host, port);
	code = control_ask(d->control, "EPRT", end);
	if (code / 100 == 5 && !ipv6) {
		while ((dot = strchr(host, '.')) != NULL)
			*dot = ',';
		snprintf(end, sizeof end, "%s,%d,%d", host, port / 256,
		    port % 256);
		code = control_ask(d->control, "PORT", end);
	}
	return code / 100 == 2 ? EXIT_OK : control_refused(d->control, code);
}

/* On the address that the server sees already, and any port. */
static int
listen_here(struct data *d)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr here;

	if (sock_local(d->control->stream, &here) < 0)
		return control_failed(d->control);
	set_port(&here, 0);
	d->listener =
	    sock_listen(sock_addr_text(&here, text, sizeof text), .backlog = 4);
	if (sock_local(d->listener, &here) < 0)
		return control_failed(d->control);
	return tell_port(d, &here);
}

int
data_prepare(struct data *d)
{
	struct sock_addr peer;

	if (d->control->options->active)
		return listen_here(d);
	if (sock_peer(d->control->stream, &peer) < 0)
		return control_failed(d->control);
	return connect_to(d, peer);
}

static bool
from_server(struct data *d)
{
	struct sock_addr server, peer;

	if (sock_peer(d->control->stream, &server) < 0 ||
	    sock_peer(d->stream, &peer) < 0)
		return false;
	set_port(&peer, sock_addr_port(&server));
	return sock_addr_equal(&server, &peer);
}

/* The server connects, or says why it does not; others are sent away. */
static int
accept_server(struct data *d)
{
	const sock_time deadline = patience(d->control->options);
	struct sock_event events[] = {
		{ .sock = d->listener, .want = SOCK_READABLE },
		{ .sock = d->control->stream, .want = SOCK_READABLE },
	};

	for (;;) {
		int rc = sock_wait(events, 2, deadline);

		if (rc == -ETIMEDOUT)
			return complain(EXIT_FAILED, d->control->name,
			    "the server did not connect in time");
		if (rc < 0)
			return control_failed(d->control);
		if (events[0].got == 0) {
			rc = control_hear(d->control);
			if (rc / 100 != 2)
				return control_refused(d->control, rc);
			/* All is on its way, and the connection was slower. */
			d->told = rc;
			events[1].sock = 0;
			continue;
		}
		d->stream = sock_accept(d->listener, deadline);
		if (d->stream < 0)
			return control_failed(d->control);
		if (from_server(d))
			return EXIT_OK;
		sock_abort(d->stream);
	}
}

int
data_open(struct data *d)
{
	struct control *c = d->control;
	int code = c->options->active ? accept_server(d) : EXIT_OK;

	if (code == EXIT_OK && c->tls != NULL &&
	    client_tls_start(d->stream, c->tls, c->url->host,
		patience(c->options)) < 0)
		return control_failed(c);
	return code;
}

void
data_finish(struct data *d)
{
	sock_finish(d->stream, SOCK_DEFAULT);
	d->stream = 0;
}

void
data_close(struct data *d)
{
	sock_close(d->stream);
	sock_close(d->listener);
	d->stream = d->listener = 0;
}
