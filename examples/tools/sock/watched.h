/* SPDX-License-Identifier: MIT */
#ifndef WATCHED_H
#define WATCHED_H

#include "table.h"
#include "table_totals.h"

/* The sockets from one look at the machine to the next. */

#define OWNERS_ROOM 48
/* Looks for which a row counts as new, and stays when it has gone. */
#define STAYS 3

struct watched_row {
	struct sock_row row; /* without owners, who are told by: */
	char owners[OWNERS_ROOM];
	int service;   /* the port that is one; -1: none */
	unsigned born; /* the look at which it was first there */
	unsigned gone; /* that at which it was not any more; 0: it is there */
};

struct watched {
	struct watched_row *rows; /* by transport and addresses */
	size_t count;
	const struct watched_row **order; /* as they are shown */
	char sort;
	unsigned look; /* from 1 */
	struct totals totals;
};

/* Looks at the machine.  An exit code. */
int watched_look(struct watched *, struct wording *);

/*
 * Brings the rows in the order of a key: 't'ransport, 'l'ocal, 'p'eer,
 * 's'tate, ser'v'ice, 'a'ge with the newest first.  Other keys change nothing.
 */
void watched_sort(struct watched *, char key);

void watched_free(struct watched *);

#endif
