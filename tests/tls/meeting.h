/* SPDX-License-Identifier: MIT */
#ifndef TLS_MEETING_H
#define TLS_MEETING_H

#include <sock.h>
#include <sock/tls.h>

/*
 * A client and a server of libsock-tls who shake hands, say a word each, and
 * end.  What came of it is kept for the test: cmocka's checks cannot jump out of
 * a fiber or a thread.
 */

struct side {
	struct sock_tls *tls;
	const char *name; /* whom the client means */
	sock_t s;
	int rc;        /* of sock_start_tls() */
	char why[256]; /* sock_errmsg() where that failed */
	ssize_t heard; /* bytes of the other's word */
	int end;       /* of sock_finish() */
	/* Of sock_tls_info() and sock_tls_certificate(). */
	int version; /* 12, 13 */
	char alpn[32], server_name[64], peer_name[128], key[40];
	int certificates;
	bool resumed, verified;
};

enum meeting_kind {
	FIBERS,
	THREADS
};

/* Over the two handles in s, which it closes. */
void
meeting_hold(struct side *client, struct side *server, enum meeting_kind kind);

/* The same over a pair, in fibers: whether both handshakes succeeded. */
bool meeting_of(struct side *client, struct side *server);

#endif
