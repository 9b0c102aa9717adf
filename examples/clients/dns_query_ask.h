/* SPDX-License-Identifier: MIT */
#ifndef DNS_QUERY_ASK_H
#define DNS_QUERY_ASK_H

#include <sock.h>

#include "dns_query_reply.h"

/* A question to a server, and its answer. */

struct exchange {
	const char *server; /* "192.0.2.7:53" */
	const uint8_t *question;
	size_t length;
	bool tcp;           /* at once; set, too, when UDP was cut */
	sock_time deadline; /* for all of it */
};

/*
 * By UDP, and if the answer is truncated again by TCP.  The length of the
 * answer, DNS_MESSAGE_MAX at most, or an error code; sock_errmsg() tells it.
 * Over TCP it is whatever the server sent: dns_is_reply() knows.
 */
ssize_t ask(struct exchange *e, uint8_t answer[DNS_MESSAGE_MAX]);

#endif
