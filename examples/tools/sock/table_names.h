/* SPDX-License-Identifier: MIT */
#ifndef TABLE_NAMES_H
#define TABLE_NAMES_H

#include <sock.h>

/* The names of hosts, looked up side by side. */

struct names;

struct names *names_new(void); /* NULL: out of memory */
void names_free(struct names *);

/* Notes the hosts of both ends, to be looked up. */
void names_note(struct names *, const struct sock_row *);

/* Looks up those that were noted since, until the deadline at most. */
void names_find(struct names *, sock_time deadline);

/* NULL: none, or not yet. */
const char *names_of(const struct names *, const struct sock_addr *);

#endif
