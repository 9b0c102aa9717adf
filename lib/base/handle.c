/* SPDX-License-Identifier: MIT */
#include "base/handle.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"

#define INDEX_BITS 24
#define INDEX_MAX ((1U << INDEX_BITS) - 1)

/* A slot's state: generation, closed or free, pins. */
#define PINS_MASK ((UINT64_C(1) << 24) - 1)
#define CLOSED (UINT64_C(1) << 24)
#define GENERATION_SHIFT 25

struct slot {
	_Atomic uint64_t state; /* its pins are those of everybody else's */
	struct socki_object *object;
	struct socki_owner *_Atomic owner;
	int owned_pins; /* the owner's; negative: of pins from before it was */
	uint32_t next_free;
	uint32_t index;
	_Atomic bool asked; /* ask is in a list */
	struct socki_ask ask;
};

static _Thread_local struct socki_owner *here
    __attribute__((tls_model("initial-exec")));

/* Segment k holds 64 << k slots, and never moves. */
#define FIRST_BITS 6
#define SEGMENTS (INDEX_BITS - FIRST_BITS + 1)
static struct slot *_Atomic segments[SEGMENTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t used = 1; /* slot 0 is nobody's: a handle is never 0 */
static uint32_t free_head;

uint64_t socki_handle_first_generation = 1;

static uint64_t
open_state(uint64_t generation)
{
	return generation << GENERATION_SHIFT;
}

static unsigned
segment_of(uint32_t index, uint32_t *offset)
{
	const uint32_t n = index + (1U << FIRST_BITS);
	const unsigned top = 31 - (unsigned)__builtin_clz(n);

	*offset = n - (1U << top);
	return top - FIRST_BITS;
}

static struct slot *
slot_at(uint32_t index)
{
	uint32_t offset;
	const unsigned k = segment_of(index, &offset);
	struct slot *segment =
	    atomic_load_explicit(&segments[k], memory_order_acquire);

	return segment == NULL ? NULL : &segment[offset];
}

static uint32_t
index_of(sock_t handle)
{
	return (uint32_t)handle & INDEX_MAX;
}

static uint64_t
generation_of(sock_t handle)
{
	return (uint64_t)handle >> INDEX_BITS;
}

/* A slot never used before, or NULL.  Under the lock. */
static struct slot *
fresh_slot(uint32_t *index, int *rc)
{
	uint32_t offset;
	const unsigned k = segment_of(used, &offset);
	struct slot *segment = atomic_load(&segments[k]);

	*rc = SOCK_ELIMIT;
	if (used == INDEX_MAX)
		return NULL;
	if (segment == NULL) {
		*rc = -ENOMEM;
		segment = socki_zalloc(((size_t)1 << (FIRST_BITS + k)) *
		    sizeof *segment);
		if (segment == NULL)
			return NULL;
		/* Not open to any handle before it is given out. */
		for (size_t i = 0; i < (size_t)1 << (FIRST_BITS + k); i++)
			atomic_init(&segment[i].state,
			    open_state(socki_handle_first_generation) | CLOSED);
		atomic_store_explicit(&segments[k], segment,
		    memory_order_release);
	}
	*index = used++;
	return &segment[offset];
}

sock_t
socki_handle_new(struct socki_object *object)
{
	struct slot *slot;
	uint32_t index;
	uint64_t state;
	int rc;

	pthread_mutex_lock(&lock);
	if (free_head != 0) {
		index = free_head;
		slot = slot_at(index);
		free_head = slot->next_free;
	} else {
		slot = fresh_slot(&index, &rc);
	}
	pthread_mutex_unlock(&lock);
	if (slot == NULL)
		return rc;

	slot->object = object;
	slot->index = index;
	slot->owned_pins = 0;
	state = atomic_load(&slot->state) & ~CLOSED;
	atomic_store_explicit(&slot->state, state, memory_order_release);
	return (sock_t)(state >> GENERATION_SHIFT << INDEX_BITS | index);
}

/*
 * An object of the calling thread's cannot end meanwhile, and none becomes one:
 * both happen on this thread alone.
 */
static bool
is_mine(const struct slot *slot)
{
	return here != NULL &&
	    atomic_load_explicit(&slot->owner, memory_order_relaxed) == here;
}

static int
pin(sock_t handle, uint64_t want, struct socki_object **object)
{
	struct slot *slot = slot_at(index_of(handle));
	uint64_t state;

	if (slot == NULL)
		return SOCK_ESTALE;
	state = atomic_load_explicit(&slot->state, memory_order_acquire);
	if ((state & ~PINS_MASK) != want)
		return SOCK_ESTALE;
	if (is_mine(slot)) {
		slot->owned_pins++;
		*object = slot->object;
		return 0;
	}
	do {
		if ((state & ~PINS_MASK) != want)
			return SOCK_ESTALE;
		/* Closed, and without pins of others: it may be ending. */
		if ((want & CLOSED) != 0 && (state & PINS_MASK) == 0)
			return SOCK_ESTALE;
		assert((state & PINS_MASK) != PINS_MASK);
	} while (!atomic_compare_exchange_weak_explicit(&slot->state, &state,
	    state + 1, memory_order_acquire, memory_order_relaxed));
	*object = slot->object;
	return 0;
}

int
socki_handle_pin(sock_t handle, struct socki_object **object)
{
	if (handle <= 0)
		return handle < INT_MIN || handle == 0 ? SOCK_EUSAGE :
							 (int)handle;
	return pin(handle, open_state(generation_of(handle)), object);
}

int
socki_handle_pin_closed(sock_t handle, struct socki_object **object)
{
	if (handle <= 0)
		return SOCK_ESTALE;
	return pin(handle, open_state(generation_of(handle) + 1) | CLOSED,
	    object);
}

/* Nobody can pin a slot that is closed and has no pins: it is ours. */
static void
end(struct slot *slot)
{
	struct socki_object *object = slot->object;
	const uint64_t state = atomic_load(&slot->state);

	slot->object = NULL;
	object->end(object);
	/* Before it is given out again, or its owner would take it for its own. */
	atomic_store(&slot->owner, NULL);
	/* Behind the last generation comes 0: the slot is retired. */
	if (state >> GENERATION_SHIFT == 0)
		return;
	pthread_mutex_lock(&lock);
	slot->next_free = free_head;
	free_head = slot->index;
	pthread_mutex_unlock(&lock);
}

/* By the owner.  What it made up for on its side goes from the count too. */
static void
end_if_done(struct slot *slot)
{
	uint64_t state = atomic_load(&slot->state);

	do
		if ((state & CLOSED) == 0 ||
		    (int64_t)(state & PINS_MASK) + slot->owned_pins != 0)
			return;
	while (!atomic_compare_exchange_weak(&slot->state, &state,
	    state & ~PINS_MASK));
	end(slot);
}

/* The slot outlives its object, so this is safe without a pin. */
static void
ask(struct slot *slot, struct socki_owner *owner)
{
	if (!atomic_exchange(&slot->asked, true))
		owner->ask(owner, &slot->ask);
}

void
socki_handle_unpin(sock_t handle)
{
	struct slot *slot = slot_at(index_of(handle));
	struct socki_owner *owner;
	uint64_t before;

	if (is_mine(slot)) {
		slot->owned_pins--;
		end_if_done(slot);
		return;
	}
	before = atomic_fetch_sub(&slot->state, 1);
	assert((before & PINS_MASK) != 0);
	if ((before & CLOSED) == 0)
		return;
	/*
	 * Owning took a pin that is never given back here, so that the last of
	 * all is one of nobody's object.
	 */
	owner = atomic_load(&slot->owner);
	if (owner != NULL)
		ask(slot, owner);
	else if ((before & PINS_MASK) == 1)
		end(slot);
}

int
socki_handle_close(sock_t handle)
{
	struct slot *slot = slot_at(index_of(handle));
	const uint64_t was = open_state(generation_of(handle));
	const uint64_t is = open_state(generation_of(handle) + 1) | CLOSED;
	uint64_t state = atomic_load(&slot->state);

	do {
		if ((state & ~PINS_MASK) != was)
			return SOCK_ESTALE;
	} while (!atomic_compare_exchange_weak(&slot->state, &state,
	    is | (state & PINS_MASK)));
	return 0;
}

void
socki_handle_thread(struct socki_owner *owner)
{
	here = owner;
}

struct socki_object *
socki_handle_mine(sock_t handle)
{
	struct slot *slot = slot_at(index_of(handle));

	if (slot == NULL || !is_mine(slot) ||
	    (atomic_load(&slot->state) & ~PINS_MASK) !=
		open_state(generation_of(handle)))
		return NULL;
	return slot->object;
}

void
socki_handle_own(sock_t handle)
{
	atomic_store(&slot_at(index_of(handle))->owner, here);
}

void
socki_handle_ask(sock_t handle)
{
	struct slot *slot = slot_at(index_of(handle));
	struct socki_owner *owner = atomic_load(&slot->owner);

	if (owner == NULL)
		return;
	if (owner == here)
		slot->object->look(slot->object);
	else
		ask(slot, owner);
}

static struct slot *
slot_of(struct socki_ask *a)
{
	return (struct slot *)(void *)((char *)a - offsetof(struct slot, ask));
}

void
socki_handle_asked(struct socki_ask *list)
{
	struct socki_owner *owner;
	struct socki_ask *next;

	for (; list != NULL; list = next) {
		struct slot *slot = slot_of(list);

		next = list->next;
		atomic_store(&slot->asked, false);
		if (is_mine(slot)) {
			slot->object->look(slot->object);
			end_if_done(slot);
			continue;
		}
		/* It has ended since, and the slot may be somebody else's. */
		owner = atomic_load(&slot->owner);
		if (owner != NULL && owner != here)
			ask(slot, owner);
	}
}

void
socki_handle_fork_begin(void)
{
	pthread_mutex_lock(&lock);
}

void
socki_handle_fork_parent(void)
{
	pthread_mutex_unlock(&lock);
}

void
socki_handle_fork_child(int (*keep)(struct socki_object *object))
{
	uint32_t i;

	pthread_mutex_unlock(&lock);
	here = NULL;
	for (i = 1; i < used; i++) {
		struct slot *slot = slot_at(i);
		uint64_t state = atomic_load(&slot->state);
		int pins;

		if (slot->object == NULL)
			continue;
		pins = keep(slot->object);
		if (pins < 0 && (state & CLOSED) == 0)
			state += UINT64_C(1) << GENERATION_SHIFT | CLOSED;
		state = (state & ~PINS_MASK) | (pins < 0 ? 0 : (unsigned)pins);
		atomic_store(&slot->state, state);
		atomic_store(&slot->owner, NULL);
		atomic_store(&slot->asked, false);
		slot->owned_pins = 0;
		if ((state & (CLOSED | PINS_MASK)) == CLOSED)
			end(slot);
	}
}
