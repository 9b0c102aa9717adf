/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * How long dials take.
 *
 *	race ROUNDS ADDRESS          dials it so often, one after the other
 *	race ROUNDS ADDRESS DEAD     the same while 64 dials to names below
 *	                             DEAD, which nobody answers, are in flight
 *
 * Prints median and most, and whom the slowest reached.  A dial of more than
 * two seconds has waited for a timeout, where it should have gone on: it fails.
 */

#define ROUNDS_MAX 99
#define IN_FLIGHT 64
#define PATIENCE_MS 20000
#define TOO_LONG_MS 2000.0

struct dialed {
	double took; /* ms */
	char whom[128];
};

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "race: %s\n", what);
	exit(1);
}

static void
dial(const char *address, struct dialed *to)
{
	const sock_time begun = sock_now();
	const sock_t s = sock_dial(address, .deadline = sock_in(PATIENCE_MS));
	struct sock_addr peer;

	to->took = (double)(sock_now() - begun) / 1e6;
	if (s < 0 || sock_peer(s, &peer) < 0)
		fail(sock_errmsg());
	sock_addr_text(&peer, to->whom, sizeof to->whom);
	sock_close(s);
}

/*
 * In a process of its own: within one, what an earlier dial has asked and not
 * waited for would answer the next one sooner.
 */
static void
dial_apart(const char *address, struct dialed *to)
{
	int ends[2], status = -1;
	pid_t pid;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		fail(strerror(errno));
	if (pid == 0) {
		dial(address, to);
		_exit(write(ends[1], to, sizeof *to) != sizeof *to);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0 ||
	    read(ends[0], to, sizeof *to) != sizeof *to)
		exit(1);
	close(ends[0]);
	close(ends[1]);
}

static void
send_off(sock_t dials[], const char *below)
{
	char address[256];
	int i;

	for (i = 0; i < IN_FLIGHT; i++) {
		(void)snprintf(address, sizeof address, "tcp:%d.%s:80", i,
		    below);
		dials[i] =
		    sock_dial_start(address, .deadline = sock_in(PATIENCE_MS));
		if (dials[i] < 0)
			fail(sock_errmsg());
	}
}

static bool
in_flight(const sock_t dials[])
{
	int i = 0;

	while (i < IN_FLIGHT &&
	    sock_connected(dials[i], SOCK_NOWAIT) == -EAGAIN)
		i++;
	return i == IN_FLIGHT;
}

static int
compare(const void *a, const void *b)
{
	const double x = ((const struct dialed *)a)->took;
	const double y = ((const struct dialed *)b)->took;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	const int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
	struct dialed dials[ROUNDS_MAX];
	sock_t dead[IN_FLIGHT];
	int i;

	if (argc < 3 || argc > 4 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: race ROUNDS ADDRESS [DEAD]\n");
		return 2;
	}
	if (argc > 3)
		send_off(dead, argv[3]);
	for (i = 0; i < rounds; i++)
		(argc > 3 ? dial : dial_apart)(argv[2], &dials[i]);
	if (argc > 3 && !in_flight(dead))
		fail("a dead name was answered");
	qsort(dials, (size_t)rounds, sizeof dials[0], compare);
	printf("# median %.1f ms, most %.1f\n", dials[rounds / 2].took,
	    dials[rounds - 1].took);
	if (dials[rounds - 1].took > TOO_LONG_MS)
		fail("it waited for a timeout");
	printf("reached %s\n", dials[rounds - 1].whom);
	return 0;
}
