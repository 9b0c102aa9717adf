/* SPDX-License-Identifier: MIT */

/*
 * The library without its servers.  ours PORT [peek|small]: peek has no buffer
 * while it waits, small one of 4 KiB, else it has 64 KiB.
 */
#include <sock.h>
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
	sock_close(s);
}

static void
echo(void *arg)
{
	char buf[65536];

	converse((sock_t)(intptr_t)arg, buf, sizeof buf);
}

static void
echo_small(void *arg)
{
	char buf[4096];

	converse((sock_t)(intptr_t)arg, buf, sizeof buf);
}

static void
echo_peek(void *arg)
{
	const sock_t s = (sock_t)(intptr_t)arg;
	const void *view;
	ssize_t n;

	while ((n = sock_peek(s, &view, 1, SOCK_DEFAULT)) > 0)
		if (sock_write(s, view, (size_t)n, SOCK_DEFAULT) < 0 ||
		    sock_skip(s, (size_t)n) < 0)
			break;
	sock_close(s);
}

struct service {
	const char *address;
	struct sock_group *group;
	void (*serve)(void *);
};

static void
welcome(void *arg)
{
	const struct service *service = arg;
	const sock_t listener = sock_listen(service->address);
	sock_t s;

	while ((s = sock_accept(listener, SOCK_FOREVER)) > 0)
		(void)sock_go(service->group, service->serve,
		    (void *)(intptr_t)s);
	fprintf(stderr, "%s\n", sock_errmsg());
}

int
main(int argc, char **argv)
{
	char address[32];
	struct service service = { address, sock_group_new(), echo };

	if (argc > 2 && strcmp(argv[2], "peek") == 0)
		service.serve = echo_peek;
	if (argc > 2 && strcmp(argv[2], "small") == 0)
		service.serve = echo_small;
	(void)snprintf(address, sizeof address, "tcp:0.0.0.0:%s", argv[1]);
	(void)sock_go(service.group, welcome, &service);
	return sock_group_wait(service.group, SOCK_FOREVER) < 0;
}
