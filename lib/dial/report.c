/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>
#include <stdio.h>
#include <string.h>

#include "addr/addr.h"
#include "dial/dial.h"
#include "socket/layers.h"

/* Behind the list, where it is cut: "; and 123 more". */
#define MORE_ROOM 24

/*
 * How much a failure tells: that a peer said no, the most; that this host does
 * without a family, the least.
 */
static int
rank(int code)
{
	switch (code) {
	case -EAFNOSUPPORT:
	case -EADDRNOTAVAIL:
		return 0;
	case -ENETUNREACH:
		return 1;
	case -ECONNREFUSED:
	case -ECONNRESET:
		return 3;
	default:
		return 2;
	}
}

int
socki_dial_telling(const struct socki_dial *d)
{
	int code = d->names != NULL ? d->names->code : -EAFNOSUPPORT;
	unsigned i;

	for (i = 0; i < d->race.count; i++)
		if (i == 0 || rank(d->race.racers[i].code) > rank(code))
			code = d->race.racers[i].code;
	return code;
}

/* Why one has not got through, though the dial ended early; 0: not tried. */
static int
code_of(const struct socki_racer *racer, int end)
{
	if (racer->state == SOCKI_RACER_FLIES)
		return end;
	return racer->code;
}

/* "; [::1]:1: connection refused"; false: there is no room for it. */
static bool
list_one(const struct socki_racer *racer, int code, struct socki_why *why)
{
	const size_t at = strlen(why->text);
	const size_t room = sizeof why->text - at;
	char text[SOCK_ADDR_TEXT_MAX], line[sizeof why->text];
	const char *host =
	    strchr(sock_addr_text(&racer->addr, text, sizeof text), ':');
	const int n = snprintf(line, sizeof line, "%s%s: %s",
	    at > 0 ? "; " : "", host + 1, sock_strerror(code));

	if (n < 0 || (size_t)n >= sizeof line || room < MORE_ROOM ||
	    (size_t)n >= room - MORE_ROOM)
		return false;
	memcpy(why->text + at, line, (size_t)n + 1);
	return true;
}

/*
 * "[::1]:1: connection refused; 127.0.0.1:1: connection refused", the most
 * telling first.  A family that this host does without is no news beside
 * others.
 */
static void
list_failures(const struct socki_dial *d, int end, struct socki_why *why)
{
	const unsigned count = d->race.count;
	unsigned i, listed = 0, untold = 0;
	int most, code;

	why->text[0] = '\0';
	why->instead = true;
	for (most = 3; most >= (listed + untold > 0 ? 1 : 0); most--)
		for (i = 0; i < count; i++) {
			code = code_of(&d->race.racers[i], end);
			if (code == 0 || rank(code) != most)
				continue;
			if (untold == 0 &&
			    list_one(&d->race.racers[i], code, why))
				listed++;
			else
				untold++;
		}
	if (untold > 0)
		(void)snprintf(why->text + strlen(why->text), MORE_ROOM,
		    "; and %u more", untold);
}

/* What the attempts were bound to, where that may be why they failed. */
static void
name_binding(const struct socki_dial *d, int code, struct socki_why *why)
{
	const struct sock_addr *local = &d->options.local;
	const size_t at = strlen(why->text);
	char text[SOCK_ADDR_TEXT_MAX];
	const char *what = NULL, *name = d->options.device;

	if (name[0] != '\0' && (code == -ENODEV || code == -EPERM)) {
		what = "device";
	} else if (local->scheme != SOCK_SCHEME_NONE &&
	    (code == -EADDRNOTAVAIL || code == -EADDRINUSE ||
		code == -EACCES)) {
		what = "local address";
		name =
		    strchr(sock_addr_text(local, text, sizeof text), ':') + 1;
	}
	if (what != NULL)
		(void)snprintf(why->text + at, sizeof why->text - at,
		    "%sthe %s is %s", at > 0 ? "; " : "", what, name);
}

static void
name_zones(const struct socki_dial *d, int code, struct socki_why *why)
{
	socki_addr_why_zone(&d->race.racers[0].addr, code, why);
	socki_addr_why_zone(&d->options.local, code, why);
}

/* How a look-up ended that brought no address, or has not ended. */
static void
name_lookup(const struct socki_dial *d, int code, struct socki_why *why)
{
	if (d->race.awaited != 0 && (code == -ETIMEDOUT || code == -EAGAIN))
		(void)socki_why(why, code, "no answer from the name service");
}

/* It failed before it was through: at the proxy, or on the way to it. */
static void
name_proxy(const struct socki_dial *d, struct socki_why *why)
{
	const struct socki_why reason = *why;

	if (d->winner >= 0 && d->proxy->why.text[0] != '\0')
		*why = d->proxy->why;
	else if (reason.instead)
		(void)snprintf(why->text, sizeof why->text,
		    "on the way to the proxy: %.*s",
		    (int)(sizeof why->text - 26), reason.text);
	else if (reason.text[0] == '\0')
		(void)snprintf(why->text, sizeof why->text, "%s",
		    d->winner >= 0 ? "while the proxy was asked" :
				     "on the way to the proxy");
}

static bool
shakes_hands(const struct socki_dial *d)
{
	return d->tls != NULL && d->winner >= 0 &&
	    (d->proxy == NULL || d->proxy->through);
}

static void
name_handshake(const struct socki_dial *d, int code, struct socki_why *why)
{
	if (d->socket->layers == NULL)
		(void)socki_why(why, code, "the .tls is not a client's");
	else if (!socki_layers_why(d->socket, code, why))
		(void)socki_why(why, code, "in the handshake of %s",
		    d->tls->layer->name);
}

int
socki_dial_report(const struct socki_dial *d, int code)
{
	struct socki_why why = { .text = "" };
	/* Of a name it is news which address failed, even if it is alone. */
	const unsigned known = d->names == NULL;

	if (shakes_hands(d))
		name_handshake(d, code, &why);
	else if (d->winner < 0 && d->race.count > known &&
	    (d->result < 0 || code == -ETIMEDOUT))
		list_failures(d, code, &why);
	else if (d->race.count == 0)
		name_lookup(d, code, &why);
	else if (d->lost.text[0] != '\0')
		why = d->lost;
	else
		name_zones(d, code, &why);
	name_binding(d, code, &why);
	if (d->proxy != NULL && !shakes_hands(d))
		name_proxy(d, &why);
	return socki_error(code, "dial", d->name, &why);
}
