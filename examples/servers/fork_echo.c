/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The textbook's server: a process for each client.  It echoes (RFC 862) until
 * the client finishes or is silent for a minute.  On SIGTERM it takes no more
 * clients, waits for those it has, and exits with 0.
 *
 *	fork_echo tcp:*:echo
 */

#define IDLE_MS 60000
#define PAUSE_MS 100 /* where processes or descriptors have run out */

static int
echo(sock_t s)
{
	char buf[4096];
	ssize_t n;

	while ((n = sock_read(s, buf, sizeof buf, sock_in(IDLE_MS))) > 0)
		if (sock_write(s, buf, (size_t)n, sock_in(IDLE_MS)) < 0)
			break;
	return sock_finish(s, SOCK_DEFAULT) < 0;
}

static int
serve(sock_t listener, sock_t sigterm)
{
	struct sock_event events[2] = {
		{ .sock = listener, .want = SOCK_READABLE },
		{ .sock = sigterm, .want = SOCK_READABLE },
	};
	pid_t child;
	sock_t s;

	while (sock_wait(events, 2, SOCK_FOREVER) > 0 && !events[1].got) {
		s = sock_accept(listener, SOCK_NOWAIT);
		if (s == -EAGAIN)
			continue;
		child = s < 0 ? -1 : fork();
		if (child == 0) {
			sock_close(listener);
			_exit(echo(s));
		}
		if (child < 0)
			sock_sleep(sock_in(PAUSE_MS));
		sock_close(s);
	}
	return events[1].got ? 0 : -1;
}

/* A handle that becomes readable when SIGTERM comes. */
static sock_t
adopt_sigterm(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sock_adopt(signalfd(-1, &set, SFD_CLOEXEC));
}

int
main(int argc, char **argv)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr here;
	sock_t listener, sigterm;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: fork_echo ADDRESS\n");
		return 2;
	}
	/* POSIX: so no child becomes a zombie, and wait() waits for all. */
	signal(SIGCHLD, SIG_IGN);
	sigterm = adopt_sigterm();
	listener = sock_listen(argv[1]);
	if (sigterm < 0 || sock_local(listener, &here) < 0)
		goto failed;
	fprintf(stderr, "listening on %s\n",
	    sock_addr_text(&here, text, sizeof text));
	if (serve(listener, sigterm) < 0)
		goto failed;
	sock_close(listener);
	wait(NULL);
	return 0;

failed:
	fprintf(stderr, "fork_echo: %s\n", sock_errmsg());
	return 1;
}
