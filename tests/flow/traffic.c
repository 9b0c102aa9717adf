/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include <errno.h>
#include <sock/info.h>
#include <sock/message.h>
#include <sock/open.h>
#include <sock/stream.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flow.h"

static unsigned char
byte_at(size_t at, unsigned seed)
{
	return (unsigned char)((at + seed) * 2654435761U >> 13);
}

void
traffic_fill(unsigned char *block, size_t n, size_t at, unsigned seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		block[i] = byte_at(at + i, seed);
}

size_t
traffic_same(const unsigned char *block, size_t n, size_t at, unsigned seed)
{
	size_t i;

	for (i = 0; i < n && block[i] == byte_at(at + i, seed); i++)
		;
	return i;
}

int
traffic_file(size_t n, unsigned seed)
{
	const int fd = memfd_create("file", MFD_CLOEXEC);
	unsigned char *block = malloc(n);

	traffic_fill(block, n, 0, seed);
	if (fd < 0 || pwrite(fd, block, n, 0) != (ssize_t)n)
		abort();
	free(block);
	return fd;
}

void
traffic_write(void *arg)
{
	const struct direction *d = arg;
	unsigned char *block = malloc(d->block);
	size_t at, n;
	int rc = 0;

	for (at = d->from; at < d->total && rc == 0; at += n) {
		n = d->total - at < d->block ? d->total - at : d->block;
		traffic_fill(block, n, at, d->seed);
		rc = sock_write(d->sock, block, n, soon());
	}
	free(block);
	SAME(rc, 0);
	if (d->ends)
		SAME(sock_shut(d->sock, soon()), 0);
}

void
traffic_read(void *arg)
{
	const struct direction *d = arg;
	unsigned char *block = malloc(d->block);
	ssize_t n = 0;
	size_t at = d->from;

	while (at < d->total || d->ends) {
		/* What comes behind it is another direction's. */
		const size_t left = d->ends ? d->block : d->total - at;

		n = sock_read(d->sock, block, left < d->block ? left : d->block,
		    soon());
		if (n <= 0 ||
		    traffic_same(block, (size_t)n, at, d->seed) != (size_t)n)
			break;
		at += (size_t)n;
	}
	free(block);
	SAME(at, d->total);
	if (d->ends)
		SAME(n, 0);
}

void
traffic_say(void *arg)
{
	const struct speech *w = arg;
	size_t at, n;

	for (at = 0; at < w->n; at += n) {
		n = w->n - at < w->slice ? w->n - at : w->slice;
		SAME(sock_write(w->sock, w->text + at, n, soon()), 0);
	}
	if (w->ends)
		SAME(sock_shut(w->sock, soon()), 0);
}

void
traffic_greet(struct flow *f)
{
	struct direction way[] = { { f->a, 7, 1, 1, false, 0 },
		{ f->b, 7, 1, 1, false, 0 } };

	flow_start(f, traffic_write, &way[0]);
	traffic_read(&way[1]);
	flow_join(f);
	flow_start(f, traffic_write, &way[1]);
	traffic_read(&way[0]);
	flow_join(f);
}

ssize_t
traffic_clog(sock_t s)
{
	const int sure = unlucky() ? 20 : 1; /* full so often in a row */
	unsigned char block[4096];
	ssize_t total = 0, n = 0;
	int full = 0;

	(void)sock_set(s, SOCK_OPT_SNDBUF, 4096);
	while (full < sure) {
		traffic_fill(block, sizeof block, (size_t)total, 0);
		n = sock_write_some(s, block, sizeof block, SOCK_NOWAIT);
		if (n < 0 && n != -EAGAIN)
			return n;
		full = n < 0 ? full + 1 : 0;
		total += n > 0 ? n : 0;
	}
	return total;
}

ssize_t
traffic_drain(sock_t s)
{
	unsigned char block[4096];
	ssize_t total = 0, n;

	while ((n = sock_read(s, block, sizeof block, soon())) > 0)
		total += n;
	return n < 0 ? n : total;
}

int
traffic_reply(sock_t s, const struct sock_message *to, const void *buf,
    size_t n)
{
	int rc;

	do
		rc = sock_reply(s, to, buf, n);
	while (rc == -EAGAIN && unlucky());
	return rc;
}

bool
traffic_way_open(struct traffic_way *w, const struct flow *f,
    const struct transport *t, size_t total)
{
	*w = (struct traffic_way){
		.in = { f->a, TRAFFIC_WAY_SEED, total, 50000, true, 0 },
	};
	if (transport_open(t, w->to) < 0)
		return false;
	w->out = w->in;
	w->out.sock = w->to[1];
	return true;
}

void
traffic_way_close(const struct traffic_way *w)
{
	(void)sock_close(w->to[0]);
	(void)sock_close(w->to[1]);
}
