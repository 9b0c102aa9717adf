/* SPDX-License-Identifier: MIT */
#include "socket/layers.h"

#include <errno.h>
#include <sock/layer.h>
#include <sock/wait.h>
#include <stddef.h>

#include "base/error.h"
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
	int start_rc; /* -EAGAIN: it is not over */
	int error;    /* the last that it gave, -EAGAIN aside */
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

static bool
has_start(const struct sock_layer *table)
{
	return table->size > offsetof(struct sock_layer, start) &&
	    table->start != NULL;
}

static ssize_t
note(struct entry *e, ssize_t rc)
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
layer_start(struct entry *e, unsigned *need)
{
	if (e->start_rc != -EAGAIN)
		return e->start_rc;
	e->start_rc = (int)note(e, e->table->start(e->state, &e->below, need));
	/* What a call lacked before is no sign of what it lacks now. */
	if (e->start_rc != -EAGAIN)
		set_needs(e->below.socket, SOCKI_READ, SOCKI_WRITE);
	return e->start_rc;
}

static ssize_t
layer_read(struct entry *e, void *buf, size_t n)
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
layer_write(struct entry *e, const void *buf, size_t n)
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
	if (rc == -EAGAIN)
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
		const struct entry *e = &l->entry[i];

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
		.start_rc = has_start(table) ? -EAGAIN : 0,
	};
	l->count++;
	s->quiet = false;
	return 0;
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
