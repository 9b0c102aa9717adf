/* SPDX-License-Identifier: MIT */

/*
 * ns of a switch of stacks there and back, of the same by way of sock_sleep(),
 * of starting and joining a fiber, and what a million sleeping fibers take.
 * FIBERS says how many.
 */
#include <errno.h>
#include <sock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/switch.h"
#include "pairs.h"

#define YIELDS 2000000
#define SPAWNS 500000
#define ROUNDS 21

static double result[ROUNDS];

static double
now_ns(void)
{
	return (double)sock_now();
}

static int
ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
print_median(const char *what)
{
	qsort(result, ROUNDS, sizeof result[0], ascending);
	printf("  %-36s %10.1f ns (%.1f to %.1f)\n", what, result[ROUNDS / 2],
	    result[0], result[ROUNDS - 1]);
}

#if SOCKI_SWITCH
static struct socki_context here, there;
static char stack[65536] __attribute__((aligned(64)));

static void
come_back(void *arg)
{
	(void)arg;
	for (;;)
		socki_switch(&there, &here);
}

static void
bare_switches(void)
{
	unsigned r, i;

	socki_switch_prepare(&there, stack + sizeof stack, come_back, NULL);
	for (r = 0; r < ROUNDS; r++) {
		const double begun = now_ns();

		for (i = 0; i < YIELDS; i++)
			socki_switch(&here, &there);
		result[r] = (now_ns() - begun) / YIELDS;
	}
	print_median("switch of stacks there and back");
}
#else
static void
bare_switches(void)
{
	printf("  no switch for this machine\n");
}
#endif

static void
yield(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < YIELDS; i++)
		(void)sock_sleep(SOCK_NOWAIT);
}

/* Two fibers that yield to each other: each yield is a switch. */
static void
switches(void)
{
	unsigned r;

	for (r = 0; r < ROUNDS; r++) {
		struct sock_group *g = sock_group_new();
		const double begun = now_ns();

		(void)sock_go(g, yield, NULL);
		(void)sock_go(g, yield, NULL);
		(void)sock_group_wait(g, SOCK_FOREVER);
		result[r] = (now_ns() - begun) / YIELDS;
		sock_group_free(g);
	}
	print_median("the same by way of sock_sleep");
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
spawn(void *arg)
{
	struct sock_group *g = sock_group_new();
	unsigned i;

	(void)arg;
	for (i = 0; i < SPAWNS; i++) {
		(void)sock_go(g, nothing, NULL);
		(void)sock_group_wait(g, SOCK_FOREVER);
	}
	sock_group_free(g);
}

static void
spawns(void)
{
	unsigned r;

	for (r = 0; r < ROUNDS; r++) {
		struct sock_group *g = sock_group_new();
		const double begun = now_ns();

		(void)sock_go(g, spawn, NULL);
		(void)sock_group_wait(g, SOCK_FOREVER);
		result[r] = (now_ns() - begun) / SPAWNS;
		sock_group_free(g);
	}
	print_median("start and join");
}

static long
resident_kib(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0, resident = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof line, f) != NULL)
		(void)sscanf(line, "%ld %ld", &pages, &resident);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static sock_time wake_at;

static void
sleep_until(void *arg)
{
	(void)arg;
	(void)sock_sleep(wake_at);
}

static int
sleepers(long count)
{
	struct sock_group *g = sock_group_new();
	const double begun = now_ns();
	double started, woken;
	long before = resident_kib(), during, i;

	/* All of them start before the first one wakes. */
	wake_at = sock_in(20000);
	for (i = 0; i < count; i++)
		if (sock_go(g, sleep_until, NULL) < 0) {
			printf("fiber %ld: %s\n", i, sock_errmsg());
			return 1;
		}
	started = now_ns();
	/* They run in order: when the last one sleeps, all do. */
	while (sock_group_wait(g, sock_in(100)) == -ETIMEDOUT &&
	    sock_now() < wake_at - 1000000000)
		;
	during = resident_kib();
	(void)sock_group_wait(g, SOCK_FOREVER);
	woken = now_ns();
	sock_group_free(g);
	printf("  %ld sleepers: started in %.1f s, %.2f KiB each, all ended "
	       "%.1f s after their time\n",
	    count, (started - begun) / 1e9,
	    (double)(during - before) / (double)count,
	    (woken - (double)wake_at) / 1e9);
	return 0;
}

int
main(void)
{
	const char *fibers = getenv("FIBERS");

	pin_to_one();
	printf("fibers of one worker\n");
	bare_switches();
	switches();
	spawns();
	return sleepers(fibers == NULL ? 1000000 : strtol(fibers, NULL, 10));
}
