/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sock.h>
#include <stdio.h>

/*
 * An iterative server of the echo service (RFC 862): one client after the
 * other, each until it finishes or is silent for a minute.  On SIGTERM it ends
 * the conversation it is in, takes no other, and exits with 0.
 *
 *	echo_once tcp:*:echo
 */

#define IDLE_MS 60000

static int
echo(sock_t s)
{
	char buf[4096];
	ssize_t n;

	while ((n = sock_read(s, buf, sizeof buf, sock_in(IDLE_MS))) > 0)
		if (sock_write(s, buf, (size_t)n, sock_in(IDLE_MS)) < 0)
			break;
	return sock_finish(s, SOCK_DEFAULT);
}

static int
serve(sock_t listener)
{
	sock_t s;

	while ((s = sock_accept(listener, SOCK_FOREVER)) > 0)
		echo(s);
	return (int)s;
}

static sigset_t terminate;

/* Cancels the listener, and nothing else: who is being served is not cut. */
static void *
wait_for_sigterm(void *listener)
{
	int signal;

	sigwait(&terminate, &signal);
	sock_cancel(*(sock_t *)listener);
	return NULL;
}

int
main(int argc, char **argv)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr here;
	pthread_t thread;
	sock_t listener;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: echo_once ADDRESS\n");
		return 2;
	}
	sigemptyset(&terminate);
	sigaddset(&terminate, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &terminate, NULL);

	listener = sock_listen(argv[1]);
	if (sock_local(listener, &here) < 0 ||
	    pthread_create(&thread, NULL, wait_for_sigterm, &listener) != 0)
		goto failed;
	fprintf(stderr, "listening on %s\n",
	    sock_addr_text(&here, text, sizeof text));
	if (serve(listener) != -ECANCELED)
		goto failed;
	pthread_join(thread, NULL);
	sock_close(listener);
	return 0;

failed:
	fprintf(stderr, "echo_once: %s\n", sock_errmsg());
	return 1;
}
