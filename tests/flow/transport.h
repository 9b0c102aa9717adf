/* SPDX-License-Identifier: MIT */
#ifndef FLOW_TRANSPORT_H
#define FLOW_TRANSPORT_H

#include <sock/addr.h>
#include <sock/base.h>

/* The ways to get two connected streams, or two ends for messages. */

enum {
	OVER_TCP = 1,
	OVER_UNIX = 2, /* through a path */
	OVER_PAIR = 4,
	OVER_LAYERS = 8, /* over a pair, with layers pushed on both ends */
	/* Messages: the first end has a peer; the second listens, or has one. */
	OVER_UDP = 16,
	OVER_GRAM = 32,
	OVER_PACKET = 64,
	/* Where it was built; UNMET: no end has shaken hands yet. */
	OVER_TLS = 128,
	OVER_UNMET = 256,

	OVER_ALL = 15 | OVER_TLS | OVER_UNMET,
	OVER_LISTENERS = OVER_TCP | OVER_UNIX,
	OVER_BARE = OVER_TCP | OVER_UNIX | OVER_PAIR,
	OVER_MANY = OVER_UDP | OVER_GRAM, /* the second has any peer */
	OVER_QUEUES = OVER_GRAM | OVER_PACKET,
	OVER_MESSAGES = OVER_MANY | OVER_PACKET
};

struct transport {
	const char *name;
	unsigned kind;      /* one of the above */
	const char *listen; /* the address, or NULL; of a path: made */
	int layers;
};

extern const struct transport transports[];
extern const int transport_count;

/* A listener, and the address to dial. */
struct passive {
	sock_t listener;
	char address[SOCK_ADDR_TEXT_MAX];
	char directory[64]; /* of a path, else "" */
};

/* 0, or an error; -EAFNOSUPPORT, -EADDRNOTAVAIL: there is no IPv6 here. */
int transport_listen(const struct transport *t, struct passive *out);
void transport_unlisten(struct passive *p);

/* Two ends that are connected.  Errors as above. */
int transport_open(const struct transport *t, sock_t out[2]);

#endif
