/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echo.h"

static const char help[] =
    "usage: echo [OPTION]... [SERVICE=]ADDRESS...\n"
    "       echo [OPTION]... --well-known\n"
    "\n"
    "  -m, --mode MODE        fibers, threads, processes, forking (a process a\n"
    "                         conversation) or iterative (fibers)\n"
    "  -w, --workers COUNT    threads that run fibers, or processes (as many as\n"
    "                         there are processors)\n"
    "  -u, --user NAME        when all addresses are open, go on as this user\n"
    "      --max-streams COUNT    conversations at a time, of an address\n"
    "      --max-per-peer COUNT   of these from one host (IPv6: from one /64)\n"
    "      --first SECONDS    a client that has said nothing by then is cut\n"
    "      --idle SECONDS     so is one with whom nothing came or went so long\n"
    "      --lifetime SECONDS and each whose conversation takes longer\n"
    "      --drain SECONDS    how long conversations go on after SIGTERM (30)\n"
    "      --client-first     do not wake up before the client has spoken, which\n"
    "                         is for echo and discard\n"
    "      --stats            at the end, what was served\n"
    "      --well-known       all of them, on tcp:*:SERVICE\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "SERVICE is echo, discard, chargen, daytime or time; without one it is that\n"
    "of the port in IANA's registry, or else echo.  ADDRESS is tcp:HOST:PORT\n"
    "or unix:/PATH; HOST * is every address, PORT 0 any that is free.\n"
    "\n"
    "SIGTERM and SIGINT end it: nobody new is served, conversations go on to\n"
    "their end or for --drain; a second signal cuts them.\n"
    "\n"
    "Exit status: 0 when it was ended; 1 the system refused; 2 wrong\n"
    "arguments, or an address that is not understood.\n";

static const char *const well_known[] = { "tcp:*:echo", "tcp:*:discard",
	"tcp:*:chargen", "tcp:*:daytime", "tcp:*:time", NULL };

static int
usage(const char *what)
{
	fprintf(stderr, "echo: %s; see echo --help\n", what);
	return 2;
}

static int
read_count(int *count, const char *text)
{
	char *end;
	const long n = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || n < 1 || n > 1000000)
		return usage("a COUNT is from 1 to 1000000");
	*count = (int)n;
	return -1;
}

static int
read_seconds(int *ms, const char *text)
{
	char *end;
	const double s = strtod(text, &end);

	if (end == text || *end != '\0' || !(s >= 0.001 && s <= 1e6))
		return usage("SECONDS are from 0.001 to 1000000");
	*ms = (int)(s * 1000);
	return -1;
}

static int
read_mode(enum sock_mode *mode, const char *text)
{
	static const char *const modes[] = { [SOCK_FIBERS] = "fibers",
		[SOCK_THREADS] = "threads",
		[SOCK_PROCESSES] = "processes",
		[SOCK_FORKING] = "forking",
		[SOCK_ITERATIVE] = "iterative" };
	size_t i;

	for (i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(modes[i], text) == 0) {
			*mode = (enum sock_mode)i;
			return -1;
		}
	return usage("there is no such MODE");
}

enum {
	OPTION_MAX_STREAMS = 256,
	OPTION_MAX_PER_PEER,
	OPTION_FIRST,
	OPTION_IDLE,
	OPTION_LIFETIME,
	OPTION_DRAIN,
	OPTION_CLIENT_FIRST,
	OPTION_STATS,
	OPTION_WELL_KNOWN
};

static const struct option long_options[] = {
	{ "mode", required_argument, NULL, 'm' },
	{ "workers", required_argument, NULL, 'w' },
	{ "user", required_argument, NULL, 'u' },
	{ "max-streams", required_argument, NULL, OPTION_MAX_STREAMS },
	{ "max-per-peer", required_argument, NULL, OPTION_MAX_PER_PEER },
	{ "first", required_argument, NULL, OPTION_FIRST },
	{ "idle", required_argument, NULL, OPTION_IDLE },
	{ "lifetime", required_argument, NULL, OPTION_LIFETIME },
	{ "drain", required_argument, NULL, OPTION_DRAIN },
	{ "client-first", no_argument, NULL, OPTION_CLIENT_FIRST },
	{ "stats", no_argument, NULL, OPTION_STATS },
	{ "well-known", no_argument, NULL, OPTION_WELL_KNOWN },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int
read_option(struct options *o, int c)
{
	switch (c) {
	case 'm':
		return read_mode(&o->serve.mode, optarg);
	case 'w':
		return read_count(&o->serve.workers, optarg);
	case 'u':
		o->user = optarg;
		return -1;
	case OPTION_MAX_STREAMS:
		return read_count(&o->serve.max_streams, optarg);
	case OPTION_MAX_PER_PEER:
		return read_count(&o->serve.max_per_peer, optarg);
	case OPTION_FIRST:
		return read_seconds(&o->serve.first_ms, optarg);
	case OPTION_IDLE:
		return read_seconds(&o->serve.idle_ms, optarg);
	case OPTION_LIFETIME:
		return read_seconds(&o->serve.lifetime_ms, optarg);
	case OPTION_DRAIN:
		return read_seconds(&o->serve.drain_ms, optarg);
	case OPTION_CLIENT_FIRST:
		o->client_first = true;
		return -1;
	case OPTION_STATS:
		o->stats = true;
		return -1;
	case OPTION_WELL_KNOWN:
		o->addresses = well_known;
		return -1;
	case 'h':
		fputs(help, stdout);
		return 0;
	case 'V':
		printf("echo %s\n", sock_version());
		return 0;
	default:
		fputs("see echo --help\n", stderr);
		return 2;
	}
}

int
read_options(struct options *o, int argc, char **argv)
{
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, "m:w:u:hV", long_options, NULL)) != -1)
		code = read_option(o, c);
	if (code >= 0)
		return code;
	argc -= optind;
	if (o->addresses != NULL && argc > 0)
		return usage("--well-known has its own addresses");
	if (o->addresses == NULL && argc == 0)
		return usage("an address is missing");
	if (argc > ADDRESSES_MAX)
		return usage("16 addresses at most");
	if (o->addresses == NULL)
		o->addresses = (const char *const *)(argv + optind);
	return -1;
}
