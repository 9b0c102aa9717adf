/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_HANDLE_H
#define SOCKI_BASE_HANDLE_H

#include <assert.h>
#include <limits.h>
#include <sock/base.h>
#include <stdatomic.h>

#include "base/alone.h"

/*
 * The table behind sock_t: 24 bits of slot and 39 bits of generation, so that
 * a slot serves 5 * 10^11 handles and is then retired; no handle comes twice.
 *
 * Looking up takes no lock.  A call pins the slot, works and unpins; closing
 * makes the generation stale at once, and the last pin out ends the object.
 * Slots are never given back to the allocator, which is what lets a stale
 * handle be looked up from any thread at any time.
 *
 * A thread may own an object, once and until its end.  Its own pins are then
 * counted apart, without an atomic operation (the biased reference counting of
 * Choi, Shull and Torrellas, 2018), and it alone ends the object; another
 * thread that finds there is something to look at asks it to.
 */

struct socki_slot;

struct socki_object {
	struct socki_slot *slot; /* that of its handle */
	/* Called once, without pins, by whoever took the last one out. */
	void (*end)(struct socki_object *object);
	/* Called by the owner, when somebody asked. */
	void (*look)(struct socki_object *object);
};

/* A node of an owner's list of those to look at: it lies in the slot. */
struct socki_ask {
	struct socki_ask *next;
};

struct socki_owner {
	/* Takes the node, from any thread, and wakes the owner. */
	void (*ask)(struct socki_owner *owner, struct socki_ask *ask);
};

#define SOCKI_HANDLE_INDEX_BITS 24
#define SOCKI_HANDLE_INDEX_MAX ((1U << SOCKI_HANDLE_INDEX_BITS) - 1)

/* A slot's state: generation, closed or free, pins. */
#define SOCKI_SLOT_PINS ((UINT64_C(1) << 24) - 1)
#define SOCKI_SLOT_CLOSED (UINT64_C(1) << 24)
#define SOCKI_SLOT_GENERATION_SHIFT 25

struct socki_slot {
	_Atomic uint64_t state; /* its pins are those of everybody else's */
	struct socki_object *object;
	struct socki_owner *_Atomic owner;
	int owned_pins; /* the owner's; negative: of pins from before it was */
	uint32_t next_free;
	uint32_t index;
	_Atomic bool asked; /* ask is in a list */
	struct socki_ask ask;
};

/* Segment k holds 64 << k slots, and never moves. */
#define SOCKI_SLOTS_FIRST_BITS 6
#define SOCKI_SLOT_SEGMENTS \
	(SOCKI_HANDLE_INDEX_BITS - SOCKI_SLOTS_FIRST_BITS + 1)
extern struct socki_slot *_Atomic socki_slot_segments[SOCKI_SLOT_SEGMENTS];

/* As whom the calling thread owns; NULL: it owns nothing. */
extern _Thread_local struct socki_owner *socki_handle_owner
    __attribute__((tls_model("initial-exec")));

/* A handle, whose object is not pinned; -ENOMEM, SOCK_ELIMIT. */
sock_t socki_handle_new(struct socki_object *object);

/* Which segment holds an index, and where in it. */
static inline unsigned
socki_slot_segment(uint32_t index, uint32_t *offset)
{
	const uint32_t n = index + (1U << SOCKI_SLOTS_FIRST_BITS);
	const unsigned top = 31 - (unsigned)__builtin_clz(n);

	*offset = n - (1U << top);
	return top - SOCKI_SLOTS_FIRST_BITS;
}

/* The slot of a handle > 0, or NULL; it may be another one's by now. */
static inline struct socki_slot *
socki_slot_of(sock_t handle)
{
	uint32_t offset;
	const unsigned k =
	    socki_slot_segment((uint32_t)handle & SOCKI_HANDLE_INDEX_MAX,
		&offset);
	struct socki_slot *segment =
	    atomic_load_explicit(&socki_slot_segments[k], memory_order_acquire);

	return segment == NULL ? NULL : &segment[offset];
}

/*
 * An object of the calling thread's cannot end meanwhile, and none becomes one:
 * both happen on this thread alone.
 */
static inline bool
socki_slot_is_mine(const struct socki_slot *slot)
{
	return socki_handle_owner != NULL &&
	    atomic_load_explicit(&slot->owner, memory_order_relaxed) ==
	    socki_handle_owner;
}

