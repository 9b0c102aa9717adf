/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <errno.h>
#include <sock/open.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "scramble.h"
#include "secure.h"

const struct transport transports[] = {
	{ "tcp4", OVER_TCP, "tcp:127.0.0.1:0", 0 },
	{ "tcp6", OVER_TCP, "tcp:[::1]:0", 0 },
	{ "unix", OVER_UNIX, "unix:%s/sock", 0 },
	{ "pair", OVER_PAIR, NULL, 0 },
	{ "layer", OVER_LAYERS, NULL, 1 },
	{ "two layers", OVER_LAYERS, NULL, 2 },
#ifdef FLOW_TLS
	{ "tls over tcp", OVER_TLS, "tcp:127.0.0.1:0", 1 },
	{ "tls over a pair", OVER_UNMET, NULL, 1 },
#endif
	{ "udp4", OVER_UDP, "udp:127.0.0.1:0", 0 },
	{ "udp6", OVER_UDP, "udp:[::1]:0", 0 },
	{ "unixgram", OVER_GRAM, "unixgram:@flow-%d", 0 },
	{ "unixpacket", OVER_PACKET, "unixpacket:@flow-%d", 0 },
};
const int transport_count = sizeof transports / sizeof transports[0];

static int
make_directory(struct passive *p)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(p->directory, sizeof p->directory, "%s/flow.XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	return mkdtemp(p->directory) == NULL ? -errno : 0;
}

int
transport_listen(const struct transport *t, struct passive *p)
{
	struct sock_addr addr;
	char address[128];
	int rc = 0;

	p->listener = 0;
	p->directory[0] = '\0';
	if (t->kind == OVER_UNIX)
		rc = make_directory(p);
	if (rc < 0)
		return rc;
	if (t->kind == OVER_UNIX)
		(void)snprintf(address, sizeof address, "unix:%s/sock",
		    p->directory);
	else if ((t->kind & OVER_QUEUES) != 0)
		(void)snprintf(address, sizeof address,
		    t->kind == OVER_GRAM ? "unixgram:@flow-%d" :
					   "unixpacket:@flow-%d",
		    (int)getpid());
	else
		(void)snprintf(address, sizeof address, "%s", t->listen);
	p->listener = sock_listen(address);
	rc = sock_local(p->listener, &addr);
	if (rc < 0)
		transport_unlisten(p);
	else
		(void)sock_addr_text(&addr, p->address, sizeof p->address);
	return rc;
}

void
transport_unlisten(struct passive *p)
{
	if (p->listener > 0)
		(void)sock_close(p->listener);
	if (p->directory[0] != '\0')
		(void)rmdir(p->directory);
}

static int
open_dialed(const struct transport *t, sock_t out[2])
{
	struct passive p;
	int rc = transport_listen(t, &p);

	if (rc < 0)
		return rc;
	out[0] = sock_dial(p.address, .deadline = soon());
	if (out[0] >= 0 && (t->kind & OVER_MANY) != 0) {
		out[1] = p.listener;
		return 0;
	}
	out[1] = out[0] < 0 ? out[0] : sock_accept(p.listener, soon());
	transport_unlisten(&p);
	if (out[1] >= 0)
		return 0;
	rc = (int)out[1];
	(void)sock_close(out[0]);
	out[0] = out[1] = 0;
	return rc;
}

static int
cover(const struct transport *t, const sock_t ends[2])
{
	int i, rc = 0;

#ifdef FLOW_TLS
	if ((t->kind & (OVER_TLS | OVER_UNMET)) != 0) {
		rc = secure_push(ends);
		return rc == 0 && t->kind == OVER_TLS ? secure_shake(ends) : rc;
	}
#endif
	for (i = 0; i < 2 * t->layers && rc == 0; i++)
		rc = scramble_push(ends[i % 2]);
	return rc;
}

int
transport_open(const struct transport *t, sock_t out[2])
{
	int rc;

	out[0] = out[1] = 0;
	rc = t->listen != NULL ? open_dialed(t, out) : sock_pair(out);
	return rc == 0 ? cover(t, out) : rc;
}
