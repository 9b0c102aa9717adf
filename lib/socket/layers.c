/* SPDX-License-Identifier: MIT */
#include "socket/layers.h"

#include <errno.h>
#include <sock/layer.h>
#include <sock/wait.h>
#include <stddef.h>

#include "base/error.h"
#include "socket/socket.h"
#include "sys/sys.h"

static unsigned
need_of(unsigned sock_need)
{
	return sock_need & SOCK_WRITABLE ? SOCKI_WRITE : SOCKI_READ;
}

/* A layer says what it needs with -EAGAIN alone; else usual is as good. */
static unsigned
need_after(ssize_t rc, unsigned sock_need, unsigned usual)
{
	return rc == -EAGAIN ? need_of(sock_need) : usual;
}

static ssize_t
note(struct socki_layer *e, ssize_t rc)
{
	if (rc < 0 && rc != -EAGAIN)
		e->error = (int)rc;
	return rc;
}

static void
set_needs(struct socki_socket *s, unsigned read, unsigned write)
{
	atomic_store_explicit(&s->read_need, (uint8_t)read,
	    memory_order_relaxed);
	atomic_store_explicit(&s->write_need, (uint8_t)write,
	    memory_order_relaxed);
}

static int
layer_start(struct socki_layer *e, unsigned *need)
{
	if (e->start_rc != -EAGAIN)
		return e->start_rc;
	e->start_rc = (int)note(e, e->table->start(e->state, &e->below, need));
	/* What a call lacked before is no sign of what it lacks now. */
	if (e->start_rc != -EAGAIN && e->below.socket->layers->fd < 0)
		set_needs(e->below.socket, SOCKI_READ, SOCKI_WRITE);
	return e->start_rc;
}

static ssize_t
layer_read(struct socki_layer *e, void *buf, size_t n)
{
	unsigned need = SOCK_READABLE;
	ssize_t got = layer_start(e, &need);

	if (got == 0)
		got =
		    note(e, e->table->read(e->state, &e->below, buf, n, &need));
	e->read_need = need_after(got, need, SOCKI_READ);
	return got;
}

static ssize_t
layer_write(struct socki_layer *e, const void *buf, size_t n)
{
	unsigned need = SOCK_WRITABLE;
	ssize_t put = layer_start(e, &need);

	if (put == 0)
		put = note(e,
		    e->table->write(e->state, &e->below, buf, n, &need));
	e->write_need = need_after(put, need, SOCKI_WRITE);
	return put;
}

ssize_t
sock_below_read(struct sock_below *below, void *buf, size_t n)
{
	struct socki_socket *s = below->socket;
	struct socki_layers *l = s->layers;
	ssize_t got;

	if (below->level > 0)
		return layer_read(&l->entry[below->level - 1], buf, n);
	if (l->fd < 0)
		got = socki_raw_read(s, buf, n);
	else if ((got = socki_sys_recv(l->fd, buf, n, 0)) > 0)
		socki_count(&s->bytes_in, got);
	if (got >= 0)
		l->moved = true;
	return got;
}

ssize_t
sock_below_write(struct sock_below *below, const void *buf, size_t n)
{
	struct socki_socket *s = below->socket;
	struct socki_layers *l = s->layers;
	ssize_t put;

	if (below->level > 0)
		return layer_write(&l->entry[below->level - 1], buf, n);
	if (l->fd < 0)
		put = socki_raw_write(s, buf, n);
	else if ((put = socki_sys_send(l->fd, buf, n, 0)) > 0)
		socki_count(&s->bytes_out, put);
	if (put >= 0)
		l->moved = true;
	return put;
}

/* What the socket must become, for a need of one layer's. */
static unsigned
need_below(const struct socki_layers *l, unsigned level, unsigned need)
{
	unsigned i;

	for (i = level; i-- > 0;)
		need = need == SOCKI_READ ? l->entry[i].read_need :
					    l->entry[i].write_need;
	return need;
}

static struct socki_layer *
begin(struct socki_layers *l)
{
	pthread_mutex_lock(&l->lock);
	l->moved = false;
	return &l->entry[l->count - 1];
}

/*
 * A read may have taken what a writer waits for, a write may have made room
 * for what a reader wants to send: the other one must look again.
 */
static void
end(struct socki_socket *s)
{
	const bool moved = s->layers->moved;

	pthread_mutex_unlock(&s->layers->lock);
	if (moved)
		socki_watch_nudge(&s->watch, SOCKI_READ | SOCKI_WRITE);
}

