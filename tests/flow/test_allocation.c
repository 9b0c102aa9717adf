/* SPDX-License-Identifier: MIT */
#include "flow_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"

/* Once a conversation goes on, its reads and writes allocate nothing. */

#define ROUNDS 1000
#define FIRST 10 /* after so many it goes on */

static _Atomic unsigned allocations;

static int
count(size_t n)
{
	(void)n;
	atomic_fetch_add(&allocations, 1);
	return 1;
}

struct talk {
	sock_t sock;
	int rounds;
	bool lines;
};

static ssize_t
listen_to(const struct talk *t, char *buf, size_t n)
{
	return t->lines ? sock_read_line(t->sock, buf, n, soon()) :
			  sock_read_full(t->sock, buf, 5, soon());
}

static void
echo(void *arg)
{
	const struct talk *t = arg;
	char buf[64];
	int i;

	for (i = 0; i < t->rounds; i++) {
		WANT(listen_to(t, buf, sizeof buf) > 0);
		SAME(sock_write(t->sock, "pong\n", 5, soon()), 0);
	}
}

static void
talk(struct flow *f, int rounds, bool lines)
{
	const struct talk mine = { f->a, rounds, lines };
	struct talk his = { f->b, rounds, lines };
	char buf[64];
	int i;

	flow_start(f, echo, &his);
	for (i = 0; i < rounds; i++) {
		if (i == FIRST)
			atomic_store(&allocations, 0);
		SAME(sock_write(f->a, "ping\n", 5, soon()), 0);
		WANT(listen_to(&mine, buf, sizeof buf) > 0);
	}
	rounds = (int)atomic_load(&allocations);
	flow_join(f);
	SAME(rounds, 0);
}

/* Both have a buffer at once, as later by chance. */
static void
fill_both(struct flow *f)
{
	struct talk his = { f->b, 1, false };
	const void *view;
	char buf[8];

	flow_start(f, echo, &his);
	SAME(sock_write(f->a, "ping\n", 5, soon()), 0);
	flow_join(f);
	SAME(sock_peek(f->a, &view, 5, soon()), 5);
	SAME(sock_write(f->a, "ping\n", 5, soon()), 0);
	SAME(sock_peek(f->b, &view, 5, soon()), 5);
	SAME(sock_read_full(f->a, buf, 5, soon()), 5);
	SAME(sock_read_full(f->b, buf, 5, soon()), 5);
}

static void
reading_and_writing_allocates_nothing(struct flow *f)
{
	const int rounds = (int)fewer(ROUNDS) + FIRST;

	socki_memory_hook(count);
	fill_both(f);
	talk(f, rounds, false);
	talk(f, rounds, true);
	socki_memory_hook(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(reading_and_writing_allocates_nothing, OVER_ALL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
