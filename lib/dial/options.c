/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "addr/addr.h"
#include "base/error.h"
#include "dial/dial.h"
#include "name/address.h"

/* A caller built against another version has a struct of another size. */
static int
copy_options(struct sock_dial_options *to, const struct sock_dial_options *from,
    struct socki_why *why)
{
	*to = (struct sock_dial_options){ .size = sizeof *to };
	if (from->size < offsetof(struct sock_dial_options, deadline))
		return socki_why(why, SOCK_EUSAGE, "the options have no size");
	memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
	if (to->address == NULL)
		return socki_why(why, SOCK_EUSAGE, "there is no address");
	if (to->family != 0 && to->family != AF_INET && to->family != AF_INET6)
		return socki_why(why, SOCK_EUSAGE,
		    "family is none of 0, AF_INET, AF_INET6");
	return 0;
}

static bool
wanted(int family, const struct sock_dial_options *o)
{
	return o->family == 0 || o->family == family || family == AF_UNIX;
}

static void
add(struct socki_dial *d, const struct sock_addr *addr,
    const struct sock_dial_options *o)
{
	const int family = addr->u.sa.sa_family;
	const struct sock_addr *local = &d->options.local;

	if (!wanted(family, o) ||
	    (local->scheme != SOCK_SCHEME_NONE &&
		local->u.sa.sa_family != family))
		return;
	d->addrs[d->count++] = *addr;
}

static int
read_target(struct socki_dial *d, const struct socki_target *t,
    const struct sock_dial_options *o, struct socki_why *why)
{
	struct sock_addr addr;

	if (t->scheme == SOCK_SCHEME_TLS)
		return socki_why(why, -EPROTONOSUPPORT,
		    "this version has no TLS");
	if (t->port == 0)
		return socki_why(why, SOCK_EADDR,
		    "port 0 is for listening, it names no service");
	if (t->kind >= SOCKI_TARGET_NAME)
		return socki_why(why, -ENOSYS,
		    "this version does not look up host names; use an address");
	if (t->kind == SOCKI_TARGET_LOCALHOST) {
		socki_addr_loopback(&addr, t->scheme, AF_INET6, t->port);
		add(d, &addr, o);
		socki_addr_loopback(&addr, t->scheme, AF_INET, t->port);
		add(d, &addr, o);
	} else if (socki_addr_is_any(&t->addr) && !o->any_address) {
		return socki_why(why, SOCK_EADDR,
		    "it names no host; any_address allows it, and means this "
		    "one");
	} else {
		add(d, &t->addr, o);
	}
	if (d->count == 0)
		return socki_why(why, -EAFNOSUPPORT,
		    "not of the family that was asked for");
	return 0;
}

static int
read_local(struct socki_dial *d, const struct sock_dial_options *o,
    struct socki_why *why)
{
	if (o->local == NULL)
		return 0;
	return socki_target_local(&d->options.local, o->local, strlen(o->local),
	    why);
}

static int
read_device(struct socki_dial *d, const struct sock_dial_options *o,
    struct socki_why *why)
{
	if (o->device == NULL)
		return 0;
	if (strlen(o->device) >= sizeof d->options.device)
		return socki_why(why, -ENODEV, "no device has so long a name");
	memcpy(d->options.device, o->device, strlen(o->device) + 1);
	return 0;
}

int
socki_dial_read(struct socki_dial *d, const struct sock_dial_options *from,
    struct socki_why *why)
{
	struct sock_dial_options o;
	struct socki_target target;
	int rc = copy_options(&o, from, why);

	if (o.address != NULL)
		memcpy(d->name, o.address,
		    strnlen(o.address, sizeof d->name - 1));
	if (rc < 0)
		return rc;
	rc = socki_target_parse(&target, o.address, strlen(o.address), false,
	    why);
	if (rc == 0)
		rc = read_local(d, &o, why);
	if (rc == 0)
		rc = read_device(d, &o, why);
	if (rc == 0)
		rc = read_target(d, &target, &o, why);
	if (rc < 0)
		return rc;
	d->options.keepalive_s = o.keepalive_s;
	d->options.user_timeout_ms = o.user_timeout_ms;
	d->options.rcvbuf = o.rcvbuf;
	d->options.sndbuf = o.sndbuf;
	d->options.delay = o.delay;
	d->permit = o.permit;
	d->arg = o.arg;
	return 0;
}
