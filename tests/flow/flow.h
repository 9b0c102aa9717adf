/* SPDX-License-Identifier: MIT */
#ifndef FLOW_H
#define FLOW_H

#include <pthread.h>
#include <sock.h>

#include "transport.h"

/*
 * Runs a test's body over each transport, as a plain thread and as a fiber,
 * with helpers of either kind.  cmocka's checks jump, which a helper must not:
 * in here a failed check is told, with the combination, and returns from the
 * function.
 */

#define HELPERS_MAX 32

enum {
	ALL_THREADS,
	ALL_FIBERS,
	THREAD_AND_FIBERS, /* the body's kind, and that of the helpers */
	FIBER_AND_THREADS,
	SPREAD_FIBERS, /* the body and each helper on another worker */
	FLOW_KINDS
};

struct flow {
	const struct transport *transport;
	int kind;
	sock_t a, b; /* connected; closed after the body if it did not */
	sock_t l;    /* dialed at address */
	const char *address;

	struct sock_group *fibers; /* helpers */
	pthread_t threads[HELPERS_MAX];
	unsigned thread_count;
};

struct flow_case {
	void (*body)(struct flow *f);
	unsigned over; /* OVER_... */
	enum {
		OPENS_STREAMS,  /* the body finds a and b connected */
		OPENS_LISTENER, /* the body finds l listening on address */
		OPENS_NOTHING
	} opens;
};

/* The number of checks that failed. */
int flow_run_case(const struct flow_case *c);

/* A helper beside the body. */
void flow_start(struct flow *f, void (*run)(void *arg), void *arg);

/* Waits for all of them. */
void flow_join(struct flow *f);

/* Returns once count tasks wait for a handle (writers for their turn, too). */
bool flow_await(sock_t s, unsigned count);

/* Lets others run. */
void flow_yield(void);

/* A deadline that only a failing test reaches. */
sock_time soon(void);

/* Fewer of what takes long where SOCK_FAULT or valgrind makes it longer. */
size_t fewer(size_t n);

/*
 * Whether to leave out what moves many bytes: SOCK_FAULT makes calls move a few
 * at a time, and this is none of the combinations that do it all the same.
 */
bool spares_bulk(const struct flow *f);

/* It answers some calls itself, setrlimit(2) among them. */
bool under_valgrind(void);

/* Whether calls fail at random: then what they say once proves nothing. */
bool unlucky(void);

int open_descriptors(void);

void flow_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define WANT(condition) \
	do { \
		if (!(condition)) { \
			flow_fail(__FILE__, __LINE__, "%s", #condition); \
			return; \
		} \
	} while (0)

#define SAME(got, want) \
	do { \
		const long long got_ = (got), want_ = (want); \
		if (got_ != want_) { \
			flow_fail(__FILE__, __LINE__, "%s is %lld, not %lld", \
			    #got, got_, want_); \
			return; \
		} \
	} while (0)

#endif
