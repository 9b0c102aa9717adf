/* SPDX-License-Identifier: MIT */

/*
 * Look-ups of services: ours over the whole registry in mixed order, beside the
 * limit, which is a hash over the same names and a table with a name for each
 * port, and beside getservbyname(3) and getservbyport(3) over the names of
 * /etc/services.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sock/service.h>

#include "pairs.h"

#define CALLS 200000
#define SLOWER 500 /* times, what reads a file: that many calls less */
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

struct question {
	uintptr_t (*ask)(const struct row *r);
	bool of_the_machine;
};

static uint64_t
run(const struct contender *c, unsigned count)
{
	const struct question *q = c->arg;
	const struct row *from = q->of_the_machine ? machine : rows;
	const int rest = q->of_the_machine ? machine_count : row_count;
	const unsigned calls = q->of_the_machine ? count / SLOWER + 1 : count;
	const uint64_t start = cpu_self();
	uintptr_t sum = 0;
	int at = 0;

	for (unsigned i = 0; i < calls; i++) {
		sum += q->ask(&from[at]);
		at = at + 1 < rest ? at + 1 : 0;
	}
	sink = sum;
	return (cpu_self() - start) * count / calls;
}

int
main(void)
{
	struct question questions[] = {
		{ limit_name, false },
		{ ours_by_name, false },
		{ libc_by_name, true },
		{ limit_table, false },
		{ ours_by_port, false },
		{ libc_by_port, true },
	};
	const struct contender by_name[] = {
		{ "a plain hash", run, &questions[0] },
		{ "sock_service_port", run, &questions[1] },
		{ "getservbyname", run, &questions[2] },
	};
	const struct contender by_port[] = {
		{ "a plain table", run, &questions[3] },
		{ "sock_service_name", run, &questions[4] },
		{ "getservbyport", run, &questions[5] },
	};

	read_rows();
	if (machine_count == 0) {
		fputs("bench_lookup: no /etc/services to compare with\n",
		    stderr);
		return 1;
	}
	pin_to_one();
	pairs_run("the port of a name", by_name, 3, CALLS);
	pairs_run("the name of a port", by_port, 3, CALLS);
	return 0;
}
