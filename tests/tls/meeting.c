/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sock_time
soon(void)
{
	return sock_in(30000);
}

static void
note(struct side *it)
{
	struct sock_tls_certificate peer = { .size = sizeof peer };
	struct sock_tls_info info = { .size = sizeof info };

	if (sock_tls_info(it->s, &info) < 0)
		return;
	it->version = strcmp(info.version, "TLSv1.3") == 0 ? 13 : 12;
	(void)snprintf(it->alpn, sizeof it->alpn, "%s", info.alpn);
	(void)snprintf(it->server_name, sizeof it->server_name, "%s",
	    info.server_name);
	(void)snprintf(it->peer_name, sizeof it->peer_name, "%s",
	    info.peer_name);
	it->certificates = info.certificates;
	it->resumed = info.resumed;
	it->verified = info.verified;
	if (sock_tls_certificate(it->s, 0, &peer) == 0)
		(void)snprintf(it->key, sizeof it->key, "%s", peer.key);
}

static bool
begin(struct side *it, const char *name)
{
	const struct side fresh = { .tls = it->tls,
		.name = it->name,
		.s = it->s };

	*it = fresh;
	it->rc = sock_start_tls(it->s, it->tls, name, soon());
	if (it->rc < 0)
		(void)snprintf(it->why, sizeof it->why, "%s", sock_errmsg());
	return it->rc == 0;
}

static void
be_client(void *arg)
{
	struct side *it = arg;
	char word[8];

	/* A server's ticket comes before its word. */
	if (begin(it, it->name) && sock_write(it->s, "ping", 4, soon()) == 0) {
		it->heard = sock_read_full(it->s, word, 4, soon());
		note(it);
	}
	if (it->heard < 0)
		(void)snprintf(it->why, sizeof it->why, "%s", sock_errmsg());
	it->end = sock_finish(it->s, soon());
}

static void
be_server(void *arg)
{
	struct side *it = arg;
	char word[8];

	if (begin(it, NULL)) {
		it->heard = sock_read_full(it->s, word, 4, soon());
		if (it->heard == 4)
			(void)sock_write(it->s, "pong", 4, soon());
		note(it);
	}
	it->end = sock_finish(it->s, soon());
}

static void *
run_server(void *arg)
{
	be_server(arg);
	return NULL;
}

void
meeting_hold(struct side *client, struct side *server, enum meeting_kind kind)
{
	struct sock_group *group;
	pthread_t thread;

	if (kind == THREADS) {
		if (pthread_create(&thread, NULL, run_server, server) != 0)
			abort();
		be_client(client);
		(void)pthread_join(thread, NULL);
		return;
	}
	group = sock_group_new();
	if (group == NULL || sock_go(group, be_server, server) < 0 ||
	    sock_go(group, be_client, client) < 0 ||
	    sock_group_wait(group, SOCK_FOREVER) < 0)
		abort();
	sock_group_free(group);
}

bool
meeting_of(struct side *client, struct side *server)
{
	sock_t pair[2];

	if (sock_pair(pair) < 0)
		abort();
	client->s = pair[0];
	server->s = pair[1];
	meeting_hold(client, server, FIBERS);
	return client->rc == 0 && server->rc == 0 && client->heard == 4;
}
