/* SPDX-License-Identifier: MIT */
#include "table_names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * The resolver has few threads and a queue with a bound: so many fibers, each
 * with a host at a time, keep it at work.
 */
#define FIBERS 32
#define HOST_MAX 254
#define NAMES_MS 2000

struct host {
	struct sock_addr addr; /* without a port */
	char *name;            /* NULL: none */
	bool asked;
};

/* Fibers hold no host, as those move when there are more of them. */
struct names {
	pthread_mutex_t lock; /* of all the rest */
	struct host *hosts;   /* sorted, but for those noted since */
	size_t count, sorted, room;
	size_t next; /* perhaps to be asked */
	sock_time deadline;
	struct sock_group *group;
	size_t fibers;
};

struct names *
names_new(void)
{
	struct names *names = calloc(1, sizeof *names);

	if (names == NULL)
		return NULL;
	pthread_mutex_init(&names->lock, NULL);
	names->group = sock_group_new();
	return names;
}

void
names_free(struct names *names)
{
	size_t i;

	if (names == NULL)
		return;
	sock_group_free(names->group);
	for (i = 0; i < names->count; i++)
		free(names->hosts[i].name);
	free(names->hosts);
	pthread_mutex_destroy(&names->lock);
	free(names);
}

/* The address alone; false: it is that of no host, or of any. */
static bool
host_only(struct sock_addr *out, const struct sock_addr *addr)
{
	static const struct in6_addr any6;

	*out = *addr;
	out->scheme = SOCK_SCHEME_TCP;
	if (addr->scheme == SOCK_SCHEME_NONE)
		return false;
	if (addr->u.sa.sa_family == AF_INET) {
		out->u.in.sin_port = 0;
		return addr->u.in.sin_addr.s_addr != INADDR_ANY;
	}
	out->u.in6.sin6_port = 0;
	return addr->u.sa.sa_family == AF_INET6 &&
	    memcmp(&addr->u.in6.sin6_addr, &any6, sizeof any6) != 0;
}

static int
by_address(const void *a, const void *b)
{
	const struct host *x = a, *y = b;

	if (x->addr.length != y->addr.length)
		return x->addr.length < y->addr.length ? -1 : 1;
	return memcmp(&x->addr.u, &y->addr.u, x->addr.length);
}

static struct host *
find(const struct names *names, const struct sock_addr *addr)
{
	struct host like = { .name = NULL };

	if (!host_only(&like.addr, addr) || names->sorted == 0)
		return NULL;
	return bsearch(&like, names->hosts, names->sorted, sizeof like,
	    by_address);
}

static void
note(struct names *names, const struct sock_addr *addr)
{
	struct host fresh = { .name = NULL };
	struct host *larger;
	size_t room;

	if (!host_only(&fresh.addr, addr) || find(names, addr) != NULL)
		return;
	/* Rows of one peer often follow each other. */
	if (names->count > names->sorted &&
	    by_address(&names->hosts[names->count - 1], &fresh) == 0)
		return;
	if (names->count == names->room) {
		room = names->room == 0 ? 256 : 2 * names->room;
		larger = realloc(names->hosts, room * sizeof *larger);
		if (larger == NULL)
			return; /* a name less */
		names->hosts = larger;
		names->room = room;
	}
	names->hosts[names->count++] = fresh;
}

void
names_note(struct names *names, const struct sock_row *row)
{
	pthread_mutex_lock(&names->lock);
	note(names, &row->local);
	note(names, &row->peer);
	pthread_mutex_unlock(&names->lock);
}

static void
sort(struct names *names)
{
	size_t i, kept = 0;

	if (names->count == names->sorted)
		return;
	qsort(names->hosts, names->count, sizeof *names->hosts, by_address);
	for (i = 0; i < names->count; i++)
		if (kept == 0 ||
		    by_address(&names->hosts[kept - 1], &names->hosts[i]) != 0)
			names->hosts[kept++] = names->hosts[i];
	names->count = names->sorted = kept;
}

/* The next one to ask about, and until when; false: the fiber is to end. */
static bool
take(struct names *names, struct sock_addr *out, sock_time *until)
{
	struct host *host = NULL;

	pthread_mutex_lock(&names->lock);
	*until = sock_in(NAMES_MS);
	if (names->deadline < *until)
		*until = names->deadline;
	while (host == NULL && names->next < names->sorted &&
	    sock_now() < names->deadline) {
		if (!names->hosts[names->next].asked)
			host = &names->hosts[names->next];
		names->next++;
	}
	if (host != NULL) {
		host->asked = true;
		*out = host->addr;
	} else {
		names->fibers--;
	}
	pthread_mutex_unlock(&names->lock);
	return host != NULL;
}

static void
ask(void *arg)
{
	struct names *names = arg;
	struct sock_addr addr;
	struct host *host;
	char name[HOST_MAX];
	sock_time until;

	while (take(names, &addr, &until)) {
		if (sock_reverse(&addr, name, sizeof name, until) < 0)
			continue;
		pthread_mutex_lock(&names->lock);
		host = find(names, &addr);
		if (host != NULL)
			host->name = strdup(name);
		pthread_mutex_unlock(&names->lock);
	}
}

static void
start(struct names *names, sock_time deadline)
{
	size_t i, more = 0;

	pthread_mutex_lock(&names->lock);
	sort(names);
	names->next = 0;
	names->deadline = deadline;
	for (i = 0; i < names->count; i++)
		more += !names->hosts[i].asked;
	while (more > 0 && names->fibers < FIBERS &&
	    sock_go(names->group, ask, names) == 0) {
		names->fibers++;
		more--;
	}
	pthread_mutex_unlock(&names->lock);
}

void
names_find(struct names *names)
{
	start(names, sock_in(NAMES_MS));
	/* Each ends by the deadline. */
	sock_group_wait(names->group, SOCK_FOREVER);
}

void
names_start(struct names *names)
{
	start(names, SOCK_FOREVER);
}

bool
names_awaited(struct names *names)
{
	bool awaited;

	pthread_mutex_lock(&names->lock);
	awaited = names->fibers > 0;
	pthread_mutex_unlock(&names->lock);
	return awaited;
}

const char *
names_of(struct names *names, const struct sock_addr *addr)
{
	const struct host *host;
	const char *name;

	pthread_mutex_lock(&names->lock);
	host = find(names, addr);
	name = host == NULL ? NULL : host->name;
	pthread_mutex_unlock(&names->lock);
	return name;
}
