/* SPDX-License-Identifier: MIT */

/*
 * The library's.  tls_ours PORT CERT KEY echo|discard|source [peek]
 *
 * peek: no buffer while it waits, else 16 KiB on its stack.
 */
#include <sock.h>
#include <sock/tls.h>
#include <stdio.h>
#include <string.h>

#define PIECE 16384

static void
echo(sock_t s, void *arg)
{
	char buf[PIECE];
	ssize_t n;

	(void)arg;
	while ((n = sock_read(s, buf, sizeof buf, SOCK_DEFAULT)) > 0)
		if (sock_write(s, buf, (size_t)n, SOCK_DEFAULT) < 0)
			break;
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

static void
discard(sock_t s, void *arg)
{
	char buf[PIECE];

	(void)arg;
	while (sock_read(s, buf, sizeof buf, SOCK_DEFAULT) > 0)
		;
}

static void
pour(sock_t s, void *arg)
{
	static const char bytes[PIECE];

	(void)arg;
	while (sock_write(s, bytes, sizeof bytes, SOCK_DEFAULT) == 0)
		;
}

int
main(int argc, char **argv)
{
	struct sock_serve_options options = { .size = sizeof options,
		.workers = 1,
		.on_stream = echo };
	struct sock_server *server = NULL;
	char address[32];

	if (argc < 5)
		return 2;
	if (argc > 5)
		options.on_stream = echo_peek;
	else if (argv[4][0] == 'd')
		options.on_stream = discard;
	else if (argv[4][0] == 's')
		options.on_stream = pour;
	(void)snprintf(address, sizeof address, "tls:0.0.0.0:%s", argv[1]);
	options.address = address;
	options.tls = sock_tls_server(argv[2], argv[3]);
	if (options.tls != NULL && sock_tls_resume(options.tls, true) == 0)
		server = sock_serve_with(&options);
	if (server == NULL || sock_server_wait(server, SOCK_FOREVER) < 0)
		fprintf(stderr, "%s\n", sock_errmsg());
	return 1;
}
