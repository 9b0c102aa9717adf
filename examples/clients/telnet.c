/* SPDX-License-Identifier: MIT */
#include "telnet.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "password.h"
#include "telnet_talk.h"

/*
 * A terminal on another machine (RFC 854), or whatever else speaks in lines.
 *
 *	telnet example.org
 *	telnet --expect 'login: ' --send anna --expect '$ ' 127.0.0.1:2323
 */

#define TIMEOUT_MS 30000
#define ESCAPE 0x1d /* ^] */

const char program[] = "telnet";

static const char help[] =
    "usage: telnet [OPTION]... HOST[:PORT] [PORT]\n"
    "\n"
    "  -e, --escape CHARACTER what a command begins with: ^], another of\n"
    "                         this form, or none\n"
    "  -x, --expect TEXT      wait until the server says this\n"
    "  -s, --send TEXT        say this, and a line end\n"
    "  -w, --send-password    say the password\n"
    "      --password-file FILE  which is its first line, else\n"
    "                         $TELNET_PASSWORD, else asked for\n"
    "      --terminal TYPE    what terminal it is ($TERM)\n"
    "      --binary           bytes as they are, line ends too (RFC 856)\n"
    "  -t, --timeout SECONDS  give up when connecting takes longer, or what is\n"
    "                         expected, or after the end of the input the next\n"
    "                         that the server says, or its end (30)\n"
    "  -m, --max-time SECONDS give up when all of it takes longer\n"
    "  -v, --verbose          the options that are agreed on, as they are\n"
    "  -h, --help, -V, --version\n"
    "\n"
    "PORT is a number or the name of a service (telnet).\n"
    "\n"
    "On a terminal each key goes at once while the server shows what is\n"
    "typed, else lines do.  Behind the escape character a letter and Return\n"
    "are for telnet: q quits, s tells the status, z suspends, ? tells more.\n"
    "\n"
    "--expect, --send and --send-password are done in their order, up to 64\n"
    "of them; standard input is not read then.  All that the server says\n"
    "goes to standard output.\n"
    "\n"
    "Nothing is encrypted: whoever is on the way reads passwords, too.\n"
    "\n"
    "Exit status: 0 the conversation ended; 1 the network or the system\n"
    "refused; 2 wrong arguments; 3 what is expected did not come.\n";

enum {
	OPTION_PASSWORD_FILE = 256,
	OPTION_TERMINAL,
	OPTION_BINARY
};

static const struct option long_options[] = {
	{ "escape", required_argument, NULL, 'e' },
	{ "expect", required_argument, NULL, 'x' },
	{ "send", required_argument, NULL, 's' },
	{ "send-password", no_argument, NULL, 'w' },
	{ "password-file", required_argument, NULL, OPTION_PASSWORD_FILE },
	{ "terminal", required_argument, NULL, OPTION_TERMINAL },
	{ "binary", no_argument, NULL, OPTION_BINARY },
	{ "timeout", required_argument, NULL, 't' },
	{ "max-time", required_argument, NULL, 'm' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* text NULL: the password. */
static int
add_step(struct options *o, bool expect, const char *text)
{
	const size_t n = text != NULL ? strlen(text) : 1;

	if (o->step_count == STEPS_MAX)
		return usage("more than 64 steps");
	if (n > EXPECT_MAX || (expect && n == 0))
		return usage("--expect and --send take up to 256 bytes");
	o->steps[o->step_count++] =
	    (struct step){ .expect = expect, .text = text };
	return -1;
}

static int
read_escape(struct options *o)
{
	const char c = optarg[0] == '^' ? optarg[1] : '\0';

	if (strcmp(optarg, "none") == 0)
		o->escape = -1;
	else if (c < '@' || c > '_' || optarg[2] != '\0')
		return usage("--escape is ^A to ^_, or none");
	else
		o->escape = c - '@';
	return -1;
}

static int
read_time(struct options *o, int c)
{
	const int64_t ms = milliseconds(optarg);

	if (ms < 0)
		return EXIT_USAGE;
	if (c == 't')
		o->timeout_ms = ms;
	else
		o->deadline = sock_in(ms);
	return -1;
}

/* -1: go on; else the exit code. */
static int
read_option(struct options *o, struct password_from *from, int c)
{
	switch (c) {
	case 'e':
		return read_escape(o);
	case 'x':
	case 's':
		return add_step(o, c == 'x', optarg);
	case 'w':
		return add_step(o, false, NULL);
	case OPTION_PASSWORD_FILE:
		from->file = optarg;
		return -1;
	case OPTION_TERMINAL:
		o->type = optarg;
		return -1;
	case OPTION_BINARY:
		o->binary = true;
		return -1;
	case 't':
	case 'm':
		return read_time(o, c);
	case 'v':
		o->verbose = true;
		return -1;
	case 'h':
		fputs(help, stdout);
		return EXIT_OK;
	case 'V':
		printf("telnet %s\n", sock_version());
		return EXIT_OK;
	default:
		fputs("see telnet --help\n", stderr);
		return EXIT_USAGE;
	}
}

static int
know_password(struct options *o, const struct password_from *from,
    char password[PASSWORD_MAX])
{
	const char *wrong;
	int i;

	for (i = 0; i < o->step_count; i++) {
		if (o->steps[i].text != NULL)
			continue;
		wrong =
		    password[0] == '\0' ? password_get(from, password) : NULL;
		if (wrong != NULL)
			return complain(EXIT_USAGE, o->name, wrong);
		o->steps[i].text = password;
	}
	return -1;
}

static int
run(struct options *o, const struct password_from *from, int argc, char **argv)
{
	char address[512], password[PASSWORD_MAX] = "";
	sock_time patience = sock_in(o->timeout_ms);
	sock_t s;
	int code;

	if (argc < 1 || argc > 2)
		return usage(argc < 1 ? "no host" : "one host at a time");
	o->name = argv[0];
	if (client_address(address, sizeof address, argv[0],
		argc > 1 ? argv[1] : "telnet") == NULL)
		return usage("no host's name is so long");
	code = know_password(o, from, password);
	if (code >= 0)
		return code;
	if (patience > o->deadline)
		patience = o->deadline;
	s = sock_dial(address, .deadline = patience);
	if (s < 0)
		return complain(s == SOCK_EADDR || s == SOCK_ENOSERVICE ?
			EXIT_USAGE :
			EXIT_FAILED,
		    o->name, sock_errmsg());
	code = talk(s, o);
	explicit_bzero(password, sizeof password);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o = { .escape = ESCAPE,
		.type = getenv("TERM"),
		.timeout_ms = TIMEOUT_MS,
		.deadline = SOCK_FOREVER };
	struct password_from from = { .environment = "TELNET_PASSWORD",
		.prompt = "password: " };
	int c, code = -1;

	if (o.type == NULL || o.type[0] == '\0')
		o.type = "dumb";
	while (code < 0 &&
	    (c = getopt_long(argc, argv, "e:x:s:wt:m:vhV", long_options,
		 NULL)) != -1)
		code = read_option(&o, &from, c);
	if (code < 0)
		code = run(&o, &from, argc - optind, argv + optind);
	return printed(code);
}
