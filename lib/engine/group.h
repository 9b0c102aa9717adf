/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_GROUP_H
#define SOCKI_ENGINE_GROUP_H

struct socki_task;

/*
 * A member waits no more: behind this no cancel is in the middle of waking it,
 * and what it was woken by may go.
 */
void socki_group_meet(struct socki_task *task);
/* A member has ended: nothing of it is its group's any more. */
void socki_group_leave(struct socki_task *task);

#endif
