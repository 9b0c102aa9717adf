/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <sock/layer.h>
#include <sock/open.h>
#include <sock/port.h>
#include <stddef.h>
#include <string.h>

#include "addr/addr.h"
#include "base/error.h"
#include "base/memory.h"
#include "listen/listener.h"
#include "name/address.h"
#include "sys/sys.h"

#define MODE_DEFAULT 0600

/* A port that is free for one family may be taken for the other. */
#define PORT_TRIES 16

static bool
is_datagram(int scheme)
{
	return scheme == SOCK_SCHEME_UDP || scheme == SOCK_SCHEME_UNIXGRAM;
}

static int
type_of(int scheme)
{
	return is_datagram(scheme)           ? SOCK_DGRAM :
	    scheme == SOCK_SCHEME_UNIXPACKET ? SOCK_SEQPACKET :
					       SOCK_STREAM;
}

/* 0: there are no connections to wait for. */
static int
backlog(int scheme, const struct sock_listen_options *o)
{
	if (is_datagram(scheme))
		return 0;
	return o->backlog > 0 ? o->backlog : INT_MAX;
}

/* The port that 0 became. */
static int
learn_port(int fd, struct sock_addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	struct sock_addr bound;
	int rc;

	if (addr->u.sa.sa_family == AF_UNIX)
		return 0;
	rc = socki_sys_getsockname(fd, (struct sockaddr *)&sa, &len);
	if (rc == 0)
		rc = socki_addr_from_sockaddr(&bound, addr->scheme,
		    (struct sockaddr *)&sa, len);
	if (rc == 0)
		socki_addr_set_port(addr, sock_addr_port(&bound));
	return rc;
}

static bool
has_path(const struct sock_addr *addr)
{
	return addr->u.sa.sa_family == AF_UNIX &&
	    addr->u.un.sun_path[0] != '\0';
}

/* A passive socket, whose descriptor is *out on success alone. */
static int
passive(int *out, struct sock_addr *addr, struct socki_listener *l,
    const struct sock_listen_options *o, struct socki_why *why)
{
	const int queue = backlog(addr->scheme, o);
	const int fd =
	    socki_sys_socket(addr->u.sa.sa_family, type_of(addr->scheme), 0);
	int rc;

	if (fd < 0)
		return fd;
	rc = socki_listen_set(fd, addr, o);
	if (rc < 0)
		goto close_fd;
	if (has_path(addr)) {
		rc = socki_unix_path_listen(&l->path, fd, addr,
		    o->unix_mode > 0 ? (mode_t)o->unix_mode : MODE_DEFAULT,
		    queue, why);
	} else {
		rc = socki_sys_bind(fd, &addr->u.sa, addr->length);
		if (rc == 0 && queue > 0)
			rc = socki_sys_listen(fd, queue);
	}
	if (rc < 0)
		goto close_fd;
	rc = learn_port(fd, addr);
	if (rc < 0)
		goto unlink_path;
	*out = fd;
	return 0;

unlink_path:
	socki_unix_path_unlink(&l->path);
close_fd:
	socki_sys_close(fd);
	return rc;
}

static bool
no_such_family(int rc)
{
	return rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL;
}

/* All addresses: one socket for both families, or IPv4 where IPv6 is off. */
static int
listen_any(struct socki_listener *l, struct sock_addr *addr,
    const struct sock_listen_options *o, struct socki_why *why)
{
	const int port = sock_addr_port(addr);
	int rc;

	if (o->family != 0)
		socki_addr_any(addr, addr->scheme, o->family, port);
	rc = passive(&l->fds[0], addr, l, o, why);
	if (no_such_family(rc) && o->family == 0) {
		socki_addr_any(addr, addr->scheme, AF_INET, port);
		rc = passive(&l->fds[0], addr, l, o, why);
	}
	if (rc == 0)
		l->count = 1;
	return rc;
}

/* [::1] and then 127.0.0.1 with the same port; *addr is the first's. */
static int
listen_both(struct socki_listener *l, struct sock_addr *addr,
    const struct socki_target *t, const struct sock_listen_options *o,
    struct socki_why *why)
{
	struct sock_addr second;
	int rc;

