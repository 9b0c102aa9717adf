/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dial/dial.h"

/* How a family that this host does without shows itself. */
static bool
is_off(int code)
{
	return code == -EAFNOSUPPORT || code == -EADDRNOTAVAIL;
}

int
socki_dial_telling(const struct socki_dial *d)
{
	unsigned i;

	for (i = 0; i < d->count; i++)
		/* Neither is news of the peer. */
		if (!is_off(d->codes[i]) && d->codes[i] != -ENETUNREACH)
			return d->codes[i];
	return d->codes[d->count - 1];
}

/* "[::1]:1: connection refused; 127.0.0.1:1: connection refused" */
static void
list_failures(const struct socki_dial *d, struct socki_why *why)
{
	const int first = socki_dial_telling(d);
	size_t at = 0;
	unsigned i;

	why->text[0] = '\0';
	why->instead = true;
	for (i = 0; i < d->count && at < sizeof why->text; i++) {
		char text[SOCK_ADDR_TEXT_MAX];
		const char *host =
		    sock_addr_text(&d->addrs[i], text, sizeof text);
		int n;

		if (d->codes[i] != first && is_off(d->codes[i]))
			continue;
		host = strchr(host, ':') + 1;
		n = snprintf(why->text + at, sizeof why->text - at, "%s%s: %s",
		    at > 0 ? "; " : "", host, sock_strerror(d->codes[i]));
		at += n > 0 ? (size_t)n : 0;
	}
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

int
socki_dial_report(const struct socki_dial *d, int code)
{
	struct socki_why why = { .text = "" };

	if (d->count > 1 && d->at == d->count)
		list_failures(d, &why);
	name_binding(d, code, &why);
	return socki_error(code, "dial", d->name, &why);
}
