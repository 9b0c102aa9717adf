/* SPDX-License-Identifier: MIT */
#include "socket/buffer.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/handle.h"
#include "base/memory.h"

#define SPARES 8

static struct socki_buffer *_Atomic spares[SPARES];

/*
 * A worker's own, warm in its cache and without a locked instruction.  Workers
 * never end, and so need not give it back.
 */
static _Thread_local struct socki_buffer *own
    __attribute__((tls_model("initial-exec")));

struct socki_buffer *
socki_buffer_new(void)
{
	struct socki_buffer *b = own;
	size_t i;

	own = NULL;
	if (b != NULL)
		return b;
	for (i = 0; i < SPARES; i++) {
		if (atomic_load_explicit(&spares[i], memory_order_relaxed) ==
		    NULL)
			continue;
		b = atomic_exchange(&spares[i], NULL);
		if (b != NULL)
			return b;
	}
	b = socki_alloc(sizeof *b + SOCKI_BUFFER_USUAL);
	if (b == NULL)
		return NULL;
	b->capacity = SOCKI_BUFFER_USUAL;
	b->begin = b->end = 0;
	b->mark_length = 0;
	return b;
}

void
socki_buffer_free(struct socki_buffer *b)
{
	size_t i;

	if (b == NULL)
		return;
	b->begin = b->end = 0;
	b->mark_length = 0;
	if (socki_handle_owner != NULL && own == NULL &&
	    b->capacity == SOCKI_BUFFER_USUAL) {
		own = b;
		return;
	}
	for (i = 0; i < SPARES && b->capacity == SOCKI_BUFFER_USUAL; i++) {
		struct socki_buffer *none = NULL;

		if (atomic_compare_exchange_strong(&spares[i], &none, b))
			return;
	}
	socki_free(b);
}

int
socki_buffer_room(struct socki_buffer **b, size_t min)
{
	struct socki_buffer *old = *b, *larger;
	const size_t have = old->end - old->begin;
	size_t capacity = old->capacity;

	if (min <= have)
		min = have + 1;
	if (min <= capacity - old->begin && old->end < capacity)
		return 0;
	if (min <= capacity) {
		memmove(old->data, old->data + old->begin, have);
		old->begin = 0;
		old->end = have;
		return 0;
	}
	while (capacity < min)
		capacity *= 2;
	if (capacity > SOCKI_BUFFER_MOST && min <= SOCKI_BUFFER_MOST)
		capacity = SOCKI_BUFFER_MOST;
	larger = socki_alloc(sizeof *larger + capacity);
	if (larger == NULL)
		return -ENOMEM;
	*larger = *old;
	memcpy(larger->data, old->data + old->begin, have);
	larger->capacity = capacity;
	larger->begin = 0;
	larger->end = have;
	socki_buffer_free(old);
	*b = larger;
	return 0;
}
