/* SPDX-License-Identifier: MIT */
#include "httpd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "httpd_file.h"
#include "httpd_tls.h"

/*
 * A web server of files (HTTP/1.1, RFC 9110 and 9112): connection-oriented and
 * stateless.
 *
 *	httpd --root /srv/www tcp:*:8000
 *	httpd --root /srv/www --user nobody --log access.log tcp:*:http
 *	httpd --cert example.org.pem --user nobody tls:*:https
 */

#define REQUEST_MS 20000
#define IDLE_MS 60000
#define DRAIN_MS 30000

static const char help[] =
    "usage: httpd [OPTION]... ADDRESS\n"
    "\n"
    "  -r, --root DIR         the folder to serve (.)\n"
    "  -l, --list             list folders that have no index.html\n"
    "  -L, --log FILE         access log, appended to (standard output)\n"
    "      --no-log           none\n"
    "  -u, --user NAME        whose rights to serve with, once it listens\n"
    "  -m, --mode MODE        fibers, threads, processes, forking (a process a\n"
    "                         conversation) or iterative: one conversation at a\n"
    "                         time, which ends with its first answer (fibers)\n"
    "  -w, --workers COUNT    threads that run fibers, or processes (as many as\n"
    "                         there are processors)\n"
    "  -n, --max-streams COUNT  more conversations wait until others end\n"
    "      --cert FILE        https: the server's certificate, and those of its\n"
    "                         issuers but the root\n"
    "      --key FILE         its key, if it is not in the same file\n"
    "  -i, --idle SECONDS     conversations end when nothing moves so long (60)\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "ADDRESS is where to listen: tcp:*:8000, tcp:localhost:http, unix:/PATH;\n"
    "tls:*:https with --cert.\n"
    "\n"
    "Files are served that may be read and lie below DIR; symbolic links are\n"
    "followed if they stay there.  A request has 20 seconds to come (or three\n"
    "quarters of --idle), and a head of 32 KiB at most.  The log is in the\n"
    "Common Log Format, in UTC.\n"
    "\n"
    "SIGTERM and SIGINT: no other conversations begin, those there are have 30\n"
    "seconds to end; a second signal ends them at once.\n"
    "\n"
    "Exit status: 0 after such a signal; 1 the system refused; 2 wrong\n"
    "arguments, an address that is not understood, or a certificate or key\n"
    "that cannot be used.\n";

enum {
	OPTION_NO_LOG = 256,
	OPTION_CERT,
	OPTION_KEY
};

static const struct option long_options[] = {
	{ "root", required_argument, NULL, 'r' },
	{ "list", no_argument, NULL, 'l' },
	{ "log", required_argument, NULL, 'L' },
	{ "no-log", no_argument, NULL, OPTION_NO_LOG },
	{ "user", required_argument, NULL, 'u' },
	{ "mode", required_argument, NULL, 'm' },
	{ "workers", required_argument, NULL, 'w' },
	{ "max-streams", required_argument, NULL, 'n' },
	{ "cert", required_argument, NULL, OPTION_CERT },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "idle", required_argument, NULL, 'i' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct options {
	const char *root, *log, *user, *cert, *key;
	struct site site;
	struct sock_serve_options serve;
};

static const int ends[] = { SIGTERM, SIGINT };

static int
usage(const char *what)
{
	fprintf(stderr, "httpd: %s; see httpd --help\n", what);
	return 2;
}

static int
failed(const char *subject, const char *reason)
{
	fprintf(stderr, "httpd: %s%s%s\n", subject, *subject ? ": " : "",
	    reason);
	return 1;
}

/* -1: it is no number from 1 on, or has more than six digits. */
static int
count_of(const char *text)
{
	const size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 6 || text[n] != '\0' || *text == '0')
		return -1;
	return (int)strtol(text, NULL, 10);
}

