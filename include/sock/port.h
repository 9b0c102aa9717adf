/* SPDX-License-Identifier: MIT */
#ifndef SOCK_PORT_H
#define SOCK_PORT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Classes of ports: what IANA calls a port (RFC 6335, section 6), and beside
 * it what this kernel does with it.  The two differ: Linux takes the ports of
 * clients from 32768-60999 by default, so that most ephemeral ports in use
 * are of the registered class.
 */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum sock_port_class {
	SOCK_PORT_INVALID, /* below 0 or above 65535 */
	SOCK_PORT_SYSTEM,  /* 0-1023: well-known */
	SOCK_PORT_USER,    /* 1024-49151: registered */
	SOCK_PORT_DYNAMIC  /* 49152-65535: ephemeral, dynamic, private */
};

enum sock_port_class sock_port_class(int port);

/*
 * "well-known", "registered", "ephemeral" or "invalid": static.  A value that
 * is no class is "invalid".
 */
const char *sock_port_class_name(enum sock_port_class port_class);

/* Set size to sizeof before the call; members beyond it are left alone. */
struct sock_port_here {
	size_t size;
	bool privileged; /* binding it needs CAP_NET_BIND_SERVICE */
	bool ephemeral;  /* the kernel may give it to a client */
	bool reserved;   /* in the ephemeral range, yet never given out */
};

/*
 * What this kernel, in this network namespace, uses a port for: read from
 * ip_unprivileged_port_start, ip_local_port_range and ip_local_reserved_ports
 * below /proc/sys/net/ipv4 (ip-sysctl.rst) at each call, without waiting.
 * Where one of them cannot be read, the kernel's default stands for it.
 *
 * 0.  SOCK_EUSAGE: port is not 0-65535, or out has no size.  -ENOMEM: the
 * list of reserved ports is longer than 4 KiB and there is no memory for it.
 */
int sock_port_here(int port, struct sock_port_here *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
