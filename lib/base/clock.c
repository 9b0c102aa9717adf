/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static sock_time (*_Atomic source_now)(void);

void
socki_clock_source(sock_time (*source)(void))
{
	atomic_store(&source_now, source);
}

static inline sock_time
ask(clockid_t clock)
{
	sock_time (*source)(void) =
	    atomic_load_explicit(&source_now, memory_order_relaxed);
	struct timespec t;

	if (source != NULL)
		return source();
	(void)clock_gettime(clock, &t);
	return (sock_time)t.tv_sec * 1000000000 + t.tv_nsec;
}

sock_time
sock_now(void)
{
	return ask(CLOCK_MONOTONIC);
}

sock_time
socki_clock_coarse(void)
{
	return ask(CLOCK_MONOTONIC_COARSE);
}

sock_time
socki_clock_add(sock_time start, int64_t ms)
{
	if (ms > (SOCK_FOREVER - start) / 1000000)
		return SOCK_FOREVER;
	if (ms < 0 && ms <= -start / 1000000)
		return 1;
	return start + ms * 1000000;
}

sock_time
sock_in(int64_t ms)
{
	return socki_clock_add(sock_now(), ms);
}

bool
socki_clock_passed(sock_time deadline)
{
	return deadline == SOCK_NOWAIT ||
	    (deadline != SOCK_FOREVER && deadline <= sock_now());
}
