/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/open.h>

#include "addr/addr.h"
#include "listen/listener.h"
#include "socket/layers.h"
#include "sys/sys.h"

/*
 * Connections in a row that may be gone when their turn comes.  The bound is
 * for a filter that forbids the call, which is the same each time.
 */
#define GONE_MAX 64

/* Errors of one connection, not of the listener: accept(2). */
static bool
gone(int rc)
{
	switch (rc) {
	case -ECONNABORTED:
	case -EPROTO:
	case -EPERM:
	case -ENETDOWN:
	case -ENOPROTOOPT:
	case -EHOSTDOWN:
	case -ENONET:
	case -EHOSTUNREACH:
	case -EOPNOTSUPP:
	case -ENETUNREACH:
	case -ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

static int
take_from(struct socki_socket *listener, int fd, struct socki_socket *s)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int i, rc = 0;

	for (i = 0; i < GONE_MAX; i++) {
		if (listener->blocking &&
		    !socki_watch_ready(&listener->watch, SOCKI_READ))
			return -EAGAIN;
		len = sizeof sa;
		rc = socki_sys_accept(fd, (struct sockaddr *)&sa, &len);
		if (!gone(rc))
			break;
	}
	if (rc < 0)
		return rc;
	s->watch.fd = rc;
	atomic_store_explicit(&s->watch.sole, true, memory_order_relaxed);
	/* Told now: of a peer that has gone again, getpeername knows nothing. */
	(void)socki_addr_from_sockaddr(&s->addr,
	    listener->addr.scheme == SOCK_SCHEME_TLS ? SOCK_SCHEME_TLS :
						       s->scheme,
	    (struct sockaddr *)&sa, len);
	return 0;
}

/*
 * From an adopted listener that blocks: nobody else may take the connection
 * between the look and the call.  Nothing helps against other processes.
 */
static int
take_alone(struct socki_socket *listener, struct socki_socket *s)
{
	int rc;

	pthread_mutex_lock(&listener->watch.lock);
	rc = take_from(listener, listener->watch.fd, s);
	pthread_mutex_unlock(&listener->watch.lock);
	return rc;
}

/* From whichever descriptor has one. */
int
socki_accept_now(struct socki_socket *listener, struct socki_socket *s)
{
	struct socki_listener *l = socki_listener_of(listener);
	unsigned i, turn;
	int rc = -EAGAIN;

	if (listener->blocking)
		return take_alone(listener, s);
	if (l == NULL || l->count < 2)
		return take_from(listener, listener->watch.fd, s);
	turn = atomic_fetch_add(&l->turn, 1);
	for (i = 0; i < l->count && rc == -EAGAIN; i++)
		rc = take_from(listener, l->fds[(turn + i) % l->count], s);
	return rc;
}

/* Layers are of the moment: their certificates may change in a wait. */
static int
accept_one(struct socki_socket *listener, struct socki_socket *s,
    sock_time deadline)
{
	const struct socki_listener *l = socki_listener_of(listener);
	int rc;

	do {
		const struct socki_seen seen = socki_stream_seen(listener);

		rc = 0;
		if (l != NULL && l->tls != NULL)
			rc = socki_layers_open(s, l->tls, NULL);
		if (rc == 0)
			rc = socki_accept_now(listener, s);
		if (rc != -EAGAIN)
			return rc;
		socki_layers_undo(s);
		rc = socki_stream_park(listener, SOCKI_READ, seen, deadline);
	} while (rc == 0);
	return rc;
}

sock_t
sock_accept(sock_t handle, sock_time deadline)
{
	struct socki_socket *listener, *s = NULL;
	sock_t accepted = 0;
	int rc = socki_socket_pin(handle, &listener);

	if (rc < 0)
		return socki_handle_error(rc, "accept");
	/* Made first: what lacks memory leaves the connection in the queue. */
	rc = listener->kind == SOCKI_LISTENER ?
	    socki_socket_new(&s, -1,
		listener->scheme == SOCK_SCHEME_UNIXPACKET ? SOCKI_MESSAGES :
							     SOCKI_STREAM,
		listener->scheme) :
	    SOCK_EUSAGE;
	if (rc == 0)
		rc = accept_one(listener, s,
		    socki_read_deadline(listener, deadline));
	/* Nobody can close it before its handle is told. */
	if (rc == 0)
		accepted = s->watch.handle;
	else if (s != NULL)
		socki_socket_drop(s);
	if (rc < 0)
		accepted = socki_socket_error(listener, rc, "accept");
	socki_socket_unpin(listener);
	return accepted;
}
