/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_CREW_H
#define SOCK_TEST_CREW_H

#include <assert.h>

#include "aside.h"

/*
 * Several that do the same at a time: threads, fibers of one worker, and
 * fibers of all.
 */

#define CREW_MAX 32

struct crew {
	struct sock_group *group;
	struct aside_call call;
	pthread_t threads[CREW_MAX];
	unsigned count;
};

/* Before the first fiber of the program. */
static inline void
crew_workers(void)
{
	const struct sock_runtime_options o = { .size = sizeof o,
		.workers = 3 };

	EXPECT_INT(sock_runtime(&o), 0);
}

static inline void
crew_start(struct crew *crew, unsigned count, void (*run)(void *), void *arg)
{
	unsigned i;

	assert(count <= CREW_MAX);
	crew->group = sock_group_new();
	crew->call = (struct aside_call){ run, arg };
	crew->count = count;
	for (i = 0; i < count; i++)
		EXPECT_INT(i % 4 == 0 ? pthread_create(&crew->threads[i], NULL,
					    aside_call, &crew->call) :
			i % 4 == 1    ? sock_go(crew->group, run, arg) :
					sock_go_spread(crew->group, run, arg),
		    0);
}

static inline void
crew_join(struct crew *crew)
{
	unsigned i;

	for (i = 0; i < crew->count; i += 4)
		EXPECT_INT(pthread_join(crew->threads[i], NULL), 0);
	EXPECT_INT(sock_group_wait(crew->group, SOCK_FOREVER), 0);
	sock_group_free(crew->group);
}

#endif
