/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_BASE_HANDLE_H
#define SOCKI_BASE_HANDLE_H

#include <sock/base.h>

/*
 * The table behind sock_t: 24 bits of slot and 39 bits of generation, so that
 * a slot serves 5 * 10^11 handles and is then retired; no handle comes twice.
 *
 * Looking up takes no lock.  A call pins the slot, works and unpins; closing
 * makes the generation stale at once, and the last pin out ends the object.
 * Slots are never given back to the allocator, which is what lets a stale
 * handle be looked up from any thread at any time.
 */

struct socki_object {
	/* Called once, without pins, by whoever took the last one out. */
	void (*end)(struct socki_object *object);
};

/* A handle, whose object is not pinned; -ENOMEM, SOCK_ELIMIT. */
sock_t socki_handle_new(struct socki_object *object);

/*
 * 0 and the object, until socki_handle_unpin(); SOCK_ESTALE; SOCK_EUSAGE for
 * 0; a negative handle itself (a code too wide for int is SOCK_EUSAGE).
 */
int socki_handle_pin(sock_t handle, struct socki_object **object);

/* The same for a handle that is closed, while a pin still holds its object. */
int socki_handle_pin_closed(sock_t handle, struct socki_object **object);

void socki_handle_unpin(sock_t handle);

/* By one who has a pin.  0; SOCK_ESTALE: somebody else closed it first. */
int socki_handle_close(sock_t handle);

/* The same if the caller's pins are all there are; else -EBUSY. */
int socki_handle_close_alone(sock_t handle, unsigned pins);

/*
 * For pthread_atfork(3): nobody may touch the free slots across fork, and in
 * the child the pins of other threads are gone.  keep says of each living
 * object how many pins it keeps, or -1: it ends.
 */
void socki_handle_fork_begin(void);
void socki_handle_fork_parent(void);
void socki_handle_fork_child(int (*keep)(struct socki_object *object));

/* The generation of a slot's first handle; a test begins near the last. */
#define SOCKI_GENERATION_LAST ((UINT64_C(1) << 39) - 1)
extern uint64_t socki_handle_first_generation;

#endif