static int
mode_of(const char *name)
{
	static const char *const names[] = {
		[SOCK_FIBERS] = "fibers",
		[SOCK_THREADS] = "threads",
		[SOCK_PROCESSES] = "processes",
		[SOCK_FORKING] = "forking",
		[SOCK_ITERATIVE] = "iterative",
	};
	int i;

	for (i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

/* -1: go on; else the exit code. */
static int
read_count(struct options *o, int c)
{
	const int n = count_of(optarg);

	if (n < 0)
		return usage("a count, or a number of seconds, is from 1 on");
	if (c == 'w')
		o->serve.workers = n;
	else if (c == 'n')
		o->serve.max_streams = n;
	else
		o->serve.idle_ms = n > 1000000 ? INT_MAX : 1000 * n;
	return -1;
}

static int
read_option(struct options *o, int c)
{
	switch (c) {
	case 'r':
		o->root = optarg;
		return -1;
	case 'l':
		o->site.list = true;
		return -1;
	case 'L':
		o->log = strcmp(optarg, "-") == 0 ? NULL : optarg;
		return -1;
	case OPTION_NO_LOG:
		o->site.log = -1;
		return -1;
	case 'u':
		o->user = optarg;
		return -1;
	case OPTION_CERT:
		o->cert = optarg;
		return -1;
	case OPTION_KEY:
		o->key = optarg;
		return -1;
	case 'm':
		if (mode_of(optarg) < 0)
			return usage("--mode wants fibers, threads, processes, "
				     "forking or iterative");
		o->serve.mode = (enum sock_mode)mode_of(optarg);
		return -1;
	case 'w':
	case 'n':
	case 'i':
		return read_count(o, c);
	case 'h':
		fputs(help, stdout);
		return 0;
	case 'V':
		printf("httpd %s\n", sock_version());
		return 0;
	default:
		fputs("see httpd --help\n", stderr);
		return 2;
	}
}

/* After the second signal. */
static void
end_at_once(void *server)
{
	if (sock_wait_signal(ends, 2, SOCK_FOREVER) > 0)
		sock_server_drain(server, SOCK_NOWAIT);
}

/* Until a signal comes, and then until the last conversation has ended. */
static int
run(struct sock_server *server)
{
	char text[SOCK_ADDR_TEXT_MAX];
	struct sock_addr here;
	struct sock_group *group;
	int rc;

	if (sock_server_address(server, 0, &here) < 0)
		return failed("", sock_errmsg());
	fprintf(stderr, "listening on %s\n",
	    sock_addr_text(&here, text, sizeof text));
	if (sock_wait_signal(ends, 2, SOCK_FOREVER) < 0)
		return failed("", sock_errmsg());
	sock_server_drain(server, sock_in(DRAIN_MS));
	group = sock_group_new();
	sock_go(group, end_at_once, server);
	rc = sock_server_wait(server, SOCK_FOREVER) < 0 ?
	    failed("", sock_errmsg()) :
	    0;
	sock_group_free(group);
	return rc;
}

/* The soft limit is low for the sake of select(2), which nothing here calls. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
start_listening(struct options *o, const char *address)
{
	struct sock_tls *tls = NULL;
	const char *wrong = NULL;
	struct sock_addr here;
	sock_t s;

	if (o->cert != NULL)
		wrong = httpd_tls_new(&tls, o->cert, o->key);
	if (wrong != NULL) {
		(void)failed("--cert", wrong);
		return 2;
	}
	s = sock_listen(address, .tls = tls);
	httpd_tls_free(tls);
	o->serve.listener = s;
	if (s < 0) {
		(void)failed("", sock_errmsg());
		return s == SOCK_EADDR || s == SOCK_ENOSERVICE ? 2 : 1;
	}
	if (sock_local(s, &here) < 0)
		return failed("", sock_errmsg());
	if (here.scheme == SOCK_SCHEME_TCP || here.scheme == SOCK_SCHEME_TLS ||
	    here.scheme == SOCK_SCHEME_UNIX)
		return 0;
	(void)failed(address, "only tcp:, tls: and unix: addresses are served");
	sock_close(s);
	return 2;
}

/* What takes rights that --user may not have. */
static int
prepare(struct options *o, const char *address)
{
	struct site *site = &o->site;
	int code;

	if (files_open(site, o->root) < 0)
		return failed(o->root, strerror(errno));
	if (o->log != NULL && site->log >= 0) {
		site->log = open(o->log,
		    O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0640);
		if (site->log < 0)
			return failed(o->log, strerror(errno));
	}
	raise_descriptors();
	/* Blocks them from now on, in what is started later, too. */
	sock_wait_signal(ends, 2, SOCK_NOWAIT);
	code = start_listening(o, address);
	if (code != 0)
		return code;
	if (o->user != NULL && sock_drop_privileges(o->user, NULL) < 0)
		return failed("", sock_errmsg());
	return 0;
}

static int
start(struct options *o, const char *address)
{
	struct site *site = &o->site;
	struct sock_server *server;
	int code = prepare(o, address);

	if (code != 0)
		return code;
	site->one_each = o->serve.mode == SOCK_ITERATIVE;
	/* So that there is time left to say that it was too slow. */
	if (o->serve.idle_ms / 4 * 3 < site->request_ms)
		site->request_ms = o->serve.idle_ms / 4 * 3;
	server = sock_serve_with(&o->serve);
	if (server == NULL)
		return failed("", sock_errmsg());
	code = run(server);
	sock_server_free(server);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.root = ".",
		.site = { .log = STDOUT_FILENO, .request_ms = REQUEST_MS },
		.serve = { .size = sizeof o.serve,
		    .on_stream = converse,
		    .arg = &o.site,
		    .idle_ms = IDLE_MS },
	};
	int c, code = -1;

	while (code < 0 &&
	    (c = getopt_long(argc, argv, "r:lL:u:m:w:n:i:hV", long_options,
		 NULL)) != -1)
		code = read_option(&o, c);
	if (code < 0 && argc - optind != 1)
		code = usage("one ADDRESS is wanted");
	if (code < 0 && (strncmp(argv[optind], "tls:", 4) == 0) != !!o.cert)
		code = usage("--cert is for tls:, which needs it");
	if (code < 0 && o.key != NULL && o.cert == NULL)
		code = usage("--key needs --cert");
	if (code < 0)
		code = start(&o, argv[optind]);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0)
		code = failed("standard output", strerror(errno));
	return code;
}
