/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "addr/addr.h"
#include "addr/ip.h"
#include "base/error.h"
#include "base/memory.h"
#include "dial/dial.h"

/*
 * A caller built against an older version has a smaller struct, of which room
 * gets a whole one.  NULL: it has no size.
 */
static const struct sock_dial_options *
whole_options(const struct sock_dial_options *from,
    struct sock_dial_options *room)
{
	if (from->size >= sizeof *room)
		return from;
	if (from->size < offsetof(struct sock_dial_options, deadline))
		return NULL;
	memset(room, 0, sizeof *room);
	memcpy(room, from, from->size);
	return room;
}

static int
check_options(const struct sock_dial_options *o, struct socki_why *why)
{
	if (o == NULL)
		return socki_why(why, SOCK_EUSAGE, "the options have no size");
	if (o->address == NULL)
		return socki_why(why, SOCK_EUSAGE, "there is no address");
	if (o->family != 0 && o->family != AF_INET && o->family != AF_INET6)
		return socki_why(why, SOCK_EUSAGE,
		    "family is none of 0, AF_INET, AF_INET6");
	/* Where there is a limit -1 turns it off. */
	if (o->stagger_ms < -1 || o->keepalive_s < -1 ||
	    o->user_timeout_ms < -1 || o->rcvbuf < 0 || o->sndbuf < 0)
		return socki_why(why, SOCK_EUSAGE, "a negative number");
	return 0;
}

/* A family as questions for the name service; none is all. */
static unsigned
ask_for(int family)
{
	return family == AF_INET ? SOCKI_ASK_A :
	    family == AF_INET6   ? SOCKI_ASK_AAAA :
				   SOCKI_ASK_A | SOCKI_ASK_AAAA;
}

static int
add(struct socki_dial *d, const struct sock_addr *addr)
{
	if ((d->questions & ask_for(addr->u.sa.sa_family)) == 0)
		return 0;
	return socki_race_add(&d->race, addr, 1);
}

/* Of the target, and of the proxy once it has become the target. */
static int
refuse_any(const struct socki_dial *d, struct socki_why *why)
{
	if (d->any_address || d->target.kind != SOCKI_TARGET_ONE ||
	    !socki_addr_is_any(&d->target.addr))
		return 0;
	return socki_why(why, SOCK_EADDR,
	    "it names no host; any_address allows it, and means this one");
}

/* Into the race goes what needs no look-up. */
static int
read_target(struct socki_dial *d, struct socki_why *why)
{
	const struct socki_target *t = &d->target;
	struct sock_addr addr;
	int rc = 0;

	if (t->kind == SOCKI_TARGET_LOCALHOST) {
		socki_addr_loopback(&addr, t->scheme, AF_INET6, t->port);
		rc = add(d, &addr);
		socki_addr_loopback(&addr, t->scheme, AF_INET, t->port);
		if (rc == 0)
			rc = add(d, &addr);
	} else if (t->kind == SOCKI_TARGET_ONE) {
		rc = refuse_any(d, why);
		if (rc == 0)
			rc = add(d, &t->addr);
	}
	if (rc < 0)
		return rc;
	if (t->kind < SOCKI_TARGET_NAME ? d->race.count == 0 :
					  d->questions == 0)
		return socki_why(why, -EAFNOSUPPORT,
		    "not of the family that was asked for");
	return 0;
}

/* The tunnel's end is read already; the target becomes the proxy. */
static int
read_proxy(struct socki_dial *d, const char *text, struct socki_why *why)
{
	const struct socki_target to = d->target;
	int rc;

	if (to.scheme != SOCK_SCHEME_TCP || to.kind == SOCKI_TARGET_SERVICE)
		return socki_why(why, SOCK_EUSAGE,
		    "a proxy leads to tcp: or tls:HOST:PORT, nowhere else");
	d->proxy = socki_zalloc(sizeof *d->proxy);
	if (d->proxy == NULL)
		return -ENOMEM;
	rc = socki_proxy_read(&d->proxy->talk, text, &d->target, why);
	return rc < 0 ? rc : socki_proxy_begin(&d->proxy->talk, &to, why);
}

static int
read_device(struct socki_dial *d, const char *device, struct socki_why *why)
{
	if (strlen(device) >= sizeof d->options.device)
		return socki_why(why, -ENODEV, "no device has so long a name");
	memcpy(d->options.device, device, strlen(device) + 1);
	return 0;
}

static int
read_local(struct socki_dial *d, const char *text, struct socki_why *why)
{
	struct sock_addr *local = &d->options.local;
	const int scheme = d->target.scheme;
	int rc = socki_target_local(local, text, strlen(text), scheme, why);

	if (rc == 0 && local->scheme != scheme)
		rc = socki_why(why, SOCK_EUSAGE,
		    "local is of another scheme than the address");
	if (!local->both)
		d->questions &= ask_for(local->u.sa.sa_family);
	return rc;
}