ssize_t
socki_layers_read(struct socki_socket *s, void *buf, size_t n, unsigned *need)
{
	struct socki_layer *e = begin(s->layers);
	const ssize_t got = layer_read(e, buf, n);

	*need = need_below(s->layers, e->below.level, e->read_need);
	end(s);
	return got;
}

ssize_t
socki_layers_write(struct socki_socket *s, const void *buf, size_t n,
    unsigned *need)
{
	struct socki_layer *e = begin(s->layers);
	const ssize_t put = layer_write(e, buf, n);

	*need = need_below(s->layers, e->below.level, e->write_need);
	end(s);
	return put;
}

/* From the bottom up; *need is for the layer that stopped it. */
static int
start_all(struct socki_layers *l, unsigned *need)
{
	unsigned i;

	for (i = 0; i < l->count; i++) {
		unsigned wanted = SOCK_READABLE;
		const int rc = layer_start(&l->entry[i], &wanted);

		if (rc < 0) {
			*need = need_below(l, i, need_of(wanted));
			return rc;
		}
	}
	return 0;
}

int
socki_layers_try_start(struct socki_socket *s, unsigned *need)
{
	int rc;

	(void)begin(s->layers);
	rc = start_all(s->layers, need);
	if (rc == -EAGAIN && s->layers->fd < 0)
		set_needs(s, *need, *need);
	end(s);
	return rc;
}

bool
socki_layers_started(struct socki_socket *s)
{
	const bool started = begin(s->layers)->start_rc == 0;

	end(s);
	return started;
}

/* One that hands on what a layer below it said knows less. */
static const char *
reason_for(const struct socki_layers *l, int code)
{
	const char *reason = NULL;
	unsigned i;

	for (i = 0; i < l->count && reason == NULL; i++) {
		const struct socki_layer *e = &l->entry[i];

		if (e->error == code &&
		    e->table->size > offsetof(struct sock_layer, reason) &&
		    e->table->reason != NULL)
			reason = e->table->reason(e->state);
	}
	return reason;
}

bool
socki_layers_why(struct socki_socket *s, int code, struct socki_why *why)
{
	const char *reason;

	if (s->layers == NULL || code == -EAGAIN)
		return false;
	(void)begin(s->layers);
	reason = reason_for(s->layers, code);
	if (reason != NULL)
		(void)socki_why(why, code, "%s", reason);
	end(s);
	why->instead = reason != NULL;
	return reason != NULL;
}

void
socki_layers_rename(struct socki_socket *s, int from, int to)
{
	struct socki_layers *l = s->layers;
	unsigned i;

	(void)begin(l);
	for (i = 0; i < l->count; i++)
		if (l->entry[i].start_rc == from)
			l->entry[i].start_rc = l->entry[i].error = to;
	end(s);
}

ssize_t
socki_layers_drop(struct socki_socket *s, void *buf, size_t n)
{
	ssize_t got;

	(void)begin(s->layers);
	got = socki_raw_read(s, buf, n);
	end(s);
	return got;
}

/* From the top down; *need is for the layer that stopped it. */
static int
shut_all(struct socki_layers *l, unsigned *need)
{
	unsigned i;

	for (i = l->count; i-- > 0;) {
		struct socki_layer *e = &l->entry[i];
		unsigned wanted = SOCK_WRITABLE;
		int rc = 0;

		if (!e->was_shut && e->start_rc == 0 && e->table->shut != NULL)
			rc = (int)note(e,
			    e->table->shut(e->state, &e->below, &wanted));
		*need = need_below(l, i, need_of(wanted));
		if (rc < 0)
			return rc;
		e->was_shut = true;
	}
	return 0;
}

int
socki_layers_shut(struct socki_socket *s, unsigned *need)
{
	int rc;

	(void)begin(s->layers);
	rc = shut_all(s->layers, need);
	end(s);
	return rc;
}

size_t
socki_layers_pending(struct socki_socket *s)
{
	struct socki_layer *e = begin(s->layers);
	const size_t n =
	    e->table->pending != NULL ? e->table->pending(e->state) : 0;

	end(s);
	return n;
}

int
socki_layers_look(struct socki_socket *s, const struct sock_layer *table,
    int (*look)(void *state, void *arg), void *arg)
{
	struct socki_layers *l = s->layers;
	int rc = SOCK_EUSAGE;
	unsigned i;

	if (l == NULL)
		return rc;
	(void)begin(l);
	for (i = l->count; i > 0 && l->entry[i - 1].table != table; i--)
		;
	if (i > 0)
		rc = look(l->entry[i - 1].state, arg);
	end(s);
	return rc;
}
