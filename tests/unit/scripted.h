/* SPDX-License-Identifier: MIT */
#ifndef SOCK_TEST_SCRIPTED_H
#define SOCK_TEST_SCRIPTED_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sock.h>

#include "base/error.h"
#include "resolve/resolve.h"

/*
 * A name service of a test's own: what each name answers, who asked, and a
 * gate at which those wait that the test holds back.
 */

enum {
	SCRIPTED_A,
	SCRIPTED_AAAA,
	SCRIPTED_BOTH,
	SCRIPTED_SRV,
	SCRIPTED_NAME,
	SCRIPTED_KINDS,
	SCRIPTED_FAILS = 8 /* with SOCK_ERESOLVE */
};

struct scripted_name {
	const char *name;
	/* Addresses or targets behind one another, a blank between them. */
	const char *answer;
	int code; /* < 0: instead of it */
	/* Bits of what waits at the gate, and above SCRIPTED_FAILS of what fails. */
	unsigned held;
};

static const struct scripted_name *scripted_names;
static _Atomic unsigned scripted_asked[SCRIPTED_KINDS];
static char scripted_last[SOCKI_HOST_MAX + 2]; /* under the lock */
static unsigned scripted_waiting;              /* at the gate, the same */
static bool scripted_open;
static pthread_mutex_t scripted_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t scripted_gate = PTHREAD_COND_INITIALIZER;

/*
 * The script of a name, once it may be answered; "*" is any other.  Digits at
 * its beginning make it another name with the same script: a question that is
 * just being answered would be joined.
 */
static inline const struct scripted_name *
scripted_find(const char *name, int kind)
{
	const struct scripted_name *s = scripted_names;

	atomic_fetch_add(&scripted_asked[kind], 1);
	while (strcmp(s->name, name) != 0 && strcmp(s->name, "*") != 0 &&
	    strcmp(s->name, name + strspn(name, "0123456789")) != 0)
		s++;
	pthread_mutex_lock(&scripted_lock);
	(void)snprintf(scripted_last, sizeof scripted_last, "%s", name);
	if (s->held & 1u << kind) {
		scripted_waiting++;
		while (!scripted_open)
			pthread_cond_wait(&scripted_gate, &scripted_lock);
		scripted_waiting--;
	}
	pthread_mutex_unlock(&scripted_lock);
	return s;
}

static inline int
scripted_fill(const struct scripted_name *s, int family, struct sock_addr *out,
    int max)
{
	char word[64], text[80];
	const char *rest = s->answer;
	int count = 0;

	if (s->code < 0)
		return s->code;
	while (count < max) {
		const size_t n = strcspn(rest, " ");
		const bool is6 = memchr(rest, ':', n) != NULL;

		if (n == 0)
			break;
		(void)snprintf(word, sizeof word, "%.*s", (int)n, rest);
		rest += n + (rest[n] == ' ');
		if (family != AF_UNSPEC && is6 != (family == AF_INET6))
			continue;
		(void)snprintf(text, sizeof text, is6 ? "[%s]:0" : "%s:0",
		    word);
		if (sock_addr_parse(&out[count], text) == 0)
			count++;
	}
	return count;
}

static inline int
scripted_addresses(const char *host, int family, struct sock_addr *out, int max)
{
	const int kind = family == AF_INET ? SCRIPTED_A : SCRIPTED_AAAA;
	const struct scripted_name *s = scripted_find(host, kind);

	if (s->held & 1u << (SCRIPTED_FAILS + kind))
		return SOCK_ERESOLVE;
	return scripted_fill(s, family, out, max);
}

static inline int
scripted_both(const char *host, struct sock_addr *out, int max)
{
	return scripted_fill(scripted_find(host, SCRIPTED_BOTH), AF_UNSPEC, out,
	    max);
}

/* "PRIORITY:PORT:TARGET ..." */
static inline int
scripted_services(const char *name, struct socki_srv *out, int max)
{
	const struct scripted_name *s = scripted_find(name, SCRIPTED_SRV);
	const char *rest = s->answer;
	int count = 0, used;

	if (s->code < 0)
		return s->code;
	for (; count < max; rest += used, count++) {
		unsigned priority, port;

		if (sscanf(rest, " %u:%u:%254s%n", &priority, &port,
			out[count].target, &used) != 3)
			break;
		out[count].priority = (uint16_t)priority;
		out[count].weight = 0;
		out[count].port = (uint16_t)port;
	}
	return count;
}

