/* SPDX-License-Identifier: MIT */
#ifndef SOCK_SERVICE_H
#define SOCK_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The Service Name and Transport Protocol Port Number Registry of IANA (RFC
 * 6335), built in: no file is read and nothing is allocated, from any thread.
 * The everyday names of /etc/services are in it too ("dns", "www", "imap2").
 * The machine's /etc/services is asked only for what the registry lacks; it is
 * kept in memory, and a change is seen within a second.
 *
 * A transport is "tcp", "udp", "sctp" or "dccp", in any case of letters; NULL
 * stands for any, tried in that order, as with getservbyname(3).  The case of
 * ASCII letters is ignored, whatever the locale.  IANA's names have at most 15
 * characters (RFC 6335, section 5.1), an alias 16; of /etc/services those of up
 * to 63 are known.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * The port of a service: sock_service_port("https", "tcp") is 443.  Of several
 * ports the everyday one ("http-alt": 8080).  A number is not a name.
 *
 * 1-65535; SOCK_ENOSERVICE: no such name on that transport, or the transport
 * is none of the four, or name is NULL.
 */
int sock_service_port(const char *name, const char *transport);

/*
 * The name of a port: sock_service_name(443, "tcp") is "https".  Static, but
 * for a name that /etc/services alone knows, which is good until this thread's
 * next call.  NULL: none, which is an answer and leaves no error.
 */
const char *sock_service_name(int port, const char *transport);

/*
 * All names of a port: the preferred one first, IANA's others, then aliases.
 * Static strings of the registry; /etc/services is not asked.  At most max of
 * them go to out, which may be NULL when max is 0.
 *
 * How many names there are, which may be more than max.
 */
int
sock_service_names(int port, const char *transport, const char **out, int max);

/* One assignment of the registry: a name, its ports, its transports. */
struct sock_service {
	size_t size;            /* set to sizeof before the first call */
	const char *name;       /* static */
	int port, port_last;    /* the same, but for a range (x11: 6000-6063) */
	const char *transports; /* "tcp,udp", static */
};

/*
 * Walks the registry by port: start with { .size = sizeof it }.  Aliases are
 * not in the walk.  False: the end, and the struct is as it was.
 */
bool sock_service_next(struct sock_service *it);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