	socki_addr_loopback(addr, t->scheme, AF_INET6, t->port);
	rc = passive(&l->fds[0], addr, l, o, why);
	if (rc < 0)
		return rc;
	socki_addr_loopback(&second, t->scheme, AF_INET, sock_addr_port(addr));
	rc = passive(&l->fds[1], &second, l, o, why);
	if (rc < 0) {
		socki_sys_close(l->fds[0]);
		return rc;
	}
	l->count = 2;
	l->fds[2] = -1;
	l->extra.fds = l->fds;
	return 0;
}

static int
listen_localhost(struct socki_listener *l, struct sock_addr *addr,
    const struct socki_target *t, const struct sock_listen_options *o,
    struct socki_why *why)
{
	int i, rc = -EADDRINUSE;

	/* It would take two sockets, and one is there to poll and to send. */
	if (o->family == 0 && is_datagram(t->scheme))
		return socki_why(why, SOCK_EADDR,
		    "messages come to one address, and localhost has two: "
		    "name 127.0.0.1 or [::1], or a family");
	if (o->family == 0) {
		for (i = 0; i < PORT_TRIES && rc == -EADDRINUSE; i++)
			rc = listen_both(l, addr, t, o, why);
		if (!no_such_family(rc))
			return rc;
	}
	socki_addr_loopback(addr, t->scheme,
	    o->family != 0 ? o->family : AF_INET, t->port);
	rc = passive(&l->fds[0], addr, l, o, why);
	if (rc == 0)
		l->count = 1;
	return rc;
}

static int
listen_one(struct socki_listener *l, struct sock_addr *addr,
    const struct sock_listen_options *o, struct socki_why *why)
{
	const int family = addr->u.sa.sa_family;
	int rc;

	if (o->family != 0 && family != AF_UNIX && family != o->family)
		return socki_why(why, -EAFNOSUPPORT,
		    "not of the family that was asked for");
	rc = passive(&l->fds[0], addr, l, o, why);
	if (rc == 0)
		l->count = 1;
	return rc;
}

static int
copy_options(struct sock_listen_options *to,
    const struct sock_listen_options *from, struct socki_why *why)
{
	*to = (struct sock_listen_options){ .size = sizeof *to };
	if (from->size < offsetof(struct sock_listen_options, tls))
		return socki_why(why, SOCK_EUSAGE, "the options have no size");
	memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
	if (to->address == NULL)
		return socki_why(why, SOCK_EUSAGE, "there is no address");
	if (to->family != 0 && to->family != AF_INET && to->family != AF_INET6)
		return socki_why(why, SOCK_EUSAGE,
		    "family is none of 0, AF_INET, AF_INET6");
	/* Which the kernel would cut to that of another. */
	if (to->device != NULL && strlen(to->device) >= IFNAMSIZ)
		return socki_why(why, -ENODEV, "no device has so long a name");
	if ((to->unix_mode & ~0777) != 0)
		return socki_why(why, SOCK_EUSAGE,
		    "unix_mode has more than permission bits");
	if (to->backlog < 0 || to->rcvbuf < 0 || to->sndbuf < 0)
		return socki_why(why, SOCK_EUSAGE, "a negative number");
	return 0;
}

/* The sentence says what is wrong; say what would allow it. */
static void
explain(int rc, const struct socki_target *t,
    const struct sock_listen_options *o, struct socki_why *why)
{
	struct sock_port_here here = { .size = sizeof here };

	if (rc == -ENODEV && o->device != NULL)
		(void)socki_why(why, rc, "the device is %s", o->device);
	socki_addr_why_zone(&t->addr, rc, why);
	if (rc != -EACCES || t->port <= 0 ||
	    sock_port_here(t->port, &here) < 0 || !here.privileged)
		return;
	(void)socki_why(why, rc,
	    "%d is a %s port and this process lacks CAP_NET_BIND_SERVICE",
	    t->port, sock_port_class_name(sock_port_class(t->port)));
}

