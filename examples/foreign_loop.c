/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sock.h>
#include <stdio.h>
#include <string.h>

/*
 * Somebody else's event loop, here poll(2), drives our handles: a listener, an
 * echo service, and a client that dials it and prints what comes back.  No
 * call of the library waits.  After -EAGAIN the loop asks sock_want() what to
 * poll sock_fd() for, and sock_due() until when.
 *
 *	foreign_loop tcp:localhost:0
 */

struct task {
	sock_t sock;
	/* 0: call it again; -EAGAIN: when poll says so; 1: done; an error */
	int (*step)(struct task *);
	unsigned intent; /* what the step waits for */
	size_t at, end;  /* what is still to be written of buf */
	char buf[64];
};

static struct task listener, server, client;

/* Writes what there is, and goes on with next when it is gone. */
static int
write_buf(struct task *t, int (*next)(struct task *))
{
	const ssize_t n = sock_write_some(t->sock, t->buf + t->at,
	    t->end - t->at, SOCK_NOWAIT);

	t->intent = SOCK_WRITABLE;
	if (n < 0)
		return (int)n;
	t->at += (size_t)n;
	if (t->at == t->end)
		t->step = next;
	return 0;
}

/* 0: something is in buf; 1: the peer has finished. */
static int
read_buf(struct task *t)
{
	const ssize_t n =
	    sock_read(t->sock, t->buf, sizeof t->buf, SOCK_NOWAIT);

	t->intent = SOCK_READABLE;
	if (n <= 0)
		return n < 0 ? (int)n : 1;
	t->at = 0;
	t->end = (size_t)n;
	return 0;
}

static int server_reads(struct task *t);

static int
server_writes(struct task *t)
{
	return write_buf(t, server_reads);
}

static int
server_reads(struct task *t)
{
	const int rc = read_buf(t);

	if (rc == 0)
		t->step = server_writes;
	return rc;
}

static int
listener_accepts(struct task *t)
{
	const sock_t s = sock_accept(t->sock, SOCK_NOWAIT);

	t->intent = SOCK_READABLE;
	if (s < 0)
		return (int)s;
	server.sock = s;
	server.step = server_reads;
	return 1;
}

static int
client_reads(struct task *t)
{
	const int rc = read_buf(t);

	if (rc == 0)
		fwrite(t->buf, 1, t->end, stdout);
	return rc;
}

static int
client_shuts(struct task *t)
{
	t->step = client_reads;
	return sock_shut(t->sock, SOCK_NOWAIT);
}

static int
client_writes(struct task *t)
{
	return write_buf(t, client_shuts);
}

static int
client_connects(struct task *t)
{
	const int rc = sock_connected(t->sock, SOCK_NOWAIT);

	t->intent = SOCK_READABLE | SOCK_WRITABLE;
	if (rc == 0)
		t->step = client_writes;
	return rc;
}

/* The part that another loop does in its own way. */
static int
until(sock_time due)
{
	const sock_time ms = (due - sock_now()) / 1000000 + 1;

	if (due == SOCK_FOREVER)
		return -1;
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void
wait_for(struct task **tasks, int count)
{
	struct pollfd fds[3];
	sock_time due = SOCK_FOREVER;
	int i;

	for (i = 0; i < count; i++) {
		const struct task *t = tasks[i];
		int want;

		fds[i] = (struct pollfd){ .fd = -1 };
		if (t->step == NULL)
			continue;
		want = sock_want(t->sock, t->intent);
		fds[i].fd = sock_fd(t->sock);
		fds[i].events = (want & SOCK_READABLE ? POLLIN : 0) |
		    (want & SOCK_WRITABLE ? POLLOUT : 0);
		if (want & SOCK_READY)
			due = sock_now();
		if (sock_due(t->sock) < due)
			due = sock_due(t->sock);
	}
	poll(fds, (nfds_t)count, until(due));
}

/* Every task may try: one that is not ready only says -EAGAIN again. */
static int
step(struct task *t)
{
	int rc = -EAGAIN;

	while (t->step != NULL && (rc = t->step(t)) == 0)
		continue;
	if (rc == -EAGAIN)
		return 0;
	t->step = NULL;
	sock_close(t->sock);
	return rc < 0 ? rc : 0;
}

static int
run(struct task **tasks, int count)
{
	for (;;) {
		int i, rc;

		for (i = 0; i < count; i++)
			if ((rc = step(tasks[i])) < 0)
				return rc;
		if (client.step == NULL)
			return 0;
		wait_for(tasks, count);
	}
}

int
main(int argc, char **argv)
{
	struct task *tasks[] = { &listener, &server, &client };
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr here;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: foreign_loop ADDRESS\n");
		return 2;
	}
	listener.sock = sock_listen(argv[1]);
	listener.step = listener_accepts;
	if (sock_local(listener.sock, &here) < 0)
		goto failed;
	client.sock = sock_dial_start(sock_addr_text(&here, text, sizeof text));
	client.step = client_connects;
	client.end = (size_t)snprintf(client.buf, sizeof client.buf,
	    "there and back by poll(2)\n");
	if (client.sock < 0 || run(tasks, 3) < 0)
		goto failed;
	return 0;

failed:
	fprintf(stderr, "foreign_loop: %s\n", sock_errmsg());
	return 1;
}
