/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pairs.h"

#define PORT_FIRST 20000 /* below what this kernel gives to clients */
#define PORT_LAST 29999

void
die(const char *what)
{
	perror(what);
	exit(1);
}

unsigned
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit");
	return (unsigned)limit.rlim_cur;
}

static void
path_of(const char *program, char path[static PATH_MAX])
{
	ssize_t n;

	if (strchr(program, '/') != NULL) {
		snprintf(path, PATH_MAX, "%s", program);
		return;
	}
	n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
	n = strrchr(path, '/') - path + 1;
	snprintf(path + n, PATH_MAX - (size_t)n, "%s", program);
}

bool
peer_wanted(const struct peer *peer)
{
	const char *only = getenv("ONLY");
	char path[PATH_MAX];

	if (peer->argv[0] == NULL ||
	    (only != NULL && strstr(only, peer->name) == NULL))
		return false;
	path_of(peer->argv[0], path);
	if (access(path, X_OK) == 0)
		return true;
	printf("  %s is missing and left out%s%s\n", peer->name,
	    peer->package == NULL ? "" : ": apt-get install ",
	    peer->package == NULL ? "" : peer->package);
	return false;
}

static void
stay_at(int processor)
{
	const long last = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	cpu_set_t set;
	long i;

	CPU_ZERO(&set);
	for (i = 0; i <= last; i++)
		if (processor < 0 || i == (processor == 0 ? 0 : last))
			CPU_SET(i, &set);
	(void)sched_setaffinity(0, sizeof set, &set);
	(void)setpriority(PRIO_PROCESS, 0, -10);
}

static struct sockaddr_in
address_of(int port, unsigned net)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + net),
		.sin_port = htons((uint16_t)port) };
}

static bool
is_free(int port)
{
	const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = address_of(port, 0);
	int rc;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	rc = bind(fd, (struct sockaddr *)&a, sizeof a);
	close(fd);
	return rc == 0;
}

static int next_port = PORT_FIRST;

int
peer_next_port(void)
{
	while (!is_free(next_port))
		next_port = next_port == PORT_LAST ? PORT_FIRST : next_port + 1;
	return next_port;
}

static int
try_to_dial(int port, unsigned net)
{
	struct sockaddr_in a = address_of(port, net);
	const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
	    sizeof one);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

int
peer_dial(const struct peer *peer, unsigned net)
{
	const int fd = try_to_dial(peer->port, net);

	if (fd < 0)
		die(peer->name);
	return fd;
}

static void
run(const struct peer *peer)
{
	char path[PATH_MAX], text[PEER_ARGS_MAX][128], *argv[PEER_ARGS_MAX];
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned i;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	path_of(peer->argv[0], path);
	for (i = 0; i < PEER_ARGS_MAX - 1 && peer->argv[i] != NULL; i++) {
		const char *arg = peer->argv[i], *at = strstr(arg, "PORT");

		argv[i] = text[i];
		if (at == NULL)
			snprintf(text[i], sizeof text[i], "%s", arg);
		else
			snprintf(text[i], sizeof text[i], "%.*s%d%s",
			    (int)(at - arg), arg, peer->port, at + 4);
	}
	argv[i] = NULL;
	(void)dup2(null, STDOUT_FILENO);
	if (getenv("VERBOSE") == NULL)
		(void)dup2(null, STDERR_FILENO);
	execv(path, argv);
	_exit(127);
}

void
peer_start(struct peer *peer, enum peer_place place)
{
	const struct timespec pause = { 0, 2000000 };
	int fd, tries;

	peer->port = peer_next_port();
	next_port = next_port == PORT_LAST ? PORT_FIRST : next_port + 1;
	/* What wakes up where it last ran: the child begins at its place. */
	stay_at(place == PEER_SPREAD ? -1 : 1);
	peer->pid = fork();
	if (peer->pid < 0)
		die("fork");
	if (peer->pid == 0)
		run(peer);
	if (place == PEER_BESIDE)
		stay_at(0);
	for (tries = 0; (fd = try_to_dial(peer->port, 0)) < 0; tries++) {
		if (tries == 5000 || waitpid(peer->pid, NULL, WNOHANG) != 0) {
			fprintf(stderr, "%s does not listen\n", peer->name);
			exit(1);
		}
		(void)nanosleep(&pause, NULL);
	}
	close(fd);
}

/* What the children of one thread took. */
static uint64_t
children_cpu(const char *path)
{
	FILE *f = fopen(path, "r");
	uint64_t sum = 0;
	int child;

	while (f != NULL && fscanf(f, "%d", &child) == 1)
		sum += cpu_of(child);
	if (f != NULL)
		fclose(f);
	return sum;
}

uint64_t
peer_cpu(const struct peer *peer)
{
	uint64_t sum = cpu_of(peer->pid);
	char pattern[64];
	glob_t found;
	size_t i;

	(void)snprintf(pattern, sizeof pattern, "/proc/%d/task/*/children",
	    peer->pid);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return sum;
	for (i = 0; i < found.gl_pathc; i++)
		sum += children_cpu(found.gl_pathv[i]);
	globfree(&found);
	return sum;
}

uint64_t
peer_memory(const struct peer *peer)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", peer->pid);
	f = fopen(path, "r");
	if (f == NULL)
		die(path);
	while (fgets(line, sizeof line, f) != NULL &&
	    sscanf(line, "Rss: %lu", &kib) != 1)
		;
	fclose(f);
	return kib;
}

static int
code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool
peer_ended(struct peer *peer, int *code)
{
	int status;

	if (waitpid(peer->pid, &status, WNOHANG) != peer->pid)
		return false;
	*code = code_of(status);
	return true;
}

int
peer_stop(struct peer *peer, int signal)
{
	int status;

	(void)kill(peer->pid, signal);
	if (waitpid(peer->pid, &status, 0) != peer->pid)
		die("waitpid");
	return code_of(status);
}