/* Which of the host's names the peer is to prove. */
static int
name_server(struct socki_dial *d, const char *name, struct socki_why *why)
{
	const struct socki_target *t = &d->target;
	size_t n = name != NULL ? strlen(name) : t->host_len;
	struct socki_ip ip;

	if (name == NULL && socki_addr_ip(&t->addr, &ip)) {
		(void)socki_ip_text(&ip, d->server_name);
		return 0;
	}
	if (name == NULL && n > 0)
		name = t->host;
	else if (name == NULL)
		n = strlen(name = "localhost");
	/* Not what the DNS has put in the domain's place: RFC 9525, 2. */
	if (name == t->host && t->kind == SOCKI_TARGET_SERVICE) {
		name = memchr(memchr(name, '.', n), '_', n);
		name += sizeof "_tcp." - 1;
		n -= (size_t)(name - t->host);
	}
	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n == 0 || n >= sizeof d->server_name)
		return socki_why(why, SOCK_EUSAGE,
		    "server_name has 1 to %zu bytes",
		    sizeof d->server_name - 1);
	memcpy(d->server_name, name, n);
	d->server_name[n] = '\0';
	return 0;
}

static int
read_tls(struct socki_dial *d, const struct sock_dial_options *o,
    struct socki_why *why)
{
	struct socki_target *t = &d->target;
	const bool is_tls = t->scheme == SOCK_SCHEME_TLS;

	if (is_tls && o->tls == NULL)
		return socki_why(why, SOCK_EUSAGE,
		    "tls: wants .tls, as sock_tls_default() gives it");
	if (o->tls == NULL && o->server_name != NULL)
		return socki_why(why, SOCK_EUSAGE,
		    "server_name is for .tls, and there is none");
	if (o->tls == NULL)
		return 0;
	if (!is_tls &&
	    (t->kind != SOCKI_TARGET_SERVICE || t->scheme != SOCK_SCHEME_TCP))
		return socki_why(why, SOCK_EUSAGE,
		    ".tls is for tls:HOST:PORT, and for srv: over tcp");
	/* What TLS is over. */
	t->scheme = SOCK_SCHEME_TCP;
	if (t->kind == SOCKI_TARGET_ONE)
		t->addr.scheme = SOCK_SCHEME_TCP;
	d->tls = o->tls;
	d->tls->retain(d->tls);
	return name_server(d, o->server_name, why);
}

/* What is asked for, and is not to be had. */
static int
refuse(const struct socki_dial *d, struct socki_why *why)
{
	if (d->target.port == 0 && d->target.kind != SOCKI_TARGET_SERVICE)
		return socki_why(why, SOCK_EADDR,
		    "port 0 is for listening, it names no service");
	return refuse_any(d, why);
}

static int
read_texts(struct socki_dial *d, const struct sock_dial_options *o,
    struct socki_why *why)
{
	int rc = socki_target_parse(&d->target, o->address, strlen(o->address),
	    false, why);

	d->questions = ask_for(o->family);
	if (rc == 0 && o->local != NULL)
		rc = read_local(d, o->local, why);
	if (rc == 0)
		rc = read_tls(d, o, why);
	if (rc == 0)
		rc = refuse(d, why);
	if (rc == 0 && o->device != NULL)
		rc = read_device(d, o->device, why);
	if (rc == 0 && o->proxy != NULL)
		rc = read_proxy(d, o->proxy, why);
	return rc == 0 ? read_target(d, why) : rc;
}

static void
keep_name(struct socki_dial *d, const char *address)
{
	d->name = address;
	if (address == NULL || !d->foreign)
		return;
	(void)snprintf(d->room, sizeof d->room, "%s", address);
	d->name = d->room;
}

int
socki_dial_read(struct socki_dial *d, const struct sock_dial_options *from,
    struct socki_why *why)
{
	struct sock_dial_options room;
	const struct sock_dial_options *o = whole_options(from, &room);
	int rc = check_options(o, why);

	keep_name(d, o == NULL ? NULL : o->address);
	if (rc < 0)
		return rc;
	if (o->stagger_ms != 0)
		socki_race_begin(&d->race, o->stagger_ms);
	d->options.keepalive_s = o->keepalive_s;
	d->options.user_timeout_ms = o->user_timeout_ms;
	d->options.rcvbuf = o->rcvbuf;
	d->options.sndbuf = o->sndbuf;
	d->options.delay = o->delay;
	d->options.fast_open = o->fast_open;
	d->options.multipath = o->multipath;
	d->any_address = o->any_address;
	d->permit = o->permit;
	d->arg = o->arg;
	return read_texts(d, o, why);
}
