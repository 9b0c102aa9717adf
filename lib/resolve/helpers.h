/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_RESOLVE_HELPERS_H
#define SOCKI_RESOLVE_HELPERS_H

#include "resolve/question.h"

/*
 * The threads that ask, the questions that wait for them, and the lock that all
 * look-ups share; what is below is called with it held.
 */
pthread_mutex_t *socki_helpers_lock(void);

/* Unlocks, and wakes as many helpers as there are questions. */
void socki_helpers_unlock(void);

/*
 * Joins an equal question that is under way, or asks a new one: a is zeroed but
 * for its look-up.  0; SOCK_ELIMIT, -ENOMEM, or why there is no thread: why is
 * set, and a may be linked.
 */
int socki_helpers_ask(struct socki_asker *a, const struct socki_question *like,
    struct socki_why *why);

/* The asker's question is no more its own. */
void socki_helpers_drop(struct socki_asker *a);

/* Who is asked. */
const struct socki_resolver *socki_helpers_resolver(void);

#endif
