/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/*
 * libuv drives a handle: a client that dials, says a line, and prints what
 * comes back.  A uv_poll_t stands for sock_fd(), a uv_timer_t for sock_due().
 *
 *	foreign_loop_uv tcp:localhost:echo
 */

static const char line[] = "there and back by libuv\n";

static struct client {
	sock_t sock;
	int (*step)(struct client *); /* 0: again; 1: done; or an error */
	unsigned intent;
	size_t written;
	int result;
	uv_poll_t *poll; /* of descriptor fd */
	int fd;
	uv_timer_t timer;
} client;

static int
reads(struct client *c)
{
	char buf[256];
	const ssize_t n = sock_read(c->sock, buf, sizeof buf, SOCK_NOWAIT);

	c->intent = SOCK_READABLE;
	if (n <= 0)
		return n < 0 ? (int)n : 1;
	fwrite(buf, 1, (size_t)n, stdout);
	return 0;
}

static int
writes(struct client *c)
{
	const ssize_t n = sock_write_some(c->sock, line + c->written,
	    strlen(line) - c->written, SOCK_NOWAIT);

	c->intent = SOCK_WRITABLE;
	if (n < 0)
		return (int)n;
	c->written += (size_t)n;
	if (line[c->written] != '\0')
		return 0;
	c->step = reads;
	return sock_shut(c->sock, SOCK_NOWAIT);
}

static int
connects(struct client *c)
{
	const int rc = sock_connected(c->sock, SOCK_NOWAIT);

	c->intent = SOCK_READABLE | SOCK_WRITABLE;
	if (rc == 0)
		c->step = writes;
	return rc;
}

static void go_on(struct client *);

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	(void)poll, (void)status, (void)events;
	go_on(&client);
}

static void
on_timer(uv_timer_t *timer)
{
	(void)timer;
	go_on(&client);
}

static void
free_poll(uv_handle_t *poll)
{
	free(poll);
}

/* Once it is connected the handle may have another descriptor. */
static int
poll_descriptor(struct client *c)
{
	const int fd = sock_fd(c->sock);

	if (c->poll != NULL && c->fd == fd)
		return 0;
	if (c->poll != NULL)
		uv_close((uv_handle_t *)c->poll, free_poll);
	c->fd = fd;
	c->poll = malloc(sizeof *c->poll);
	return c->poll != NULL ? uv_poll_init(uv_default_loop(), c->poll, fd) :
				 -ENOMEM;
}

static int
watch(struct client *c)
{
	const int want = sock_want(c->sock, c->intent);
	const sock_time due = want & SOCK_READY ? 1 : sock_due(c->sock);
	const sock_time left = due > sock_now() ? due - sock_now() : 0;
	const int rc = poll_descriptor(c);

	if (rc < 0)
		return rc;
	if (due != SOCK_FOREVER)
		uv_timer_start(&c->timer, on_timer,
		    (uint64_t)(left / 1000000) + 1, 0);
	return uv_poll_start(c->poll,
	    (want & SOCK_READABLE ? UV_READABLE : 0) |
		(want & SOCK_WRITABLE ? UV_WRITABLE : 0),
	    on_poll);
}

static void
go_on(struct client *c)
{
	int rc;

	/* Before the descriptor may go. */
	if (c->poll != NULL)
		uv_poll_stop(c->poll);
	uv_timer_stop(&c->timer);
	while ((rc = c->step(c)) == 0)
		continue;
	if (rc == -EAGAIN)
		rc = watch(c);
	if (rc == 0)
		return;
	c->result = rc;
	if (c->poll != NULL)
		uv_close((uv_handle_t *)c->poll, free_poll);
}

int
main(int argc, char **argv)
{
	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: foreign_loop_uv ADDRESS\n");
		return 2;
	}
	client.sock = sock_dial_start(argv[1]);
	client.step = connects;
	uv_timer_init(uv_default_loop(), &client.timer);
	go_on(&client);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	if (client.result < 0) {
		fprintf(stderr, "foreign_loop_uv: %s\n", sock_errmsg());
		return 1;
	}
	sock_close(client.sock);
	return 0;
}
