/* SPDX-License-Identifier: MIT */
#ifndef SOCKI_ENGINE_GROUP_H
#define SOCKI_ENGINE_GROUP_H

struct socki_task;

/* A member has ended: nothing of it is its group's any more. */
void socki_group_leave(struct socki_task *task);

#endif
