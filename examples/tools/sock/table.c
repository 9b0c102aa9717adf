/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options.h"
#include "port.h"
#include "say.h"
#include "table_names.h"

/* The table of the sockets of this machine. */

/* The kernel keeps no more of a process's name (TASK_COMM_LEN less its NUL). */
#define COMMAND_MAX 15

static const char help[] =
    "usage: sock table [OPTION]...\n"
    "\n"
    "The sockets of this machine: transport, local end, peer, state; on a\n"
    "terminal below a heading.  The port that is a service has its name.  TCP\n"
    "and UDP, unless said otherwise.  What would be empty is left out.\n"
    "\n"
    "  --tcp, --udp, --unix   these transports alone\n"
    "  -l, --listen           those that wait for whoever comes\n"
    "  -s, --state STATE,...  in these states: established, syn-sent, syn-recv,\n"
    "                         fin-wait-1, fin-wait-2, time-wait, unconnected,\n"
    "                         close-wait, last-ack, listen, closing\n"
    "  -p, --port PORT        with this port, or service, at either end\n"
    "  -o, --owner[=WHO]      with the processes that hold each; those of one\n"
    "                         process alone, by number or by name\n"
    "  -n, --numeric          services by number\n"
    "      --names            hosts by name, as far as they are known within\n"
    "                         two seconds\n"
    "  -c, --class            with the class of each port (RFC 6335), and what\n"
    "                         this kernel uses it for\n"
    "      --summary          totals by state and by service\n"
    "      --json             an object a row, owners included\n"
    "  -w, --watch[=SECONDS]  a live screen, drawn so often (1); q ends it, arrows,\n"
    "                         space and b move it, and keys sort: t (transport),\n"
    "                         l (local), p (peer), s (state), v (service), a (age)\n"
    "  -h, --help\n"
    "\n"
    "Exit status: 0 success; 1 the system refused; 2 wrong arguments; 3 no such\n"
    "service.\n";

enum {
	OPTION_TCP = 256,
	OPTION_UDP,
	OPTION_UNIX,
	OPTION_NAMES,
	OPTION_SUMMARY,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "tcp", no_argument, NULL, OPTION_TCP },
	{ "udp", no_argument, NULL, OPTION_UDP },
	{ "unix", no_argument, NULL, OPTION_UNIX },
	{ "listen", no_argument, NULL, 'l' },
	{ "state", required_argument, NULL, 's' },
	{ "port", required_argument, NULL, 'p' },
	{ "owner", optional_argument, NULL, 'o' },
	{ "numeric", no_argument, NULL, 'n' },
	{ "names", no_argument, NULL, OPTION_NAMES },
	{ "class", no_argument, NULL, 'c' },
	{ "summary", no_argument, NULL, OPTION_SUMMARY },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "watch", optional_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *name;
	unsigned state;
} states[] = {
	{ "established", SOCK_TABLE_ESTABLISHED },
	{ "syn-sent", SOCK_TABLE_SYN_SENT },
	{ "syn-recv", SOCK_TABLE_SYN_RECV },
	{ "fin-wait-1", SOCK_TABLE_FIN_WAIT_1 },
	{ "fin-wait-2", SOCK_TABLE_FIN_WAIT_2 },
	{ "time-wait", SOCK_TABLE_TIME_WAIT },
	{ "unconnected", SOCK_TABLE_UNCONNECTED },
	{ "close-wait", SOCK_TABLE_CLOSE_WAIT },
	{ "last-ack", SOCK_TABLE_LAST_ACK },
	{ "listen", SOCK_TABLE_LISTEN },
	{ "closing", SOCK_TABLE_CLOSING },
};

/* 0: no state of this name. */
static unsigned
state_of(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strlen(states[i].name) == n &&
		    strncasecmp(states[i].name, name, n) == 0)
			return states[i].state;
	return 0;
}

/* -1: go on; else the exit code. */
static int
add_states(struct view *v, const char *list)
{
	const char *at = list;
	unsigned state;
	size_t n;

	for (;;) {
		n = strcspn(at, ",");
		state = state_of(at, n);
		if (state == 0)
			return complain(EXIT_USAGE, list, "table",
			    "no such state; see sock table --help");
		v->rows.states |= state;
		if (at[n] == '\0')
			return -1;
		at += n + 1;
	}
}

static int
set_port(struct view *v, const char *text)
{
	const int port = port_from_text(text);

	if (port == 0 || port == -1)
		return complain(EXIT_USAGE, text, "table",
		    "a port is a plain number from 1 to 65535");
	v->rows.port = port > 0 ? port : 0;
	v->service = port > 0 ? NULL : text;
	return -1;
}

/* Another transport's stands in for a port that a service does not have. */
static int
set_service(struct view *v)
{
	static const char *const names[] = { "tcp", "udp" };
	const int any = sock_service_port(v->service, NULL);
	int ports[2], i;

	if (any < 0)
		return complain(EXIT_NOT_FOUND, v->service, "table",
		    "no such service");
	for (i = 0; i < 2; i++) {
		ports[i] = sock_service_port(v->service, names[i]);
		if (ports[i] < 0)
			ports[i] = any;
	}
	if ((v->rows.transports & SOCK_TABLE_TCP) == 0)
		ports[0] = ports[1];
	if ((v->rows.transports & SOCK_TABLE_UDP) == 0)
		ports[1] = ports[0];
	if (ports[0] == ports[1]) {
		v->rows.port = ports[0];
		return -1;
	}
	memcpy(v->ports, ports, sizeof ports);
	v->rows.transports &= ~(unsigned)SOCK_TABLE_UNIX;
	return -1;
}

