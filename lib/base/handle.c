/* SPDX-License-Identifier: MIT */
#include "base/handle.h"

#include <errno.h>
#include <pthread.h>

#include "base/memory.h"

_Thread_local struct socki_owner *socki_handle_owner
    __attribute__((tls_model("initial-exec")));

struct socki_slot *_Atomic socki_slot_segments[SOCKI_SLOT_SEGMENTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t used = 1; /* slot 0 is nobody's: a handle is never 0 */
static uint32_t free_head;

uint64_t socki_handle_first_generation = 1;

#define CLOSED SOCKI_SLOT_CLOSED
#define PINS SOCKI_SLOT_PINS
#define ONE_GENERATION (UINT64_C(1) << SOCKI_SLOT_GENERATION_SHIFT)

/* A slot never used before, or NULL.  Under the lock. */
static struct socki_slot *
fresh_slot(uint32_t *index, int *rc)
{
	uint32_t offset, i;
	const unsigned k = socki_slot_segment(used, &offset);
	const uint32_t slots = UINT32_C(1) << (SOCKI_SLOTS_FIRST_BITS + k);
	struct socki_slot *segment = atomic_load(&socki_slot_segments[k]);

	*rc = SOCK_ELIMIT;
	if (used == SOCKI_HANDLE_INDEX_MAX)
		return NULL;
	if (segment == NULL) {
		*rc = -ENOMEM;
		segment = socki_zalloc(slots * sizeof *segment);
		if (segment == NULL)
			return NULL;
		/* Not open to any handle before it is given out. */
		for (i = 0; i < slots; i++)
			atomic_init(&segment[i].state,
			    socki_handle_first_generation * ONE_GENERATION |
				CLOSED);
		atomic_store_explicit(&socki_slot_segments[k], segment,
		    memory_order_release);
	}
	*index = used++;
	return &segment[offset];
}

sock_t
socki_handle_new(struct socki_object *object)
{
	struct socki_slot *slot;
	uint32_t index;
	uint64_t state;
	int rc;

	pthread_mutex_lock(&lock);
	if (free_head != 0) {
		index = free_head;
		slot = socki_slot_of((sock_t)index);
		free_head = slot->next_free;
	} else {
		slot = fresh_slot(&index, &rc);
	}
	pthread_mutex_unlock(&lock);
	if (slot == NULL)
		return rc;

	object->slot = slot;
	slot->object = object;
	slot->index = index;
	slot->owned_pins = 0;
	state = atomic_load(&slot->state) & ~CLOSED;
	atomic_store_explicit(&slot->state, state, memory_order_release);
	return (sock_t)(state >> SOCKI_SLOT_GENERATION_SHIFT
		    << SOCKI_HANDLE_INDEX_BITS |
	    index);
}

int
socki_slot_pin_shared(struct socki_slot *slot, uint64_t want)
{
	uint64_t state =
	    atomic_load_explicit(&slot->state, memory_order_acquire);

	do {
		if ((state & ~PINS) != want)
			return SOCK_ESTALE;
		/* Closed, and without pins of others: it may be ending. */
		if ((want & CLOSED) != 0 && (state & PINS) == 0)
			return SOCK_ESTALE;
		assert((state & PINS) != PINS);
	} while (!SOCKI_ALONE_SWAP_IF(&slot->state, &state, state + 1));
	return 0;
}

int
socki_handle_pin_closed(sock_t handle, struct socki_object **object)
{
	const uint64_t want =
	    (socki_slot_open(handle) + ONE_GENERATION) | CLOSED;
	struct socki_slot *slot = handle > 0 ? socki_slot_of(handle) : NULL;
	int rc = SOCK_ESTALE;

	if (slot == NULL)
		return rc;
	if (!socki_slot_is_mine(slot)) {
		rc = socki_slot_pin_shared(slot, want);
	} else if ((atomic_load(&slot->state) & ~PINS) == want) {
		slot->owned_pins++;
		rc = 0;
	}
	if (rc == 0)
		*object = slot->object;
	return rc;
}

/* Nobody can pin a slot that is closed and has no pins: it is ours. */
static void
end(struct socki_slot *slot)
{
	struct socki_object *object = slot->object;
	const uint64_t state = atomic_load(&slot->state);

	slot->object = NULL;
	object->end(object);
	/* Before it is given out again, or its owner would take it for its own. */
	atomic_store(&slot->owner, NULL);
	/* Behind the last generation comes 0: the slot is retired. */
	if (state >> SOCKI_SLOT_GENERATION_SHIFT == 0)
		return;
	pthread_mutex_lock(&lock);
	slot->next_free = free_head;
	free_head = slot->index;
	pthread_mutex_unlock(&lock);
}

/* By the owner.  What it made up for on its side goes from the count too. */
void
socki_slot_end_if_done(struct socki_slot *slot)
{
	uint64_t state = atomic_load(&slot->state);

	do
		if ((state & CLOSED) == 0 ||
		    (int64_t)(state & PINS) + slot->owned_pins != 0)
			return;
	while (!atomic_compare_exchange_weak(&slot->state, &state,
	    state & ~PINS));
	end(slot);
}

/* The slot outlives its object, so this is safe without a pin. */
static void
ask(struct socki_slot *slot, struct socki_owner *owner)
{
	if (!atomic_exchange(&slot->asked, true))
		owner->ask(owner, &slot->ask);
}

void
socki_slot_unpin_closed(struct socki_slot *slot, uint64_t before)
{
	/*
	 * Owning took a pin that is never given back here, so that the last of
	 * all is one of nobody's object.
	 */
	struct socki_owner *owner = atomic_load(&slot->owner);

	if (owner != NULL)
		ask(slot, owner);
	else if ((before & PINS) == 1)
		end(slot);
}

int
socki_handle_close(sock_t handle)
{
	struct socki_slot *slot = socki_slot_of(handle);
	const uint64_t was = socki_slot_open(handle);
	const uint64_t is = (was + ONE_GENERATION) | CLOSED;
	uint64_t state = atomic_load(&slot->state);

	do {
		if ((state & ~PINS) != was)
			return SOCK_ESTALE;
	} while (!atomic_compare_exchange_weak(&slot->state, &state,
	    is | (state & PINS)));
	return 0;
}

void
socki_handle_thread(struct socki_owner *owner)
{
	socki_handle_owner = owner;
}

void
socki_handle_own(sock_t handle)
{
	atomic_store(&socki_slot_of(handle)->owner, socki_handle_owner);
}

void
socki_handle_ask(sock_t handle)
{
	struct socki_slot *slot = socki_slot_of(handle);
	struct socki_owner *owner = atomic_load(&slot->owner);

	if (owner == NULL)
		return;
	if (owner == socki_handle_owner)
		slot->object->look(slot->object);
	else
		ask(slot, owner);
}

static struct socki_slot *
slot_of(struct socki_ask *a)
{
	return (struct socki_slot *)(void *)((char *)a -
	    offsetof(struct socki_slot, ask));
}

void
socki_handle_asked(struct socki_ask *list)
{
	struct socki_owner *owner;
	struct socki_ask *next;

	for (; list != NULL; list = next) {
		struct socki_slot *slot = slot_of(list);

		next = list->next;
		atomic_store(&slot->asked, false);
		if (socki_slot_is_mine(slot)) {
			slot->object->look(slot->object);
			socki_slot_end_if_done(slot);
			continue;
		}
		/* It has ended since, and the slot may be somebody else's. */
		owner = atomic_load(&slot->owner);
		if (owner != NULL && owner != socki_handle_owner)
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
	socki_handle_owner = NULL;
	for (i = 1; i < used; i++) {
		struct socki_slot *slot = socki_slot_of((sock_t)i);
		uint64_t state = atomic_load(&slot->state);
		int pins;

		if (slot->object == NULL)
			continue;
		pins = keep(slot->object);
		if (pins < 0 && (state & CLOSED) == 0)
			state += ONE_GENERATION | CLOSED;
		if (pins < 0)
			pins = -1 - pins;
		state = (state & ~PINS) | (unsigned)pins;
		atomic_store(&slot->state, state);
		atomic_store(&slot->owner, NULL);
		atomic_store(&slot->asked, false);
		slot->owned_pins = 0;
		if ((state & (CLOSED | PINS)) == CLOSED)
			end(slot);
	}
}
