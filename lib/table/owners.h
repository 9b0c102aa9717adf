/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_TABLE_OWNERS_H
#define SOCKI_TABLE_OWNERS_H

#include <sock/table.h>
#include <stddef.h>
#include <stdint.h>

#include "table/map.h"

/* Which processes hold a socket: one walk of /proc/PID/fd (proc_pid_fd(5)). */

struct socki_why;

struct socki_owners {
	struct socki_map newest; /* inode -> 1 + the last of its links */
	struct socki_link *links;
	size_t link_count, link_room;
	struct socki_process *processes;
	size_t process_count, process_room;
	struct sock_owner *found; /* room for the most that share a socket */
	uint32_t most;
};

void socki_owners_start(struct socki_owners *owners);
void socki_owners_end(struct socki_owners *owners);

/*
 * Looks at all processes; those that this user may not look at, and those that
 * end meanwhile, are passed over.  0; -ENOMEM, -EMFILE, -ENFILE; what opening
 * /proc says.
 */
int socki_owners_walk(struct socki_owners *owners, struct socki_why *why);

/* How many hold it; *out is good until the next call. */
int socki_owners_of(struct socki_owners *owners, uint64_t inode,
    const struct sock_owner **out);

#endif
