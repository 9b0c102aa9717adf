/* SPDX-License-Identifier: MIT */
#include <grp.h>
#include <sock.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tour.h"

#define NOBODY 65534

static void
show_dial(const char *what, const char *address)
{
	sock_t s = sock_dial(address, .deadline = sock_in(PATIENCE_MS));

	if (s > 0) {
		broken(address, "somebody answers");
		sock_close(s);
		return;
	}
	paragraph(2, what);
	paragraph(6, sock_errmsg());
}

/* A port that was free a moment ago: nobody listens there. */
static void
show_refusal(void)
{
	sock_t listener = sock_listen("tcp:127.0.0.1:0");
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr addr;

	sock_local(listener, &addr);
	sock_close(listener);
	show_dial("A port where nobody listens:",
	    sock_addr_text(&addr, text, sizeof text));
}

static int
listen_as_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setuid(NOBODY) < 0))
		return 1;
	paragraph(2, "A privileged port, for an ordinary user:");
	paragraph(6,
	    sock_listen("tcp:127.0.0.1:80") < 0 ?
		sock_errmsg() :
		"on this machine anybody may listen on port 80");
	return fflush(stdout) != 0;
}

static void
show_privilege(void)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(listen_as_nobody());
	if (child > 0)
		waitpid(child, NULL, 0);
}

void
show_errors(void)
{
	chapter("What goes wrong, as a user sees it",
	    "A message says what was tried, with which address, and why it "
	    "failed.");
	show_dial("An IPv6 address without its brackets:", "tcp:::1:80");
	show_dial("A service that does not exist:", "tcp:127.0.0.1:htpp");
	show_dial("A number that is no port:", "tcp:127.0.0.1:70000");
	show_refusal();
	show_privilege();
}
