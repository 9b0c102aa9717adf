/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <sock/layer.h>
#include <sock/sync.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/guard.h"
#include "engine/task.h"

struct sock_channel {
	struct socki_guard guard;
	/*
	 * Senders wait while it is full, receivers while it is empty, and
	 * whoever comes serves the other side's first in place: so an item is
	 * its sender's until it is in the ring or with a receiver.
	 */
	struct socki_queue senders, receivers;
	size_t item_size, capacity;
	size_t first, count;
	bool closed;
	char ring[];
};

struct party {
	struct socki_waiter waiter; /* first */
	const void *from;           /* a sender's item */
	void *to;                   /* a receiver's room for one */
	bool served;
};

struct sock_channel *
sock_channel_new(size_t item_size, size_t capacity)
{
	struct sock_channel *c = NULL;

	if (item_size == 0 || capacity <= (SIZE_MAX - sizeof *c) / item_size)
		c = socki_alloc(sizeof *c + item_size * capacity);
	if (c == NULL) {
		(void)socki_error(-ENOMEM, "channel", NULL, NULL);
		return NULL;
	}
	*c = (struct sock_channel){ .item_size = item_size,
		.capacity = capacity };
	socki_guard_init(&c->guard, false);
	socki_queue_init(&c->senders);
	socki_queue_init(&c->receivers);
	return c;
}

static void
enter(struct sock_channel *c)
{
	socki_task_wake_later();
	if (!socki_guard_lock(&c->guard))
		return;
	socki_queue_init(&c->senders);
	socki_queue_init(&c->receivers);
}

static void
leave(struct sock_channel *c)
{
	socki_guard_unlock(&c->guard);
	socki_task_wake_now();
}

static void
copy(const struct sock_channel *c, void *to, const void *from)
{
	if (c->item_size > 0)
		memcpy(to, from, c->item_size);
}

static char *
place(struct sock_channel *c, size_t i)
{
	return c->ring + (c->first + i) % c->capacity * c->item_size;
}

static void
put(struct sock_channel *c, const void *item)
{
	copy(c, place(c, c->count), item);
	c->count++;
}

/* The first that waits, who goes on as soon as it has the lock; or NULL. */
static struct party *
serve(struct socki_queue *queue)
{
	struct party *p = (struct party *)(void *)socki_queue_wake_first(queue);

	if (p != NULL)
		p->served = true;
	return p;
}

/* 0: served, or the channel was closed. */
static int
wait_in(struct socki_queue *queue, struct sock_channel *c, struct party *p,
    sock_time deadline)
{
	int rc = 0;

	p->waiter.task = socki_task();
	while (!p->served && !c->closed && rc == 0)
		rc = socki_guard_park(&c->guard, queue, &p->waiter, deadline);
	socki_queue_remove(queue, &p->waiter);
	return p->served ? 0 : rc;
}

static int
send_item(struct sock_channel *c, const void *item, sock_time deadline)
{
	struct party me = { .from = item }, *receiver;
	int rc = 0;

	if (c->closed)
		return -EPIPE;
	receiver = serve(&c->receivers);
	if (receiver != NULL) {
		copy(c, receiver->to, item);
		return 0;
	}
	if (c->count < c->capacity) {
		put(c, item);
		return 0;
	}
	rc = wait_in(&c->senders, c, &me, deadline);
	return rc == 0 && !me.served ? -EPIPE : rc;
}

static int
receive_item(struct sock_channel *c, void *item, sock_time deadline)
{
	struct party me = { .to = item }, *sender;
	int rc = 0;

	if (c->count > 0) {
		copy(c, item, place(c, 0));
		c->first = (c->first + 1) % c->capacity;
		c->count--;
		sender = serve(&c->senders);
		if (sender != NULL)
			put(c, sender->from);
		return 0;
	}
	sender = serve(&c->senders);
	if (sender != NULL) {
		copy(c, item, sender->from);
		return 0;
	}
	rc = wait_in(&c->receivers, c, &me, deadline);
	return rc == 0 && !me.served ? SOCK_EEOF : rc;
}

/* The sentences of its codes are those of streams. */
static int
fail(int rc, const char *op)
{
	if (rc == -EPIPE || rc == SOCK_EEOF)
		return sock_fail(rc, op, NULL, "the channel is closed");
	return socki_error_usage(rc, op, "no channel");
}

int
sock_channel_send(struct sock_channel *c, const void *item, sock_time deadline)
{
	int rc = SOCK_EUSAGE;

	if (c != NULL) {
		enter(c);
		rc = send_item(c, item, deadline);
		leave(c);
	}
	return rc < 0 ? fail(rc, "channel send") : 0;
}

int
sock_channel_receive(struct sock_channel *c, void *item, sock_time deadline)
{
	int rc = SOCK_EUSAGE;

	if (c != NULL) {
		enter(c);
		rc = receive_item(c, item, deadline);
		leave(c);
	}
	return rc < 0 ? fail(rc, "channel receive") : 0;
}

int
sock_channel_close(struct sock_channel *c)
{
	if (c == NULL)
		return fail(SOCK_EUSAGE, "channel close");
	enter(c);
	c->closed = true;
	while (socki_queue_wake_first(&c->senders) != NULL)
		;
	while (socki_queue_wake_first(&c->receivers) != NULL)
		;
	leave(c);
	return 0;
}

void
sock_channel_free(struct sock_channel *c)
{
	if (c == NULL)
		return;
	pthread_mutex_destroy(&c->guard.lock);
	socki_free(c);
}
