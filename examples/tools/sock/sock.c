/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <sock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "say.h"
#include "secure.h"
#include "table.h"

/*
 * sock: ports, services, addresses and connections at the command line.
 */

static const char help[] =
    "usage: sock [OPTION]... COMMAND ARGUMENT...\n"
    "\n"
    "  port NUMBER|NAME       the class of a port, its registered names, and\n"
    "                         what this kernel uses it for\n"
    "  service NAME|PORT[/TRANSPORT]\n"
    "                         where a service lives, or what lives at a port\n"
    "  addr ADDRESS           an address in its canonical form, taken apart\n"
    "  resolve NAME|ADDRESS   the addresses of a name, in the order in which\n"
    "                         they are dialed; --reverse: the name of an IP\n"
    "                         address, as its owner claims it\n"
    "  connect ADDRESS        connects, then standard input goes to the peer\n"
    "                         and what comes from it to standard output\n"
    "  listen ADDRESS         the same with the first who connects, or with\n"
    "                         whoever sends messages\n"
    "  tls HOST[:PORT]        what a server of TLS says of itself, by itself (https)\n"
    "                         or at PORT; whether it would be believed, or why not\n"
    "  table                  the sockets of this machine: sock table --help\n"
    "\n"
    "port, service, addr, resolve and tls take several arguments.\n"
    "\n"
    "  --json                 results as JSON, an object a line; connect and\n"
    "                         listen tell on standard error what happens\n"
    "  -v, --verbose          connect, listen: who is connected to whom, by\n"
    "                         which ports and services\n"
    "  -k, --keep             listen: when a conversation has ended, take the\n"
    "                         next; a file at standard input goes to each\n"
    "  -t, --timeout SECONDS  connect, listen: give up when connecting takes\n"
    "                         longer, or nothing comes and goes for so long\n"
    "                         (for its first client listen waits for ever);\n"
    "                         resolve, tls: when all of it takes longer (10)\n"
    "  -x, --reverse          resolve: from an IP address to its name\n"
    "  -p, --proxy PROXY      connect, tls: by socks5:[USER:PASSWORD@]HOST:PORT\n"
    "                         or, with HTTP's CONNECT, by\n"
    "                         connect:[USER:PASSWORD@]HOST:PORT\n"
    "  --crlf                 connect, listen: send each line with CR LF\n"
    "  --raw                  connect, listen: bytes as they come, on a terminal,\n"
    "                         too; else what could move its cursor is \\xNN\n"
    "  --trust FILE           connect, tls: believe those for whom FILE or folder\n"
    "                         vouches, instead of the system's; listen: whose\n"
    "                         clients must show a certificate\n"
    "  --crl FILE             connect, listen, tls: refuse what the lists (CRL) in\n"
    "                         FILE revoke, and whose issuer has none there;\n"
    "                         listen: among clients, with --trust\n"
    "  --cert FILE, --key FILE\n"
    "                         connect, listen, tls: one's own certificate, which\n"
    "                         listen needs for tls:; the key may be in its file\n"
    "  --alpn LIST            connect, listen, tls: protocols to agree on, such\n"
    "                         as h2,http/1.1\n"
    "  --servername NAME      connect, tls: whom to ask for, if it is not HOST\n"
    "  --insecure             connect, tls: believe whoever answers\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "ADDRESS is tcp:HOST:PORT, tls:HOST:PORT, udp:HOST:PORT, unix:/PATH or\n"
    "unix:@NAME, also unixgram: and unixpacket:; to connect to, also\n"
    "srv:_SERVICE._tcp.DOMAIN.  HOST is a name or an IP address, IPv6 in\n"
    "brackets, or * to listen on all addresses; PORT is a number or the name\n"
    "of a service.\n"
    "\n"
    "The end of the input is told to the peer, and whatever the peer still\n"
    "sends is received; likewise the peer's end closes standard output, and\n"
    "the rest of the input is still sent.  With --keep a conversation ends\n"
    "with the peer's end.  SIGTERM and SIGINT end listening, or else the\n"
    "conversation.\n"
    "\n"
    "Over udp and unixgram each line of the input is a message, with its line\n"
    "end, and each message that comes is a line of the output; listen answers\n"
    "whoever was the last to send.  They have no end: it is when the input has\n"
    "ended and nothing came for a second, or for --timeout.  With --keep\n"
    "listen goes on until a signal.\n"
    "\n"
    "Exit status: 0 success; 1 the network or the system refused; 2 wrong\n"
    "arguments, or an address that is not understood; 3 no such service, or\n"
    "no such host; 4 tls: the server would not be believed.\n"
    "Errors are \"sock: ADDRESS: STAGE: REASON\" on standard error.\n";

