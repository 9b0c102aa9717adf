/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CONTENDERS_MAX 16
#define ROUNDS_MAX 101

static double taken[CONTENDERS_MAX + 1][ROUNDS_MAX];

static unsigned
rounds(void)
{
	const char *text = getenv("ROUNDS");
	const unsigned n =
	    text == NULL ? 21 : (unsigned)strtoul(text, NULL, 10);

	return n < 1 ? 1 : n > ROUNDS_MAX ? ROUNDS_MAX : n;
}

static uint64_t
read_clock(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		abort();
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int
ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
at_rank(const double *values, unsigned n, double rank)
{
	double sorted[ROUNDS_MAX];
	unsigned i;

	for (i = 0; i < n; i++)
		sorted[i] = values[i];
	qsort(sorted, n, sizeof sorted[0], ascending);
	i = rank < 0 ? 0 : rank >= n ? n - 1 : (unsigned)rank;
	return sorted[i];
}

static void
print_row(const char *name, unsigned c, unsigned n)
{
	double ratio[ROUNDS_MAX];
	unsigned r;

	for (r = 0; r < n; r++)
		ratio[r] = taken[c][r] / taken[0][r];
	printf("  %-36s %10.1f %9.3f %9.3f %9.3f\n", name,
	    at_rank(taken[c], n, n / 2), at_rank(ratio, n, n / 2),
	    at_rank(ratio, n, n / 2.0 - 0.98 * sqrt(n)),
	    at_rank(ratio, n, n / 2.0 + 0.98 * sqrt(n)));
}

/* Seconds that all processors were busy, and that we and our children were. */
static void
read_machine(double *busy, double *ours)
{
	const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	unsigned long long t[8] = { 0 };
	struct rusage used;
	FILE *f = fopen("/proc/stat", "r");
	unsigned i;

	if (f == NULL ||
	    fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0],
		&t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
		abort();
	fclose(f);
	*busy = (double)(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) /
	    (double)sysconf(_SC_CLK_TCK);
	for (*ours = 0, i = 0; i < 2; i++) {
		(void)getrusage(whose[i], &used);
		*ours += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) /
			1e6;
	}
}

void
pairs_run(const char *title, const struct contender *list, unsigned contenders,
    unsigned count)
{
	const unsigned n = rounds();
	double busy[2], ours[2];
	const uint64_t begun = read_clock(CLOCK_MONOTONIC);
	unsigned c, r;

	read_machine(&busy[0], &ours[0]);
	for (c = 0; c < contenders; c++)
		(void)list[c].run(&list[c], count / 10 + 1);
	for (r = 0; r < n; r++)
		for (c = 0; c <= contenders; c++)
			taken[c][r] = (double)list[c % contenders]
					  .run(&list[c % contenders], count) /
			    count;
	read_machine(&busy[1], &ours[1]);
	printf("%s\n  %-36s %10s %9s %9s %9s\n", title, "", "ns", "ratio",
	    "at least", "at most");
	for (c = 0; c < contenders; c++)
		print_row(list[c].name, c, n);
	print_row("the first one again", contenders, n);
	printf("  others had %.0f %% of a processor meanwhile\n",
	    (busy[1] - busy[0] - (ours[1] - ours[0])) * 1e11 /
		(double)(read_clock(CLOCK_MONOTONIC) - begun));
	fflush(stdout);
}

uint64_t
cpu_self(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t
cpu_of(int pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0)
		abort();
	return read_clock(clock);
}

void
pin_to_one(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	(void)sched_setaffinity(0, sizeof set, &set);
	(void)setpriority(PRIO_PROCESS, 0, -10);
}
