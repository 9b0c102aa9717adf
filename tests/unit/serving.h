/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_SERVING_H
#define SOCK_TEST_SERVING_H

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <sock.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "plain.h"

/*
 * Servers for tests: each test runs in each mode, most over each transport.  A
 * row that fails has printed itself.
 */

#define SOON (sock_in(20000)) /* only a failing test reaches it */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	enum sock_mode mode;
	const char *name;
	bool one;   /* conversation at a time */
	bool apart; /* handlers have a memory of their own */
} modes[] = {
	{ SOCK_FIBERS, "fibers", false, false },
	{ SOCK_THREADS, "threads", false, false },
	{ SOCK_ITERATIVE, "iterative", true, false },
	{ SOCK_PROCESSES, "processes", false, true },
	{ SOCK_FORKING, "forking", false, true },
};

static const char *const transports[] = { "tcp:127.0.0.1:0", "tcp:[::1]:0",
	"tcp:localhost:0", "unix:@sock-test-" };

struct serving {
	int mode, transport; /* of the two tables */
	struct sock_server *v;
	char at[SOCK_ADDR_TEXT_MAX]; /* to dial */
};

/* What to listen to. */
static inline const char *
serving_address(const struct serving *s, char *buf, size_t n)
{
	const char *t = transports[s->transport];

	if (strncmp(t, "unix:", 5) != 0)
		return t;
	(void)snprintf(buf, n, "%s%d", t, (int)getpid());
	return buf;
}

/* A listener that no server takes. */
static inline sock_t
serving_packets(void)
{
	char address[64];

	(void)snprintf(address, sizeof address, "unixpacket:@sock-test-%d",
	    (int)getpid());
	return sock_listen(address);
}

static inline void
serving_learn(struct serving *s)
{
	struct sock_addr addr;

	assert_non_null(s->v);
	assert_int_equal(sock_server_address(s->v, 0, &addr), 0);
	(void)sock_addr_text(&addr, s->at, sizeof s->at);
}

/* Starts one with the options, in the row's mode, over its transport. */
static inline void
serving_start(struct serving *s, struct sock_serve_options o)
{
	char address[64];

	o.size = sizeof o;
	o.mode = modes[s->mode].mode;
	if (o.listener == 0)
		o.address = serving_address(s, address, sizeof address);
	s->v = sock_serve_with(&o);
	if (s->v == NULL)
		fprintf(stderr, "%s\n", sock_errmsg());
	serving_learn(s);
}

#define serving_start(s, ...) \
	serving_start(s, (struct sock_serve_options){ __VA_ARGS__ })

static inline struct sock_server_stats
serving_stats(const struct serving *s)
{
	struct sock_server_stats n = { .size = sizeof n };

	assert_int_equal(sock_server_stats(s->v, &n), 0);
	assert_int_equal(n.accepted,
	    n.active + n.finished + n.shed + n.aborted + n.timed_out);
	return n;
}

/* Drains it until nobody is left, and frees it. */
static inline void
serving_stop(struct serving *s)
{
	assert_int_equal(sock_server_drain(s->v, SOON), 0);
	assert_int_equal(sock_server_wait(s->v, SOON), 0);
	assert_int_equal(serving_stats(s).active, 0);
	sock_server_free(s->v);
	s->v = NULL;
}

/* Why a child of a process with threads cannot start any; NULL: it can. */
static inline const char *
serving_no_children(void)
{
	return UNDER_TSAN     ? "ThreadSanitizer starts no threads there" :
	    under_emulation() ? "the emulator starts no threads there" :
				NULL;
}

/* Not over IPv6 where there is none. */
static inline bool
serving_can(const char *transport)
{
	return strstr(transport, "[::1]") == NULL || plain_has_ipv6();
}

/* The next row: of each mode, or of each with each transport. */
static inline bool
serving_next(struct serving *s, bool each_transport, bool apart)
{
	const char *why = serving_no_children();

	while (each_transport && s->mode >= 0 &&
	    ++s->transport < (int)COUNT(transports))
		if (serving_can(transports[s->transport]))
			return true;
	s->transport = 0;
	while (++s->mode < (int)COUNT(modes))
		if (!modes[s->mode].apart || (apart && why == NULL))
			return true;
	if (apart && why != NULL)
		printf("SKIP: of what is in processes: %s\n", why);
	return false;
}

static inline int
serving_failed(const struct serving *s)
{
	return fprintf(stderr, "in %s at %s\n", modes[s->mode].name,
	    transports[s->transport]);
}

static inline int
serving_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Those whose handlers the test sees into; and all. */
#define EACH_MODE(s) \
	for (s = (struct serving){ .mode = -1 }; \
	     serving_next(&s, false, false);)
#define EACH_ROW(s) \
	for (s = (struct serving){ .mode = -1 }; serving_next(&s, true, false);)
#define EVERY_ROW(s) \
	for (s = (struct serving){ .mode = -1 }; serving_next(&s, true, true);)

static inline sock_t
serving_dial(const struct serving *s)
{
	return sock_dial(s->at, .deadline = SOON);
}

/* Waits until something is so, which it will be. */
#define UNTIL(condition) \
	do { \
		const sock_time until_ = SOON; \
		while (!(condition)) { \
			assert_true(sock_now() < until_); \
			sock_sleep(sock_in(1)); \
		} \
	} while (0)

static inline void
serving_echo(sock_t s, void *arg)
{
	char buf[4096];
	ssize_t n;

	(void)arg;
	while ((n = sock_read(s, buf, sizeof buf, SOCK_DEFAULT)) > 0)
		if (sock_write(s, buf, (size_t)n, SOCK_DEFAULT) < 0)
			break;
}

/* Whether the peer echoes. */
static inline bool
serving_echoes(sock_t s, const char *word)
{
	char buf[64];
	const size_t n = strlen(word);

	return sock_write(s, word, n, SOON) == 0 &&
	    sock_read_full(s, buf, n, SOON) == (ssize_t)n &&
	    memcmp(buf, word, n) == 0;
}

#endif
