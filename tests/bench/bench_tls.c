/* SPDX-License-Identifier: MIT */

/*
 * CPU of servers of TLS 1.3 with a P-256 certificate: OpenSSL by hand on
 * edge-triggered epoll, the library, nginx, Go; then the memory of silent
 * conversations, of which there are CONNECTIONS=n (2,000).  WORK=TEXT: only that
 * whose title has it.  The certificate lies in BENCH_FOLDER as cert.pem and
 * key.pem.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pairs.h"
#include "peer.h"
#include "secure.h"

#define FILE_BYTES 100000000

static char config[PATH_MAX], cert[PATH_MAX], key[PATH_MAX];

static const char nginx_config[] =
    "daemon off; master_process off; pid %s/pid; error_log %s/errors;\n"
    "events { worker_connections 8192; }\n"
    "http {\n"
    "	access_log off;\n"
    "	server {\n"
    "		listen %d ssl backlog=4096; root %s;\n"
    "		ssl_certificate %s; ssl_certificate_key %s;\n"
    "		ssl_protocols TLSv1.3; ssl_session_cache shared:bench:1m;\n"
    "	}\n"
    "}\n";

static struct work {
	const char *title;
	struct secure_plan plan;
	enum peer_place place;
	const char *service;
	unsigned count;
	bool nginx, go;
} works[] = {
	{ "full handshakes", { SECURE_SHAKE, 16, 0, NULL }, PEER_ALONG, "echo",
	    400, true, true },
	{ "resumed handshakes", { SECURE_RESUME, 16, 0, NULL }, PEER_ALONG,
	    "echo", 600, true, true },
	{ "echo of 64 bytes, 64 connections", { SECURE_ECHO, 64, 64, NULL },
	    PEER_BESIDE, "echo", 20000, false, true },
	{ "bulk in: a MB", { SECURE_SEND, 1, 0, NULL }, PEER_BESIDE, "discard",
	    500, false, true },
	{ "bulk out: a MB", { SECURE_GET, 1, 0, NULL }, PEER_BESIDE, "source",
	    500, true, false },
};

static struct work *now;

static struct peer peers[] = {
	{ "OpenSSL on epoll", { "peer_tls_epoll", "PORT", cert, key, NULL },
	    NULL, 0, 0 },
	{ "sock_serve, libsock-tls",
	    { "peer_tls_ours", "PORT", cert, key, NULL }, NULL, 0, 0 },
	{ "nginx", { "/usr/sbin/nginx", "-c", config }, "nginx", 0, 0 },
	{ "Go", { "peer_tls_go", "PORT", cert, key, NULL }, "golang-go", 0, 0 },
};

enum {
	BARE,
	OURS,
	NGINX,
	GO,
	PEERS
};

static void
start(struct peer *peer, const char *service)
{
	const char *folder = getenv("BENCH_FOLDER");
	FILE *f;

	if (peer != &peers[NGINX]) {
		peer->argv[4] = service;
	} else {
		f = fopen(config, "w");
		if (f == NULL)
			die(config);
		fprintf(f, nginx_config, folder, folder, peer_next_port(),
		    folder, cert, key);
		fclose(f);
	}
	peer_start(peer, now->place);
}

static uint64_t
serve(const struct contender *c, unsigned count)
{
	struct peer *peer = c->arg;
	struct secure_plan plan = now->plan;
	struct secure *secure;
	uint64_t taken;
	unsigned done;

	if (plan.work == SECURE_GET && peer == &peers[NGINX])
		plan.request = "GET /large HTTP/1.0\r\nHost: bench\r\n\r\n";
	start(peer, now->service);
	secure = secure_open(peer, &plan);
	(void)secure_run(secure, count / 4);
	taken = peer_cpu(peer);
	done = secure_run(secure, count);
	taken = peer_cpu(peer) - taken;
	secure_close(secure);
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}

static bool
takes_part(unsigned peer)
{
	return (peer != NGINX || now->nginx) && (peer != GO || now->go) &&
	    peer_wanted(&peers[peer]);
}

static void
compare(void)
{
	struct contender list[PEERS];
	unsigned contenders = 0, i;

	for (i = 0; i < PEERS; i++)
		if (takes_part(i))
			list[contenders++] = (struct contender){ peers[i].name,
				serve, &peers[i] };
	pairs_run(now->title, list, contenders, now->count);
}

/* Servers may tidy up after the last answer. */
static uint64_t
settled(const struct peer *peer)
{
	const struct timespec pause = { 0, 300000000 };

	(void)nanosleep(&pause, NULL);
	return peer_memory(peer);
}

static void
weigh(struct peer *peer, unsigned connections)
{
	const struct secure_plan plan = { SECURE_ONCE, connections, 64, NULL };
	const struct secure_plan warm = { SECURE_ECHO, 4, 64, NULL };
	struct secure *secure;
	uint64_t before;

	start(peer, "echo");
	secure = secure_open(peer, &warm);
	(void)secure_run(secure, 1000);
	secure_close(secure);
	before = settled(peer);
	secure = secure_open(peer, &plan);
	(void)secure_run(secure, connections);
	printf("  %-36s %10.2f\n", peer->name,
	    (double)(settled(peer) - before) / connections);
	secure_close(secure);
	(void)peer_stop(peer, SIGKILL);
}

static void
weigh_all(void)
{
	const char *text = getenv("CONNECTIONS");
	const unsigned connections =
	    text == NULL ? 2000 : (unsigned)strtoul(text, NULL, 10);
	struct peer peek = peers[OURS];
	unsigned i;

	printf("%u silent conversations, KiB of user memory each\n",
	    connections);
	for (i = 0; i < PEERS; i++)
		if (i != NGINX && peer_wanted(&peers[i]))
			weigh(&peers[i], connections);
	peek.name = "the same, in sock_peek";
	peek.argv[5] = "peek";
	if (peer_wanted(&peek))
		weigh(&peek, connections);
}

int
main(void)
{
	const char *folder = getenv("BENCH_FOLDER"), *only = getenv("WORK");
	char path[PATH_MAX];
	unsigned i;
	FILE *f;

	if (folder == NULL) {
		fprintf(stderr, "no BENCH_FOLDER\n");
		return 2;
	}
	(void)raise_descriptors();
	(void)snprintf(config, sizeof config, "%s/nginx.conf", folder);
	(void)snprintf(cert, sizeof cert, "%s/cert.pem", folder);
	(void)snprintf(key, sizeof key, "%s/key.pem", folder);
	(void)snprintf(path, sizeof path, "%s/large", folder);
	f = fopen(path, "w");
	if (f == NULL || ftruncate(fileno(f), FILE_BYTES) < 0)
		die(path);
	fclose(f);
	for (i = 0; i < sizeof works / sizeof works[0]; i++) {
		now = &works[i];
		if (only == NULL || strstr(now->title, only) != NULL)
			compare();
	}
	now = &works[2];
	if (only == NULL || strstr("memory", only) != NULL)
		weigh_all();
	return 0;
}
