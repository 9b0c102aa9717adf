/* SPDX-License-Identifier: MIT */
#ifndef TABLE_NAMES_H
#define TABLE_NAMES_H

#include <sock.h>
#include <stdbool.h>

/* The names of hosts, looked up side by side. */

struct names;

struct names *names_new(void); /* NULL: out of memory */
void names_free(struct names *);

/* Notes the hosts of both ends, to be looked up. */
void names_note(struct names *, const struct sock_row *);

/* Looks up those that were noted since; for two seconds at most. */
void names_find(struct names *);

/* Begins to, two seconds for each, and does not wait. */
void names_start(struct names *);

/* Whether more of them may come. */
bool names_awaited(struct names *);

/* NULL: none, or not yet. */
const char *names_of(struct names *, const struct sock_addr *);

#endif
