/* SPDX-License-Identifier: MIT */

/*
 * The library's echo.  ours PORT [WORD ...]:
 *
 *	peek          no buffer while it waits, else 64 KiB on its stack
 *	small         4 KiB on its stack
 *	threads, processes, forking, iterative: its mode, else fibers
 *	one           one worker, or one process; else one a processor
 *	client_first  the clients speak first
 *	bare          sock_accept() and sock_go() in place of sock_serve()
 *
 * SIGTERM drains it.
 */
#include <signal.h>
#include <sock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void
converse(sock_t s, char *buf, size_t size)
{
	ssize_t n;

	while ((n = sock_read(s, buf, size, SOCK_DEFAULT)) > 0)
		if (sock_write(s, buf, (size_t)n, SOCK_DEFAULT) < 0)
			break;
}

static void
echo(sock_t s, void *arg)
{
	char buf[65536];

	(void)arg;
	converse(s, buf, sizeof buf);
}

static void
echo_small(sock_t s, void *arg)
{
	char buf[4096];

	(void)arg;
	converse(s, buf, sizeof buf);
}

static void
echo_peek(sock_t s, void *arg)
{
	const void *view;
	ssize_t n;

	(void)arg;
	while ((n = sock_peek(s, &view, 1, SOCK_DEFAULT)) > 0)
		if (sock_write(s, view, (size_t)n, SOCK_DEFAULT) < 0 ||
		    sock_skip(s, (size_t)n) < 0)
			break;
}

static struct sock_serve_options options = {
	.size = sizeof options,
	.on_stream = echo,
};
static struct sock_group *group;

static void
hold(void *arg)
{
	const sock_t s = (sock_t)(intptr_t)arg;

	options.on_stream(s, NULL);
	sock_close(s);
}

static void
welcome(void *arg)
{
	const sock_t listener = sock_listen(arg);
	sock_t s;

	while ((s = sock_accept(listener, SOCK_FOREVER)) > 0)
		(void)sock_go(group, hold, (void *)(intptr_t)s);
	fprintf(stderr, "%s\n", sock_errmsg());
}

static int
serve_bare(char *address)
{
	group = sock_group_new();
	(void)sock_go(group, welcome, address);
	return sock_group_wait(group, SOCK_FOREVER) < 0;
}

static void
obey(const char *word)
{
	static const struct {
		const char *word;
		enum sock_mode mode;
	} modes[] = { { "threads", SOCK_THREADS },
		{ "processes", SOCK_PROCESSES }, { "forking", SOCK_FORKING },
		{ "iterative", SOCK_ITERATIVE } };
	unsigned i;

	for (i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(word, modes[i].word) == 0)
			options.mode = modes[i].mode;
	if (strcmp(word, "one") == 0)
		options.workers = 1;
	if (strcmp(word, "client_first") == 0)
		options.client_first = true;
	if (strcmp(word, "small") == 0)
		options.on_stream = echo_small;
	if (strcmp(word, "peek") == 0)
		options.on_stream = echo_peek;
}

int
main(int argc, char **argv)
{
	const int end = SIGTERM;
	char address[32];
	struct sock_server *server;
	bool bare = false;
	int i;

	(void)snprintf(address, sizeof address, "tcp:0.0.0.0:%s", argv[1]);
	for (i = 2; i < argc; i++) {
		obey(argv[i]);
		bare |= strcmp(argv[i], "bare") == 0;
	}
	if (bare)
		return serve_bare(address);
	(void)sock_wait_signal(&end, 1, SOCK_NOWAIT); /* blocked from now on */
	options.address = address;
	server = sock_serve_with(&options);
	if (server == NULL || sock_wait_signal(&end, 1, SOCK_FOREVER) < 0 ||
	    sock_server_drain(server, SOCK_DEFAULT) < 0 ||
	    sock_server_wait(server, SOCK_FOREVER) < 0) {
		fprintf(stderr, "%s\n", sock_errmsg());
		return 1;
	}
	sock_server_free(server);
	return 0;
}
