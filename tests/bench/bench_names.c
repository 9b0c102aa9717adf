/* SPDX-License-Identifier: MIT */

/*
 * CPU of a client that connects by name and closes: by getaddrinfo(3),
 * socket(2) and connect(2), by the same with getaddrinfo(3) on another thread,
 * and by the library, its helper threads included.  The name server and the
 * server are the same for all, on the same processor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sock.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "name_server.h"
#include "pairs.h"

#define SIX "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct name_record records[] = {
	{ "one.test", ns_t_a, "\177\0\0\1", 4 },
	{ "two.test", ns_t_a, "\177\0\0\1", 4 },
	{ "two.test", ns_t_aaaa, SIX "\1", 16 },
	{ "many.test", ns_t_a, "\177\0\0\1", 4 },
	{ "many.test", ns_t_a, "\177\0\0\2", 4 },
	{ "many.test", ns_t_a, "\177\0\0\3", 4 },
	{ "many.test", ns_t_a, "\177\0\0\4", 4 },
	{ "many.test", ns_t_aaaa, SIX "\1", 16 },
	{ NULL, 0, NULL, 0 },
};
static const struct name_rule rules[] = { { NULL, 0, 0 } };

static char port[8];

static void
die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static int
connect_any(const struct addrinfo *list)
{
	for (; list != NULL; list = list->ai_next) {
		const int fd = socket(list->ai_family,
		    list->ai_socktype | SOCK_CLOEXEC, list->ai_protocol);

		if (connect(fd, list->ai_addr, list->ai_addrlen) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

static struct addrinfo *
ask_here(const char *name)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;

	if (getaddrinfo(name, port, &hints, &list) != 0)
		die("getaddrinfo");
	return list;
}

/* A question for the other thread. */
static struct {
	sem_t asked, answered;
	const char *name;
	struct addrinfo *list;
} question;

static void *
answer(void *arg)
{
	for (;;) {
		(void)sem_wait(&question.asked);
		question.list = ask_here(question.name);
		(void)sem_post(&question.answered);
	}
	return arg;
}

static struct addrinfo *
ask_there(const char *name)
{
	static bool begun;
	pthread_t thread;

	if (!begun) {
		(void)sem_init(&question.asked, 0, 0);
		(void)sem_init(&question.answered, 0, 0);
		if (pthread_create(&thread, NULL, answer, NULL) != 0)
			die("pthread_create");
		begun = true;
	}
	question.name = name;
	(void)sem_post(&question.asked);
	(void)sem_wait(&question.answered);
	return question.list;
}

static uint64_t
by_hand(const struct contender *c, struct addrinfo *(*ask)(const char *),
    unsigned count)
{
	const uint64_t begun = cpu_self();
	unsigned i;

	for (i = 0; i < count; i++) {
		struct addrinfo *list = ask(c->arg);
		const int fd = connect_any(list);

		if (fd < 0)
			die("connect");
		close(fd);
		freeaddrinfo(list);
	}
	return cpu_self() - begun;
}

static uint64_t
here(const struct contender *c, unsigned count)
{
	return by_hand(c, ask_here, count);
}

static uint64_t
there(const struct contender *c, unsigned count)
{
	return by_hand(c, ask_there, count);
}

static uint64_t
ours(const struct contender *c, unsigned count)
{
	const uint64_t begun = cpu_self();
	char text[64];
	unsigned i;

	(void)snprintf(text, sizeof text, "tcp:%s:%s", (char *)c->arg, port);
	for (i = 0; i < count; i++) {
		const sock_t s = sock_dial(text);

		if (s < 0)
			die(sock_errmsg());
		sock_close(s);
	}
	return cpu_self() - begun;
}

static void
compare(const char *title, char *name)
{
	const struct contender list[] = {
		{ "getaddrinfo, socket, connect, close", here, name },
		{ "the same, asked by another thread", there, name },
		{ "sock_dial, sock_close", ours, name },
	};

	pairs_run(title, list, 3, 300);
}

static void
serve(sock_t listener)
{
	sock_t s;

	while ((s = sock_accept(listener, SOCK_FOREVER)) > 0)
		sock_close(s);
}

static int
start(void (*serve_it)(sock_t), sock_t listener)
{
	const int pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	serve_it(listener);
	exit(0);
}

static void
ask(sock_t listener)
{
	(void)listener;
	compare("dial of a name in /etc/hosts", (char[]){ "hosts.test" });
	compare("dial of a name with one address", (char[]){ "one.test" });
	compare("dial of a name with one of each family",
	    (char[]){ "two.test" });
	compare("dial of a name with five addresses", (char[]){ "many.test" });
}

int
main(void)
{
	struct sock_addr addr;
	sock_t listener;
	int server, client, status;

	pin_to_one();
	name_server_enter(records, rules,
	    "127.0.0.1 localhost\n127.0.0.1 hosts.test\n");
	listener = sock_listen("tcp:*:0");
	if (sock_local(listener, &addr) < 0)
		die(sock_errmsg());
	(void)snprintf(port, sizeof port, "%d", sock_addr_port(&addr));
	server = start(serve, listener);
	client = start(ask, 0);
	(void)waitpid(client, &status, 0);
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	return status == 0 ? 0 : 1;
}