static inline int
scripted_name_of(const struct sock_addr *addr, char *host, size_t n)
{
	char text[SOCK_ADDR_TEXT_MAX];
	const struct scripted_name *s =
	    scripted_find(sock_addr_text(addr, text, sizeof text),
		SCRIPTED_NAME);

	(void)snprintf(host, n, "%s", s->answer);
	return s->code;
}

static const struct socki_resolver scripted = { scripted_addresses,
	scripted_services, scripted_name_of, scripted_both, false };

static inline void
scripted_before_fork(void)
{
	pthread_mutex_lock(&scripted_lock);
}

static inline void
scripted_after_fork(void)
{
	pthread_mutex_unlock(&scripted_lock);
}

static inline void
scripted_atfork(void)
{
	(void)pthread_atfork(scripted_before_fork, scripted_after_fork,
	    scripted_after_fork);
}

/* As a C library whose order counts, whatever it is. */
static const struct socki_resolver scripted_sorted = { scripted_addresses,
	scripted_services, scripted_name_of, scripted_both, true };

/* Without a question for both families: they are asked for apart. */
static const struct socki_resolver scripted_apart = { scripted_addresses,
	scripted_services, scripted_name_of, NULL, false };

#define SCRIPTED_HELPERS 4 /* as many as the library has: resolve.h */

static unsigned scripted_settled; /* under the lock */

static inline int
scripted_settle_services(const char *name, struct socki_srv *out, int max)
{
	if (strncmp(name, "settle", 6) != 0)
		return scripted_services(name, out, max);
	pthread_mutex_lock(&scripted_lock);
	if (++scripted_settled == SCRIPTED_HELPERS)
		pthread_cond_broadcast(&scripted_gate);
	while (scripted_settled < SCRIPTED_HELPERS)
		pthread_cond_wait(&scripted_gate, &scripted_lock);
	pthread_mutex_unlock(&scripted_lock);
	return 0;
}

/*
 * What an earlier test asked, and nobody waits for any more, may still be under
 * way: returns when all helpers have been seen at once without it.
 */
static inline void
scripted_settle(void)
{
	static const struct socki_resolver settling = { scripted_addresses,
		scripted_settle_services, scripted_name_of, scripted_both,
		false };
	static struct socki_lookup lookups[SCRIPTED_HELPERS];
	struct socki_why why;
	char name[16];
	int i;

	pthread_mutex_lock(&scripted_lock);
	scripted_open = true;
	scripted_settled = 0;
	pthread_cond_broadcast(&scripted_gate);
	pthread_mutex_unlock(&scripted_lock);
	socki_resolver_use(&settling);
	for (i = 0; i < SCRIPTED_HELPERS; i++) {
		(void)snprintf(name, sizeof name, "settle%d.test", i);
		(void)socki_lookup_begin(&lookups[i], name, strlen(name),
		    SOCKI_ASK_SRV, &why);
	}
	for (i = 0; i < SCRIPTED_HELPERS; i++) {
		(void)socki_lookup_wait(&lookups[i], SOCK_FOREVER);
		socki_lookup_end(&lookups[i]);
	}
}

/* The last of the names is "*". */
static inline void
scripted_use(const struct socki_resolver *resolver,
    const struct scripted_name *names)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int i;

	/* A helper of the parent's may hold the lock just then. */
	pthread_once(&once, scripted_atfork);
	if (scripted_names != NULL)
		scripted_settle();
	scripted_names = names;
	scripted_open = false;
	for (i = 0; i < SCRIPTED_KINDS; i++)
		atomic_store(&scripted_asked[i], 0);
	socki_resolver_use(resolver);
}

static inline unsigned
scripted_count(void)
{
	unsigned i, count = 0;

	for (i = 0; i < SCRIPTED_KINDS; i++)
		count += atomic_load(&scripted_asked[i]);
	return count;
}

/* Returns once count questions wait at the gate. */
static inline void
scripted_await(unsigned count)
{
	bool all = false;

	while (!all) {
		(void)sock_sleep(sock_in(1));
		pthread_mutex_lock(&scripted_lock);
		all = scripted_waiting == count;
		pthread_mutex_unlock(&scripted_lock);
	}
}

/* Lets them all through, and returns once nobody is under way. */
static inline void
scripted_release(void)
{
	pthread_mutex_lock(&scripted_lock);
	scripted_open = true;
	pthread_cond_broadcast(&scripted_gate);
	pthread_mutex_unlock(&scripted_lock);
	scripted_await(0);
}

#endif
