/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sock/layer.h>
#include <sock/tls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../tls/pki.h"

/*
 * The layer of TLS in memory.  The first byte says which end is tried, and in
 * what pieces.  Even: the rest is what a peer sends.  Odd: two ends meet, and
 * four bytes each are a change on the way: which end's byte, where, and what
 * is added to it; what is read must all the same be what was written.
 */

#define WAY_MAX (64 << 10)
#define CHANGES_MAX 64
#define ROUNDS 64

static const char said[] = "what was said is what is heard";

struct way {
	uint8_t bytes[WAY_MAX];
	size_t begin, end;
	bool ended;
};

/* What a layer sees of it; the linker gives it these (--wrap). */
struct sock_below {
	struct way *in, *out;
	size_t piece;
};

struct end {
	void *state;
	struct sock_below below;
	size_t wrote, heard;
	int rc; /* of the start */
	bool broken;
};

static struct way ways[2];

static void
must(int true_so_far)
{
	if (!true_so_far)
		abort();
}

ssize_t
__wrap_sock_below_read(struct sock_below *below, void *buf, size_t n)
{
	struct way *w = below->in;

	if (n > w->end - w->begin)
		n = w->end - w->begin;
	if (n > below->piece)
		n = below->piece;
	if (n == 0)
		return w->ended ? 0 : -EAGAIN;
	memcpy(buf, w->bytes + w->begin, n);
	w->begin += n;
	return (ssize_t)n;
}

ssize_t
__wrap_sock_below_write(struct sock_below *below, const void *buf, size_t n)
{
	struct way *w = below->out;

	if (n > WAY_MAX - w->end)
		n = WAY_MAX - w->end;
	if (n > below->piece)
		n = below->piece;
	if (n == 0)
		return -EAGAIN;
	memcpy(w->bytes + w->end, buf, n);
	w->end += n;
	return (ssize_t)n;
}

static struct sock_tls *objects[2];

static void
make_objects(void)
{
	pki_begin();
	objects[0] = sock_tls_client();
	objects[1] =
	    sock_tls_server(pki_path("good", ".pem"), pki_path("good", ".key"));
	must(objects[0] != NULL && objects[1] != NULL);
	must(sock_tls_trust(objects[0], pki_path("root", ".pem")) == 0);
	must(sock_tls_alpn(objects[0], "h2,http/1.1") == 0);
	must(sock_tls_alpn(objects[1], "http/1.1") == 0);
	pki_end();
}

static void
open_end(struct end *e, int which, size_t piece)
{
	struct sock_tls *t = objects[which];

	*e = (struct end){ .below = { &ways[!which], &ways[which], piece },
		.rc = -EAGAIN };
	must(t->open(t, which == 1, which == 1 ? NULL : "example.org",
		 &e->state) == 0);
}

static void
close_end(struct end *e)
{
	objects[0]->layer->close(e->state);
}

/* As the handle would; what it may not do after an error it does not. */
static void
turn(struct end *e)
{
	const struct sock_layer *l = objects[0]->layer;
	unsigned need = 0;
	char buf[16];
	ssize_t n;

	if (e->rc == -EAGAIN)
		e->rc = l->start(e->state, &e->below, &need);
	must(e->rc <= 0);
	if (e->rc < 0 || e->broken)
		return;
	if (e->wrote < sizeof said) {
		n = l->write(e->state, &e->below, said + e->wrote,
		    sizeof said - e->wrote, &need);
		must(n != 0 && n <= (ssize_t)(sizeof said - e->wrote));
		e->wrote += n > 0 ? (size_t)n : 0;
	}
	n = l->read(e->state, &e->below, buf, sizeof buf, &need);
	must(n <= (ssize_t)sizeof buf &&
	    n <= (ssize_t)(sizeof said - e->heard));
	e->broken = n <= 0 && n != -EAGAIN;
	if (n > 0) {
		must(memcmp(buf, said + e->heard, (size_t)n) == 0);
		e->heard += (size_t)n;
	}
}

static void
hear_a_stranger(int which, size_t piece, const uint8_t *data, size_t n)
{
	struct way *in = &ways[!which];
	struct end e;
	int i;

	in->end = n < WAY_MAX ? n : WAY_MAX;
	memcpy(in->bytes, data, in->end);
	open_end(&e, which, piece);
	for (i = 0; i < ROUNDS; i++)
		turn(&e);
	in->ended = true;
	for (i = 0; i < ROUNDS && e.rc == -EAGAIN; i++)
		turn(&e);
	/* Nobody proves by chance that it is example.org. */
	must(e.heard == 0);
	close_end(&e);
}

static void
change(size_t sent[2], const uint8_t *data, size_t n)
{
	for (; n >= 4; data += 4, n -= 4) {
		struct way *w = &ways[data[0] & 1];
		const size_t at = (size_t)data[1] << 8 | data[2];

		/* What has been sent since the last time, and no more. */
		if (at >= sent[data[0] & 1] && at < w->end)
			w->bytes[at] ^= data[3];
	}
	sent[0] = ways[0].end;
	sent[1] = ways[1].end;
}

static void
meet(size_t piece, const uint8_t *data, size_t n)
{
	size_t sent[2] = { 0, 0 };
	struct end ends[2];
	int i;

	if (n > 4 * (size_t)CHANGES_MAX)
		n = 4 * (size_t)CHANGES_MAX;
	open_end(&ends[0], 0, piece);
	open_end(&ends[1], 1, piece);
	for (i = 0; i < ROUNDS; i++) {
		turn(&ends[i % 2]);
		change(sent, data, n);
	}
	/* Where nothing was changed all was heard. */
	must(n >= 4 || piece < 512 ||
	    (ends[0].heard == sizeof said && ends[1].heard == sizeof said));
	close_end(&ends[0]);
	close_end(&ends[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t piece;

	if (objects[0] == NULL)
		make_objects();
	if (n == 0)
		return 0;
	ways[0].begin = ways[0].end = ways[1].begin = ways[1].end = 0;
	ways[0].ended = ways[1].ended = false;
	piece = (size_t)1 << (data[0] >> 2 & 15);
	if ((data[0] & 1) != 0)
		meet(piece, data + 1, n - 1);
	else
		hear_a_stranger(data[0] >> 1 & 1, piece, data + 1, n - 1);
	return 0;
}
