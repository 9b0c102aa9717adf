/* SPDX-License-Identifier: MIT */

/*
 * examples/servers/httpd.c beside nginx, both with one worker and an access
 * log: a small file asked for by wrk, a large one by ourselves.  Files lie in
 * BENCH_FOLDER, which whoever starts this takes away.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pairs.h"
#include "peer.h"

#define SMALL 1024
#define LARGE_MB 100
#define MB 1000000
#define HEAD_MAX 4096

static const char *folder;
static char config[PATH_MAX], log_file[PATH_MAX];

/* Debian's settings; who asks decides how long a connection lives. */
static const char nginx_config[] =
    "daemon off; master_process off; pid %s/pid; error_log %s/errors;\n"
    "events { worker_connections 1024; }\n"
    "http {\n"
    "	sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n"
    "	access_log %s/nginx.log;\n"
    "	server { listen %d; root %s; }\n"
    "}\n";

static struct peer peers[] = {
	{ "nginx", { "/usr/sbin/nginx", "-c", config }, "nginx", 0, 0 },
	{ "httpd",
	    { "httpd", "--workers", "1", "--root", NULL, "--log", log_file,
		"tcp:0.0.0.0:PORT" },
	    NULL, 0, 0 },
};

#define PEERS (sizeof peers / sizeof peers[0])

static void
make_file(const char *name, size_t bytes)
{
	static char data[MB];
	char path[PATH_MAX];
	size_t done, n;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		die(path);
	for (done = 0; done < bytes; done += n) {
		n = bytes - done < sizeof data ? bytes - done : sizeof data;
		if (write(fd, data, n) != (ssize_t)n)
			die(path);
	}
	close(fd);
}

/* nginx reads its port from a file, so peers are told theirs before. */
static void
start(struct peer *peer)
{
	FILE *f = fopen(config, "w");

	if (f == NULL)
		die(config);
	fprintf(f, nginx_config, folder, folder, folder, peer_next_port(),
	    folder);
	fclose(f);
	peer_start(peer, PEER_BESIDE);
}

/* What wrk says that it was answered, in so many seconds. */
static unsigned
run_wrk(const struct peer *peer, unsigned seconds)
{
	char command[256], line[256];
	unsigned requests = 0, wrong = 0, n;
	FILE *f;

	(void)snprintf(command, sizeof command,
	    "wrk -t1 -c64 -d%us http://127.0.0.1:%d/small", seconds,
	    peer->port);
	f = popen(command, "r");
	if (f == NULL)
		die("wrk");
	while (fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, " %u requests in ", &n) == 1)
			requests = n;
		wrong += strstr(line, "Non-2xx") != NULL ||
		    strstr(line, "Socket errors") != NULL;
	}
	if (pclose(f) != 0 || requests == 0 || wrong > 0)
		die("wrk was not served");
	return requests;
}

static uint64_t
small(const struct contender *c, unsigned count)
{
	struct peer *peer = c->arg;
	uint64_t taken;
	unsigned done;

	start(peer);
	taken = peer_cpu(peer);
	done = run_wrk(peer, 1);
	taken = peer_cpu(peer) - taken;
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}

/* Bytes of the body that came with the head. */
static size_t
read_head(int fd)
{
	char head[HEAD_MAX + 1], *end = NULL;
	size_t have = 0;
	ssize_t n;

	while (end == NULL) {
		n = recv(fd, head + have, HEAD_MAX - have, 0);
		if (n <= 0)
			die("no head");
		have += (size_t)n;
		head[have] = '\0';
		end = strstr(head, "\r\n\r\n");
	}
	if (strncmp(head, "HTTP/1.1 200 ", 13) != 0)
		die("not 200");
	return have - (size_t)(end + 4 - head);
}

static void
get_large(int fd)
{
	static const char request[] =
	    "GET /large HTTP/1.1\r\nHost: bench\r\n\r\n";
	const size_t all = (size_t)LARGE_MB * MB;
	size_t have;
	ssize_t n;

	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
		die("send");
	/* MSG_TRUNC: thrown away unread, tcp(7). */
	for (have = read_head(fd); have < all; have += (size_t)n) {
		n = recv(fd, NULL, all - have, MSG_TRUNC);
		if (n <= 0)
			die("a large file that ended");
	}
}

static uint64_t
large(const struct contender *c, unsigned count)
{
	struct peer *peer = c->arg;
	uint64_t taken;
	unsigned done;
	int fd;

	start(peer);
	fd = peer_dial(peer, 0);
	get_large(fd);
	taken = peer_cpu(peer);
	for (done = 0; done < count; done += LARGE_MB)
		get_large(fd);
	taken = peer_cpu(peer) - taken;
	close(fd);
	(void)peer_stop(peer, SIGKILL);
	return taken * count / done;
}

int
main(void)
{
	struct contender list[PEERS];
	unsigned i;

	folder = getenv("BENCH_FOLDER");
	if (folder == NULL) {
		fprintf(stderr, "no BENCH_FOLDER\n");
		return 2;
	}
	(void)snprintf(config, sizeof config, "%s/nginx.conf", folder);
	(void)snprintf(log_file, sizeof log_file, "%s/httpd.log", folder);
	peers[1].argv[4] = folder;
	make_file("small", SMALL);
	make_file("large", (size_t)LARGE_MB * MB);
	for (i = 0; i < PEERS; i++) {
		if (!peer_wanted(&peers[i]))
			return 0;
		list[i] = (struct contender){ peers[i].name, small, &peers[i] };
	}
	if (access("/usr/bin/wrk", X_OK) == 0)
		pairs_run("GET of 1 KiB, 64 connections: a request", list,
		    PEERS, 1000);
	else
		printf("  wrk is missing (apt-get install wrk)\n");
	for (i = 0; i < PEERS; i++)
		list[i].run = large;
	pairs_run("GET of 100 MB: a MB", list, PEERS, 1000);
	return 0;
}
