/* SPDX-License-Identifier: MIT */

/*
 * ns of CPU for a look-up of a service: ours over the whole registry in mixed
 * order, getservbyname(3) and getservbyport(3) over the names of
 * /etc/services, and the limit, which is a table with a name for each port and
 * a hash over the same names.  21 rounds, in turn; medians, and the median of
 * each round's ratio to ours.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sock/service.h>

#define ROUNDS 21
#define CALLS 200000
#define SLOW_CALLS 300 /* of what takes thousands of ns */
#define ROWS_MAX 20000
#define SLOTS 65536

struct row {
	char name[32]; /* not the library's string: a caller has his own */
	char transport[8];
	int port;
};

static struct row rows[ROWS_MAX], machine[ROWS_MAX];
static int row_count, machine_count;
static const char *limit_by_port[65536];
static int limit_by_name[SLOTS]; /* 1 + a row */
static volatile uintptr_t sink;

static uint32_t
random_number(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

static void
shuffle(struct row *at, int count)
{
	for (int i = count - 1; i > 0; i--) {
		const int j = (int)(random_number() % (unsigned)(i + 1));
		const struct row kept = at[i];

		at[i] = at[j];
		at[j] = kept;
	}
}

static uint32_t
fnv(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s != '\0')
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h ^ h >> 15;
}

static int
limit_port(const char *name)
{
	for (uint32_t i = fnv(name) % SLOTS;; i = (i + 1) % SLOTS) {
		const int row = limit_by_name[i] - 1;

		if (row < 0)
			return 0;
		if (strcmp(rows[row].name, name) == 0)
			return rows[row].port;
	}
}

static void
read_rows(void)
{
	struct sock_service it = { .size = sizeof it };
	struct servent *e;

	while (sock_service_next(&it)) {
		struct row *r = &rows[row_count++];

		(void)snprintf(r->name, sizeof r->name, "%s", it.name);
		(void)snprintf(r->transport, sizeof r->transport, "%.*s",
		    (int)strcspn(it.transports, ","), it.transports);
		r->port = it.port;
	}
	shuffle(rows, row_count);
	for (int i = 0; i < row_count; i++) {
		uint32_t slot = fnv(rows[i].name) % SLOTS;

		while (limit_by_name[slot] != 0)
			slot = (slot + 1) % SLOTS;
		limit_by_name[slot] = i + 1;
		limit_by_port[rows[i].port] = rows[i].name;
	}
	while ((e = getservent()) != NULL && machine_count < ROWS_MAX) {
		struct row *r = &machine[machine_count++];

		(void)snprintf(r->name, sizeof r->name, "%s", e->s_name);
		(void)snprintf(r->transport, sizeof r->transport, "%s",
		    e->s_proto);
		r->port = ntohs((uint16_t)e->s_port);
	}
	endservent();
	shuffle(machine, machine_count);
}

static uintptr_t
ours_by_name(const struct row *r)
{
	return (uintptr_t)sock_service_port(r->name, r->transport);
}

static uintptr_t
ours_by_port(const struct row *r)
{
	return (uintptr_t)sock_service_name(r->port, r->transport);
}

static uintptr_t
limit_name(const struct row *r)
{
	return (uintptr_t)limit_port(r->name);
}

static uintptr_t
limit_table(const struct row *r)
{
	return (uintptr_t)limit_by_port[r->port];
}

static uintptr_t
libc_by_name(const struct row *r)
{
	return (uintptr_t)getservbyname(r->name, r->transport);
}

static uintptr_t
libc_by_port(const struct row *r)
{
	return (uintptr_t)getservbyport(htons((uint16_t)r->port), r->transport);
}

static struct contender {
	const char *title;
	uintptr_t (*ask)(const struct row *r);
	int ours; /* which one it is measured beside */
	int slow;
	double ns[ROUNDS], ratio[ROUNDS];
} contenders[] = {
	{ .title = "sock_service_port", .ask = ours_by_name, .ours = 0 },
	{ .title = "a plain hash", .ask = limit_name, .ours = 0 },
	{ .title = "getservbyname", .ask = libc_by_name, .ours = 0, .slow = 1 },
	{ .title = "sock_service_name", .ask = ours_by_port, .ours = 3 },
	{ .title = "a plain table", .ask = limit_table, .ours = 3 },
	{ .title = "getservbyport", .ask = libc_by_port, .ours = 3, .slow = 1 },
};

#define CONTENDERS ((int)(sizeof contenders / sizeof *contenders))

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double
measure(const struct contender *c)
{
	const struct row *from = c->slow ? machine : rows;
	const int count = c->slow ? machine_count : row_count;
	const int calls = c->slow ? SLOW_CALLS : CALLS;
	const double start = cpu_ns();
	uintptr_t sum = 0;
	int at = 0;

	for (int i = 0; i < calls; i++) {
		sum += c->ask(&from[at]);
		at = at + 1 < count ? at + 1 : 0;
	}
	sink = sum;
	return (cpu_ns() - start) / calls;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof *values, compare);
	return values[ROUNDS / 2];
}

int
main(void)
{
	read_rows();
	if (machine_count == 0) {
		fputs("bench_lookup: no /etc/services to compare with\n",
		    stderr);
		return 1;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < CONTENDERS; i++) {
			struct contender *c = &contenders[i];

			c->ns[round] = measure(c);
			c->ratio[round] =
			    c->ns[round] / contenders[c->ours].ns[round];
		}
	printf("%-20s %10s %12s\n", "call", "ns", "x ours");
	for (int i = 0; i < CONTENDERS; i++)
		printf("%-20s %10.1f %12.2f\n", contenders[i].title,
		    median(contenders[i].ns), median(contenders[i].ratio));
	return 0;
}
