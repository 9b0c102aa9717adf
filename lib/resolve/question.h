/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_RESOLVE_QUESTION_H
#define SOCKI_RESOLVE_QUESTION_H

#include "resolve/resolve.h"

/* A question that helper threads know: one, however many ask it. */
struct socki_question {
	struct socki_question *next,
	    **link;                 /* link NULL: nobody looks for it */
	struct socki_asker *askers; /* who waits for the answer */
	unsigned holds;             /* askers, and the helper at it */
	unsigned what;              /* SOCKI_ASK_A, ..., or both families */
	bool begun;                 /* a helper is at it */

	/* Once answered: how many, of what, or an error. */
	int result;
	void *answer;

	struct sock_addr addr;         /* of SOCKI_ASK_NAME */
	char host[SOCKI_HOST_MAX + 2]; /* of the others */
};

/*
 * On a helper thread: asks, and sets result and answer.  IPv4 inside IPv6
 * becomes IPv4, and addresses of another family and repeats are dropped; what is
 * left is sorted.  Names that are no host names are refused.
 */
void socki_question_ask(struct socki_question *q,
    const struct socki_resolver *resolver);

/*
 * The answered question of a look-up that answers what is asked: one that is
 * changed no more until the look-up ends.
 */
const struct socki_question *
socki_lookup_question(struct socki_lookup *lookup, unsigned what);

/* The C library's. */
extern const struct socki_resolver socki_resolver_libc;

#endif
