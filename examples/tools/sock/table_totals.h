/* SPDX-License-Identifier: MIT */
#ifndef TABLE_TOTALS_H
#define TABLE_TOTALS_H

#include "table.h"

/* How many sockets there are, by transport, state and service. */

#define TOTALS_STATES 12

struct total {
	const char *name; /* of a state, static; NULL ends the list */
	unsigned count;
};

struct service_total {
	int port;
	bool udp;
	unsigned count;
};

struct totals {
	unsigned all, tcp, udp, local;
	struct total states[TOTALS_STATES];
	unsigned by_port[2]
			[65536]; /* tcp, udp: of the port that is the service */
};

void totals_add(struct totals *, const struct ports *, const struct sock_row *);

/* The most frequent services, at most max of them.  Returns how many. */
int totals_services(const struct totals *, struct service_total *, int max);

/* "https", or its number where it has no name. */
size_t service_words(char *to, size_t room, const struct service_total *);

#endif
