/* SPDX-License-Identifier: MIT */
#include "engine/timer.h"

#include <errno.h>

#include "base/memory.h"

static void
put(struct socki_timers *t, size_t i, struct socki_timer_node node)
{
	t->nodes[i] = node;
	node.timer->place = i + 1;
}

static void
sift_up(struct socki_timers *t, size_t i, struct socki_timer_node node)
{
	while (i > 0 && node.at < t->nodes[(i - 1) / 4].at) {
		put(t, i, t->nodes[(i - 1) / 4]);
		i = (i - 1) / 4;
	}
	put(t, i, node);
}

static void
sift_down(struct socki_timers *t, size_t i, struct socki_timer_node node)
{
	for (;;) {
		size_t least = i * 4 + 1, k;

		for (k = least + 1; k < i * 4 + 5 && k < t->count; k++)
			if (t->nodes[k].at < t->nodes[least].at)
				least = k;
		if (least >= t->count || node.at <= t->nodes[least].at)
			break;
		put(t, i, t->nodes[least]);
		i = least;
	}
	put(t, i, node);
}

int
socki_timers_grow(struct socki_timers *t)
{
	const size_t capacity = t->capacity ? t->capacity * 2 : 64;
	struct socki_timer_node *nodes =
	    socki_realloc(t->nodes, capacity * sizeof *nodes);

	if (nodes == NULL)
		return -ENOMEM;
	t->nodes = nodes;
	t->capacity = capacity;
	return 0;
}

int
socki_timer_start(struct socki_timers *t, struct socki_timer *timer,
    sock_time at)
{
	if (t->count == t->capacity && socki_timers_grow(t) < 0)
		return -ENOMEM;
	t->count++;
	sift_up(t, t->count - 1, (struct socki_timer_node){ at, timer });
	return 0;
}

void
socki_timer_stop(struct socki_timers *t, struct socki_timer *timer)
{
	const size_t i = timer->place - 1;
	struct socki_timer_node last;

	if (timer->place == 0)
		return;
	timer->place = 0;
	last = t->nodes[--t->count];
	if (i == t->count)
		return;
	if (i > 0 && last.at < t->nodes[(i - 1) / 4].at)
		sift_up(t, i, last);
	else
		sift_down(t, i, last);
}

sock_time
socki_timer_first(const struct socki_timers *t)
{
	return t->count > 0 ? t->nodes[0].at : SOCK_FOREVER;
}

struct socki_timer *
socki_timer_due(struct socki_timers *t, sock_time now)
{
	struct socki_timer *timer;

	if (t->count == 0 || t->nodes[0].at > now)
		return NULL;
	timer = t->nodes[0].timer;
	socki_timer_stop(t, timer);
	return timer;
}
