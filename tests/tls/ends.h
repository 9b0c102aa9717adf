/* SPDX-License-Identifier: MIT */
#ifndef TLS_ENDS_H
#define TLS_ENDS_H

#include <dirent.h>
#include <sock.h>
#include <sock/tls.h>

#include "peer.h"
#include "pki.h"

/* What most tests of a program want: its two objects, and how to use them. */

static struct sock_tls *client, *server;

static inline int
ends_begin(void **state)
{
	(void)state;
	pki_begin();
	client = sock_tls_client();
	server =
	    sock_tls_server(pki_path("good", ".pem"), pki_path("good", ".key"));
	if (client == NULL || server == NULL)
		return -1;
	return sock_tls_trust(client, pki_path("root", ".pem"));
}

static inline int
ends_end(void **state)
{
	(void)state;
	sock_tls_free(client);
	sock_tls_free(server);
	pki_end();
	return 0;
}

/* A deadline that only a failing test reaches. */
static inline sock_time
soon(void)
{
	return sock_in(30000);
}

/* This end of a connection to a stranger, as its handshake left it. */
static inline int
meet(struct peer *p, sock_t *out)
{
	*out = peer_begin(p);
	return sock_start_tls(*out, p->server ? client : server,
	    p->server ? "example.org" : NULL, soon());
}

static inline void
part(struct peer *p, sock_t s)
{
	(void)sock_close(s);
	peer_end(p);
}

static inline int
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

#endif
