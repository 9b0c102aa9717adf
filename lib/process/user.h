/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_PROCESS_USER_H
#define SOCKI_PROCESS_USER_H

#include <stddef.h>
#include <sys/types.h>

struct socki_why;

/* Whom a process becomes. */
struct socki_user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* the supplementary ones */
	size_t count;
};

/*
 * By name or, if nobody has that name, by number; a number that nobody has is a
 * user without groups but the one of that number.
 *
 * 0; -ENOENT: nobody; SOCK_EUSAGE: root; else what the name service says.
 */
int socki_user_find(struct socki_user *out, const char *name,
    struct socki_why *why);
void socki_user_end(struct socki_user *user);

#endif
