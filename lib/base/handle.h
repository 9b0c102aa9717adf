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
 *
 * A thread may own an object, once and until its end.  Its own pins are then
 * counted apart, without an atomic operation (the biased reference counting of
 * Choi, Shull and Torrellas, 2018), and it alone ends the object; another
 * thread that finds there is something to look at asks it to.
 */

struct socki_object {
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

/* Makes the calling thread an owner of objects; NULL: it is none. */
void socki_handle_thread(struct socki_owner *owner);

/*
 * The object of an open handle that the calling thread owns, else NULL.  It
 * needs no pin, until that thread unpins something or looks at what was asked.
 */
struct socki_object *socki_handle_mine(sock_t handle);

/* The calling thread owns it from now on; it has a pin, nobody owns it yet. */
void socki_handle_own(sock_t handle);

/* Has the owner call look, if there is one.  By one who has a pin. */
void socki_handle_ask(sock_t handle);

/* By the owner, for a list that it was asked to look at. */
void socki_handle_asked(struct socki_ask *list);

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
