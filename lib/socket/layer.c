/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>
#include <stddef.h>

#include "base/memory.h"
#include "socket/call.h"
#include "socket/layers.h"
#include "socket/socket.h"

static bool
has_start(const struct sock_layer *table)
{
	return table->size > offsetof(struct sock_layer, start) &&
	    table->start != NULL;
}

void
socki_layers_point(struct socki_socket *s, int fd)
{
	s->layers->fd = fd;
}

void
socki_layers_free(struct socki_layers *l)
{
	if (l == NULL)
		return;
	while (l->count-- > 0)
		if (l->entry[l->count].table->close != NULL)
			l->entry[l->count]
			    .table->close(l->entry[l->count].state);
	pthread_mutex_destroy(&l->lock);
	socki_free(l);
}

void
socki_layers_forked(struct socki_layers *l)
{
	if (l != NULL)
		pthread_mutex_init(&l->lock, NULL);
}

int
socki_layers_push(struct socki_socket *s, const struct sock_layer *table,
    void *state)
{
	struct socki_layers *l = s->layers;

	if (l == NULL) {
		l = socki_zalloc(sizeof *l);
		if (l == NULL)
			return -ENOMEM;
		pthread_mutex_init(&l->lock, NULL);
		l->fd = -1;
	} else if (l->count == SOCKI_LAYERS_MAX) {
		return SOCK_ELIMIT;
	}
	pthread_mutex_lock(&l->lock);
	l->entry[l->count] = (struct socki_layer){
		.table = table,
		.state = state,
		.below = { s, l->count },
		.read_need = SOCKI_READ,
		.write_need = SOCKI_WRITE,
		.start_rc = has_start(table) ? -EAGAIN : 0,
	};
	l->count++;
	pthread_mutex_unlock(&l->lock);
	/* Complete: sock_wait() of another thread looks without a turn. */
	s->layers = l;
	socki_socket_classify(s);
	s->quiet = false;
	return 0;
}

int
socki_layers_open(struct socki_socket *s, struct sock_tls *tls,
    const char *server_name)
{
	void *state;
	int rc = tls->open(tls, server_name == NULL, server_name, &state);

	if (rc < 0)
		return rc;
	rc = socki_layers_push(s, tls->layer, state);
	if (rc < 0 && tls->layer->close != NULL)
		tls->layer->close(state);
	return rc;
}

int
socki_layers_start(struct socki_socket *s, sock_time deadline)
{
	int rc = 0;

	while (s->layers != NULL && rc == 0) {
		const struct socki_seen seen = socki_stream_seen(s);
		unsigned need = SOCKI_READ;

		rc = socki_layers_try_start(s, &need);
		if (rc == 0)
			break;
		if (rc != -EAGAIN) {
			(void)socki_socket_fail(s, SOCKI_READ, rc);
			return socki_socket_fail(s, SOCKI_WRITE, rc);
		}
		rc = socki_stream_park(s, need, seen, deadline);
	}
	return rc;
}

void
socki_layers_undo(struct socki_socket *s)
{
	socki_layers_free(s->layers);
	s->layers = NULL;
	socki_socket_classify(s);
}

/* With both turns, so that nobody else is inside. */
static int
push(struct socki_socket *s, const struct sock_layer *table, void *state)
{
	int rc;

	if (table == NULL || table->size < offsetof(struct sock_layer, start) ||
	    table->read == NULL || table->write == NULL)
		return SOCK_EUSAGE;
	rc = socki_read_begin(s);
	if (rc < 0)
		return rc;
	rc = socki_write_begin(s, SOCK_NOWAIT);
	if (rc == 0) {
		rc = socki_stream_pending(s) > 0 ?
		    -EBUSY :
		    socki_layers_push(s, table, state);
		socki_write_end(s);
	} else if (rc == -EAGAIN) {
		rc = -EBUSY;
	}
	socki_read_end(s);
	return rc;
}

int
sock_push_layer(sock_t handle, const struct sock_layer *table, void *state)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "layer");

	if (rc < 0)
		return rc;
	rc = push(s, table, state);
	return socki_call_end(s, rc, "layer");
}

/* The state is the caller's as before. */
static bool
is_refusal(int rc)
{
	return rc == -EBUSY || rc == SOCK_EUSAGE || rc == SOCK_ELIMIT;
}

static void
rename_error(_Atomic int *error, int from)
{
	(void)atomic_compare_exchange_strong(error, &from, -EPROTO);
}

static int
start_pushed(struct socki_socket *s, sock_time deadline)
{
	int rc = socki_layers_start(s, deadline);

	if (rc == 0 || (rc == -EAGAIN && deadline == SOCK_NOWAIT))
		return rc;
	if (is_refusal(rc)) {
		socki_layers_rename(s, rc, -EPROTO);
		rename_error(&s->read_error, rc);
		rename_error(&s->write_error, rc);
		rename_error(&s->first_error, rc);
		rc = -EPROTO;
	}
	(void)socki_socket_fail(s, SOCKI_READ, rc);
	return socki_socket_fail(s, SOCKI_WRITE, rc);
}

int
sock_start_layer(sock_t handle, const struct sock_layer *table, void *state,
    sock_time deadline)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "layer");

	if (rc == 0)
		rc = push(s, table, state);
	if (rc < 0 && !is_refusal(rc) && table != NULL && table->close != NULL)
		table->close(state);
	if (s == NULL)
		return rc;
	if (rc < 0)
		return socki_call_end(s, rc, "layer");
	rc = start_pushed(s, socki_read_deadline(s, deadline));
	return socki_call_end(s, rc, "handshake");
}

int
sock_with_layer(sock_t handle, const struct sock_layer *table,
    int (*look)(void *state, void *arg), void *arg)
{
	struct socki_socket *s;
	int rc = socki_call_begin(handle, &s, "layer");

	if (rc < 0)
		return rc;
	rc = socki_stream_only(s);
	if (rc == 0)
		rc = socki_layers_look(s, table, look, arg);
	if (rc < 0)
		rc = socki_socket_error_why(s, rc, "layer",
		    rc == SOCK_EUSAGE ? "it has no such layer" : NULL);
	socki_socket_unpin(s);
	return rc;
}