enum {
	OPTION_JSON = 256,
	OPTION_CRLF,
	OPTION_RAW,
	OPTION_TRUST,
	OPTION_CRL,
	OPTION_CERT,
	OPTION_KEY,
	OPTION_ALPN,
	OPTION_SERVERNAME,
	OPTION_INSECURE
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, 'v' },
	{ "keep", no_argument, NULL, 'k' },
	{ "timeout", required_argument, NULL, 't' },
	{ "proxy", required_argument, NULL, 'p' },
	{ "reverse", no_argument, NULL, 'x' },
	{ "crlf", no_argument, NULL, OPTION_CRLF },
	{ "raw", no_argument, NULL, OPTION_RAW },
	{ "trust", required_argument, NULL, OPTION_TRUST },
	{ "crl", required_argument, NULL, OPTION_CRL },
	{ "cert", required_argument, NULL, OPTION_CERT },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "alpn", required_argument, NULL, OPTION_ALPN },
	{ "servername", required_argument, NULL, OPTION_SERVERNAME },
	{ "insecure", no_argument, NULL, OPTION_INSECURE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const struct command {
	const char *name;
	int (*run)(const char *argument, const struct options *);
	bool several; /* arguments */
	bool talks;
} commands[] = {
	{ "port", command_port, true, false },
	{ "service", command_service, true, false },
	{ "addr", command_addr, true, false },
	{ "resolve", command_resolve, true, false },
	{ "connect", command_connect, false, true },
	{ "listen", command_listen, false, true },
	{ "tls", command_tls, true, false },
};

static int
usage(const char *what)
{
	fprintf(stderr, "sock: %s; see sock --help\n", what);
	return EXIT_USAGE;
}

/* "2.5" is 2500; -1: no time from a millisecond to eleven days. */
static int64_t
milliseconds(const char *seconds)
{
	char *end;
	const double s = strtod(seconds, &end);

	if (end == seconds || *end != '\0' || !(s >= 0.001 && s <= 1e6))
		return -1;
	return (int64_t)(s * 1000);
}

static bool
read_tls_option(struct options *o, int c)
{
	switch (c) {
	case OPTION_TRUST:
		o->trust = optarg;
		return true;
	case OPTION_CRL:
		o->crl = optarg;
		return true;
	case OPTION_CERT:
		o->cert = optarg;
		return true;
	case OPTION_KEY:
		o->key = optarg;
		return true;
	case OPTION_ALPN:
		o->alpn = optarg;
		return true;
	case OPTION_SERVERNAME:
		o->server_name = optarg;
		return true;
	case OPTION_INSECURE:
		o->insecure = true;
		return true;
	default:
		return false;
	}
}

/* -1: go on; else the exit code. */
static int
read_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "vkt:p:xhV", long_options, NULL)) !=
	    -1)
		switch (c) {
		case OPTION_JSON:
			o->json = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'k':
			o->keep = true;
			break;
		case 't':
			o->timeout_ms = milliseconds(optarg);
			if (o->timeout_ms < 0)
				return usage("--timeout wants seconds");
			break;
		case 'p':
			o->proxy = optarg;
			break;
		case 'x':
			o->reverse = true;
			break;
		case OPTION_CRLF:
			o->crlf = true;
			break;
		case OPTION_RAW:
			o->raw = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		case 'V':
			printf("sock %s\n", sock_version());
			return EXIT_OK;
		default:
			if (read_tls_option(o, c))
				break;
			fputs("see sock --help\n", stderr);
			return EXIT_USAGE;
		}
	return -1;
}

static int
run(const struct command *command, const struct options *o, char **arguments)
{
	int code, worst = EXIT_OK;
	int i;

	for (i = 0; arguments[i] != NULL; i++) {
		code = command->run(arguments[i], o);
		if (code > worst)
			worst = code;
	}
	return worst;
}

static int
run_command(const struct options *o, int argc, char **argv)
{
	const struct command *end =
	    commands + sizeof commands / sizeof commands[0];
	const struct command *c = commands;
	const char *wrong;

	if (argc == 0)
		return usage("no command");
	while (c < end && strcmp(c->name, argv[0]) != 0)
		c++;
	if (c == end)
		return complain(EXIT_USAGE, argv[0], "command",
		    "there is none of this name; see sock --help");
	if (argc < 2 || (argc > 2 && !c->several))
		return usage(c->several ? "an argument is missing" :
			argc < 2        ? "an address is missing" :
					  "one address at a time");
	if (!c->talks && (o->keep || o->crlf || o->raw || o->verbose))
		return usage("this option is for connect and listen");
	if (o->timeout_ms && !c->talks && c->run != command_resolve &&
	    c->run != command_tls)
		return usage(
		    "--timeout is for resolve, connect, listen and tls");
	if (secure_wanted(o) && !c->talks && c->run != command_tls)
		return usage("this option is for connect, listen and tls");
	wrong = secure_wrong(o, c->run == command_listen);
	if (wrong != NULL)
		return usage(wrong);
	if (o->reverse && c->run != command_resolve)
		return usage("--reverse is for resolve");
	if (o->proxy != NULL && c->run != command_connect &&
	    c->run != command_tls)
		return usage("--proxy is for connect and tls");
	if (o->keep && c->run != command_listen)
		return usage("--keep is for listen");
	return run(c, o, argv + 1);
}

/* "table" has options of its own. */
static bool
is_table(int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-')
		if (strcmp(argv[i++], "--") == 0)
			break;
	return i < argc && strcmp(argv[i], "table") == 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .json = false };
	int code;

	code = is_table(argc, argv) ? command_table(argc, argv) :
				      read_options(&o, argc, argv);
	if (code < 0)
		code = run_command(&o, argc - optind, argv + optind);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_OK)
		code = complain(EXIT_FAILED, "standard output", "write",
		    "not all of it could be written");
	return code;
}
