/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>

#include "base/error.h"
#include "listen/listener.h"
#include "server/server.h"
#include "socket/layers.h"

/* A client with a few lost packets has it done. */
#define HANDSHAKE_MS 10000

int
socki_server_take_tls(struct sock_server *v, struct socki_socket *s,
    struct socki_why *why)
{
	const struct socki_listener *l = socki_listener_of(s);
	struct sock_tls *tls = v->options.tls;
	int rc = 0;

	if (l != NULL && l->tls != NULL) {
		if (tls != NULL && tls != l->tls)
			return socki_why(why, SOCK_EUSAGE,
			    "the listener has another .tls");
		tls = l->tls;
	} else if (tls != NULL) {
		rc = socki_listen_check_tls(tls, true, why);
	}
	if (rc < 0 || tls == NULL)
		return rc;
	v->tls = tls;
	tls->retain(tls);
	return 0;
}

static int
shake(struct socki_socket *s, struct sock_server *v)
{
	const int ms = v->options.handshake_ms != 0 ? v->options.handshake_ms :
						      HANDSHAKE_MS;
	int rc = socki_layers_open(s, v->tls, NULL);

	if (rc == 0)
		rc = socki_layers_start(s, ms < 0 ? SOCK_FOREVER : sock_in(ms));
	if (rc == 0)
		return 0;
	(void)socki_socket_fail(s, SOCKI_READ, rc);
	(void)socki_socket_fail(s, SOCKI_WRITE, rc);
	/* Who was silent for so long is not waited for once more. */
	if (rc == -ETIMEDOUT)
		socki_watch_stop(&s->watch, rc);
	return rc;
}

bool
socki_conversation_shake(struct socki_conversation *c)
{
	struct socki_station *st = c->station;
	struct socki_socket *s;
	bool shaken;

	/* The drain may have been faster. */
	if (socki_socket_pin(c->sock, &s) < 0)
		return false;
	if (s->addr.scheme == SOCK_SCHEME_TCP)
		s->addr.scheme = SOCK_SCHEME_TLS;
	shaken = shake(s, st->server) == 0;
	if (shaken) {
		pthread_mutex_lock(&st->lock);
		c->first_since = sock_now();
		c->in_before = atomic_load(&s->bytes_in);
		/* It may come in one piece with the handshake's last. */
		c->first_came = socki_stream_pending(s) > 0;
		c->shaken = true;
		pthread_mutex_unlock(&st->lock);
	}
	socki_socket_unpin(s);
	return shaken;
}
