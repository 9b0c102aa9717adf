/* SPDX-License-Identifier: MIT */
#include "socket/layers.h"

#include <errno.h>
#include <sock/layer.h>
#include <sock/wait.h>

#include "base/memory.h"
#include "socket/socket.h"

#define LAYERS_MAX 4

struct sock_below {
	struct socki_socket *socket;
	unsigned level; /* of the layer above it, from 0 */
};

struct entry {
	const struct sock_layer *table;
	void *state;
	struct sock_below below;
	/* What its last -EAGAIN wanted of what lies below it. */
	unsigned read_need, write_need;
	bool was_shut;
};

struct socki_layers {
	pthread_mutex_t lock; /* short: never held while somebody waits */
	unsigned count;
	bool moved; /* bytes went through the socket in this call */
	struct entry entry[LAYERS_MAX];
};

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
layer_read(struct entry *e, void *buf, size_t n)
{
	unsigned need = SOCK_READABLE;
	const ssize_t got = e->table->read(e->state, &e->below, buf, n, &need);

	e->read_need = need_after(got, need, SOCKI_READ);
	return got;
}

static ssize_t
layer_write(struct entry *e, const void *buf, size_t n)
{
	unsigned need = SOCK_WRITABLE;
	const ssize_t put = e->table->write(e->state, &e->below, buf, n, &need);

	e->write_need = need_after(put, need, SOCKI_WRITE);
	return put;
}

ssize_t
sock_below_read(struct sock_below *below, void *buf, size_t n)
{
	struct socki_layers *l = below->socket->layers;
	ssize_t got;

	if (below->level > 0)
		return layer_read(&l->entry[below->level - 1], buf, n);
	got = socki_raw_read(below->socket, buf, n);
	if (got >= 0)
		l->moved = true;
	return got;
}

ssize_t
sock_below_write(struct sock_below *below, const void *buf, size_t n)
{
	struct socki_layers *l = below->socket->layers;
	ssize_t put;

	if (below->level > 0)
		return layer_write(&l->entry[below->level - 1], buf, n);
	put = socki_raw_write(below->socket, buf, n);
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

static struct entry *
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
	struct entry *e = begin(s->layers);
	const ssize_t got = layer_read(e, buf, n);

	*need = need_below(s->layers, e->below.level, e->read_need);
	end(s);
	return got;
}

ssize_t
socki_layers_write(struct socki_socket *s, const void *buf, size_t n,
    unsigned *need)
{
	struct entry *e = begin(s->layers);
	const ssize_t put = layer_write(e, buf, n);

	*need = need_below(s->layers, e->below.level, e->write_need);
	end(s);
	return put;
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
		struct entry *e = &l->entry[i];
		unsigned wanted = SOCK_WRITABLE;
		int rc = 0;

		if (!e->was_shut && e->table->shut != NULL)
			rc = e->table->shut(e->state, &e->below, &wanted);
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
	struct entry *e = begin(s->layers);
	const size_t n =
	    e->table->pending != NULL ? e->table->pending(e->state) : 0;

	end(s);
	return n;
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

/* By one who has both turns, so nobody else is inside. */
static int
push(struct socki_socket *s, const struct sock_layer *table, void *state)
{
	struct socki_layers *l = s->layers;

	if (socki_stream_pending(s) > 0)
		return -EBUSY;
	if (l == NULL) {
		l = socki_zalloc(sizeof *l);
		if (l == NULL)
			return -ENOMEM;
		pthread_mutex_init(&l->lock, NULL);
		s->layers = l;
		socki_socket_classify(s);
	}
	if (l->count == LAYERS_MAX)
		return SOCK_ELIMIT;
	l->entry[l->count] = (struct entry){
		.table = table,
		.state = state,
		.below = { s, l->count },
		.read_need = SOCKI_READ,
		.write_need = SOCKI_WRITE,
	};
	l->count++;
	s->quiet = false;
	return 0;
}

int
sock_push_layer(sock_t handle, const struct sock_layer *table, void *state)
{
	struct socki_socket *s;
	int rc = socki_socket_pin(handle, &s);

	if (rc < 0)
		return socki_handle_error(rc, "layer");
	if (table == NULL || table->size < sizeof *table ||
	    table->read == NULL || table->write == NULL)
		rc = SOCK_EUSAGE;
	if (rc == 0)
		rc = socki_read_begin(s);
	if (rc == 0) {
		rc = socki_write_begin(s, SOCK_NOWAIT);
		if (rc == 0) {
			rc = push(s, table, state);
			socki_write_end(s);
		} else if (rc == -EAGAIN) {
			rc = -EBUSY;
		}
		socki_read_end(s);
	}
	if (rc < 0)
		rc = socki_socket_error(s, rc, "layer");
	socki_socket_unpin(s);
	return rc;
}
