/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_WORKERS_H
#define SOCK_TEST_WORKERS_H

#include <sched.h>

#include "engine/worker.h"
#include "forking.h"
#include "waiting.h"

#define WORKERS 4

/* Each test has a process of its own, whose workers have not started. */
static inline void
run_in_child(void (*test)(void *))
{
	if (under_emulation())
		ASIDE_SKIP("an emulated child starts no threads");
	assert_int_equal(aside_child(test, NULL), 0);
}

/* The same where it does not matter what went before. */
static inline void
run_in_child_or_here(void (*test)(void *))
{
	if (under_emulation()) {
		test(NULL);
		assert_aside();
	} else {
		run_in_child(test);
	}
}

static inline void
use_four(void)
{
	const struct sock_runtime_options o = { .size = sizeof o,
		.workers = WORKERS };

	/* It was done before, where tests share a process. */
	EXPECT(sock_runtime(&o) == 0 || socki_worker_count() == WORKERS);
}

static inline struct sock_runtime_stats
stats(void)
{
	struct sock_runtime_stats s = { .size = sizeof s };

	EXPECT_INT(sock_runtime_stats(&s), 0);
	return s;
}

/* Until so many fibers live: those that have ended are soon not counted. */
static inline void
until_fibers(int count)
{
	while (stats().fibers != count)
		sched_yield();
}

static inline void
note_processors(void *arg)
{
	EXPECT_INT(sched_getaffinity(0, sizeof(cpu_set_t), arg), 0);
}

struct spread {
	cpu_set_t sets[WORKERS];
	_Atomic int came;
	int count;
};

static inline void
note_and_stay(void *arg)
{
	struct spread *s = arg;

	note_processors(&s->sets[atomic_fetch_add(&s->came, 1)]);
	while (atomic_load(&s->came) < s->count)
		EXPECT_INT(sock_sleep(sock_in(1)), 0);
}

/* What so many fibers at once run on. */
static inline cpu_set_t
spread_over(int count)
{
	struct spread s = { .count = count };
	struct sock_group *g = sock_group_new();
	int i;

	for (i = 0; i < count; i++)
		EXPECT_INT(sock_go_spread(g, note_and_stay, &s), 0);
	EXPECT_INT(sock_group_wait(g, SOCK_FOREVER), 0);
	sock_group_free(g);
	for (i = 1; i < count; i++)
		CPU_OR(&s.sets[0], &s.sets[0], &s.sets[i]);
	return s.sets[0];
}

struct crowd {
	struct sock_group *group;
	_Atomic int arrived;
	_Atomic bool let;
	pthread_t threads[64];
};

static inline void
arrive(void *arg)
{
	struct crowd *c = arg;

	c->threads[atomic_fetch_add(&c->arrived, 1)] = pthread_self();
	while (!atomic_load(&c->let))
		EXPECT_INT(sock_sleep(sock_in(1)), 0);
}

static inline void
until_arrived(struct crowd *c, int count)
{
	while (atomic_load(&c->arrived) < count)
		sched_yield();
}

static inline void
disperse(struct crowd *c)
{
	atomic_store(&c->let, true);
	EXPECT_INT(sock_group_wait(c->group, SOCK_FOREVER), 0);
	sock_group_free(c->group);
}

#endif
