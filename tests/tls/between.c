/* SPDX-License-Identifier: MIT */
#include "between.h"

#include <errno.h>
#include <sock/layer.h>
#include <sock/open.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One end in clear, the other of which is the go-between's. */
static int
open_end(struct between *b, int end, struct sock_tls *tls, const char *name)
{
	void *state = NULL;
	int fd[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	b->fd[end] = fd[1];
	b->end[end] = sock_adopt(fd[0]);
	if (b->end[end] < 0) {
		(void)close(fd[0]);
		return (int)b->end[end];
	}
	rc = tls->open(tls, name == NULL, name, &state);
	if (rc < 0)
		return rc;
	rc = sock_push_layer(b->end[end], tls->layer, state);
	if (rc < 0)
		tls->layer->close(state);
	b->rc[end] = -EAGAIN;
	return rc;
}

int
between_open(struct between *b, struct sock_tls *client,
    struct sock_tls *server, const char *server_name)
{
	int rc;

	*b = (struct between){ .limit = { SIZE_MAX, SIZE_MAX },
		.step = SIZE_MAX,
		.fd = { -1, -1 } };
	rc = open_end(b, CLIENT, client, server_name);
	if (rc == 0)
		rc = open_end(b, SERVER, server, NULL);
	if (rc < 0)
		between_close(b);
	return rc;
}

static bool
pass(struct between *b, int from)
{
	char block[4096];
	size_t n = b->limit[from] - b->passed[from];
	ssize_t got;

	if (n > sizeof block)
		n = sizeof block;
	if (n > b->step)
		n = b->step;
	if (n == 0)
		return false;
	got = recv(b->fd[from], block, n, MSG_DONTWAIT);
	if (got <= 0)
		return false;
	if (send(b->fd[!from], block, (size_t)got, MSG_NOSIGNAL) != got)
		return false;
	b->passed[from] += (size_t)got;
	return true;
}

bool
between_pass(struct between *b)
{
	const bool there = pass(b, CLIENT);

	return pass(b, SERVER) || there;
}

void
between_shake(struct between *b)
{
	int i;

	do
		for (i = CLIENT; i <= SERVER; i++)
			if (b->rc[i] == -EAGAIN)
				b->rc[i] =
				    sock_connected(b->end[i], SOCK_NOWAIT);
	while (between_pass(b));
}

int
between_wait(struct between *b, int end)
{
	return b->rc[end] = sock_connected(b->end[end], sock_in(1));
}

void
between_cut(struct between *b)
{
	int i;

	for (i = CLIENT; i <= SERVER; i++)
		(void)shutdown(b->fd[i], SHUT_WR);
}

void
between_say(struct between *b, int as, const void *bytes, size_t n)
{
	if (send(b->fd[!as], bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		abort();
}

void
between_close(struct between *b)
{
	int i;

	for (i = CLIENT; i <= SERVER; i++) {
		if (b->end[i] > 0)
			(void)sock_close(b->end[i]);
		if (b->fd[i] >= 0)
			(void)close(b->fd[i]);
		b->fd[i] = -1;
		b->end[i] = 0;
	}
}
