/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "chat_hall.h"
#include "chat_talk.h"

/*
 * Rooms in which people talk, line by line, with nc(1), telnet(1) or "sock
 * connect": a server with state, whose conversations talk to each other.
 *
 *	chat tcp:127.0.0.1:7000
 */

#define ADDRESSES_MAX 16
#define OUTBOX_LEAST 32 /* one may say twenty at once */

static const char help[] =
    "usage: chat [OPTION]... ADDRESS...\n"
    "\n"
    "  -m, --mode MODE        fibers or threads (fibers)\n"
    "  -w, --workers COUNT    threads that run fibers (as many as there are\n"
    "                         processors)\n"
    "  -u, --user NAME        when all addresses are open, go on as this user\n"
    "      --max-streams COUNT    people at a time, of an address\n"
    "      --max-per-peer COUNT   of these from one host (IPv6: from one /64)\n"
    "      --outbox COUNT     lines that somebody may be behind, at least 32 (256)\n"
    "      --stats            at the end, what was served\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "ADDRESS is tcp:HOST:PORT or unix:/PATH; HOST * is every address, PORT 0\n"
    "any that is free.  /help tells the people there what they can do.\n"
    "\n"
    "Who does not read and is more lines behind than the outbox holds is cut,\n"
    "so that nobody waits for him; who sends more than ten lines a second is\n"
    "heard later.\n"
    "\n"
    "SIGTERM and SIGINT end it: everybody hears good-bye, and what was said\n"
    "before.  A second signal cuts.\n"
    "\n"
    "Exit status: 0 when it was ended; 1 the system refused; 2 wrong\n"
    "arguments, or an address that is not understood.\n";

struct options {
	struct sock_serve_options serve;
	const char *user;
	int outbox;
	bool stats;
	char **addresses;
};

/* Where people come in; the rooms are the same. */
struct door {
	char text[SOCK_ADDR_TEXT_MAX];
	sock_t listener;
	struct sock_server *server;
};

static const int ends[] = { SIGTERM, SIGINT };

static int
complain(const char *what)
{
	fprintf(stderr, "chat: %s\n", what);
	return 1;
}

static int
usage(const char *what)
{
	fprintf(stderr, "chat: %s; see chat --help\n", what);
	return 2;
}

static int
not_served(const char *address)
{
	fprintf(stderr,
	    "chat: %s: only tcp: and unix: addresses are served, without TLS\n",
	    address);
	return 2;
}

static int
open_door(struct door *d, const char *address)
{
	struct sock_addr here;

	d->listener = sock_listen(address);
	if (d->listener == SOCK_EADDR || d->listener == SOCK_ENOSERVICE) {
		(void)complain(sock_errmsg());
		return 2;
	}
	if (d->listener == SOCK_EUSAGE) /* tls: */
		return not_served(address);
	if (sock_local(d->listener, &here) < 0)
		return complain(sock_errmsg());
	if (here.scheme != SOCK_SCHEME_TCP && here.scheme != SOCK_SCHEME_UNIX)
		return not_served(address);
	sock_addr_text(&here, d->text, sizeof d->text);
	return 0;
}

static int
serve_door(struct door *d, const struct options *o, struct talks *talks)
{
	struct sock_serve_options serve = o->serve;

	serve.listener = d->listener;
	serve.on_stream = talk;
	serve.arg = talks;
	d->server = sock_serve_with(&serve);
	if (d->server == NULL)
		return complain(sock_errmsg());
	fprintf(stderr, "listening on %s\n", d->text);
	return 0;
}

static void
drain(struct door *d)
{
	for (; d->server != NULL; d++)
		sock_server_drain(d->server, SOCK_DEFAULT);
}

/* After the second signal: a second drain is now. */
static void
hurry(void *doors)
{
	if (sock_wait_signal(ends, 2, SOCK_FOREVER) > 0)
		drain(doors);
}

static int
wait_for_end(struct door *doors, struct hall *hall)
{
	struct sock_group *group = sock_group_new();
	struct door *d;

	if (sock_wait_signal(ends, 2, SOCK_FOREVER) < 0)
		return complain(sock_errmsg());
	drain(doors);
	sock_go(group, hurry, doors);
	hall_close(hall, "the server ends; good-bye");
	for (d = doors; d->server != NULL; d++)
		sock_server_wait(d->server, SOCK_FOREVER);
	sock_group_free(group);
	return 0;
}