/* What the slot's state is without pins, while the handle is open. */
static inline uint64_t
socki_slot_open(sock_t handle)
{
	return (uint64_t)handle >> SOCKI_HANDLE_INDEX_BITS
	    << SOCKI_SLOT_GENERATION_SHIFT;
}

/* What is left of the two below where the slot is nobody's or another's. */
int socki_slot_pin_shared(struct socki_slot *slot, uint64_t want);
void socki_slot_unpin_closed(struct socki_slot *slot, uint64_t before);
/* The owner may have given back the last pin of a closed handle. */
void socki_slot_end_if_done(struct socki_slot *slot);

/*
 * 0 and the object, until socki_handle_unpin(); SOCK_ESTALE; SOCK_EUSAGE for
 * 0; a negative handle itself (a code too wide for int is SOCK_EUSAGE).
 */
static inline int
socki_handle_pin(sock_t handle, struct socki_object **object)
{
	const uint64_t want = socki_slot_open(handle);
	struct socki_slot *slot;
	uint64_t state;
	int rc;

	*object = NULL;
	if (handle <= 0)
		return handle < INT_MIN || handle == 0 ? SOCK_EUSAGE :
							 (int)handle;
	slot = socki_slot_of(handle);
	if (slot == NULL)
		return SOCK_ESTALE;
	if (socki_slot_is_mine(slot)) {
		state =
		    atomic_load_explicit(&slot->state, memory_order_relaxed);
		if ((state & ~SOCKI_SLOT_PINS) != want)
			return SOCK_ESTALE;
		slot->owned_pins++;
	} else if ((rc = socki_slot_pin_shared(slot, want)) < 0) {
		return rc;
	}
	*object = slot->object;
	return 0;
}

/* The same for a handle that is closed, while a pin still holds its object. */
int socki_handle_pin_closed(sock_t handle, struct socki_object **object);

static inline void
socki_object_unpin(struct socki_object *object)
{
	struct socki_slot *slot = object->slot;
	uint64_t before;

	if (socki_slot_is_mine(slot)) {
		slot->owned_pins--;
		/* Whoever closes it meanwhile asks the owner to look. */
		if (atomic_load_explicit(&slot->state, memory_order_relaxed) &
		    SOCKI_SLOT_CLOSED)
			socki_slot_end_if_done(slot);
		return;
	}
	before = atomic_load_explicit(&slot->state, memory_order_relaxed);
	if (socki_alone())
		atomic_store_explicit(&slot->state, before - 1,
		    memory_order_relaxed);
	else
		before = atomic_fetch_sub(&slot->state, 1);
	assert((before & SOCKI_SLOT_PINS) != 0);
	if (before & SOCKI_SLOT_CLOSED)
		socki_slot_unpin_closed(slot, before);
}

static inline void
socki_handle_unpin(sock_t handle)
{
	socki_object_unpin(socki_slot_of(handle)->object);
}

/* By one who has a pin.  0; SOCK_ESTALE: somebody else closed it first. */
int socki_handle_close(sock_t handle);

/* Makes the calling thread an owner of objects; NULL: it is none. */
void socki_handle_thread(struct socki_owner *owner);

/*
 * The object of an open handle that the calling thread owns, else NULL.  It
 * needs no pin, until that thread unpins something or looks at what was asked.
 */
static inline struct socki_object *
socki_handle_mine(sock_t handle)
{
	struct socki_slot *slot = socki_slot_of(handle);

	if (slot == NULL || !socki_slot_is_mine(slot) ||
	    (atomic_load_explicit(&slot->state, memory_order_relaxed) &
		~SOCKI_SLOT_PINS) != socki_slot_open(handle))
		return NULL;
	return slot->object;
}

/* The calling thread owns it from now on; it has a pin, nobody owns it yet. */
void socki_handle_own(sock_t handle);

/* Has the owner call look, if there is one.  By one who has a pin. */
void socki_handle_ask(sock_t handle);

/* By the owner, for a list that it was asked to look at. */
void socki_handle_asked(struct socki_ask *list);

/*
 * For pthread_atfork(3): nobody may touch the free slots across fork, and in
 * the child the pins of other threads are gone.  keep says of each living
 * object how many pins it keeps, n, or -1 - n: it is closed beside that.
 */
void socki_handle_fork_begin(void);
void socki_handle_fork_parent(void);
void socki_handle_fork_child(int (*keep)(struct socki_object *object));

/* The generation of a slot's first handle; a test begins near the last. */
#define SOCKI_GENERATION_LAST ((UINT64_C(1) << 39) - 1)
extern uint64_t socki_handle_first_generation;

#endif
