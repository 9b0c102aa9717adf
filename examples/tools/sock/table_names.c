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

struct host {
	struct sock_addr addr; /* without a port */
	char *name;            /* NULL: none */
	bool asked;
};

struct names {
	struct host *hosts; /* sorted, but for those noted since */
	size_t count, sorted, room;
	size_t next; /* to be asked, while fibers run */
	sock_time deadline;
	pthread_mutex_t lock;
};

struct names *
names_new(void)
{
	struct names *names = calloc(1, sizeof *names);

	if (names != NULL)
		pthread_mutex_init(&names->lock, NULL);
	return names;
}

void
names_free(struct names *names)
{
	size_t i;

	if (names == NULL)
		return;
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
	note(names, &row->local);
	note(names, &row->peer);
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

static struct host *
take(struct names *names)
{
	struct host *host = NULL;

	pthread_mutex_lock(&names->lock);
	while (names->next < names->count && host == NULL) {
		if (!names->hosts[names->next].asked)
			host = &names->hosts[names->next];
		names->next++;
	}
	pthread_mutex_unlock(&names->lock);
	return host;
}

static void
ask(void *arg)
{
	struct names *names = arg;
	struct host *host;
	char name[HOST_MAX];

	while (sock_now() < names->deadline && (host = take(names)) != NULL) {
		host->asked = true;
		if (sock_reverse(&host->addr, name, sizeof name,
			names->deadline) == 0)
			host->name = strdup(name);
	}
}

void
names_find(struct names *names, sock_time deadline)
{
	struct sock_group *group;
	size_t i;

	sort(names);
	names->next = 0;
	names->deadline = deadline;
	group = sock_group_new();
	for (i = 0; group != NULL && i < FIBERS && i < names->count; i++)
		if (sock_go(group, ask, names) < 0)
			break;
	sock_group_wait(group, SOCK_FOREVER); /* each ends by the deadline */
	sock_group_free(group);
}

const char *
names_of(const struct names *names, const struct sock_addr *addr)
{
	const struct host *host = find(names, addr);

	return host == NULL ? NULL : host->name;
}
