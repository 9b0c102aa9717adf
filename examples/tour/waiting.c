/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <unistd.h>

#include "tour.h"

#define DEADLINE_MS 100
#define SLEEPERS 10000
#define SLEEP_MS 200

static int
milliseconds_since(sock_time then)
{
	return (int)((sock_now() - then) / 1000000);
}

/* Nobody accepts, so nobody answers. */
static void
show_deadline(void)
{
	sock_t listener = sock_listen("tcp:127.0.0.1:0");
	char text[SOCK_ADDR_TEXT_MAX], byte;
	struct sock_addr addr;
	sock_time begin;
	sock_t s;

	sock_local(listener, &addr);
	s = sock_dial(sock_addr_text(&addr, text, sizeof text));
	begin = sock_now();
	if (sock_read(s, &byte, 1, sock_in(DEADLINE_MS)) != -ETIMEDOUT)
		broken("deadline", sock_errmsg());
	printf("  A peer says nothing; after %d ms of %d:\n    %s\n",
	    milliseconds_since(begin), DEADLINE_MS, sock_errmsg());
	sock_close(s);
	sock_close(listener);
}

static void
show_wait(void)
{
	struct sock_event events[3];
	sock_t pairs[3][2];
	int i;

	for (i = 0; i < 3; i++) {
		if (sock_pair(pairs[i]) < 0)
			broken("pair", sock_errmsg());
		events[i] = (struct sock_event){ .sock = pairs[i][0],
			.want = SOCK_READABLE };
	}
	sock_write(pairs[1][1], "!", 1, SOCK_DEFAULT);
	if (sock_wait(events, 3, sock_in(PATIENCE_MS)) < 0)
		broken("wait", sock_errmsg());
	for (i = 0; i < 3; i++) {
		if (events[i].got & SOCK_READABLE)
			printf("  Of three streams, number %d has news.\n",
			    i + 1);
		sock_close(pairs[i][0]);
		sock_close(pairs[i][1]);
	}
}

void
show_waiting(void)
{
	chapter("Waiting",
	    "Whatever can wait has a deadline, and one call waits for several "
	    "streams.");
	show_deadline();
	show_wait();
}

static void
doze(void *until)
{
	sock_sleep(*(sock_time *)until);
}

/* KiB of memory that this process has: statm, proc(5). */
static long
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void
show_fibers(void)
{
	struct sock_group *group = sock_group_new();
	const sock_time begin = sock_now();
	sock_time until = sock_in(SLEEP_MS);
	const long before = resident();
	long kib;
	int i;

	chapter("Fibers",
	    "Fibers are threads of the library's own.  One that waits costs "
	    "some memory and nothing else.");
	for (i = 0; i < SLEEPERS; i++)
		if (sock_go(group, doze, &until) < 0) {
			broken("start", sock_errmsg());
			break;
		}
	sock_sleep(begin + (until - begin) / 2);
	kib = resident() - before;
	sock_group_wait(group, SOCK_FOREVER);
	sock_group_free(group);
	printf("  %d of them slept until %d ms were over and ended by %d ms,\n",
	    i, SLEEP_MS, milliseconds_since(begin));
	printf("  each with %ld KiB of memory.\n", i > 0 ? kib / i : 0);
}
