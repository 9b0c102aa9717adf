/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tour.h"

struct server {
	sock_t listener;
	struct sock_group *group;
};

struct visit {
	const char *address;
	struct sock_addr client, server;
	char answer[64];
	char error[256]; /* "": none */
};

static void
answer(void *arg)
{
	sock_t s = *(sock_t *)arg;
	char line[64];

	free(arg);
	while (sock_read_line(s, line, sizeof line, sock_in(PATIENCE_MS)) >= 0)
		if (sock_printf(s, "%s yourself\n", line) < 0)
			break;
	sock_finish(s, SOCK_DEFAULT);
}

/* A fiber that accepts, and one for each conversation. */
static void
serve(void *arg)
{
	struct server *server = arg;
	sock_t s;

	while ((s = sock_accept(server->listener, SOCK_FOREVER)) > 0) {
		sock_t *own = malloc(sizeof *own);

		if (own != NULL)
			*own = s;
		if (own == NULL || sock_go(server->group, answer, own) < 0) {
			free(own);
			sock_close(s);
		}
	}
}

/* The same calls in a thread, which blocks, and in a fiber, which parks. */
static void
visit(void *arg)
{
	struct visit *v = arg;
	const sock_time deadline = sock_in(PATIENCE_MS);
	sock_t s = sock_dial(v->address, .deadline = deadline);

	sock_local(s, &v->client);
	sock_peer(s, &v->server);
	sock_write(s, "hello\n", 6, deadline);
	if (sock_read_line(s, v->answer, sizeof v->answer, deadline) < 0)
		snprintf(v->error, sizeof v->error, "%s", sock_errmsg());
	sock_finish(s, deadline);
}

static void *
visit_in_thread(void *v)
{
	visit(v);
	return NULL;
}

static void
show_end(const char *who, const struct sock_addr *addr)
{
	const int port = sock_addr_port(addr);
	char text[SOCK_ADDR_TEXT_MAX];

	sock_addr_text(addr, text, sizeof text);
	if (port < 0)
		printf("    %s  %s\n", who,
		    strcmp(text, "unix:") == 0 ? "unix, without a name" : text);
	else
		printf("    %s  %-19s  %s; here %s\n", who, text,
		    sock_port_class_name(sock_port_class(port)), here(port));
}

static void
show_visit(const char *title, const char *from, const struct visit *v)
{
	printf("  %s, from a %s\n", title, from);
	if (v->error[0] != '\0') {
		broken(title, v->error);
		return;
	}
	show_end("client", &v->client);
	show_end("server", &v->server);
	printf("    \"hello\" was answered by \"%s\"\n", v->answer);
}

static void
show_visits(const char *title, struct server *server, const char *address)
{
	struct visit one = { .address = address }, two = one;
	struct sock_group *clients = sock_group_new();
	pthread_t thread;

	if (sock_go(server->group, serve, server) < 0 ||
	    sock_go(clients, visit, &two) < 0 ||
	    pthread_create(&thread, NULL, visit_in_thread, &one) != 0) {
		broken(title, "no thread, or no fiber");
	} else {
		pthread_join(thread, NULL);
		sock_group_wait(clients, SOCK_FOREVER);
		show_visit(title, "thread", &one);
		show_visit(title, "fiber", &two);
	}
	sock_group_free(clients);
}

static void
show_stream(const char *title, const char *listen_to)
{
	struct server server = { .listener = sock_listen(listen_to) };
	char address[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	if (sock_local(server.listener, &addr) < 0) {
		printf("  %s: not on this machine\n    %s\n", title,
		    sock_errmsg());
		return;
	}
	sock_addr_text(&addr, address, sizeof address);
	server.group = sock_group_new();
	show_visits(title, &server, address);
	sock_close(server.listener);
	sock_group_free(server.group);
}

void
show_conversations(void)
{
	char dir[] = "/tmp/sock-tour-XXXXXX", path[64];

	chapter("Conversations",
	    "Each server listens on port 0, which is whichever the kernel "
	    "picks, and the kernel picks one for each client too.  Threads "
	    "and fibers make the same calls.");
	show_stream("TCP over IPv4", "tcp:127.0.0.1:0");
	show_stream("TCP over IPv6", "tcp:[::1]:0");
	if (mkdtemp(dir) == NULL)
		return;
	snprintf(path, sizeof path, "unix:%s/echo", dir);
	show_stream("UNIX", path);
	rmdir(dir);
}
