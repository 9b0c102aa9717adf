/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <pthread.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tour.h"

#define CLIENTS 8
#define AT_ONCE_MS 2000 /* who has no answer by then waits for others to end */

/* Who serves: "PROCESS THREAD". */
typedef char answer[64];

static void
tell_who(sock_t s, void *arg)
{
	char line[64];

	(void)arg;
	while (sock_read_line(s, line, sizeof line, SOCK_DEFAULT) >= 0)
		sock_printf(s, "%d %lu\n", (int)getpid(),
		    (unsigned long)pthread_self());
}

/* How many are answered by the deadline. */
static int
ask(const sock_t clients[CLIENTS], answer answers[CLIENTS], sock_time deadline)
{
	int i, n = 0;

	for (i = 0; i < CLIENTS; i++)
		if (sock_read_line(clients[i], answers[n], sizeof answers[n],
			deadline) > 0)
			n++;
	return n;
}

/* How many differ before the end, or before a blank. */
static int
count(answer answers[], int n, const char *end)
{
	int i, j, different = 0;

	for (i = 0; i < n; i++) {
		const size_t length = strcspn(answers[i], end) + 1;

		for (j = 0; j < i; j++)
			if (strncmp(answers[i], answers[j], length) == 0)
				break;
		different += j == i;
	}
	return different;
}

/*
 * All ask at once; the last one is still there when the server is told to
 * drain, and has its say.
 */
static void
visit_all(struct sock_server *server, const char *mode, const char *address)
{
	struct sock_server_stats stats = { .size = sizeof stats };
	answer answers[CLIENTS], last;
	sock_t clients[CLIENTS];
	int i, n;

	for (i = 0; i < CLIENTS; i++) {
		clients[i] =
		    sock_dial(address, .deadline = sock_in(PATIENCE_MS));
		sock_write(clients[i], "who?\n", 5, SOCK_DEFAULT);
	}
	n = ask(clients, answers, sock_in(AT_ONCE_MS));
	for (i = 0; i < CLIENTS - 1; i++)
		sock_finish(clients[i], sock_in(PATIENCE_MS));
	sock_server_drain(server, SOCK_DEFAULT);
	sock_write(clients[i], "who?\n", 5, SOCK_DEFAULT);
	if (sock_read_line(clients[i], last, sizeof last,
		sock_in(PATIENCE_MS)) < 0)
		broken(mode, sock_errmsg());
	sock_finish(clients[i], sock_in(PATIENCE_MS));
	sock_server_wait(server, sock_in(PATIENCE_MS));
	sock_server_stats(server, &stats);
	printf("  %-9s  %d of %d  %9d  %7d  %8" PRIu64 "  %8" PRIu64
	       "  %8" PRIu64 "\n",
	    mode, n, CLIENTS, count(answers, n, " "), count(answers, n, ""),
	    stats.accepted, stats.finished, stats.bytes_out);
}

static void
show_mode(enum sock_mode mode, const char *name)
{
	struct sock_server *server = sock_serve("tcp:127.0.0.1:0",
	    .on_stream = tell_who, .mode = mode, .workers = 2);
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	if (server == NULL || sock_server_address(server, 0, &addr) < 0) {
		broken(name, sock_errmsg());
		return;
	}
	visit_all(server, name, sock_addr_text(&addr, text, sizeof text));
	sock_server_free(server);
}

void
show_servers(void)
{
	chapter("Servers",
	    "One function that holds a conversation, and five ways to "
	    "call it.  Eight clients ask at the same time who serves them, "
	    "and stay until all have asked.  When seven have left the server "
	    "is drained: nobody new, but the eighth still has its say.");
	printf("  mode       at once  processes  threads  accepted  finished  "
	       "   bytes\n");
	show_mode(SOCK_FIBERS, "fibers");
	show_mode(SOCK_THREADS, "threads");
	show_mode(SOCK_PROCESSES, "processes");
	show_mode(SOCK_FORKING, "forking");
	show_mode(SOCK_ITERATIVE, "iterative");
}
