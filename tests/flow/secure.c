/* SPDX-License-Identifier: MIT */
#include "secure.h"

#include <errno.h>
#include <sock/layer.h>
#include <sock/open.h>
#include <sock/tls.h>
#include <stdlib.h>

#include "../tls/pki.h"
#include "flow.h"

/* One of each for the whole program. */
static struct sock_tls *client, *server;

static void
make_objects(void)
{
	pki_begin();
	client = sock_tls_client();
	server =
	    sock_tls_server(pki_path("good", ".pem"), pki_path("good", ".key"));
	if (client == NULL || server == NULL ||
	    sock_tls_trust(client, pki_path("root", ".pem")) < 0)
		abort();
	pki_end();
}

static int
push(sock_t s, struct sock_tls *tls, const char *name)
{
	void *state;
	int rc = tls->open(tls, name == NULL, name, &state);

	if (rc < 0)
		return rc;
	rc = sock_push_layer(s, tls->layer, state);
	if (rc < 0)
		tls->layer->close(state);
	return rc;
}

int
secure_push(const sock_t ends[2])
{
	int rc;

	if (client == NULL)
		make_objects();
	rc = push(ends[0], client, "example.org");
	return rc < 0 ? rc : push(ends[1], server, NULL);
}

int
secure_shake(const sock_t ends[2])
{
	int rc[2] = { -EAGAIN, -EAGAIN }, i;

	while (rc[0] == -EAGAIN || rc[1] == -EAGAIN) {
		for (i = 0; i < 2; i++)
			if (rc[i] == -EAGAIN)
				rc[i] = sock_connected(ends[i], SOCK_NOWAIT);
		flow_yield();
	}
	return rc[0] < 0 ? rc[0] : rc[1];
}
