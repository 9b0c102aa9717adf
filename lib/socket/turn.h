/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_SOCKET_TURN_H
#define SOCKI_SOCKET_TURN_H

#include "base/alone.h"
#include "base/handle.h"
#include "engine/guard.h"

/*
 * The turns at a stream: one has the reader's, one the writer's.  The thread
 * that owns the handle takes them without a locked instruction, as
 * engine/guard.h explains, until anybody else comes for one.
 */

enum {
	SOCKI_NONE,
	SOCKI_TAKEN,
	SOCKI_WANTED /* taken, and somebody waits for it */
};

struct socki_turn {
	_Atomic int taken;     /* by whoever else, or after others have come */
	_Atomic bool by_owner; /* without looking at others */
};

/* Whether others have come, and all threads know. */
enum {
	SOCKI_OWNERS,
	SOCKI_SHARING,
	SOCKI_SHARED
};

/*
 * A turn has been taken, but the owner may have it: true, if it has, and the
 * turn is given back.  From now on it looks at others, and tells them when it
 * is done.
 */
bool socki_turn_is_owners(struct socki_turn *turn, _Atomic uint8_t *shared);

/* By the owner, without others: false, and the turn is to be taken as by them. */
static inline bool
socki_turn_take_own(struct socki_turn *turn, const _Atomic uint8_t *shared)
{
	if (!socki_guard_has_barriers() ||
	    atomic_load_explicit(shared, memory_order_relaxed) !=
		SOCKI_OWNERS ||
	    atomic_load_explicit(&turn->by_owner, memory_order_relaxed))
		return false;
	atomic_store_explicit(&turn->by_owner, true, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	if (atomic_load_explicit(shared, memory_order_acquire) ==
		SOCKI_OWNERS &&
	    atomic_load(&turn->taken) == SOCKI_NONE)
		return true;
	atomic_store_explicit(&turn->by_owner, false, memory_order_release);
	return false;
}

/* False: somebody has it.  slot is that of the handle, which is pinned. */
static inline bool
socki_turn_take(struct socki_turn *turn, _Atomic uint8_t *shared,
    struct socki_slot *slot)
{
	int none = SOCKI_NONE;

	if (socki_slot_is_mine(slot) && socki_turn_take_own(turn, shared))
		return true;
	return SOCKI_ALONE_SWAP_IF(&turn->taken, &none, SOCKI_TAKEN) &&
	    (atomic_load(&slot->owner) == NULL ||
		!socki_turn_is_owners(turn, shared));
}

/* By whoever has it: true, if it was the owner's way and that is all. */
static inline bool
socki_turn_give_own(struct socki_turn *turn, const struct socki_slot *slot)
{
	if (!atomic_load_explicit(&turn->by_owner, memory_order_relaxed) ||
	    !socki_slot_is_mine(slot))
		return false;
	atomic_store_explicit(&turn->by_owner, false, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
	return true;
}

static inline bool
socki_turn_is_free(const struct socki_turn *turn)
{
	return atomic_load(&turn->taken) == SOCKI_NONE &&
	    !atomic_load(&turn->by_owner);
}

/* In a child after fork(), where whoever had it is gone. */
static inline void
socki_turn_forked(struct socki_turn *turn)
{
	atomic_store(&turn->taken, SOCKI_NONE);
	atomic_store(&turn->by_owner, false);
}

#endif
