/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * How long dials take.
 *
 *	race ROUNDS ADDRESS          dials it so often, one after the other
 *	race ROUNDS ADDRESS DEAD     the same while 64 dials to names below
 *	                             DEAD, which nobody answers, are in flight
 *
 * Prints median and most, and whom the last one reached.  A dial of more than
 * two seconds has waited for a timeout, where it should have gone on: it fails.
 */

#define ROUNDS_MAX 99
#define IN_FLIGHT 64
#define PATIENCE_MS 20000
#define TOO_LONG_MS 2000.0

static double
milliseconds(sock_time from)
{
	return (double)(sock_now() - from) / 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
dial(const char *address, struct sock_addr *peer)
{
	const sock_time begun = sock_now();
	const sock_t s = sock_dial(address, .deadline = sock_in(PATIENCE_MS));
	const double took = milliseconds(begun);

	if (s < 0 || sock_peer(s, peer) < 0) {
		fprintf(stderr, "race: %s (after %.1f ms)\n", sock_errmsg(),
		    took);
		exit(1);
	}
	sock_close(s);
	return took;
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
		if (dials[i] < 0) {
			fprintf(stderr, "race: %s\n", sock_errmsg());
			exit(1);
		}
	}
}

static int
in_flight(const sock_t dials[])
{
	int i, n = 0;

	for (i = 0; i < IN_FLIGHT; i++)
		n += sock_connected(dials[i], SOCK_NOWAIT) == -EAGAIN;
	return n;
}

int
main(int argc, char **argv)
{
	const int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
	double took[ROUNDS_MAX];
	struct sock_addr peer;
	sock_t dead[IN_FLIGHT];
	char text[128];
	int i, n;

	if (argc < 3 || argc > 4 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: race ROUNDS ADDRESS [DEAD]\n");
		return 2;
	}
	if (argc > 3)
		send_off(dead, argv[3]);
	for (i = 0; i < rounds; i++)
		took[i] = dial(argv[2], &peer);
	qsort(took, (size_t)rounds, sizeof took[0], compare);
	printf("# median %.1f ms, most %.1f\n", took[rounds / 2],
	    took[rounds - 1]);
	if (took[rounds - 1] > TOO_LONG_MS) {
		fprintf(stderr, "race: it waited for a timeout\n");
		return 1;
	}
	if (argc > 3 && (n = in_flight(dead)) != IN_FLIGHT) {
		fprintf(stderr, "race: only %d dead dials in flight\n", n);
		return 1;
	}
	printf("reached %s\n", sock_addr_text(&peer, text, sizeof text));
	return 0;
}