static void
show_stats(const struct door *d)
{
	struct sock_server_stats stats = { .size = sizeof stats };

	sock_server_stats(d->server, &stats);
	printf("%s: %" PRIu64 " came, %" PRIu64 " left, %" PRIu64
	       " cut, %" PRIu64 " turned away\n",
	    d->text, stats.accepted, stats.finished,
	    stats.aborted + stats.timed_out, stats.shed);
}

static int
run(struct door *doors, const struct options *o, struct hall *hall)
{
	struct talks talks = { .hall = hall, .outbox = o->outbox };
	char **address = o->addresses;
	struct door *d = doors;
	int code = 0;

	for (; *address != NULL && code == 0; address++)
		code = open_door(d++, *address);
	if (code == 0 && o->user != NULL &&
	    sock_drop_privileges(o->user, NULL) < 0)
		code = complain(sock_errmsg());
	for (d = doors; d->listener > 0 && code == 0; d++)
		code = serve_door(d, o, &talks);
	if (code == 0)
		code = wait_for_end(doors, hall);
	for (d = doors; d->listener > 0; d++) {
		if (d->server != NULL && o->stats)
			show_stats(d);
		sock_server_free(d->server);
		sock_close(d->listener);
	}
	return code;
}

/* -1: go on; else the exit code. */
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

/* A process has rooms of its own: who is in another one is not heard. */
static int
read_mode(enum sock_mode *mode, const char *text)
{
	*mode = strcmp(text, "threads") == 0 ? SOCK_THREADS : SOCK_FIBERS;
	if (strcmp(text, "processes") == 0 || strcmp(text, "forking") == 0)
		return usage("each process would have rooms of its own");
	if (strcmp(text, "iterative") == 0)
		return usage("one at a time has nobody to talk to");
	if (*mode == SOCK_FIBERS && strcmp(text, "fibers") != 0)
		return usage("there is no such MODE");
	return -1;
}

enum {
	OPTION_MAX_STREAMS = 256,
	OPTION_MAX_PER_PEER,
	OPTION_OUTBOX,
	OPTION_STATS
};

static const struct option long_options[] = {
	{ "mode", required_argument, NULL, 'm' },
	{ "workers", required_argument, NULL, 'w' },
	{ "user", required_argument, NULL, 'u' },
	{ "max-streams", required_argument, NULL, OPTION_MAX_STREAMS },
	{ "max-per-peer", required_argument, NULL, OPTION_MAX_PER_PEER },
	{ "outbox", required_argument, NULL, OPTION_OUTBOX },
	{ "stats", no_argument, NULL, OPTION_STATS },
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
	case OPTION_OUTBOX:
		return read_count(&o->outbox, optarg);
	case OPTION_STATS:
		o->stats = true;
		return -1;
	case 'h':
		fputs(help, stdout);
		return 0;
	case 'V':
		printf("chat %s\n", sock_version());
		return 0;
	default:
		fputs("see chat --help\n", stderr);
		return 2;
	}
}

/* The soft limit is low for the sake of select(2), which nothing here calls. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	struct door doors[ADDRESSES_MAX + 1] = { { .listener = 0 } };
	struct options o = { .serve.size = sizeof o.serve, .outbox = 256 };
	struct hall *hall;
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, "m:w:u:hV", long_options, NULL)) != -1)
		code = read_option(&o, c);
	if (code >= 0)
		return code;
	if (argc == optind)
		return usage("an address is missing");
	if (o.outbox < OUTBOX_LEAST)
		return usage("an outbox holds 32 lines at least");
	if (argc - optind > ADDRESSES_MAX)
		return usage("16 addresses at most");
	o.addresses = argv + optind;
	raise_descriptors();
	/* From now on signals wait until somebody waits for them. */
	sock_wait_signal(ends, 2, SOCK_NOWAIT);
	hall = hall_new();
	if (hall == NULL)
		return complain("out of memory");
	code = run(doors, &o, hall);
	hall_free(hall);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0)
		code = complain("standard output: not all of it could be "
				"written");
	return code;
}
