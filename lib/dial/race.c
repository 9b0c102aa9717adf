/* SPDX-License-Identifier: MIT */
#include "dial/race.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "resolve/resolve.h"

#define NS_PER_MS 1000000

void
socki_race_begin(struct socki_race *r, int delay_ms)
{
	if (delay_ms == 0)
		delay_ms = SOCKI_RACE_DELAY_MS;
	else if (delay_ms > SOCKI_RACE_DELAY_MS_MAX)
		delay_ms = SOCKI_RACE_DELAY_MS_MAX;
	else if (delay_ms > 0 && delay_ms < SOCKI_RACE_DELAY_MS_MIN)
		delay_ms = SOCKI_RACE_DELAY_MS_MIN;
	r->racers = r->few;
	r->room = SOCKI_RACE_FEW;
	r->count = r->waiting = r->flying = r->awaited = 0;
	r->turn = AF_INET6;
	r->begun = r->holds = false;
	r->delay_ns = delay_ms < 0 ? -1 : (int64_t)delay_ms * NS_PER_MS;
	r->aaaa_ms = SOCKI_RACE_AAAA_MS;
	r->next_at = 0;
}

void
socki_race_end(struct socki_race *r)
{
	r->count = 0;
	if (r->racers != r->few)
		socki_free(r->racers);
	r->racers = r->few;
}

static int
make_room(struct socki_race *r, unsigned room)
{
	struct socki_racer *racers, *was = r->racers;

	if (room <= r->room)
		return 0;
	racers = socki_alloc(room * sizeof *racers);
	if (racers == NULL)
		return -ENOMEM;
	memcpy(racers, was, r->count * sizeof *racers);
	/* What a child finds that is forked meanwhile: all or none. */
	atomic_thread_fence(memory_order_release);
	r->racers = racers;
	r->room = room;
	if (was != r->few)
		socki_free(was);
	return 0;
}

int
socki_race_add(struct socki_race *r, const struct sock_addr *addrs, int count)
{
	int i, rc = make_room(r, r->count + (unsigned)count);

	for (i = 0; i < count && rc == 0; i++) {
		struct socki_racer *racer = &r->racers[r->count];

		racer->addr = addrs[i];
		racer->code = 0;
		racer->fd = -1;
		racer->state = SOCKI_RACER_WAITS;
		r->waiting++;
		atomic_thread_fence(memory_order_release);
		r->count++;
	}
	return rc;
}

const struct socki_racer *
socki_race_best(const struct socki_race *r, int family)
{
	unsigned i;

	for (i = 0; i < r->count; i++)
		if (r->racers[i].state == SOCKI_RACER_WAITS &&
		    (family == AF_UNSPEC ||
			r->racers[i].addr.u.sa.sa_family == family))
			return &r->racers[i];
	return NULL;
}

void
socki_race_await(struct socki_race *r, unsigned awaited, sock_time now)
{
	r->awaited = awaited;
	if (r->begun || r->waiting == 0)
		return;
	if ((awaited & SOCKI_ASK_AAAA) == 0) {
		r->next_at = now;
	} else if (!r->holds) {
		r->holds = true;
		r->next_at = socki_clock_add(now, r->aaaa_ms);
	}
}

static int
other(int family)
{
	return family == AF_INET6 ? AF_INET : AF_INET6;
}

int
socki_race_next(struct socki_race *r, sock_time now)
{
	const struct socki_racer *best;
	unsigned i;

	if (r->waiting == 0)
		return r->flying > 0 || r->awaited != 0 ? -EAGAIN : -ENOENT;
	if (r->flying == SOCKI_RACE_FLYING_MAX || now < r->next_at)
		return -EAGAIN;
	best = socki_race_best(r, r->turn);
	if (best == NULL)
		best = socki_race_best(r, AF_UNSPEC);
	i = (unsigned)(best - r->racers);
	r->racers[i].state = SOCKI_RACER_FLIES;
	r->begun = true;
	r->waiting--;
	r->flying++;
	r->turn = other(best->addr.u.sa.sa_family);
	r->next_at = r->delay_ns < 0 || now > SOCK_FOREVER - r->delay_ns ?
	    SOCK_FOREVER :
	    now + r->delay_ns;
	return (int)i;
}

void
socki_race_fail(struct socki_race *r, unsigned racer, int code, sock_time now)
{
	r->racers[racer].state = SOCKI_RACER_FAILED;
	r->racers[racer].code = code;
	r->flying--;
	r->next_at = now;
}

sock_time
socki_race_due(const struct socki_race *r)
{
	if (r->waiting == 0 || r->flying == SOCKI_RACE_FLYING_MAX)
		return SOCK_FOREVER;
	return r->next_at;
}
