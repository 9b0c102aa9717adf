/* SPDX-License-Identifier: MIT */
#ifndef FLOW_TRAFFIC_H
#define FLOW_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <sock/base.h>
#include <sys/types.h>

/* What tests send, as helpers or from the body. */

/* A direction of a stream: bytes that anybody can tell by their place. */
struct direction {
	sock_t sock;
	unsigned seed;
	size_t total, block;
	bool ends;   /* shuts behind it; expects the end behind it */
	size_t from; /* where it begins */
};

void traffic_write(void *direction);
void traffic_read(void *direction);

void traffic_fill(unsigned char *block, size_t n, size_t at, unsigned seed);

/* Where a block first differs from what should be at that place; n: nowhere. */
size_t
traffic_same(const unsigned char *block, size_t n, size_t at, unsigned seed);

/* A file of n bytes that traffic_same() knows. */
int traffic_file(size_t n, unsigned seed);

/* Some text, in slices of so many bytes. */
struct speech {
	sock_t sock;
	const char *text;
	size_t n, slice;
	bool ends;
};

void traffic_say(void *speech);

struct flow;

/* A byte each way, so that layers have said hello. */
void traffic_greet(struct flow *f);

/*
 * Writes of seed 0 what fits without anybody reading; how much, or an error.
 * A layer may hold what comes next already.
 */
ssize_t traffic_clog(sock_t s);

/* Reads and drops until the end; how much, or an error. */
ssize_t traffic_drain(sock_t s);

/*
 * For what is copied: a writer sends to f->a, somebody takes it from f->b to
 * to[0], and it is read at to[1].
 */
#define TRAFFIC_WAY_SEED 5
struct traffic_way {
	struct direction in, out;
	sock_t to[2];
};

struct transport;
bool traffic_way_open(struct traffic_way *w, const struct flow *f,
    const struct transport *t, size_t total);
void traffic_way_close(const struct traffic_way *w);

struct sock_message;

/* sock_reply() for a test whose calls may be told to wait, which it does not. */
int traffic_reply(sock_t s, const struct sock_message *to, const void *buf,
    size_t n);

#endif