static int
set_watch(struct view *v, const char *seconds)
{
	char *end;
	double s = 1;

	if (seconds != NULL) {
		s = strtod(seconds, &end);
		if (end == seconds || *end != '\0' || !(s >= 0.1 && s <= 3600))
			return complain(EXIT_USAGE, seconds, "table",
			    "--watch wants seconds, 0.1 to 3600");
	}
	v->watch_ms = (int)(s * 1000);
	return -1;
}

static int
take_option(struct view *v, int c)
{
	switch (c) {
	case OPTION_TCP:
		v->rows.transports |= SOCK_TABLE_TCP;
		return -1;
	case OPTION_UDP:
		v->rows.transports |= SOCK_TABLE_UDP;
		return -1;
	case OPTION_UNIX:
		v->rows.transports |= SOCK_TABLE_UNIX;
		return -1;
	case 'l':
		v->listen = true;
		return -1;
	case 's':
		return add_states(v, optarg);
	case 'p':
		return set_port(v, optarg);
	case 'o':
		v->owners = true;
		v->owner = optarg;
		return -1;
	case 'n':
		v->numeric = true;
		return -1;
	case OPTION_NAMES:
		v->names = true;
		return -1;
	case 'c':
		v->classes = true;
		return -1;
	case OPTION_SUMMARY:
		v->summary = true;
		return -1;
	case OPTION_JSON:
		v->json = true;
		return -1;
	case 'w':
		return set_watch(v, optarg);
	case 'h':
		fputs(help, stdout);
		return EXIT_OK;
	default:
		fputs("see sock table --help\n", stderr);
		return EXIT_USAGE;
	}
}

static int
check(struct view *v)
{
	if (v->rows.transports == 0)
		v->rows.transports = SOCK_TABLE_TCP | SOCK_TABLE_UDP;
	if (v->listen && v->rows.states != 0)
		return complain(EXIT_USAGE, "--listen", "table",
		    "is a choice of states itself");
	if (v->listen)
		v->rows.states = SOCK_TABLE_LISTEN;
	/* Of datagrams it is the unconnected sockets that take whoever comes. */
	if (v->listen && v->rows.transports != SOCK_TABLE_TCP)
		v->rows.states |= SOCK_TABLE_UNCONNECTED;
	v->rows.processes = v->owners || v->json;
	if (v->watch_ms > 0 && (v->json || v->summary))
		return complain(EXIT_USAGE, "--watch", "table",
		    "a live screen has neither --json nor --summary");
	return v->service != NULL ? set_service(v) : -1;
}

struct sock_table *
view_open(const struct view *v)
{
	struct sock_table *t = sock_table_open_with(&v->rows);

	if (t == NULL)
		complain_last("sockets");
	return t;
}

static bool
has_port(const struct view *v, const struct sock_row *row)
{
	const int port = v->ports[row->local.scheme == SOCK_SCHEME_UDP];

	return port == 0 || sock_addr_port(&row->local) == port ||
	    sock_addr_port(&row->peer) == port;
}

bool
view_wants(const struct view *v, const struct sock_row *row)
{
	char pid[16];
	int i;

	if (!has_port(v, row))
		return false;
	if (v->listen && row->local.scheme != SOCK_SCHEME_UDP &&
	    row->local.scheme != SOCK_SCHEME_UNIXGRAM &&
	    strcmp(row->state, "LISTEN") != 0)
		return false;
	if (v->owner == NULL)
		return true;
	for (i = 0; i < row->owner_count; i++) {
		(void)snprintf(pid, sizeof pid, "%d", row->owners[i].pid);
		if (strcmp(pid, v->owner) == 0 ||
		    strncmp(row->owners[i].command, v->owner, COMMAND_MAX) == 0)
			return true;
	}
	return false;
}

static int
run(struct wording *w)
{
	const struct view *v = w->view;
	int code;

	if (v->watch_ms > 0)
		return table_watch(w);
	code = ports_read(&w->ports);
	if (code != EXIT_OK)
		return code;
	if (v->summary)
		return table_summary(w);
	return v->json ? table_json(w) : table_list(w);
}

int
command_table(int argc, char **argv)
{
	static struct wording w;
	struct view v = { .rows = { .size = sizeof v.rows } };
	int c, code;

	while ((c = getopt_long(argc, argv, "ls:p:o::ncw::h", long_options,
		    NULL)) != -1) {
		code = take_option(&v, c);
		if (code >= 0)
			return code;
	}
	if (optind + 1 < argc) /* "table" itself is the first */
		return complain(EXIT_USAGE, argv[optind + 1], "table",
		    "there is nothing to name; see sock table --help");
	code = check(&v);
	if (code >= 0)
		return code;
	w.view = &v;
	if (v.names)
		w.names = names_new();
	code = run(&w);
	names_free(w.names);
	return code;
}
