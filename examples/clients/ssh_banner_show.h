/* SPDX-License-Identifier: MIT */
#ifndef SSH_BANNER_SHOW_H
#define SSH_BANNER_SHOW_H

#include "ssh_banner_reply.h"

/* What a server offers, for people or as JSON, on standard output. */

struct server {
	const char *address; /* that answered */
	const char *identity;
	struct ssh_offer offer;
};

void show_text(const struct server *s);
void show_json(const struct server *s);

/* How many names are weak. */
int show_weak(const struct server *s);

#endif
