/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_TLS_PEERS_H
#define SOCK_TEST_TLS_PEERS_H

#include <pthread.h>
#include <sock.h>
#include <stdatomic.h>
#include <stdio.h>

#include "aside.h"
#include "toy_tls.h"

/* Whom a dial of tls: meets, each in a thread, at one port of 127.0.0.N. */

enum manners {
	SPEAKS,     /* shakes hands, and says "hi" */
	OTHER_NAME, /* would, under another name */
	HANGS_UP,   /* after the client's hello */
	RESETS,     /* before it */
	IS_SILENT   /* the kernel alone takes the connection */
};

struct tls_peer {
	enum manners manners;
	sock_t l;
	_Atomic int met, spoke;
	struct toy_tls tls;
	pthread_t thread;
};

static inline void
tls_peer_meet(struct tls_peer *p, sock_t s)
{
	char line[64];

	atomic_fetch_add(&p->met, 1);
	if (p->manners == HANGS_UP) {
		(void)sock_read_line(s, line, sizeof line, sock_in(20000));
		(void)sock_finish(s, sock_in(20000));
		return;
	}
	if (p->manners == RESETS) {
		(void)sock_abort(s);
		return;
	}
	if (sock_connected(s, sock_in(20000)) == 0 &&
	    sock_write(s, "hi", 2, sock_in(20000)) == 0)
		atomic_fetch_add(&p->spoke, 1);
	(void)sock_finish(s, sock_in(20000));
}

static inline void *
tls_peer_run(void *arg)
{
	struct tls_peer *p = arg;
	sock_t s;

	while ((s = sock_accept(p->l, SOCK_FOREVER)) > 0)
		tls_peer_meet(p, s);
	return NULL;
}

/* Its port: port, or which 0 became; a client wants its name. */
static inline int
tls_peer_open(struct tls_peer *p, enum manners manners, const char *host,
    int port)
{
	const bool speaks = manners == SPEAKS || manners == OTHER_NAME;
	struct sock_addr addr;
	char text[80];

	p->manners = manners;
	atomic_store(&p->met, 0);
	atomic_store(&p->spoke, 0);
	toy_tls_init(&p->tls);
	p->tls.name = manners == SPEAKS ? "toy.test" : "other.test";
	(void)snprintf(text, sizeof text, "%s:%s:%d", speaks ? "tls" : "tcp",
	    host, port);
	p->l = sock_listen(text, .tls = speaks ? &p->tls.tls : NULL);
	if (p->l < 0) {
		fprintf(stderr, "%s\n", sock_errmsg());
		return -1;
	}
	EXPECT_INT(sock_local(p->l, &addr), 0);
	if (manners != IS_SILENT)
		EXPECT_INT(pthread_create(&p->thread, NULL, tls_peer_run, p),
		    0);
	return sock_addr_port(&addr);
}

/* Nothing of it is left. */
static inline void
tls_peer_close(struct tls_peer *p)
{
	(void)sock_cancel(p->l);
	if (p->manners != IS_SILENT)
		EXPECT_INT(pthread_join(p->thread, NULL), 0);
	EXPECT_INT(sock_close(p->l), 0);
	while (atomic_load(&p->tls.alive) > 0)
		aside_poke();
	EXPECT_INT(p->tls.references, 1);
}

#endif