static int
open_listener(struct socki_listener *l, struct sock_addr *addr,
    const struct sock_listen_options *o, struct socki_why *why)
{
	struct socki_target t;
	int rc =
	    socki_target_parse(&t, o->address, strlen(o->address), true, why);

	if (rc < 0)
		return rc;
	rc = socki_listen_check_tls(o->tls, t.scheme == SOCK_SCHEME_TLS, why);
	if (rc < 0)
		return rc;
	*addr = t.addr;
	if (t.kind == SOCKI_TARGET_NAME)
		return socki_why(why, SOCK_EADDR,
		    "a name would have to be looked up, and listening never "
		    "waits; say an address of this host, localhost or *");
	if (t.kind == SOCKI_TARGET_LOCALHOST)
		rc = listen_localhost(l, addr, &t, o, why);
	else if (t.kind == SOCKI_TARGET_ANY)
		rc = listen_any(l, addr, o, why);
	else
		rc = listen_one(l, addr, o, why);
	explain(rc, &t, o, why);
	return rc;
}

static void
free_listener(struct socki_extra *extra)
{
	struct socki_listener *l = (struct socki_listener *)(void *)extra;
	unsigned i;

	/* While it still listens: a starter finds it alive until it is gone. */
	socki_unix_path_unlink(&l->path);
	for (i = 0; l->count > 1 && i < l->count; i++)
		socki_sys_close(l->fds[i]);
	if (l->tls != NULL)
		l->tls->release(l->tls);
	socki_free(l);
}

/* The handle around what is open, which has l; on failure it is closed. */
static sock_t
handle_for(struct socki_listener *l, const struct sock_addr *addr)
{
	struct socki_socket *s;
	unsigned i;
	int fd = l->fds[0], rc = 0;

	if (l->count > 1)
		rc = fd = socki_watch_bundle(l->fds, l->count);
	if (rc >= 0)
		rc = socki_socket_new(&s, fd,
		    is_datagram(addr->scheme) ? SOCKI_MESSAGES : SOCKI_LISTENER,
		    addr->scheme == SOCK_SCHEME_TLS ? SOCK_SCHEME_TCP :
						      addr->scheme);
	if (rc == 0) {
		s->addr = *addr;
		s->passive = is_datagram(addr->scheme);
		s->extra = &l->extra;
		l->extra.bound = l->count > 1 || has_path(addr);
		l->tls = l->options.tls;
		if (l->tls != NULL)
			l->tls->retain(l->tls);
		return s->watch.handle;
	}
	socki_unix_path_unlink(&l->path);
	if (l->count > 1 && fd >= 0)
		socki_sys_close(fd);
	for (i = 0; i < l->count; i++)
		socki_sys_close(l->fds[i]);
	return rc;
}

static void
keep_options(struct socki_listener *l, const struct sock_listen_options *o)
{
	l->options = *o;
	l->options.address = l->options.reserved_ = NULL;
	if (o->device == NULL)
		return;
	memcpy(l->device, o->device, strlen(o->device) + 1);
	l->options.device = l->device;
}

sock_t
socki_listen_sibling(struct socki_socket *first)
{
	struct socki_why why;
	struct sock_listen_options o;
	struct socki_listener *l = socki_listener_of(first);
	struct sock_addr addr = first->addr;
	int rc;

	if (l == NULL || l->count > 1 || first->scheme != SOCK_SCHEME_TCP)
		return SOCK_EUSAGE;
	rc = socki_listen_share(first->watch.fd);
	if (rc < 0)
		return rc;
	o = l->options;
	o.reuse_port = true;
	l = socki_zalloc(sizeof *l);
	if (l == NULL)
		return -ENOMEM;
	l->extra.free = free_listener;
	keep_options(l, &o);
	rc = passive(&l->fds[0], &addr, l, &o, &why);
	l->count = 1;
	if (rc == 0) {
		const sock_t handle = handle_for(l, &addr);

		if (handle > 0)
			return handle;
		rc = (int)handle;
	}
	socki_free(l);
	return rc;
}

sock_t
sock_listen_with(const struct sock_listen_options *options)
{
	struct socki_why why = { .text = "" };
	struct sock_listen_options o;
	struct sock_addr addr;
	struct socki_listener *l = NULL;
	sock_t handle;
	int rc = copy_options(&o, options, &why);

	if (rc == 0) {
		l = socki_zalloc(sizeof *l);
		rc = -ENOMEM;
	}
	if (l != NULL) {
		l->extra.free = free_listener;
		keep_options(l, &o);
		rc = open_listener(l, &addr, &o, &why);
	}
	handle = rc < 0 ? rc : handle_for(l, &addr);
	if (handle < 0) {
		(void)socki_error((int)handle, "listen", o.address, &why);
		socki_free(l);
	}
	return handle;
}
