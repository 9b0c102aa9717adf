/* SPDX-License-Identifier: MIT */

/*
 * The table of connections beside ss(8): walked by the API, with owners,
 * printed, and its listeners alone.  Each contender is a process of its own,
 * since ss is one.  SOCKETS=n says how many there are (50000): connections on
 * loopback whose two ends are held by several processes, for one may not have
 * so many descriptors.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sock/table.h>

#include "pairs.h"

#define EACH 8000 /* sockets a process */

struct work {
	const char *const *command; /* or NULL: */
	struct sock_table_options options;
};

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
connect_pairs(int pairs)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof sa;
	const int listener = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&sa, len) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&sa, &len) < 0)
		fail("bench_table: listen");
	for (int i = 0; i < pairs; i++) {
		const int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&sa, len) < 0 ||
		    accept(listener, NULL, NULL) < 0)
			fail("bench_table: connect");
	}
}

static void
hold(int sockets)
{
	struct rlimit limit;
	int ready[2];
	char c;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (; sockets > 0; sockets -= EACH) {
		if (pipe(ready) < 0)
			fail("bench_table: pipe");
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			connect_pairs((sockets < EACH ? sockets : EACH) / 2);
			(void)!write(ready[1], "", 1);
			pause();
			_exit(0);
		}
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			exit(1);
		close(ready[0]);
	}
}

static _Noreturn void
work(const struct work *w)
{
	struct sock_table_options options = w->options;
	struct sock_table *t;
	const int null = open("/dev/null", O_WRONLY);

	if (w->command != NULL) {
		dup2(null, STDOUT_FILENO);
		execvp(w->command[0], (char *const *)(uintptr_t)w->command);
		fail(w->command[0]);
	}
	options.size = sizeof options;
	t = sock_table_open_with(&options);
	while (sock_table_next(t) != NULL)
		continue;
	_exit(t == NULL || sock_table_close(t) < 0);
}

static uint64_t
run(const struct contender *c, unsigned count)
{
	uint64_t total = 0;

	while (count-- > 0) {
		struct rusage used;
		int status;
		const pid_t pid = fork();

		if (pid == 0)
			work(c->arg);
		if (wait4(pid, &status, 0, &used) != pid || status != 0)
			exit(1);
		total +=
		    (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) *
			1000000000 +
		    (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) *
			1000;
	}
	return total;
}

static void
compare(const char *title, const char *const ss[], const char *const sock[],
    struct sock_table_options options)
{
	struct work works[] = { { .command = ss },
		{ .command = NULL, .options = options }, { .command = sock } };
	const struct contender list[] = {
		{ "ss", run, &works[0] },
		{ "the API", run, &works[1] },
		{ "sock table", run, &works[2] },
	};

	pairs_run(title, list, sock != NULL ? 3 : 2, 1);
}

int
main(void)
{
	static const char *const tan[] = { "ss", "-tan", NULL };
	static const char *const tanp[] = { "ss", "-tanp", NULL };
	static const char *const tln[] = { "ss", "-tln", NULL };
	const char *tool = getenv("SOCK_TOOL");
	const char *text = getenv("SOCKETS");
	const char *all[] = { tool, "table", "--tcp", NULL };
	const char *owned[] = { tool, "table", "--tcp", "--owner", NULL };
	const char *listening[] = { tool, "table", "--tcp", "--listen", NULL };

	hold(text == NULL ? 50000 : (int)strtol(text, NULL, 10));
	pin_to_one();
	compare("all sockets", tan, tool != NULL ? all : NULL,
	    (struct sock_table_options){ .transports = SOCK_TABLE_TCP });
	compare("with owners", tanp, tool != NULL ? owned : NULL,
	    (struct sock_table_options){ .transports = SOCK_TABLE_TCP,
		.processes = true });
	compare("listeners", tln, tool != NULL ? listening : NULL,
	    (struct sock_table_options){ .transports = SOCK_TABLE_TCP,
		.states = SOCK_TABLE_LISTEN });
	return 0;
}
